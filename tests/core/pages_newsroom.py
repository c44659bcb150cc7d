"""A newsroom small enough to read: articles whose sentences, blocks and points agree."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from chalicelib.core.article import (
    Article,
    Block,
    BlockKind,
    Body,
    Checks,
    Correction,
    Evidence,
    Generation,
    Image,
    KeyPoint,
    Picture,
    Rendition,
    Sentence,
    Source,
    Summary,
    article_id,
)
from chalicelib.core.ranking import Latest, owners_of
from chalicelib.core.site import Site

NOW = datetime(2026, 11, 24, 9, 31, 12, tzinfo=UTC)
SITE = Site(base="https://news.example")

HARBOUR_POST = Source(
    id="harbour-post",
    name="Harbour Post",
    home_url="https://www.harbourpost.example/",
    avatar="media/0a1b.png",
    kind="newspaper",
)

BLOCKS: tuple[tuple[BlockKind, tuple[str, ...]], ...] = (
    ("paragraph", ("The ferry ran aground at five.", "All 212 people were brought ashore.")),
    ("heading", ("A bank that moves",)),
    ("quote", ("The chart was a picture of somewhere else.",)),
    ("list_item", ("Wednesday: two boats.",)),
    ("list_item", ("Friday: three boats.",)),
    ("row", ("Sailing\tCars",)),
    ("row", ("07:10\t12",)),
    ("code", ("a = 1\nb = 2",)),
    ("caption", ("The ferry at low water.",)),
    ("paragraph", ("An inquiry will be opened.",)),
)


def text_of(
    blocks: Iterable[tuple[BlockKind, tuple[str, ...]]],
) -> tuple[Body, tuple[Sentence, ...]]:
    text, made, sentences, markup = "", [], [], ""
    for kind, said in blocks:
        text += "\n\n" if text else ""
        start = len(text)
        for sentence in said:
            text += " " if len(text) > start else ""
            at = len(text)
            text += sentence
            name = f"s{len(sentences) + 1}"
            sentences.append(Sentence(id=name, start=at, end=len(text), kind=kind))
        made.append(Block(kind=kind, start=start, end=len(text)))
        markup += f"<p>{html.escape(text[start:])}</p>"
    return Body(html=markup, text=text, blocks=tuple(made)), tuple(sentences)


def make_article(key: str = "world/ferry.md", *, age_min: int = 252, **changes: object) -> Article:
    body, sentences = text_of(BLOCKS)
    quoted = (sentences[1], sentences[3], sentences[-1])
    at = NOW - timedelta(minutes=age_min)
    article = Article(
        id=article_id(key),
        key=key,
        revision=1,
        headline=f"What happened in {key}",
        slug="what-happened",
        source=HARBOUR_POST,
        section="world",
        published_at=at,
        updated_at=at,
        received_at=at,
        body=body,
        sentences=sentences,
        summary=Summary(
            text="The ferry ran aground at five.",
            evidence=("s1",),
            key_points=tuple(
                KeyPoint(
                    id=f"p{number}",
                    text=body.text[one.start : one.end],
                    evidence=(
                        Evidence(
                            sentence=one.id,
                            start=one.start,
                            end=one.end,
                            quote=body.text[one.start : one.end],
                        ),
                    ),
                    checks=Checks(),
                )
                for number, one in enumerate(quoted, start=1)
            ),
            generation=Generation(
                method="extractive", engine="lead", engine_version="1", generated_at=at
            ),
        ),
    )
    return replace(article, **changes)  # type: ignore[arg-type]


def full_article(**changes: object) -> Article:
    """Return an article that has everything an article can have."""
    return make_article(
        **{
            "standfirst": "Pilots had warned of the bank.",
            "byline": ("Ilse Marrow",),
            "tags": ("ferry",),
            "breaking": True,
            "pinned_until": NOW + timedelta(hours=1),
            "original_url": "https://harbourpost.example/ferry",
            "image": Image(
                key="media/f.jpg",
                alt="A ferry",
                stated_credit="I. M.",
                picture=Picture(
                    wide=Rendition(path="media/f.webp", width=1600, height=900),
                    narrow=Rendition(path="media/n.webp", width=640, height=360),
                    shared=Rendition(path="media/s.jpeg", width=1200, height=675),
                    caption="The ferry on Monday.",
                ),
            ),
            "corrections": (Correction(at=NOW - timedelta(hours=1), text="It was 212, not 221."),),
            **changes,
        }
    )


def latest_of(*articles: Article, age_min: int = 2) -> Latest:
    return Latest(
        refreshed_at=NOW - timedelta(minutes=age_min),
        leads=tuple(
            replace(article, body=Body(html="", text="", blocks=())) for article in articles[:1]
        ),
        cards=tuple(article.card() for article in articles),
    )


def told_by(latest: Latest, story: str, *articles: Article) -> Latest:
    """Return the list with these articles as one story."""
    ids = {article.id for article in articles}
    cards = tuple(
        replace(card, story_id=article_id(story)) if card.id in ids else card
        for card in latest.cards
    )
    return replace(latest, cards=cards, owners=owners_of(cards))


def many(count: int) -> list[Article]:
    return [make_article(f"more/{n}.md", age_min=300 + n) for n in range(count)]


class Seen(HTMLParser):
    """What a browser makes of a page: its elements in order, and the words between them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [found for _, attrs in self.elements if (found := attrs.get(attribute)) is not None]

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """The elements with the names of their attributes: what no text may ever change."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]
