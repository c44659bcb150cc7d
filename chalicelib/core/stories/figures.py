"""The numbers of an article that another article could contradict, read once at ingest.

Only what is said plainly is read: a count right beside what it counts, in a sentence of the
reporter's own about the event itself. Sentences that look back or ahead, deny, doubt or compare are
passed over, and so are quotations, ages, dates, scores, labels, ranges, and parts of a whole
("three of them"). The patterns are English; an article in another language has no figures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.core.article import Article, Sentence
from chalicelib.core.stories.disagreements import Figure
from chalicelib.core.stories.words import WORD, is_title_case, words
from chalicelib.core.summary import claims
from chalicelib.core.summary.prose import listed, pattern

MAX_FIGURES = 12  # of one article
_READ = 15  # sentences: what comes later is background
_MAX_SENTENCE = 400  # characters; a longer one is a list, or no sentence
_MAX_DIGITS = 15  # what a float tells apart
_RARE = 20  # tenths, as in stories.words: one text in seven has the word
_BESIDE = 2  # rare words on either side of a number that say what it counts
_LOOSE = 0.25  # how far "about 40" may be from the truth

# In every pattern "#" is a number that counts or measures, "№" any other.

_LEAST = (
    r"at least|more than|over|above|exceeding|(?:no|not) (?:fewer|less) than|upwards of"
    r"|a minimum of|in excess of"
)
_MOST = r"up to|as many as|at most|fewer than|less than|under|below|(?:no|not) more than"
_ABOUT = (
    r"about|around|some|approximately|roughly|(?:an )?estimated|close to|nearly|almost|just under"
    r"|just over|~"
)
_BOUND = rf"(?:(?:{_LEAST}|{_MOST}|{_ABOUT}) )?(?:(?:a|the|other|preliminary) )?"

# What befell what is counted, behind the number ("12 people were killed") or before it.
_BEFELL = {
    "killed": r"killed|dead|died|dies|deaths|shot dead",
    "injured": r"injured|wounded|hurt|injuries",
    "arrested": r"arrested|detained",
    "missing": r"missing|unaccounted for",
    "rescued": r"rescued",
    "evacuated": r"evacuated",
    "displaced": r"displaced|homeless",
    "destroyed": r"destroyed|flattened|levell?ed",
    "damaged": r"damaged",
    "aboard": r"aboard|on board",
    "gathered": r"gathered|marched|rallied|protested|demonstrated|attended|took part|turned out",
}
_BEFALLS = {
    "killed": r"kill(?:s|ed|ing)|claim(?:s|ed|ing) the lives of",
    "injured": r"injur(?:es|ed|ing)|wound(?:s|ed|ing)|hurt(?:s|ing)?",
    "arrested": r"arrest(?:s|ed|ing)|detain(?:s|ed|ing)",
    "rescued": r"rescu(?:es|ed|ing)",
    "evacuated": r"evacuat(?:es|ed|ing)",
    "displaced": r"displac(?:es|ed|ing)",
    "destroyed": r"destroy(?:s|ed|ing)|flatten(?:s|ed|ing)|levell?(?:s|ed|ing)",
    "damaged": r"damag(?:es|ed|ing)",
}
_ANY = "|".join([*_BEFELL.values(), *_BEFALLS.values()])
_ANY_OR = rf"(?:{_ANY}),? (?:and|or) "
# Not "have been": that sums up a war or an epidemic.
_WERE = r"(?:(?:were|was|are|is|remain|remained) )?(?:(?:also|still|confirmed) )?"
_DEATH_TOLL = rf"\bdeath toll [^#№.;]{{0,60}}(?:of|to|at|is|was|reached|hit) {_BOUND}$"
_QUAKE = r"\b(?:earthquakes?|quakes?|temblors?|tremors?|richter|magnitude)\b"
_MAGNITUDE_IS = rf"\b(?:magnitude (?:of )?|measuring ){_BOUND}$"
_OF_MAGNITUDE = r"[ -](?:magnitude|(?:earth)?quake|temblor|tremor|on the richter)\b"

# Before and behind a number that is a part, a rise, one end of a range, or one of several.
_PART_BEFORE = (
    r"\b(?:including|includes?|included|among|of (?:them|whom|these|those|which))\b"
    rf"|\b(?:another|further|additional|extra|from|between) {_BOUND}$"
    rf"|[#№] (?:to|and|or|in|of|of the|out of) {_BOUND}$"
)
_PART_BEHIND = (
    r"\s?(?:more(?! than)|further|additional|extra|other|of|percentage)\b"
    r"|\s?(?:to|or|and|in) [#№]"
)
_DIVIDED = r"\band (?:\w+ ){0,2}[#№] (?:\w+ )?(?:in|at|near|on|from|elsewhere)\b"

# What is said of another event or time, or not for certain.
_ELSEWHERE = listed(
    "ago previous previously earlier former formerly since history historic ever annual annually"
    " yearly average averaged record worst deadliest deadlier bloodiest similar anniversary drill"
    " initially originally initial original revised corrected mistakenly wrongly if unless could"
    " would should might may feared fears fear expected forecast likely possibly perhaps per each"
    " every apiece daily weekly monthly compared rather instead aftershock aftershocks capacity"
    " planned plans goal target until whereas combined altogether overall"
    " first second third fourth another separate both"  # of several events
    " received receiving admitted treated treating"  # one hospital's share
    " shares stock stocks index futures trading"  # what moves by the minute
)
_OTHER_TIME = (
    r"\b(?:last|next|past|same|a|this) (?:\w+ )?(?:year|month|decade|century)s?\b|\bso far\b"
    r"|\bin that (?:attack|bombing|accident|crash|case|incident)\b"
    # of a whole region: another count than the event's
    r"|\b(?:in|across|throughout|over) (?:the |this )?(?:whole |entire )?"
    r"(?:country|region|province|state|district|nation|world|county|north|south|east|west)\b"
    r"|\b(?:nation|world|state|country)wide\b"
)
_DAY = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\byesterday\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}\b"
    r"|\b\d{1,2}:\d\d\b|\b\d{1,2} ?[ap]\.?m\b"
)
_YEAR = r"\b(?:1[5-9]|20)\d\d\b"
# March and May are words too.
_MONTH = (
    r"\b(jan|feb|apr|jun|jul|aug|sep|oct|nov|dec)(?:r?uary|il|e|y|ust|t|(?:t?em|o)ber)?\b"
    r"|\bin (mar|may)(?:ch)?\b|\b(mar|may)(?:ch)?\.? \d"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEWS = timedelta(days=7)  # an article that names a day further back tells of something else
_NAMED_PLACE = r"\b(?:in|at|near|outside|off|across)\s(?:the\s)?((?:[A-Z][\w-]+\b\s?)+)"
_UNCOUNTED = listed(
    "half quarter twice once double triple thrice dozens hundreds thousands millions billions zero"
    " zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
)
_LABELS = listed(
    "no no. number section chapter article page route highway interstate flight level phase stage"
    " grade room unit apartment suite group type class version title act day week"
)
_ROUND = listed("dozen hundred thousand million billion trillion")
_COMPOUND = r"[a-z]+ty-[a-z]+"  # forty-two
# Each article counts these from another moment, or of another matter.
_UNCOUNTABLE = listed(
    "years months weeks days hours minutes seconds nights decades centuries times points games"
    " goals seasons ways things kinds parts counts charges percent others"
)
_PLURALS = listed("people children men women police")
_ENDS = listed(
    "a an and are as at after am be been before but by down for from had has have her his if in"
    " into is it its near of off on onto or our out over she so than that the their them then there"
    " these they this those to until up was we were when where which while who whose with within"
    " you your also any"
)
_ONE_WORD = {"person": "people", "persons": "people", "lives": "people",
             "houses": "homes", "meters": "metres", "kilometers": "kilometres"}  # fmt: skip


class _Counted(NamedTuple):
    """A number, what it counts, and whether that alone says what is counted."""

    number: claims.Placed
    thing: str
    is_clear: bool = True


def figures(article: Article) -> tuple[Figure, ...]:
    """Return the numbers of *article*'s beginning that can be held against another's.

    Never raises. Headlines, tables and captions are not read.
    """
    if article.language.partition("-")[0].lower() != "en":
        return ()
    found: list[Figure] = []
    for sentence in article.sentences[:_READ]:
        if sentence.kind in ("paragraph", "list_item"):
            quote = article.body.text[sentence.start : sentence.end]
            small = claims.small_letters(quote)
            # Rare ligatures change the length, and with it the places of the numbers.
            is_plain = len(small) == len(quote) <= _MAX_SENTENCE
            if is_plain and _is_of_now(quote, small, article.published_at):
                found += _read(quote, small, sentence)
    return tuple(found[:MAX_FIGURES])


def _read(quote: str, small: str, sentence: Sentence) -> Iterator[Figure]:
    masked, behind = _masked(small)
    if pattern(_DIVIDED).search(masked):
        return
    by_thing: dict[str, list[_Counted]] = defaultdict(list)
    for one in _counted(masked, behind):
        by_thing[one.thing].append(one)
    for thing, (counted, *others) in by_thing.items():
        if others:  # two numbers of one thing are parts, or two places
            continue
        low, high, start = _bounds(small, counted.number)
        end = counted.number.end
        named, about = _subject(quote, besides=thing)
        yield Figure(
            thing=thing,
            said=quote[start:end],
            low=low,
            high=high,
            sentence=sentence.id,
            start=sentence.start,
            end=sentence.end,
            quote=quote,
            named=named,
            about=about,
            near=None if counted.is_clear else _beside(quote[:start], quote[end:], about),
            when=_days(small),
            where=_places(quote),
        )


def _is_of_now(quote: str, small: str, day: datetime) -> bool:
    """Whether a sentence says something for certain, of the event itself, on or before *day*."""
    tokens = claims.tokens(small)
    news = (day, day - _NEWS)
    months = {one for found in pattern(_MONTH).findall(small) for one in found if one}
    return (
        _ELSEWHERE.isdisjoint(tokens)
        and not claims.denials(tokens, "en")
        and not pattern(_OTHER_TIME).search(small)
        and "?" not in small
        and months <= {_MONTHS[one.month - 1] for one in news}
        and {*pattern(_YEAR).findall(small)} <= {str(one.year) for one in news}
        and not is_title_case(WORD.findall(quote))
    )


# What a number counts


def _masked(small: str) -> tuple[str, dict[int, claims.Placed]]:
    """Return *small* with a mark in the place of each number, and what is behind each mark."""
    masked, at, behind = "", 0, {}
    for one in sorted(claims.placed_numbers(small)):
        if one.start >= at:
            masked += small[at : one.start].replace("#", "№")
            behind[len(masked)] = one
            masked += "#" if _is_plain(small, one) else "№"
            at = one.end
    return masked + small[at:].replace("#", "№"), behind


def _is_plain(small: str, one: claims.Placed) -> bool:
    """Whether a number counts or measures: no year, time, score, ordinal, label or quotation."""
    written, before = small[one.start : one.end], small[: one.start]
    if len(one.number.value) > _MAX_DIGITS or not pattern(r"\d+(?:\.\d+)?").fullmatch(
        one.number.value
    ):
        return False
    if pattern(r"[-–/:]?\d|\w|-(?!magnitude|plus)[a-z]").match(small, one.end) or pattern(
        r"[\w№#/:.–-]$|\d[-,] ?$"
    ).search(before):
        return False
    if written in _UNCOUNTED or pattern(_YEAR).fullmatch(written):
        return False
    if "-" in written and not pattern(_COMPOUND).fullmatch(written):
        return False
    is_quoted = before.count('"') % 2 or before.count("“") > before.count("”")
    return not is_quoted and _LABELS.isdisjoint(before.split()[-1:])


def _counted(masked: str, behind: dict[int, claims.Placed]) -> Iterator[_Counted]:
    is_quake = pattern(_QUAKE).search(masked)
    for mark in pattern("#").finditer(masked):
        before, after, number = masked[: mark.start()], masked[mark.end() :], behind[mark.start()]
        value, unit = float(number.number.value), number.number.unit
        # A share is always of something.
        rest = after.removeprefix(" of") if unit == "%" else after
        if pattern(_PART_BEFORE).search(before) or pattern(_PART_BEHIND).match(rest):
            continue
        if is_quake and value < 10 and not unit and _is_magnitude(before, after):
            yield _Counted(number, "magnitude")
        elif unit and not pattern(r"\b(?:in|ex)cluding\b").search(after):
            # US$ and A$ are two currencies.
            country = pattern(r"(?<![a-z])[a-z]*$").search(before)
            yield _Counted(number, f"{country[0].upper() if country else ''}{unit}", is_clear=False)
        elif befallen := _befallen(before, after):
            yield _Counted(number, befallen)
        elif (noun := _noun(_phrase(after))) and value > 1:
            yield _Counted(number, noun, is_clear=False)


def _is_magnitude(before: str, after: str) -> bool:
    return bool(pattern(_MAGNITUDE_IS).search(before) or pattern(_OF_MAGNITUDE).match(after))


def _befallen(before: str, after: str) -> str | None:
    """Return "people killed", "homes destroyed" and the like."""
    phrase = _phrase(after)
    if not phrase and pattern(_DEATH_TOLL).search(before):
        return "people killed"
    for what, said in _BEFELL.items():
        match = pattern(rf" ((?:[a-z-]+ ){{0,2}}?)({_WERE})(?:{said})\b(.*)").match(after)
        if match and _ENDS.isdisjoint(match[1].split()):
            noun, were, rest = match[1].split(), match[2], match[3]
            # "12 dead dolphins", "12 killed and injured"
            is_bare = noun or were or not _phrase(rest)
            is_mixed = pattern(rf",? (?:or|and) (?:{_ANY})\b").match(rest)
            return _named(noun, what) if is_bare and not is_mixed else None
    for what, said in _BEFALLS.items():
        match = pattern(rf"\b({_ANY_OR}|ha(?:s|ve|d) )?(?:{said}) {_BOUND}$").search(before)
        if match:
            return None if match[1] else _named(phrase, what)
    return None


def _named(phrase: list[str], what: str) -> str | None:
    if phrase == ["others"]:  # than the dead; elsewhere, than somebody named
        return "people injured" if what == "injured" else None
    noun = _noun(phrase) if phrase else "people"
    return f"{noun} {what}" if noun else None


def _phrase(after: str) -> list[str]:
    """The words behind a number up to the first that cannot belong to it."""
    found: list[str] = []
    for word, _ in pattern(r" ([a-z][a-z-]*)|(.)").findall(after):
        if not word or word in _ENDS or pattern(_DAY).fullmatch(word):
            break
        found.append(word)
        if word in ("people", "others"):
            break
    return found


def _noun(phrase: list[str]) -> str | None:
    """Return what is counted as a heading says it, None where the phrase does not tell."""
    for length, word in enumerate(phrase[:3], start=1):
        if word.endswith("s") or word in _PLURALS or word == "person":
            noun = " ".join([*phrase[: length - 1], _ONE_WORD.get(word, word)])
            return None if word in _UNCOUNTABLE else noun
    return None


# How much a number leaves open, and what else its sentence says


def _bounds(small: str, place: claims.Placed) -> tuple[float, float | None, int]:
    """Return the least and the most that the words allow, and where the words begin."""
    value, written = float(place.number.value), small[place.start : place.end]
    match = pattern(rf"\b(?:(?P<least>{_LEAST})|(?P<most>{_MOST})|(?P<about>{_ABOUT}))\s$").search(
        small[: place.start]
    )
    start, kind = (match.start(), match.lastgroup) if match else (place.start, None)
    if kind == "least" or pattern(r"\s?\+| or more\b|-plus\b").match(small, place.end):
        return value, None, start
    if kind == "most":
        return 0, value, start
    if kind == "about" or written in _ROUND or pattern(r" or so\b").match(small, place.end):
        return (1 - _LOOSE) * value, (1 + _LOOSE) * value, start
    unit = _rounded_to(place.number.value, written)
    return value - unit / 2, value + unit, start


def _rounded_to(value: str, written: str) -> float:
    """The unit of a round number's last digit, 0 for what looks counted.

    Below a hundred people count; "13 billion" may be 13.9 cut, and 1,200 was perhaps 1,180.
    """
    zeros = len(value) - len(value.rstrip("0")) if value.isdigit() else 0
    has_scale = pattern(r"^\D*\d.*[a-z]|[a-z] [a-z]").search(written)
    return float(10**zeros) if zeros and (has_scale or len(value) > 2) else 0.0


def _subject(text: str, *, besides: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a sentence, and all its rare words, but for those of *besides*."""
    own = {word.stem for word in words(besides, "en")}
    rare = {
        word.stem: word.kind
        for word in words(text, "en")
        if word.rarity >= _RARE and word.stem not in own
    }
    return tuple(stem for stem, kind in rare.items() if kind == "name"), tuple(rare)


def _beside(before: str, after: str, about: tuple[str, ...]) -> tuple[str, ...]:
    """The rare words next to a number, of those that the sentence is *about*."""
    left, right = (
        [w.stem for w in words(text, "en") if w.stem in about] for text in (before, after)
    )
    return tuple(dict.fromkeys(left[-_BESIDE:] + right[:_BESIDE]))


def _days(small: str) -> tuple[str, ...]:
    return tuple(sorted({one.replace(".", "") for one in pattern(_DAY).findall(small)}))


def _places(text: str) -> tuple[str, ...]:
    named = {part.lower() for run in pattern(_NAMED_PLACE).findall(text) for part in run.split()}
    return tuple(sorted(named))
