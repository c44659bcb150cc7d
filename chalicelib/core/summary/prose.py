"""What a sentence looks like in print: cleaned, measured, and fit to stand alone or not.

A sentence is evidence as it stands in the text; a key point is the same sentence as published,
without the dateline ("LONDON (Reuters) - ") or the stray byline before it. Nothing else is ever
cut: shortening "police said" away turns an allegation into a fact.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MAX_POINT_WORDS = 40  # a point is read at a glance



@cache
def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Compile *source* at its first use: compiled at import, the tables of this package would
    cost each cold start some 20 ms, also where nothing is summarised."""
    return re.compile(source, flags)


_AGENCY = (
    r"CNN(?:[ .][A-Za-z]+)*|AP|AFP|Reuters|REUTERS|Xinhua|UPI|PA|dpa|DPA|ANSA|EFE|IANS|ANI|PTI"
    r"|TASS|Bloomberg|Mashable|Entertainment Weekly\.com|CNNMoney|The Frisky|RealSimple\.com"
    r"|Rolling Stone|Oprah\.com|EW\.com|InStyle\.com|Upwave|CNN Student News|WIRED|TIME\.com"
    r"|HLNtv\.com|BlackEnterprise\.com|LifeWire|Health\.com|CareerBuilder\.com|Parenting\.com"
    r"|Mental Floss|Tribune Media Services|CoolHunting\.com|CNN México"
)
_PLACE = r"[A-Z][\w.'’ -]*(?:, [A-Z][\w.'’ -]*){0,3}"
_DATELINES = (
    rf"(?:{_PLACE},? ?)?\((?:{_AGENCY})(?:[/ ][\w. ]+)?\)\s*(?:--|[-–—:])?\s*",
    r"[A-ZÀ-Þ][A-ZÀ-Þ.'’ -]{2,}(?:, [A-ZÀ-Þ][\w.'’ -]+){0,2}(?:, \w+\.? \d{1,2})?"
    r"(?: \(\w+\))?\s*(?:--|[–—]| - )\s*",
    r"(?:By \. )?(?:PUBLISHED|UPDATED|Published|Updated|Last updated at):?\s*\.?\s*"
    r"(?:\d{1,2}:\d{2}[^.|]*\.?\s*\|?\s*)?",
    r"(?:BREAKING|UPDATE|EXCLUSIVE|JUST IN|WATCH|LIVE)(?: NEWS)?\s*[:|]\s*",
    r"【[^】]{1,20}】\s*|\([^()]{1,12}=[^()]{1,12}\)\s*|（[^（）]{1,12}[記讯電电][^（）]{0,8}）",
)
# Marks without which none of the datelines can match: most sentences are passed over by these.
_DATELINE_MARKS = ("(", "--", "—", "–", " - ", "|", ":", "【", "（", "PUBLISHED", "UPDATED")
_DATELINE_REACH = 80  # characters; behind it a bracket or dash belongs to the prose

_BOILERPLATE = (
    r"^(?:read more\b|more:|related:|see also\b|see more\b|watch:|watch (?:the )?(?:video|more|this)"
    r"|click (?:here|through|on)\b|scroll (?:down|below)\b|follow (?:us|me|@|\w+ on)"
    r"|sign up\b|subscribe\b|share (?:this|your)\b|copyright\b|©|all rights reserved|photos?:"
    r"|image(?:s)?:|video:|credit:|e-?mail to a friend|for (?:more|confidential|help)\b.{0,60}"
    r"(?:visit|click|check|call|see|go to|information)|advertisement|loading|tell us\b"
    r"|this (?:story|article|page|post) (?:was|has been|is) (?:first |originally )?"
    r"(?:published|updated|produced|part)|(?:published|updated|last updated|posted)\b.{0,4}[:\d]"
    r"|by \.|by [A-Z][\w.'’ -]+\.?$|\d{1,2}:\d{2} \w{2,4}, \d|opinion:|join (?:us|the conversation)"
    r"|download (?:the|our)|editor's note|what do you think\b|have your say|comments?\b.{0,20}"
    r"(?:below|closed)|support (?:us|our)|donate\b|get the latest|newsletter\b|continue reading"
    r"|skip to\b|cookies?\b|table of contents|the views expressed|the opinions expressed"
    r"|view (?:gallery|comments|the)|leave a comment|thanks for reading|listen to\b.{0,20}podcast"
    r"|transcript:|correction:|pictured:|above:|below:|left:|right:|join the\b|image copyright"
    r"|lire aussi|à lire|lesen sie|mehr zum thema|leer más|lea también|leia (?:também|mais)"
    r"|leggi anche|lees ook|читайте также|подписывайтесь|czytaj także|devamını oku|اقرأ أيضا"
    r"|続きを読む|関連記事|相关阅读|延伸阅读)"
)
_CREDIT_WORDS = (
    "report", "contribut", "follow", "sign up", "newsletter", "pictured", "photographed", "wrote ",
    "writing by", "editing by", "»", "@", "http", "opinions", "samaritans", "writer", "journalist",
    "columnist",
)
_CREDIT = (
    r"\b(?:contributed|contributing) (?:reporting|to (?:this|the) (?:report|story|article))"
    r"|\breport(?:ed|ing) (?:for|from|in) (?:[A-Z][\w.]+ ?){1,3}(?:;|,|\.?$|and )"
    r"|\bwrote (?:this|from|the story)\b|^(?:CNN|AP|Reuters)['’]s? [A-Z].{0,80}(?:contributed|report)"
    r"|\bthe associated press contributed|\b(?:writing|editing|reporting) by [A-Z]"
    r"|\bis a (?:freelance )?(?:writer|journalist|columnist|contributor) (?:based|for|at|who)\b"
    r"|\bfollow (?:him|her|them|us) (?:on|@)|\bsign up (?:for|to)\b.{0,60}(?:newsletter|email|alerts)"
    r"|\b(?:pictured|photographed) (?:above|below|left|right)\b|\bsamaritans\b|»\s*\.?$"
    r"|\bnewsletters?\b.{0,40}\b(?:inbox|subscribe|sign)|^[^a-z]{0,3}@\w+\.?$|https?://\S+\.?$"
    r"|\bthe opinions expressed|\bopinions .{0,40}solely those of\b"
)

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

# Openers that point back at something a lone sentence does not have. English; other languages
# are held to the quotation marks alone, which every reader of them sees too.
_BACKWARD = (
    r"[\"“‘'(\[]*(?:he|she|it|they|his|her|hers|its|their|theirs|him|them|this|that|these|those"
    r"|but|and|or|so|yet|nor|however|also|then|there|here|such|another|others?|both|neither"
    r"|instead|meanwhile|moreover|furthermore|nevertheless|nonetheless|still|thus|therefore|hence"
    r"|besides|otherwise|likewise|similarly|consequently|plus|because|though|although"
    r"|in (?:addition|contrast|turn|response|that|this|other words|fact|these|those|their|his|her"
    r"|its|both)\b|as (?:a result|such|for)|at (?:that|the same|this)|for (?:example|instance|his"
    r"|her|their|this|that)|on the (?:other|contrary)|after (?:that|this|which)|by (?:then|that)"
    r"|even (?:so|then|that)|one of (?:them|those|these)|some of (?:them|those|these)|not only"
    r"|the (?:latter|former|same|two|pair|trio|duo|couple|others?)|we|you|i|our|your|my|me|us"
    r"|i'm|i’m|we're|we’re|it's|it’s|he's|he’s|she's|she’s|they're|they’re|that's|that’s|there's"
    r"|there’s|here's|here’s|you're|you’re|i've|we've|let's|let’s|he'd|she'd|he'll|she'll|what's"
    r"|who's|yes|no|well|oh|okay|ok|sure|now|again|later|earlier|afterwards?|once there"
    r"|eventually|soon|finally|first|second|third|secondly|thirdly|lastly|next)"
    r"(?:[\"”’']?[\s,:;.!?—–-]|$)"
)
_PRONOUN = (
    r"[\"“‘'(\[]*(?:he|she|it|they|his|her|its|their|this|that|these|those|but|and|or|so|yet|nor"
    r"|however|him|them|hers|theirs|it's|it’s|he's|he’s|she's|she’s|they're|they’re|that's|that’s)"
    r"(?:\W|$)"
)
_ORPHAN_SPEECH = (
    r"[\"”’'],? (?:he|she|they|it) (?:\w+ )?(?:said|says|told|added|asked|wrote|tweeted|continued"
    r"|explained|recalled|noted|insisted|claimed|posted)\b"
    r"|[\"”’'],? (?:said|says|added|asked|wrote|explained|continued) (?:he|she|they)\b"
    r"|, (?:he|she|they) (?:said|says|added|told|wrote|explained|noted|continued)\b"
)
_BACKWARD_INITIALS = frozenset("abefhilmnopstuwy\"“‘'([cdgr")
_END = tuple(".!?…。！？｡।॥۔؟።፧။։។\"”’'»›」』)）]")


def published(sentence: str) -> str:
    """Return *sentence* as it is printed: without dateline, white space runs made one space."""
    text = " ".join(sentence.split())
    head = text[:_DATELINE_REACH]
    if not any(mark in head for mark in _DATELINE_MARKS):
        return text
    for dateline in _DATELINES:
        found = pattern(dateline).match(text)
        if found and len(text) - found.end() >= 2:
            text = text[found.end() :].lstrip(" .|-–—")
    return text


def is_boilerplate(text: str) -> bool:
    """Whether *text* (as published) is about the page and not the news: credits, pleas, links."""
    if pattern(_BOILERPLATE, re.IGNORECASE).match(text):
        return True
    small = text.lower()
    if any(word in small for word in _CREDIT_WORDS):
        return bool(pattern(_CREDIT, re.IGNORECASE).search(text))
    return not any(map(str.isalpha, text))


def word_count(text: str) -> int:
    """Words as a reader counts them; two Chinese or Japanese characters weigh as one word."""
    wide = len(_CJK.findall(text))
    return len(_CJK.sub(" ", text).split()) + (wide + 1) // 2 if wide else len(text.split())


def words(text: str) -> list[str]:
    """The words of *text* in small letters; each Chinese or Japanese pair of characters is one."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        if _CJK.search(word):
            found += [word[n : n + 2] for n in range(max(1, len(word) - 1))]
        else:
            found.append(word)
    return found


def has_balanced_quotes(text: str) -> bool:
    """Whether every quotation mark and bracket of *text* has its partner, apostrophes apart."""
    if text.count('"') % 2 or text.count("“") + text.count("„") > text.count("”") + text.count(
        "“"
    ) * (text.count("„") > 0):
        return False
    for opening, closing in ("“”", "«»", "「」", "『』", "()", "[]", "（）"):
        if opening == "“" and "„" in text:
            continue
        if opening == "«" and text.count("»") == text.count("«"):
            continue
        if text.count(opening) != text.count(closing):
            return False
    return _singles_match(text)


def _singles_match(text: str) -> bool:
    """Whether '…' and ‘…’ at the edges of words pair up; "workers' pay" and '90s may stand."""
    if "'" not in text and "‘" not in text and "’" not in text:
        return True
    depth = 0
    for found in re.finditer(r"(?<!\w)['‘](?=[\w\"“£$€\[(])|(?<=[.,!?;:…\"”])['’](?!\w)", text):
        opening = found.start() == 0 or not text[found.start() - 1] in ".,!?;:…\"”"
        if opening and re.match(r"['‘](?:\d0s|n|til|em|cause|tis|twas)\b", text[found.start() :]):
            continue
        depth += 1 if opening else -1
        if depth < 0:
            return False
    if depth == 0:
        return True
    # The last open mark may close behind a word without a stop: 'top model' said.
    closers = len(re.findall(r"(?<=\w)['’](?=[\s)\]—–-]|$)", text))
    return depth <= closers


def points_back(text: str) -> bool:
    """Whether *text* opens with a word whose meaning stands in a sentence before it (English)."""
    return text[:1].lower() in _BACKWARD_INITIALS and bool(
        pattern(_BACKWARD, re.IGNORECASE).match(text)
    )


def opens_with_pronoun(text: str) -> bool:
    """The narrow, publicly promised form of `points_back`: a pronoun or a bare conjunction."""
    return bool(pattern(_PRONOUN, re.IGNORECASE).match(text))


def has_orphan_speaker(text: str) -> bool:
    """Whether a speech is given to a bare "he said": who said it stands elsewhere (English)."""
    return bool(pattern(_ORPHAN_SPEECH).search(text))


def is_complete(text: str) -> bool:
    """Whether *text* ends as a sentence does, in any script that marks ends."""
    return text.endswith(_END)


def repeats(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the shorter's words that the longer has too, in [0, 1]."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0


def is_wide_script(text: str) -> bool:
    """Whether most letters of *text* are without case, so capitals tell nothing about names."""
    letters = [char for char in text if char.isalpha()]
    caseless = sum(unicodedata.category(char) == "Lo" for char in letters)
    return caseless * 2 > len(letters)
