"""What of an article other articles are held against, whole.

Each table is held to the one in `tests/approved/readings`, which somebody has read: what a change
makes of a case that nobody thought of shows in its diff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.core.article import article_id
from chalicelib.core.links import Link
from chalicelib.core.matching import matched
from chalicelib.core.stories import figures, graph, stories
from chalicelib.core.stories.evidence import FACTS, Group, facts_of, is_one_subject, log_odds
from chalicelib.core.stories.traits import Traits, fingerprint, similarity
from tests.conftest import NOW
from tests.core.listings import listing
from tests.core.pages_newsroom import make_article, text_of
from tests.core.test_stories import BUDGET, FERRY, FERRY_AGAIN, OTHER_FERRY

Approved = Callable[[str, str], None]

DAY = timedelta(days=1)
GERMAN = (
    "Die Fähre Skerrin ist am Dienstag nach vier Wochen auf die Linie zurückgekehrt, wie die "
    "Behörde sagte, mit 214 Menschen an Bord."
)
JAPANESE = "港の委員会は火曜日、島々への定期船を三月に廃止することを決めた。"


FIGURES = (
    "At least 12 people were killed and 40 others injured in Callport on Tuesday.",
    "The death toll of the Skerrin fire stands at 12.",
    "A fire killed nine sailors off Vell.",
    "Some 200 passengers were evacuated, and about two dozen homes were destroyed.",
    "A magnitude 6.1 earthquake struck near Vell at 05:30.",
    "The quake measured 5.8 on the Richter scale.",
    "Repairs cost $1.2 million, or US$3 a head.",
    "The bank cut its rate by 5 percent of output.",
    "More than 5,000 people marched in Callport and Vell.",
    "Up to 30 crew are missing off Tarrow.",
    "Police arrested 7 men; 3 of them were freed.",
    "12 killed and injured.",
    "12 dead dolphins.",
    "Last year 40 people died.",
    "Between 30 and 40 people were hurt.",
    "It has 2,000 or so residents.",
    "12 people died in Vell and 3 in Tarrow.",
    "Flight 212 carried 88 people aboard.",
    "“About 90 people died,” he said.",
    "The storm displaced 1,500 people and damaged 300 houses.",
    "Eleven people were rescued by 3 boats in 20 minutes.",
    "Nobody knows whether 12 died.",
    "In May 2019, 14 people were killed.",
    "A 4-year-old and 5 others were wounded.",
    "It took 13 billion crowns, and 50+ ships, to clear 7 kilometers of coast.",
)


def test_figures_are_read_as_was_approved(approved: Approved) -> None:
    lines = []
    for sentence in FIGURES:
        body, sentences = text_of([("paragraph", (sentence,))])
        found = figures.figures(make_article(body=body, sentences=sentences, published_at=NOW))
        lines.append(sentence)
        lines += [
            f"    {f.thing}: {f.said!r} {f.low:g}–{f.high}, names {f.named}, about {f.about}, "
            f"near {f.near}, when {f.when}, where {f.where}"
            for f in found
        ]

    approved("readings/figures.txt", listing(lines))


def traits_of(name: str, text: str, **given: Any) -> Traits:
    at = NOW + timedelta(hours=given.pop("hours", 0))
    headline = given.pop("headline", "")
    return fingerprint(
        id=article_id(name),
        headline=headline,
        text=text,
        language=given.pop("language", "en"),
        published_at=at,
        **given,
    )


def events() -> dict[str, Traits]:
    return {
        "ferry": traits_of(
            "a", FERRY, headline="Ferry aground", original_url="https://a.example/x?utm_x=1"
        ),
        "again": traits_of("b", FERRY_AGAIN, hours=30),
        "other": traits_of(
            "c", OTHER_FERRY, hours=1, same_story=["a", "b.md"], not_same_story=["d"]
        ),
        "budget": traits_of("d", BUDGET, hours=-200),
        "copy": traits_of("e", f"{FERRY} {FERRY_AGAIN} {BUDGET}\nShort line\n" * 3, source="wire"),
        "german": traits_of("f", GERMAN, language="de"),
        "japanese": traits_of("g", JAPANESE, language="ja"),
    }


def test_an_article_has_the_traits_that_were_approved(approved: Approved) -> None:
    texts = {"again": FERRY_AGAIN, "copy": f"{FERRY} {FERRY_AGAIN} {BUDGET}\nShort line\n" * 3}
    made = [traits_of(name, text, headline="Ferry aground") for name, text in texts.items()]
    made.append(traits_of("de", GERMAN, language="de", same_story=["x", article_id("y")]))
    lines = [f"{one}\n    {graph.index_keys(one)}" for one in made]

    approved("readings/traits.txt", listing(lines))


def test_two_articles_are_weighed_as_was_approved(approved: Approved) -> None:
    lines = []
    told_of = events()
    for name, one in told_of.items():
        for other_name, other in told_of.items():
            if name >= other_name:
                continue
            a, b = Group.of(one), Group.of(other)
            facts = facts_of(a, b)
            told = zip(FACTS, facts or (), strict=False)
            lines += [
                (
                    f"{name} and {other_name}: {log_odds(a, b)}, link {graph.link(one, other)}, "
                    f"subject {is_one_subject(one, other)}, similar {similarity(one, other):.3f}"
                ),
                "    " + ", ".join(f"{fact} {value:.4f}" for fact, value in told if value),
            ]
    both = Group.of(told_of["ferry"]).joined(Group.of(told_of["again"]))
    for name in ("other", "copy", "budget"):
        lines.append(f"both and {name}: {log_odds(both, Group.of(told_of[name]))}")

    approved("readings/evidence.txt", listing(lines))


def test_a_set_of_articles_falls_into_the_stories_that_were_approved(approved: Approved) -> None:
    told_of = events()
    later = {
        f"{name} {days}": replace(
            one, id=article_id(f"{name}{days}"), published_at=NOW + days * DAY
        )
        for name, one in told_of.items()
        for days in (0, 2, 6)
    }
    apart = replace(later["again 2"], not_same_story=(later["ferry 0"].id,))
    tied = replace(later["german 0"], same_story=(later["budget 0"].id,))
    lines = []
    for among in (later, later | {"again 2": apart}, later | {"german 0": tied}):
        found = stories(among.values())
        names = {one.id: name for name, one in among.items()}
        lines += [f"{names[one]} in {names[found[one]]}" for one in sorted(found, key=names.get)]
        links = graph.links(among.values())
        lines += [
            f"    {names[a]}: {', '.join(sorted(f'{names[b]} {s}' for b, s in near.items()))}"
            for a, near in links.items()
        ]

    approved("readings/stories.txt", listing(lines))


def test_a_link_goes_to_the_article_that_was_approved(approved: Approved) -> None:
    told_of = events()
    names = {one.id: name for name, one in told_of.items()}
    said = {
        "close": "Skerrin ferry ran aground off Callport, coastguard says, 214 aboard",
        "near": "Skerrin ferry passengers aboard near Callport",
        "far": "Bank holds its rate",
        "own": "Skerrin ferry ran aground off Callport",
    }
    links = [
        Link(
            id=name, source="s", headline=headline, url=f"https://a.example/{name[0]}x"[:19],
            published_at=NOW, listed_at=NOW, text=FERRY if name == "close" else "", language="",
        )
        for name, headline in said.items()
    ]  # fmt: skip

    found = matched(told_of.values(), links)

    lines = [
        f"{names[id_]}: {', '.join(f'{link.id} {is_sure}' for link, is_sure in given)}"
        for id_, given in found.items()
    ]
    approved("readings/matched.txt", listing(lines))
