"""The JSON of `/v1` as types: what `api` makes and what `/openapi.json` promises, said once.

The type checker holds `api` to these, `openapi` makes their schemas: a comment in `Annotated` is
what programmers read of a field. Nothing imports this module at run time but `openapi` and the
selection of fields, so that it costs no cold start.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from chalicelib.core.article import ARTICLE_ID, SLUG, Check
from chalicelib.core.changes import ChangeKind
from chalicelib.core.watch import FeedState

Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$",
        extra_json_schema={"format": "date-time"},
        description="RFC 3339, in UTC, to the second.",
        examples=["2026-11-24T09:00:00Z"],
    ),
]
Address = Annotated[
    str,
    Meta(
        min_length=1,
        extra_json_schema={"format": "uri-reference"},
        description="Absolute where the site knows its own address, else from the root on.",
    ),
]
Stated = Annotated[str, Meta(description="An address as its publisher states it, unchecked.")]
Id = Annotated[str, Meta(pattern=f"^{ARTICLE_ID.pattern}$", examples=["mzxw6ytboi2dkmbq"])]
Slug = Annotated[str, Meta(pattern=f"^{SLUG.pattern}$", examples=["world"])]
Count = Annotated[int, Meta(ge=0)]
Ordinal = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
SentenceId = Annotated[str, Meta(pattern=r"^s[1-9]\d*$", examples=["s4"])]
Language = Annotated[str, Meta(description="BCP 47.", examples=["en"])]


class Source(TypedDict):
    """Who published an article."""

    id: Slug
    name: str
    avatar_url: Address | None
    home_url: Stated | None


class NamedSource(TypedDict):
    id: Slug
    name: str


class Image(TypedDict):
    url: Address
    width: Ordinal
    height: Ordinal
    alt: str
    credit: str | None
    caption: str | None


class Correction(TypedDict):
    at: Moment
    text: str


class Evidence(TypedDict):
    """The sentence a statement comes from: `body_text[start:end] == quote`, in code points."""

    sentence: SentenceId
    start: Count
    end: Count
    quote: str


class Checks(TypedDict):
    """What was held against the article; `none` where there was nothing of the kind."""

    numbers: Check
    names: Check
    quotes: Check
    negation: Check


class KeyPoint(TypedDict):
    id: Annotated[str, Meta(pattern=r"^p[1-9]\d*$", examples=["p1"])]
    text: str
    evidence: list[Evidence]
    checks: Checks


class PublishedPoint(KeyPoint):
    corrected_at: Moment | None


class Paragraph(TypedDict):
    """The summary, and the sentences that it is made of."""

    text: str
    evidence: list[SentenceId]


class Withheld(TypedDict):
    reason: str


class Fallback(TypedDict):
    """The engine that was to write, and why it did not."""

    engine: str
    reason: str


class Generation(TypedDict):
    """How the summary was made."""

    method: str
    engine: str
    engine_version: str
    generated_at: Moment | None
    fallback: Fallback | None
    sentences_read: Count | None


class Summarised(TypedDict):
    summary: Paragraph
    withheld: list[Withheld]
    generation: Generation


class Listed(TypedDict):
    """What an article and its card have in common."""

    id: Id
    url: Address
    revision: Ordinal
    status: Literal["usable"]
    headline: str
    standfirst: str | None
    language: Language
    direction: Literal["ltr", "rtl"]
    section: Slug | None
    tags: list[Slug]
    source: Source
    byline: list[str]
    original_url: Stated | None
    published_at: Moment
    updated_at: Moment
    image: Image | None


class Report(TypedDict):
    """A report that stands under another: ours (`article`), or on another site (`link`)."""

    headline: str
    url: Address
    source: NamedSource
    published_at: Moment | None
    paywalled: bool
    kind: Literal["article", "link"]


class Around(Report):
    """`story`: it tells the same event; `subject`: it is near it."""

    relation: Literal["story", "subject"]


class Article(Listed, Summarised):
    """An article with its summary, the evidence of each key point, and its text."""

    key_points: list[PublishedPoint]
    corrections: list[Correction]
    story_id: Id
    around_the_web: list[Around]
    extra: Annotated[
        dict[str, Any], Meta(description="Metadata that the newsroom has no name for.")
    ]
    body_html: str
    body_text: str


class Card(Listed):
    """An article as lists carry it: no body, no summary."""

    corrected_at: Moment | None
    breaking: bool


class Other(TypedDict):
    """Another article of the story that a card stands for."""

    id: Id
    url: Address
    headline: str
    source: Source
    published_at: Moment


class Term(TypedDict):
    """One part of a score, in seconds, with its reason."""

    name: str
    value_s: int
    why: str


class Ranked(Card):
    """A card in its place; the terms of its score where `explain=1` asks for them."""

    also: list[Other]
    score_s: NotRequired[int]
    stands_at: NotRequired[Moment]
    terms: NotRequired[list[Term]]
    moved_because: NotRequired[str | None]


class Revision(TypedDict):
    revision: Ordinal
    url: Address
    headline: str
    published_at: Moment
    updated_at: Moment
    received_at: Moment
    corrections: list[Correction]


class Change(TypedDict):
    """What readers have of an article from `at` on; to apply it twice does no harm."""

    id: str
    article_id: Id
    revision: Ordinal | None
    kind: ChangeKind
    reason: str | None
    at: Moment
    url: Address


class Member(Card):
    """An article in its story: what it repeats, and the share of its text that was new."""

    copy_of: Id | None
    adds: Share


class Statement(TypedDict):
    article_id: Id
    source: NamedSource
    at: Moment
    url: Address
    evidence: Evidence


class Side(TypedDict):
    """One number, with who states it; `low` and `high` bound what its words leave open."""

    said: str
    low: float
    high: float | None
    statements: list[Statement]


class Disagreement(TypedDict):
    """Numbers for one thing that cannot all be right, or of which the later may be news."""

    thing: str
    kind: Literal["differs", "updated"]
    sides: list[Side]


class Story(TypedDict):
    """One event, by all who tell it: its articles, the first one first."""

    id: Id
    url: Address
    headline: str
    members: list[Member]
    disagreements: list[Disagreement]
    links: list[Report]


class WatchedFeed(TypedDict):
    """A feed as it was found last; of its address the host alone, the rest may be a secret."""

    host: str
    state: FeedState
    last_success_at: Moment | None
    problem: str | None
    failures: Count
    next_try_at: Moment | None
    moved_to: str | None


class Profile(Source):
    """A source with all of its profile, and its feeds."""

    url: Address
    kind: str | None
    country: str | None
    owner: str | None
    paywalled: bool
    feeds: list[WatchedFeed]


class ListHealth(TypedDict):
    refreshed_at: Moment | None
    age_s: Count | None
    stale: bool


class Versions(TypedDict):
    broadsheet: str
    chalice: str


class Health(TypedDict):
    status: Literal["ok"]
    latest: ListHealth
    versions: Versions


class Finding(TypedDict):
    """One thing that is wrong, and how to mend it."""

    code: str
    message: str
    fix: str
    line: Ordinal | None
    column: Ordinal | None
    pointer: str | None


class Problem(TypedDict):
    """A problem document (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    instance: str
    code: str
    errors: list[Finding]


class Links(TypedDict):
    """The same again, the page for people, and what follows."""

    self: Address
    html: Address
    next: Address | None


class ArticleLinks(Links):
    story_url: Address


class LatestAnswer(TypedDict):
    data: list[Ranked]
    as_of: Moment | None
    refreshed_at: Moment | None
    stale: bool
    links: Links


class ArticlesAnswer(TypedDict):
    data: list[Card]
    links: Links


class ArticleAnswer(TypedDict):
    data: Article
    links: ArticleLinks


class RevisionsAnswer(TypedDict):
    data: list[Revision]
    links: Links


class ChangesAnswer(TypedDict):
    data: list[Change]
    links: Links


class StoryAnswer(TypedDict):
    data: Story
    links: Links


class SourcesAnswer(TypedDict):
    data: list[Profile]
    links: Links


class HealthAnswer(TypedDict):
    data: Health
    links: Links
