"""The signs by which a page tells its article from what surrounds it.

Words in names of classes and ids, roles, and the openings of lines that point elsewhere or ask
for something. All of them are general usage of the web; no site has a sign of its own here.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from chalicelib.core.formats.html_tree import HEADINGS, Box, Run, listed, words_only

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Shares of a run's letters that are in links.
SOME_LINKS = 0.3
MOSTLY_LINKS = 0.5
ALL_LINKS = 0.9

# Lengths in characters.
MIN_PROSE_LENGTH = 80  # shorter runs are labels, buttons, captions as often as prose
MAX_LABEL_LENGTH = 40  # "Read more" without a link
MAX_APPEAL_LENGTH = 200  # a longer line that opens like an appeal is a sentence of the text
MAX_NEWSLETTER_LENGTH = 250
MAX_CREDIT_LENGTH = 160  # of a line in a box named byline; a longer one is a biography

_FURNITURE = listed(
    "ad ads advert advertisement advertising breadcrumb breadcrumbs carousel cookie cookies "
    "disqus footer gallery login menu menus mostpopular nav navbar navigation newsletter "
    "outbrain pager pagination paywall popular promo promos recirc recirculation recommendation "
    "recommendations recommended related reply respond rss share sharing shares sidebar signup "
    "skip slideshow social sponsor sponsored subscribe subscription taboola taglist tags toolbar "
    "trending upsell widget"
)
_FURNITURE_ROLES = listed("navigation search contentinfo complementary dialog")
_COMMENTS = listed("comment comments commentlist disqus replies respond")
_PLAYERS = listed("jwplayer vjs videoplayer")
_CREDITS = listed("byline dateline timestamp pubdate dates datetime")
_LEDES = listed("summary standfirst lead lede intro dek deck excerpt abstract teaser")
_NOT_FOREIGN = listed("body main article")  # pages say "has-comments" of all they have

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LABEL = re.compile(
    r"\(?(?:related|read (?:more|also|next|on)|see also|also (?:read|on|see)|more (?:on|from)\b|"
    r"more:|explore further|watch(?: now)?:|listen:|don['\u2019]t miss|you (?:may|might) also|"
    r"recommended|leggi anche|lire aussi|à lire|leia (?:também|mais)|le[ae] también|"
    r"te puede interesar|lesen sie|mehr zum thema|lees ook|läs (?:också|mer)|les også|"
    r"(?:czytaj|zobacz) (?:też|także|również)|читайте также|baca juga)",
    re.IGNORECASE,
)
_APPEAL = re.compile(
    r"(?:click here (?:to|for)|sign up (?:to|for|now|here)|subscribe (?:to|now|here|today)|"
    r"follow (?:us|me)\b|like this story\?|share (?:this|on)\b|"
    r"(?:get|download) (?:the|our) .{0,30}(?:app|newsletter)\b|"
    r"join (?:our|the) .{0,30}newsletter|tell us what you think|(?:\d+ )?comments?$|"
    r"leave a (?:comment|reply)|advertisement$|tags?:?$|filed under|print this (?:page|article))",
    re.IGNORECASE,
)
_TIME_LINE = re.compile(
    r"(?:(?:first |last )?(?:published|updated|posted|modified|created|stand|veröffentlicht|"
    r"aktualisiert|publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|geplaatst|"
    r"opublikowano)\b[^.!?]{0,80}"
    r"|[^.!?]{0,30}\b(?:19|20)\d\d\b[^.!?]{0,30}(?:\d?\d[:.h]\d\d)?[^.!?]{0,20})",
    re.IGNORECASE,
)
_BY = re.compile(r"^(?:by|von|par|por|di|door|av|af|autor|author|text|words)\b[: ]*", re.IGNORECASE)


def is_hidden(element: HtmlElement) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def is_comments(box: Box) -> bool:
    """Whether readers write in the box."""
    return box.tag not in _NOT_FOREIGN and bool(box.names & _COMMENTS)


def is_player(box: Box) -> bool:
    """Whether the box is a player, whose buttons have words."""
    return box.tag not in _NOT_FOREIGN and bool(box.names & _PLAYERS)


def is_named_furniture(box: Box) -> bool:
    return bool(box.names & (_FURNITURE | _COMMENTS | _PLAYERS))


def is_furniture(box: Box) -> bool:
    """Whether the page calls the box navigation, promotion or the like."""
    return (
        box.tag in {"nav", "dialog", "menu"}
        or (box.element.get("role") or "").strip().lower() in _FURNITURE_ROLES
        or box.element.get("aria-hidden") == "true"
        or is_named_furniture(box)
    )


def is_prose(run: Run) -> bool:
    return len(run.text) >= MIN_PROSE_LENGTH and run.link_share < MOSTLY_LINKS


def is_lede(run: Run) -> bool:
    """Whether *run* is the first paragraph, which pages set apart."""
    named = any(box.names & _LEDES for box in islice(run.box.ancestors(), 2))
    return named and run.box.tag in {"p", "div"} and is_prose(run) and run.link_share < SOME_LINKS


def is_credit(run: Run, bylines: frozenset[str]) -> bool:
    """Whether *run* tells who wrote the article or when, and no more.

    *bylines* are the authors' names as `words_only` forms.
    """
    if run.words in bylines or words_only(_BY.sub("", run.text)) in bylines:
        return True
    if any(box.names & _CREDITS for box in islice(run.box.ancestors(), 3)):
        return len(run.text) <= MAX_CREDIT_LENGTH
    if run.box.tag in HEADINGS:
        return False
    return bool(_TIME_LINE.fullmatch(run.text)) or _is_time_element(run)


def _is_time_element(run: Run) -> bool:
    elements = [part for part in run.parts if not isinstance(part, str)]
    loose = "".join(part for part in run.parts if isinstance(part, str))
    return bool(elements) and not words_only(loose) and all(e.tag == "time" for e in elements)


def points_elsewhere(run: Run) -> bool:
    """Whether *run* leads to another text, or asks to subscribe, share or follow."""
    length = len(run.text)
    if _LABEL.match(run.text) and (run.link_share > SOME_LINKS or length <= MAX_LABEL_LENGTH):
        return True
    if _APPEAL.match(run.text) and length <= MAX_APPEAL_LENGTH:
        return True
    if run.link_share and length <= MAX_NEWSLETTER_LENGTH and "newsletter" in run.words:
        return True
    is_lone_link = run.link_share >= ALL_LINKS and run.box.tag not in HEADINGS
    return is_lone_link and run.inside("li", "table") is None
