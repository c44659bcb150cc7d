"""What a text is written in, and what it is about: small statistics over its words."""

from __future__ import annotations

import re
from collections import Counter

# The scripts that tell a language, most telling first: kana before the ideographs it stands
# among. A text is in a script when a fifth of its letters are.
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("fa", re.compile("[\u067e\u0686\u06af\u06cc]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_TELLING_SHARE = {"ja": 0.08, "fa": 0.05}  # of the letters; the others need a fifth
_DEFAULT = "en"
_SAMPLE = 4_000  # characters; enough to tell a script

# The commonest words of the languages written in Latin letters that newsrooms here upload.
_COMMON = {
    "en": "the of and to in that is was for with as on by he at from his it an were which are",
    "de": "der die und das den von zu mit ist des im nicht ein eine auf dem sich auch es an als",
    "fr": "le la les des et du en un une est que pour dans qui sur au par pas plus avec ce il",
    "es": "el la los las de y en que un una por con para es se del al como su más lo",
    "pt": "o os as de e em que um uma para com não do da no na por mais se dos ao como",
    "it": "il lo la gli le di e che in un una per con non del della è si da sono al dei",
    "nl": "de het een van en in is op te dat die voor met zijn niet aan er ook als bij",
    "sv": "och att det som en på är av för med den till inte om har de ett var jag",
    "pl": "i w na z do nie się że to jest o jak po co ale za od przez dla są",
    "tr": "ve bir bu da de için ile olarak olan çok daha en gibi kadar sonra ne ise ya",
    "vi": "và của là có trong cho không được các một với người những này đã để đến khi từ",
    "id": "yang dan di dari ini itu dengan untuk pada tidak akan dalam juga ke adalah oleh",
}
_COMMON_SETS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
# Scripts written without spaces: kana, CJK ideographs, Thai, Lao, Khmer, Myanmar.
_UNSPACED = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_COUNTED = re.compile(r"[^\W_]+(?:['\u2019.,-][^\W_]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")

# Words that no story is about. English; in other languages rarity and length must do.
_STOP = _COMMON_SETS["en"] | frozenset(
    [
        "about",
        "above",
        "after",
        "again",
        "against",
        "also",
        "although",
        "always",
        "among",
        "another",
        "any",
        "around",
        "asked",
        "back",
        "became",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "came",
        "can",
        "come",
        "could",
        "day",
        "days",
        "did",
        "does",
        "done",
        "down",
        "during",
        "each",
        "even",
        "ever",
        "every",
        "few",
        "first",
        "five",
        "four",
        "further",
        "gave",
        "get",
        "going",
        "good",
        "great",
        "had",
        "has",
        "have",
        "having",
        "held",
        "her",
        "here",
        "him",
        "how",
        "however",
        "including",
        "into",
        "its",
        "itself",
        "just",
        "last",
        "later",
        "least",
        "less",
        "like",
        "made",
        "make",
        "many",
        "may",
        "might",
        "month",
        "months",
        "more",
        "most",
        "much",
        "must",
        "need",
        "never",
        "new",
        "next",
        "not",
        "now",
        "off",
        "often",
        "once",
        "one",
        "only",
        "other",
        "others",
        "our",
        "out",
        "over",
        "own",
        "part",
        "people",
        "per",
        "place",
        "put",
        "said",
        "same",
        "say",
        "says",
        "second",
        "see",
        "set",
        "several",
        "shall",
        "she",
        "should",
        "since",
        "six",
        "small",
        "some",
        "still",
        "such",
        "take",
        "taken",
        "ten",
        "than",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "third",
        "this",
        "those",
        "three",
        "through",
        "time",
        "today",
        "told",
        "took",
        "two",
        "under",
        "until",
        "upon",
        "use",
        "used",
        "very",
        "want",
        "way",
        "week",
        "weeks",
        "well",
        "went",
        "what",
        "when",
        "where",
        "whether",
        "while",
        "who",
        "whole",
        "whom",
        "whose",
        "why",
        "will",
        "without",
        "work",
        "would",
        "year",
        "years",
        "yes",
        "yet",
        "you",
        "your",
        "we",
        "us",
        "i",
        "me",
        "my",
        "so",
        "if",
        "or",
        "but",
        "be",
        "a",
        "no",
        "nor",
        "not",
        "up",
        "too",
        "than",
    ]
)


def guess_language(text: str) -> str:
    """Return the BCP 47 tag of the language that *text* seems to be in, else English.

    By script where a script tells, by the commonest words among languages in Latin letters.
    A guess for a text that does not say; a short text in Latin letters is English.
    """
    sample = text[:_SAMPLE]
    letters = sum(character.isalpha() for character in sample) or 1
    for language, script in _SCRIPTS:
        if len(script.findall(sample)) / letters >= _TELLING_SHARE.get(language, 0.2):
            return language
    words = Counter(word.lower() for word in _WORD.findall(sample))
    total = sum(words.values())
    if total < 20:
        return _DEFAULT
    shares = {
        language: sum(words[word] for word in common) / total
        for language, common in _COMMON_SETS.items()
    }
    best = max(sorted(shares), key=lambda language: shares[language])
    return best if shares[best] >= 0.1 and shares[best] > shares[_DEFAULT] else _DEFAULT


def terms(
    headline: str, text: str, tags: tuple[str, ...], language: str, *, limit: int = 16
) -> tuple[str, ...]:
    """Return up to *limit* terms that say what an article is about, strongest first.

    Tags come first, marked with #, then words of headline and text by weight: their number in
    the text, thrice that in the headline, names more than other words. Where words are not
    divided by spaces, two neighbouring characters are a term. Ties go to the alphabet.
    """
    marked = [f"#{tag}" for tag in tags[: limit // 2]]
    weights: Counter[str] = Counter()
    for words, weight in ((headline, 3.0), (text, 1.0)):
        for word in _terms_of(words, language):
            is_name = word[0].isupper()
            weights[_stem(word.lower())] += weight * (1.5 if is_name else 1.0)  # type: ignore[assignment]
    strongest = sorted(weights, key=lambda term: (-weights[term], term))
    return (*marked, *strongest[: limit - len(marked)])


def _terms_of(text: str, language: str) -> list[str]:
    if language.partition("-")[0] in ("ja", "zh", "th"):
        runs = re.findall("[\u30a0-\u30ff\u3400-\u9fff\u0e00-\u0e7f]{2,}", text)
        return [run[place : place + 2] for run in runs for place in range(len(run) - 1)]
    shortest = 3 if language.startswith("en") else 5
    words = _WORD.findall(text)
    return [w for w in words if len(w) >= shortest and w.lower() not in _STOP]


def _stem(word: str) -> str:
    """Fold the plainest English endings, so that ferry and ferries are one term."""
    word = word.removesuffix("'s").removesuffix("\u2019s")
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 4:
        return word[:-1]
    return word


def count_words(text: str) -> int:
    """Count words; in scripts without spaces two characters count as one word."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_COUNTED.findall(_UNSPACED.sub(" ", text))) + (unspaced + 1) // 2
