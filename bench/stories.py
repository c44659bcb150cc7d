"""How well the production clustering finds stories and copies, and how its numbers were made.

`predict` writes the story of every document, for a scorer of one's own. `table` runs production
beside TF-IDF with greedy centroids on each half of a labelled file's topics. `duplicates` makes
copies and look-alikes of real articles by program and tells how many are recognised.
`disagreements` prints where the sources of labelled stories differ, for a person to judge.
`lexicon` and `train` make rarity.json and the weights of `evidence.py`: figures only, no text.

Halves are deterministic: topics in natural order, every other one. The weights in the code are
those of the first half; the second half is what nothing was chosen on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench.summaries.articles import body_of
from chalicelib.core import formats
from chalicelib.core.article import Article, ArticleId, Generation, Source, Summary
from chalicelib.core.errors import UploadRejected
from chalicelib.core.language import guess_language
from chalicelib.core.stories import (
    COPY,
    Account,
    Disagreement,
    Traits,
    fingerprint,
    similarity,
    stories,
    tell,
)
from chalicelib.core.stories import words as reading
from chalicelib.core.stories.evidence import FACTS, WEIGHTS, Group, Weights, facts_of
from chalicelib.core.summary import split

Row = dict[str, Any]
GREEDY = (0.12, 0.15, 0.20)  # thresholds of the baseline
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # documents without a date are of one day
MIN_WORDS = 150  # of an article that copies are made of
MIN_TEXTS = 5  # a stem in fewer of the lexicon's texts is as rare as one in none


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stories", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("predict", help="write {id, story} for every line of a file")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl")
    command.add_argument("--out", type=Path, required=True, metavar="PREDICTIONS.jsonl")
    command.set_defaults(run=lambda given: predict(given.data, given.out))
    command = commands.add_parser("table", help="compare with TF-IDF on both halves of the topics")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl")
    command.set_defaults(run=lambda given: print(table(_rows(given.data))))
    command = commands.add_parser("duplicates", help="tell copies from look-alikes")
    command.add_argument("--md", type=Path, required=True, metavar="FOLDER")
    command.add_argument("--html", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=lambda given: print(duplicates(given.md, given.html)))
    command = commands.add_parser("disagreements", help="print where the sources of a story differ")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl")
    command.set_defaults(run=lambda given: print(differing(_rows(given.data))))
    command = commands.add_parser("places", help="tell stories in the news of one place")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl.gz")
    command.set_defaults(run=lambda given: print(places(given.data)))
    command = commands.add_parser("lexicon", help="make rarity.json from a file of articles")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl.gz")
    command.set_defaults(run=lambda given: lexicon(given.data))
    command = commands.add_parser("train", help="print the weights learned on each half and on all")
    command.add_argument("--data", type=Path, required=True, metavar="FILE.jsonl")
    command.set_defaults(run=lambda given: print(trained(_rows(given.data))))
    given = parser.parse_args(arguments)
    given.run(given)


# Stories


_PLACES = ("Callport", "Tarrow", "Skerrin", "Ostrey", "Garrow", "Vessany")


def places(data: Path, *, count: int = 300) -> str:
    """Return how many unrelated articles are put together when one place is named in all of them.

    The articles are of many years and subjects; the few that share an event are in the first row.
    """
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(count), strict=False)]
    chance = random.Random(1)  # noqa: S311 - the texts must be the same each time
    local = [
        ". ".join(
            f"{sentence} in {chance.choice(_PLACES)}" if chance.random() < 0.25 else sentence
            for sentence in f"{chance.choice(_PLACES)} council: {text}".split(". ")
        )
        for text in texts
    ]
    lines_ = ["| articles | with another in one story | largest story |", "|" + "---|" * 3]
    for label, told in (("as they are", texts), ("of one place", local)):
        found = stories(
            traits_of({"id": str(n), "text": text, "published_at": None})
            for n, text in enumerate(told)
        )
        sizes = Counter(found.values()).values()
        together = sum(size for size in sizes if size > 1)
        lines_.append(f"| {len(told)}, {label} | {together} | {max(sizes)} |")
    return "\n".join(lines_)


def predict(data: Path, out: Path) -> None:
    """Write the production story of every document of *data*, in its order."""
    rows = _rows(data)
    found = stories(traits_of(row) for row in tqdm(rows, desc="documents", unit="doc"))
    lines = (json.dumps({"id": row["id"], "story": found[row["id"]]}) for row in rows)
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def traits_of(row: Row) -> Traits:
    text = str(row.get("text") or "")
    try:
        published_at = datetime.fromisoformat(str(row.get("published_at")))
    except ValueError:
        published_at = NO_DATE
    return fingerprint(
        id=row["id"],
        headline=str(row.get("title") or ""),
        text=text,
        language=str(row.get("language") or guess_language(text)),
        published_at=published_at if published_at.tzinfo else published_at.replace(tzinfo=UTC),
        source=str(row.get("source") or ""),
    )


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table of B-cubed figures: baseline and production, half by half."""
    first, second = halves(rows)
    lines = ["| documents | method | precision | recall | F | stories | s |", "|" + "---|" * 7]
    for label, part in (("first half", first), ("second half", second), ("all", rows)):
        gold = {row["id"]: row["story"] for row in part}
        for name, threshold in (*((f"TF-IDF {t:.2f}", t) for t in GREEDY), ("Broadsheet", None)):
            began = time.perf_counter()
            found = told(part) if threshold is None else greedy(part, threshold)
            seconds = time.perf_counter() - began
            scores = " | ".join(f"{score:.4f}" for score in b_cubed(gold, found))
            lines.append(
                f"| {label}, {len(part)} | {name} | {scores} | {len(set(found.values()))} of "
                f"{len(set(gold.values()))} | {seconds:.2f} |"
            )
    return "\n".join(lines)


def told(rows: Sequence[Row], weights: Weights = WEIGHTS) -> dict[str, Any]:
    """Return the production story of each document."""
    found = stories(map(traits_of, rows), weights=weights)
    return {str(one): story for one, story in found.items()}


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Divide by topic: topics in natural order ("2" before "16"), every other one."""
    topics = sorted({row["topic"] for row in rows}, key=lambda topic: (len(topic), topic))
    chosen = set(topics[0::2])
    return (
        [row for row in rows if row["topic"] in chosen],
        [row for row in rows if row["topic"] not in chosen],
    )


def b_cubed(gold: dict[str, Any], found: dict[str, Any]) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F (Bagga and Baldwin, 1998)."""
    joint = Counter((story, found[one]) for one, story in gold.items())
    golds, founds = Counter(gold.values()), Counter(found[one] for one in gold)
    both = [(joint[story, found[one]], found[one], story) for one, story in gold.items()]
    precision = sum(n / founds[label] for n, label, _ in both) / len(gold)
    recall = sum(n / golds[story] for n, _, story in both) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def greedy(rows: Sequence[Row], threshold: float) -> dict[str, Any]:
    """The baseline: each document joins the nearest centroid by TF-IDF, or founds one."""
    counts = [Counter(re.findall(r"\w+", row["text"].lower())) for row in rows]
    documents = Counter(word for count in counts for word in count)
    centroids: list[Counter[str]] = []
    found: dict[str, Any] = {}
    for row, count in zip(rows, counts, strict=True):
        vector = Counter(
            {w: (1 + math.log(n)) * math.log(len(rows) / documents[w]) for w, n in count.items()}
        )
        near = [_cosine(vector, centroid) for centroid in centroids]
        best = max(range(len(near)), key=lambda place: near[place], default=-1)
        if best < 0 or near[best] < threshold:
            best = len(centroids)
            centroids.append(Counter())
        centroids[best].update(vector)
        found[row["id"]] = best
    return found


def _cosine(a: Counter[str], b: Counter[str]) -> float:
    both = sum(value * b[word] for word, value in a.items() if word in b)
    norms = sum(v * v for v in a.values()) * sum(v * v for v in b.values())
    return both / math.sqrt(norms) if norms else 0.0


# Disagreements


def differing(rows: Sequence[Row]) -> str:
    """Return every disagreement inside the labelled stories, to be read and judged one by one."""
    found = list(disputes(rows))
    lines = [f"{len(found)} disagreements in {len({*map(_label, rows)})} stories"]
    for story, told in found:
        lines.append(f"\n{story}: {told.thing}, {told.kind}")
        lines += [
            f"  {one.figure.said} | {one.article} | {one.figure.quote}"
            for one in chain.from_iterable(told.sides)
        ]
    return "\n".join(lines)


def disputes(rows: Iterable[Row]) -> Iterator[tuple[str, Disagreement]]:
    """Yield what production reports of each labelled story; every document is its own source."""
    told: dict[str, list[Account]] = defaultdict(list)
    for row in rows:
        told[_label(row)].append(_account(row))
    for label, accounts in sorted(told.items()):
        story = tell(accounts, now=NO_DATE + timedelta(days=1))
        for one in story.disagreements if story else ():
            yield label, one


def _label(row: Row) -> str:
    return str(row.get("story") or row["topic"])


def _account(row: Row) -> Account:
    """The account of a document, as if it had been uploaded as plain text on the day of all."""
    text = row["text"]
    for pattern, joined in _TOKENISED:
        text = pattern.sub(joined, text)
    body = body_of(text)
    sentences = split(body, language="en")
    nothing = Summary(text="", evidence=(), key_points=(), generation=Generation(
        method="extractive", engine="", engine_version=""))  # fmt: skip
    article = Article(
        id=row["id"], key=row["id"], revision=1, headline="", slug="", body=body,
        source=Source(id=row["id"], name=row["id"]), sentences=sentences, summary=nothing,
        published_at=NO_DATE, updated_at=NO_DATE, received_at=NO_DATE,
    )  # fmt: skip
    return Account.of(article, traits_of(row))


# The corpus is kept as tokens: "5. 9", "120, 000", "9: 30" and "27 - year - old" are one word each.
_TOKENISED = (
    (re.compile(r"(\d), (\d{3})\b"), r"\1,\2"),
    (re.compile(r"\b(\d)\. (\d)"), r"\1.\2"),
    (re.compile(r"\b(\d+): (\d\d)\b"), r"\1:\2"),
    (re.compile(r"(\w) - (\w)"), r"\1-\2"),
)


# Copies


def duplicates(markdown: Path, html: Path) -> str:
    """Return how many made copies and how many look-alikes `similarity` calls copies.

    Look-alikes are all pairs of different articles of one folder: of one site, one author, one
    series; and, closer still, the same pairs with one boilerplate around both.
    """
    right: list[float] = []
    wrong: list[float] = []
    lines = ["| made from | pairs | called copies | lowest | highest |", "|" + "---|" * 5]
    by_way: dict[str, list[float]] = defaultdict(list)
    for folder, texts in (("Markdown", _texts(markdown)), ("HTML", _distinct(_texts(html)))):
        chance = random.Random(7)  # noqa: S311 - the set must be the same each time
        own = [_sketched(f"{folder}{n}", text) for n, text in enumerate(texts)]
        padded = [_sketched("p", f"{_ABOVE}\n\n{text}\n\n{_BELOW}") for text in texts]
        for place, text in enumerate(tqdm(texts, desc=folder, unit="article")):
            other = texts[(place + 1) % len(texts)]
            for way, copy in _copies(text, other, chance).items():
                by_way[f"copy: {way}"].append(similarity(own[place], _sketched("c", copy)))
            for later in range(place + 1, len(texts)):
                by_way[f"look-alike: {folder}"].append(similarity(own[place], own[later]))
                both = similarity(padded[place], padded[later])
                by_way[f"look-alike: {folder}, one boilerplate"].append(both)
    for way, found in by_way.items():
        (right if way.startswith("copy") else wrong).extend(found)
        called = sum(one >= COPY for one in found)
        lines.append(f"| {way} | {len(found)} | {called} | {min(found):.2f} | {max(found):.2f} |")
    hits, false = (sum(one >= COPY for one in found) for found in (right, wrong))
    lines.append("")
    lines.append(f"precision {hits / (hits + false):.4f}, recall {hits / len(right):.4f} at {COPY}")
    return "\n".join(lines)


_ABOVE = """Sign up for our morning newsletter and get the day's top stories sent to your inbox. By
signing up you agree to our terms of use and our privacy notice.""".replace("\n", " ")
_BELOW = """This story was first published by the agency and is used here with its permission. All
rights reserved. This material may not be published, broadcast, rewritten or redistributed. Follow
us for more, or write to the editors with corrections and comments at any time of day.""".replace(
    "\n", " "
)


def _copies(text: str, other: str, chance: random.Random) -> dict[str, str]:
    """Make what subscribers of a wire service make of *text*."""
    blocks = text.split("\n\n")
    sentences = _SENTENCES.findall(text)
    shuffled = blocks[:]
    chance.shuffle(shuffled)
    lead = " ".join(other.split()[:50])
    short = _share(sentences, chance.uniform(0.35, 0.7))
    return {
        "new lead": f"{lead}\n\n{''.join(sentences[2:])}" if len(sentences) > 5 else lead + text,
        "cut to 35-70 %": "".join(short),
        "re-ordered": "\n\n".join(shuffled),
        "boilerplate": f"{_ABOVE}\n\n{text}\n\n{_BELOW}",
        "new lead, cut, boilerplate": "\n\n".join([lead, "".join(short[1:] or short), _BELOW]),
        "words changed": re.sub(
            r"\w+", lambda word: "other" if chance.random() < 0.04 else word[0], text
        ),
    }


_SENTENCES = re.compile(r".+?(?:[.!?\u3002](?=\s)|\u3002|\n|$)\s*", re.DOTALL)


def _share(sentences: list[str], share: float) -> list[str]:
    """Return the first sentences that hold *share* of the characters, the last whole."""
    wanted, chosen = share * sum(map(len, sentences)), list[str]()
    for sentence in sentences:
        if sum(map(len, chosen)) >= wanted:
            break
        chosen.append(sentence)
    return chosen


def _distinct(texts: list[str]) -> list[str]:
    """Leave out texts of which four fifths stand in an earlier one: a page that was saved twice."""
    kept: list[tuple[str, frozenset[str]]] = []
    for text in texts:
        words = reading.plain(text)
        runs = frozenset(" ".join(words[place : place + 8]) for place in range(len(words) - 7))
        if all(len(runs & other) < 0.8 * min(len(runs), len(other)) for _, other in kept):
            kept.append((text, runs))
    return [text for text, _ in kept]


def _texts(folder: Path) -> list[str]:
    """Return the texts of the articles of *folder* that production accepts, without sham ones."""
    found: dict[str, None] = {}
    paths = sorted(folder.rglob("*.md")) + sorted(folder.rglob("*.html*"))
    for path in tqdm(paths, desc=f"reading {folder.name}", unit="file"):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        try:
            text = formats.read(path.name.removesuffix(".gz"), data).body.text
        except UploadRejected:
            continue
        if len(reading.plain(text)) >= MIN_WORDS and "lorem ipsum" not in text.lower():
            found[text] = None
    return list(found)


def _sketched(name: str, text: str) -> Traits:
    return fingerprint(
        id=ArticleId(name), headline="", text=text, language="en", published_at=NO_DATE
    )


# What the code's numbers were made from


def lexicon(data: Path) -> None:
    """Write rarity.json: of each stem, in how many texts it stands and how often with a capital."""
    texts, counts, capitals, inside = 0, Counter[str](), Counter[str](), Counter[str]()
    for row in tqdm(_rows(data), desc="articles", unit="article"):
        texts += 1
        seen: set[str] = set()
        for stem, has_capital in reading.stems(row["text"]):
            seen.add(stem)
            if has_capital is not None:
                inside[stem] += 1
                capitals[stem] += has_capital
        counts.update(seen)
    rarity, capital = defaultdict(list), defaultdict(list)
    for stem in sorted(stem for stem, n in counts.items() if n >= MIN_TEXTS):
        rarity[round(10 * math.log(texts / counts[stem]))].append(stem)
        share = round(10 * capitals[stem] / inside[stem]) if inside[stem] else 10
        if share >= 5:
            capital[share].append(stem)
    stored = {
        name: {str(level): " ".join(stems) for level, stems in sorted(levels.items())}
        for name, levels in (("rarity", rarity), ("capital", capital))
    }
    reading.RARITY.write_text(
        json.dumps(stored, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )


def trained(rows: Sequence[Row]) -> str:
    """Return the weights learned on each half of the topics, with the figures of both halves."""
    first, second = halves(rows)
    lines = [
        "| learned on | first half P, R, F | second half P, R, F | weights |",
        "|" + "---|" * 4,
    ]
    for label, part in (("first half", first), ("second half", second), ("all", rows)):
        weights = fit(part)
        scores = (
            ", ".join(f"{one:.4f}" for one in scored(half, weights)) for half in (first, second)
        )
        lines.append(f"| {label} | {' | '.join(scores)} | {weights} |")
    return "\n".join([*lines, "", f"facts: {FACTS}", f"in the code: {WEIGHTS}"])


def scored(rows: Sequence[Row], weights: Weights) -> tuple[float, float, float]:
    return b_cubed({row["id"]: row["story"] for row in rows}, told(rows, weights))


def fit(rows: Sequence[Row]) -> Weights:
    """Fit a logistic model of FACTS, strongly held back (C = 0.01): topics are few.

    The sample says what weighs how much, not how common stories are: so where the log-odds start is
    chosen by the stories that come out: the least of the best, since readers mind two events in one
    story more than one event in two.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    chance = random.Random(1)  # noqa: S311 - weights must be the same each time
    pairs = _labelled_pairs(rows, chance)
    facts = np.array([facts for facts, _ in pairs])
    mean, spread = facts.mean(0), facts.std(0) + 1e-9
    model = LogisticRegression(C=0.01, max_iter=5000)
    model.fit((facts - mean) / spread, np.array([label for _, label in pairs]))
    slopes = tuple(round(float(one), 2) for one in model.coef_[0] / spread)
    starts = [round(-2 + 0.2 * step, 1) for step in range(20)]
    by_start = {start: round(scored(rows, Weights(slopes, start))[2], 3) for start in starts}
    best = max(by_start.values())
    return Weights(slopes, min(start for start, score in by_start.items() if score == best))


Pair = tuple[tuple[float, ...], bool]


def _labelled_pairs(rows: Sequence[Row], chance: random.Random) -> list[Pair]:
    """Draw pairs of groups as clustering meets them: one story, look-alikes, two topics."""
    members: dict[str, list[Group]] = defaultdict(list)
    topic: dict[str, str] = {}
    for row in rows:
        members[row["story"]].append(Group.of(traits_of(row)))
        topic[row["story"]] = row["topic"]
    names, pairs = sorted(members), []
    for _ in range(3000):
        one, draw = chance.choice(names), chance.random()
        alike = [name for name in names if name != one and topic[name] == topic[one]]
        others = [name for name in names if topic[name] != topic[one]]
        other = one if draw < 0.45 else chance.choice(alike if draw < 0.85 and alike else others)
        sample = chance.sample(members[one], min(chance.choice((1, 1, 1, 2, 3, 5)),
                                                 len(members[one]) - 1))  # fmt: skip
        rest = [group for group in members[other] if not any(group is own for own in sample)]
        others_sample = chance.sample(rest, min(chance.choice((1, 1, 2, 3, 5, 8)), len(rest)))
        if sample and others_sample:
            facts = facts_of(_joined(sample), _joined(others_sample))
            if facts is not None:
                pairs.append((facts, one == other))
    return pairs


def _joined(groups: Iterable[Group]) -> Group:
    first, *others = groups
    for other in others:
        first = first.joined(other)
    return first


def _rows(path: Path) -> list[Row]:
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
