"""What a sentence looks like in print: cleaned, measured, and fit to stand alone or not.

A sentence is evidence as it stands in the text; a key point is the same sentence as published,
without the dateline ("LONDON (Reuters) - ") or the stray byline before it. Nothing else is ever
cut: shortening "police said" away turns an allegation into a fact.
"""

from __future__ import annotations

import re
from functools import cache

MAX_POINT_WORDS = 40  # a point is read at a glance


def listed(words: str, separator: str | None = None) -> frozenset[str]:
    """A table of words, written as a text so that it can be read as one."""
    return frozenset(words.split(separator))


@cache
def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """Compile *source* at its first use.

    Compiled at import, the tables of this package would cost each cold start some 20 ms, also
    where nothing is summarised.
    """
    return re.compile(source, flags)


_AGENCY = (
    r"CNN(?:[ .][A-Za-z]+)*|AP|AFP|Reuters|REUTERS|Xinhua|UPI|PA|dpa|DPA|ANSA|EFE|IANS|ANI|PTI"
    r"|TASS|Bloomberg|Mashable|Entertainment Weekly\.com|CNNMoney|The Frisky|RealSimple\.com"
    r"|Rolling Stone|Oprah\.com|EW\.com|InStyle\.com|Upwave|CNN Student News|WIRED|TIME\.com"
    r"|HLNtv\.com|BlackEnterprise\.com|LifeWire|Health\.com|CareerBuilder\.com|Parenting\.com"
    r"|Mental Floss|Tribune Media Services|CoolHunting\.com|CNN México"
)
_PLACE = r"[A-Z][\w.'’ -]*(?:, [A-Z][\w.'’ -]*){0,3}"
DATELINES = (
    rf"(?:{_PLACE},? ?)?\((?:{_AGENCY})(?:[/ ][\w. ]+)?\)\s*(?:--|[-–—:])?\s*",
    (
        r"[A-ZÀ-Þ][A-ZÀ-Þ.'’ -]{2,}(?:, [A-ZÀ-Þ][\w.'’ -]+){0,2}(?:, \w+\.? \d{1,2})?"
        r"(?: \(\w+\))?\s*(?:--|[–—]| - )\s*"
    ),
    (
        r"(?:By \. )?(?:PUBLISHED|UPDATED|Published|Updated|Last updated at):?\s*\.?\s*"
        r"(?:\d{1,2}:\d{2}[^.|]*\.?\s*\|?\s*)?"
    ),
    r"(?:BREAKING|UPDATE|EXCLUSIVE|JUST IN|WATCH|LIVE)(?: NEWS)?\s*[:|]\s*",
    r"【[^】]{1,20}】\s*|\([^()]{1,12}=[^()]{1,12}\)\s*|（[^（）]{1,12}[記讯電电][^（）]{0,8}）",
)
# Marks without which none of the datelines can match: most sentences are passed over by these.
_DATELINE_MARKS = ("(", "--", "—", "–", " - ", "|", ":", "【", "（", "PUBLISHED", "UPDATED")
DATELINE_REACH = 120  # characters; behind it a bracket or dash belongs to the prose

_BOILERPLATE = (
    r"^(?:read more\b|more:|related:|see also\b|see more\b|watch:"
    r"|watch (?:the )?(?:video|more|this)"
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
    r"|(?:to )?(?:learn|know|find out) more\b|more (?:information|details)\b|stay tuned\b"
    r"|thank(?:s| you) (?:to|for|all|everyone)\b|feel free\b|see https?:|pro tip\b"
    r"|transcript:|correction:|pictured:|above:|below:|left:|right:|join the\b|image copyright"
    r"|lire aussi|à lire|lesen sie|mehr zum thema|leer más|lea también|leia (?:também|mais)"
    r"|leggi anche|lees ook|читайте также|подписывайтесь|czytaj także|devamını oku|اقرأ أيضا"
    r"|続きを読む|関連記事|相关阅读|延伸阅读)"
)
_CREDIT_WORDS = (
    "report",
    "contribut",
    "follow",
    "sign up",
    "newsletter",
    "pictured",
    "photographed",
    "wrote ",
    "writing by",
    "editing by",
    "»",
    "@",
    "http",
    "opinions",
    "samaritans",
    "writer",
    "journalist",
    "columnist",
)
_CREDIT = (
    r"\b(?:contributed|contributing) (?:reporting|to (?:this|the) (?:report|story|article))"
    r"|\breport(?:ed|ing) (?:for|from|in) (?:[A-Z][\w.]+(?![\w.]) ?){1,3}(?:;|,|\.?$|and )"
    r"|\bwrote (?:this|from|the story)\b"
    r"|^(?:CNN|AP|Reuters)['’]s? [A-Z].{0,80}(?:contributed|report)"
    r"|\bthe associated press contributed|\b(?:writing|editing|reporting) by [A-Z]"
    r"|\bis a (?:freelance )?(?:writer|journalist|columnist|contributor) (?:based|for|at|who)\b"
    r"|\bfollow (?:him|her|them|us) (?:on|@)"
    r"|\bsign up (?:for|to)\b.{0,60}(?:newsletter|email|alerts)"
    r"|\b(?:pictured|photographed) (?:above|below|left|right)\b"
    r"|\bcall (?:the )?samaritans\b|»\s*\.?$"
    r"|\bnewsletters?\b.{0,40}\b(?:inbox|subscribe|sign)|^[^a-z]{0,3}@\w+\.?$|https?://(?:(?!https?:)\S)+$"
    r"|\bthe opinions expressed|\bopinions .{0,40}solely those of\b"
)

_CJK = "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
_WORD = r"[^\W_]+(?:['’][^\W_]+)*"

# Openers that point back at something a lone sentence does not have. English; other languages
# are held to the quotation marks alone, which every reader of them sees too.
_PRONOUNS = listed(
    "he she it they his her its their this that these those but and or so yet nor however him them"
    " hers theirs it's he's she's they're that's"
)
_BACKWARD_WORDS = _PRONOUNS | listed(
    "also then there here such another other others both neither instead meanwhile moreover"
    " furthermore nevertheless nonetheless still thus therefore hence besides otherwise likewise"
    " similarly consequently plus because though although we you i our your my me us i'm we're"
    " there's here's you're i've we've let's he'd she'd he'll she'll what's who's yes no well oh"
    " okay ok sure now again later earlier afterward afterwards eventually soon finally first"
    " second third secondly thirdly lastly next"
)
# The same for other languages, as far as single words tell it; where there are spaces, a word.
_BACKWARD_ABROAD = {
    "de": "er sie es aber und dies diese dieser dieses das sein ihr ihre dann doch denn auch",
    "fr": "il elle ils elles mais et ce cela cette ces son sa ses leur leurs puis donc or",
    "es": "él ella ellos pero y esto este esta eso ese su sus además también entonces",
    "pt": "ele ela eles mas e isso isto esse essa este esta seu sua também então porém",
    "it": "lui lei essi ma e questo questa ciò quello suo sua anche poi quindi però",
    "nl": "hij zij ze het maar en dit dat deze die zijn haar ook dan dus",
    "ru": "он она они но и это эта этот его её их однако также затем а",
    "pl": "on ona oni ale i to ta ten jego jej ich jednak także",
    "sv": "han hon de men och det detta denna hans hennes också sedan",
    "tr": "o onlar ama ve bu şu ancak ayrıca",
    "id": "dia mereka tetapi tapi dan ini itu namun juga",
    "bg": "той тя те но и това тази този негов обаче",
    "uk": "він вона вони але і та це цей ця його її однак також",
    "ja": "これ それ この その しかし ところが また でも だが そして 彼 彼女",
    "zh": "但 这 那 他 她 它 然而 而且 不过 因此 所以 这些",
    "ko": "그는 그녀는 그러나 하지만 그리고 이는 이것은 또한",
    "ar": "هو هي هم لكن ولكن وهذا هذا هذه ذلك كما وقال وأضاف",
    "he": "הוא היא הם אבל אך זה זאת אלה כמו גם",
}
# Words whose first letters an apostrophe stands for: it opens no quotation.
_CLIPPED = ("til ", "em ", "cause ", "tis ", "twas ", *(f"{decade}0s" for decade in range(10)))
_BACKWARD_PAIRS = listed(
    "in addition|in contrast|in turn|in response|in that|in this|in other|in fact|in these"
    "|in those|in their|in his|in her|in its|in both|as a|as such|as for|at that|at the|at this"
    "|for example|for instance|for his|for her|for their|for this|for that|on the|after that"
    "|after this|after which|by then|by that|even so|even then|even that|one of|some of|not only"
    "|the latter|the former|the same|the two|the pair|the trio|the duo|the couple|the other"
    "|the others|once there",
    "|",
)
_OPENING_WORDS = r"[\"“‘'(\[\s]*([^\W_]+(?:['’][^\W_]+)*)(?:[\s]+([^\W_]+))?"
_ORPHAN_SPEECH = (
    r"[\"”’'],? (?:he|she|they|it) (?:\w+ )?(?:said|says|told|added|asked|wrote|tweeted|continued"
    r"|explained|recalled|noted|insisted|claimed|posted)\b"
    r"|[\"”’'],? (?:said|says|added|asked|wrote|explained|continued) (?:he|she|they)\b"
    r"|, (?:he|she|they) (?:said|says|added|told|wrote|explained|noted|continued)\b"
)
_LEANS = (
    r"[AQ]: "
    r"|(?:[\w'’.,-]+ ){1,7}(?:also|too|instead|however|therefore|meanwhile|either|latter)\b"
    r"|(?:[\w'’.,-]+ ){1,3}(?:that|this|these|those) (?:day|year|time|week|point|case|incident)\b"
)
_END = tuple(".!?…。！？｡।॥۔؟።፧။։។\"”’'»›」』)）]")


def published(sentence: str) -> str:
    """Return *sentence* as it is printed: without dateline, white space runs made one space."""
    text = " ".join(sentence.split())
    for dateline in DATELINES:
        head = text[:DATELINE_REACH]
        for mark in _DATELINE_MARKS:
            if mark in head:
                break
        else:
            return text
        found = pattern(dateline).match(head)
        if found and len(text) - found.end() >= 2:
            text = text[found.end() :].lstrip(" .|-–—")
    return text


def is_boilerplate(text: str) -> bool:
    """Whether *text* (as published) is about the page and not the news: credits, pleas, links."""
    if pattern(_BOILERPLATE, re.IGNORECASE).match(text) or "{{" in text or "{%" in text:
        return True
    if len(text) > 32 and pattern(r"[0-9a-f]{32}").search(text):
        return True  # the checksums of a download
    small = text.lower()
    for word in _CREDIT_WORDS:
        if word in small:
            return bool(pattern(_CREDIT, re.IGNORECASE).search(text))
    return not any(map(str.isalpha, text))


def word_count(text: str) -> int:
    """Words as a reader counts them; two Chinese or Japanese characters weigh as one word."""
    if text.isascii():
        return len(text.split())
    apart, wide = pattern(_CJK).subn(" ", text)
    return len(apart.split()) + (wide + 1) // 2


def words(text: str) -> list[str]:
    """The words of *text* in small letters; each Chinese or Japanese pair of characters is one."""
    found: list[str] = pattern(_WORD).findall(text.lower())
    if text.isascii() or not pattern(_CJK).search(text):
        return found
    paired: list[str] = []
    for word in found:
        if pattern(_CJK).search(word):
            paired += [word[n : n + 2] for n in range(max(1, len(word) - 1))]
        else:
            paired.append(word)
    return paired


def has_balanced_quotes(text: str) -> bool:
    """Whether every quotation mark and bracket of *text* has its partner, apostrophes apart."""
    if text.count('"') % 2:
        return False
    if not _nests(text):
        return False
    if not text.isascii():
        # German closes „…“ with the mark that opens in English.
        low = text.count("„")
        if low + text.count("“") * (not low) != text.count("”") + text.count("“") * bool(low):
            return False
        for opening, closing in ("«»", "「」", "『』", "（）"):
            if text.count(opening) != text.count(closing):
                return False
    return _singles_match(text)


def _nests(text: str) -> bool:
    """Whether the brackets of *text* open before they close; "4) …" opens none."""
    if "(" not in text and ")" not in text and "[" not in text and "]" not in text:
        return True
    open_marks: list[str] = []
    for mark in text:
        if mark in "([":
            open_marks.append(")" if mark == "(" else "]")
        elif mark in ")]" and (not open_marks or open_marks.pop() != mark):
            return False
    return not open_marks


def _singles_match(text: str) -> bool:
    """Whether '…' and ‘…’ at the edges of words pair up; "workers' pay" and '90s may stand."""
    if "'" not in text and "‘" not in text and "’" not in text:
        return True
    depth = 0
    for found in pattern(r"['‘’]").finditer(text):
        place = found.start()
        before = text[place - 1] if place else " "
        after = text[place + 1 : place + 2]
        if found[0] != "‘" and before in '.,!?;:…"”' and not _is_word(after):
            depth -= 1
        elif (
            found[0] != "’"
            and not _is_word(before)
            and (_is_word(after) or after in '"“£$€[(')
            and not text.startswith(_CLIPPED, place + 1)
        ):
            depth += 1
        if depth < 0:
            return False
    if depth == 0:
        return True
    # The last open mark may close behind a word without a stop: 'top model' said.
    closers = len(pattern(r"(?<=\w)['’](?=[\s)\]—–-]|$)").findall(text))
    return depth <= closers


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def points_back(text: str) -> bool:
    """Whether *text* opens with a word whose meaning stands in a sentence before it (English)."""
    first, second = opening(text)
    return first in _BACKWARD_WORDS or f"{first} {second}" in _BACKWARD_PAIRS


def points_back_abroad(text: str, language: str) -> bool:
    """As `points_back`, for other languages, by a short list; False where there is none."""
    primary = language.partition("-")[0].lower()
    known = _BACKWARD_ABROAD.get(primary, "").split()
    if primary in ("ja", "zh"):
        return text.lstrip('「『“"（').startswith(tuple(known)) if known else False
    return opening(text)[0] in known


def opens_with_pronoun(text: str) -> bool:
    """The narrow, publicly promised form of `points_back`: a pronoun or a bare conjunction."""
    return opening(text)[0] in _PRONOUNS


def opening(text: str) -> tuple[str, str]:
    """The first two words of *text* in small letters, "" where there are none."""
    found = pattern(_OPENING_WORDS).match(text[:60])
    if not found:
        return "", ""
    return found[1].lower().replace("’", "'"), (found[2] or "").lower()


def has_orphan_speaker(text: str) -> bool:
    """Whether a speech is given to a bare "he said": who said it stands elsewhere (English)."""
    return bool(pattern(_ORPHAN_SPEECH).search(text))


def leans_back(text: str) -> bool:
    """Whether *text*, however it opens, adds to something before it (English).

    "The school also …", or a speech by a bare "he said".
    """
    return bool(pattern(_LEANS).match(text)) or has_orphan_speaker(text)


def is_complete(text: str) -> bool:
    """Whether *text* ends as a sentence does, in any script that marks ends."""
    return text.endswith(_END)


def repeats(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the shorter's words that the longer has too, in [0, 1]."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0
