"""The words of the page: ages, dates, names from slugs, reading times.

The page speaks English; what an article says keeps its own language.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote as quoted
from urllib.parse import urlsplit

from chalicelib.core.article import Card, moment

if TYPE_CHECKING:
    from chalicelib.core.pages.page import Context

# Written out: strftime would follow the machine's locale.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_SECOND = timedelta(seconds=1)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_UNITS = ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "m"))
_DATED_AFTER_S = 7 * _DAY_S  # within a week a reader counts days, later looks for a date

_INITIALISMS = frozenset({"ai", "eu", "nhs", "tv", "uk", "un", "us", "usa"})

_SMALL_WORDS = frozenset({"a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to"})

# Characters a minute: 238 words of English (Brysbaert 2019) of six, space included. Where a sign
# is a syllable or a word, fewer of them take as long.
_READ_ALPHABET = 1400
_READ_SIGNS = {"ja": 550, "ko": 650, "yue": 400, "zh": 400}

FRAGMENT_WORDS = 5  # at each end of a quotation: enough to find it, few enough to survive markup

# Shares of a text, told as coarsely as they are known: the standard error is 0.06 and more.
_NOTHING, _ALL = 0.05, 0.85
_SHARES = {0.1: "A little", 0.25: "A quarter", 0.33: "A third", 0.5: "Half", 0.67: "Two thirds"}

# Characters; search engines, chat windows and tabs cut there or before.
MAX_TITLE = 70
MAX_DESCRIPTION = 160


def date(at: datetime) -> str:
    """Return "Tuesday 24 November 2026"."""
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def clock(at: datetime) -> str:
    return f"{at:%H:%M} UTC"


def stamp(at: datetime) -> Context:
    """Return a time for machines and in full for people: it never changes."""
    full = f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {clock(at)}"
    return {"at": moment(at), "absolute": full}


def age(at: datetime, *, now: datetime) -> Context:
    """Return a stamp with its age: a page that shows one is another page when the age is."""
    return stamp(at) | {"label": _age(at, now=now)}


def _age(at: datetime, *, now: datetime) -> str:
    seconds = (now - at) // _SECOND
    ahead, seconds = seconds < 0, abs(seconds)
    if seconds >= _DATED_AFTER_S:
        day = f"{at.day} {_MONTHS[at.month - 1][:3]}"
        return day if at.year == now.year else f"{day} {at.year}"
    if seconds < _MINUTE_S:
        return "in a moment" if ahead else "just now"
    count = next(f"{seconds // unit_s}{unit}" for unit_s, unit in _UNITS if seconds >= unit_s)
    return f"in {count}" if ahead else f"{count} ago"


def told_since(at: datetime, *, now: datetime) -> datetime:
    """Return since when the age of *at* has read as it does at *now*, while the day lasts."""
    seconds = (now - at) // _SECOND
    if seconds >= _DATED_AFTER_S:
        return at + _DATED_AFTER_S * _SECOND
    unit_s = next((unit_s for unit_s, _ in _UNITS if abs(seconds) >= unit_s), _MINUTE_S)
    whole = abs(seconds) // unit_s * unit_s
    return at + whole * _SECOND if seconds >= 0 else at - (whole + unit_s - 1) * _SECOND


def name(slug: str) -> str:
    """Return the name that a section's or tag's slug stands for, set as names are.

    Many a tag is somebody's name, and a slug does not tell which: "ines-halloran", "fuel-duty".
    """
    first, *others = slug.split("-")
    return " ".join([_named(first), *(w if w in _SMALL_WORDS else _named(w) for w in others)])


def _named(word: str) -> str:
    return word.upper() if word in _INITIALISMS else word[:1].upper() + word[1:]


def reading_time(characters: int, *, language: str) -> str | None:
    """Return "4 min read", or None where the length is not known."""
    if characters <= 0:
        return None
    per_minute = _READ_SIGNS.get(language.partition("-")[0].lower(), _READ_ALPHABET)
    return f"{max(1, round(characters / per_minute))} min read"


def initial(text: str) -> str:
    """Return the letter that stands in for an avatar."""
    return next((char.upper() for char in text if char.isalnum()), "•")


def added(share: float) -> str:
    """Say how much of an article no earlier one of its story has; *share* is an estimate."""
    if share < _NOTHING:
        return "Nothing in it is new"
    if share >= _ALL:
        return "In its own words"
    told = min(_SHARES, key=lambda one: abs(one - share))
    return f"{_SHARES[told]} of it is new"


def whole_story(sources: int | None) -> str:
    """Return the words of a link to a story's page; None are too many *sources* to be counted."""
    if sources == 1:
        return "All articles of this story"
    return f"All {sources} sources of this story" if sources else "All sources of this story"


def thing(counted_: str) -> str:
    """Return a heading for what sources count: "People killed", "Amount in £"."""
    if not counted_[-1].isalpha():
        return "Share" if counted_ == "%" else f"Amount in {counted_}"
    return counted_[:1].upper() + counted_[1:]


def clipped(text: str, *, limit: int = MAX_DESCRIPTION) -> str:
    """Return *text* on one line, cut at a word to *limit* characters, with a mark where it was."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = text[:limit]
    return (kept.rpartition(" ")[0] or kept[:-1]).rstrip(" ,;:.") + "…"


def titled(text: str, *, site_title: str) -> str:
    """Return a page's title: what it is about comes first, and the site where there is room."""
    full = f"{text} · {site_title}"
    return full if len(full) <= MAX_TITLE else clipped(text, limit=MAX_TITLE)


def names(sections: Iterable[str], *, among: Iterable[Card]) -> str | None:
    """Name those of *sections* that these cards are of, None for none.

    An address must not put words on the page.
    """
    slugs = {card.section for card in among}
    return ", ".join(name(slug) for slug in sections if slug in slugs) or None


def about_list(name: str | None, *, site_title: str) -> str:
    """Say what the list of *name* holds, the list of everything without one."""
    if name is None:
        return f"Everything {site_title} has published, newest first, each told with its source."
    return f"The latest of {name} on {site_title}, newest first, each told with its source."


def about_corrections(*, site_title: str) -> str:
    return f"What {site_title} got wrong, what is right, and when that was said."


def web_address(url: str | None) -> str | None:
    """Return *url* if it leads to a web page; a `javascript:` address must never be a link."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def text_fragment(url: str | None, quote: str) -> str | None:
    """Return the address of *quote* on the page at *url*, which a browser scrolls to and marks.

    By its first and last words (WICG, URL Fragment Text Directives, section 3.2), since a page
    may break a long quotation with markup. None where *url* is no web address.
    """
    address, words = web_address(url), quote.split()
    if address is None or not words:
        return None
    ends = [words[:FRAGMENT_WORDS]]
    if len(words) > 2 * FRAGMENT_WORDS:
        ends.append(words[-FRAGMENT_WORDS:])
    elif len(words) > FRAGMENT_WORDS:
        ends = [words]
    told = ",".join(quoted(" ".join(end), safe="").replace("-", "%2D") for end in ends)
    return f"{address.partition('#')[0]}#:~:text={told}"


def host(url: str) -> str:
    """Return the name of the site behind an address, as people say it."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def joined(names: list[str]) -> str:
    """Return "A", "A and B" or "A, B and 3 more"."""
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return " and ".join([", ".join(shown[:-1]), *shown[-1:]] if shown[1:] else shown)


def counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
