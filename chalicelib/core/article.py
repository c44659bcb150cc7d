"""What an article is: its identity, its parts, and when readers may see it.

Pure and frozen. Every datetime is aware, in UTC, and whole seconds. An article's identity is
its key in the uploads bucket; what readers see is decided from its own times and `now`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NewType

from chalicelib.core.errors import Gone, NotFound
from chalicelib.core.limits import MAX_SLUG_LENGTH

ArticleId = NewType("ArticleId", str)
ARTICLE_ID = re.compile(r"[a-z2-7]{16}")
IMAGE_NAME = re.compile(r"[0-9a-f]{32}\.(?:jpeg|png|webp)")  # of a rendition: its bytes' hash

BlockKind = Literal["paragraph", "heading", "list_item", "quote", "row", "caption", "code"]
Check = Literal["pass", "fail", "none"]
Filing = Literal["section", "tag", "source"]  # what articles are filed under

# Scripts written from right to left, by the primary subtag of BCP 47.
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

EMBEDDED = "embedded/"  # what the names of images inside an article's own file begin with
MAX_OTHERS = 30  # cards of a story beside each of its articles: some wait, some have expired
SLUG = re.compile(rf"[a-z0-9-]{{1,{MAX_SLUG_LENGTH}}}")


def article_id(key: str) -> ArticleId:
    """Derive the id from the key alone: 80 bits of BLAKE2b in base 32 (RFC 4648, lower case).

    At ten million keys two share an id with a chance below one in ten billion.
    """
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return ArticleId(b32encode(digest).decode("ascii").lower())


def known_id(given: str) -> ArticleId:
    """Return *given*, a part of an address, as an id. Raises NotFound for what can be none."""
    if not ARTICLE_ID.fullmatch(given):
        raise NotFound("There is no article at this address.")
    return ArticleId(given)


def preview_secret(key: str, version_id: str) -> str:
    """Return the secret of a version's preview: 26 characters that follow from the bucket alone.

    S3's version ids are random and known to nobody without access to the bucket; their hash
    (128 bits) is as hard to guess, and a rebuild gives the same address. "" for a version of a time
    when the bucket kept none: its id is "null", and who guesses the key would have the secret.
    """
    if version_id == "null":
        return ""
    told = f"{version_id}\0{key}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(told, digest_size=16, person=b"preview").digest()
    return b32encode(digest).decode("ascii").lower().rstrip("=")


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return the direction in which *language* (BCP 47) is written."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, heading, table row …: `text[start:end]`, in code points."""

    kind: BlockKind
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the text. Ids are s1, s2 … in document order and never cross a block."""

    id: str
    start: int
    end: int
    kind: BlockKind = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A text in its three forms, all made by the one cleaner.

    `html` is safe to place in a page. `text` is the same words: blocks separated by one empty
    line, the cells of a row by tabs. `blocks` cover the text in order.
    """

    html: str
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a key point comes from: `text[start:end] == quote`, in code points, always."""

    sentence: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The verdicts of the publish gate on one key point; "none" where there is nothing to check."""

    numbers: Check = "none"
    names: Check = "none"
    quotes: Check = "none"
    negation: Check = "none"

    @property
    def failed(self) -> tuple[str, ...]:
        names = ("numbers", "names", "quotes", "negation")
        return tuple(name for name in names if getattr(self, name) == "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """One point of the list under the headline, with its evidence."""

    id: str  # p1, p2 … in document order
    text: str
    evidence: tuple[Evidence, ...]
    checks: Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The engine that was to make a summary, and why another made it."""

    engine: str
    reason: str  # short, checks, refused, malformed, throttled …


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a summary was made."""

    method: str  # extractive, bedrock
    engine: str
    engine_version: str
    generated_at: datetime | None = None  # the upload's received_at: a rebuild gives the same
    fallback: Fallback | None = None
    sentences_read: int | None = None  # from the top, where the engine did not read all


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The summary paragraph, the key points, and what the gate kept back."""

    text: str
    evidence: tuple[str, ...]  # ids of the sentences that the paragraph is made of
    key_points: tuple[KeyPoint, ...]
    withheld: tuple[str, ...] = ()  # the reason of each withheld point
    generation: Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The profile of who published an article, as readers see it."""

    id: str
    name: str
    home_url: str | None = None
    avatar: str | None = None  # the site's path of the image, without a leading slash
    owner: str | None = None
    country: str | None = None
    kind: str | None = None
    paywalled: bool = False

    @property
    def voice(self) -> str:
        """Who speaks: two titles of one owner are one voice."""
        return (self.owner or self.id).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """An image at one width. `path` is the site's, without a leading slash."""

    path: str
    width: int  # pixels
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as pages show it, and what its file says of it."""

    wide: Rendition
    narrow: Rendition | None = None  # for phones, where `wide` is wider
    shared: Rendition | None = None  # a JPEG, for who shows a link to the article's page
    avatar_path: str | None = None  # the square middle of it, AVATAR_WIDTH wide
    credit: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A place in an article that shows a picture, and what the article says of it.

    `key` is that of an upload under media/, or names one of the images inside the article's own
    file: embedded/1, embedded/2 … `picture` is None until the upload is there.
    """

    key: str
    alt: str = ""
    stated_credit: str | None = None
    stated_caption: str | None = None
    picture: Picture | None = None

    @property
    def is_embedded(self) -> bool:
        return self.key.startswith(EMBEDDED)

    @property
    def credit(self) -> str | None:
        """Who made it: as the article says, else as the image's file does."""
        return self.stated_credit or (self.picture.credit if self.picture else None)

    @property
    def caption(self) -> str | None:
        """What is under it: as the article says, else as the image's file does."""
        return self.stated_caption or (self.picture.caption if self.picture else None)

    def as_listed(self) -> Image:
        """The image as a card carries it: one width, and no caption."""
        picture = self.picture and replace(self.picture, narrow=None, shared=None, caption=None)
        return replace(self, stated_caption=None, picture=picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was wrong and is now right, and when that was said."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One accepted revision of an article, complete: all that its pages and its JSON show."""

    id: ArticleId
    key: str
    revision: int  # ordinal of the accepted version of the key, from 1
    headline: str
    slug: str
    standfirst: str | None = None
    byline: tuple[str, ...] = ()
    language: str = "en"
    section: str | None = None
    tags: tuple[str, ...] = ()
    source: Source
    credited_to: str | None = None  # the source as the file names it; `source` is its profile
    original_url: str | None = None
    image: Image | None = None
    published_at: datetime
    updated_at: datetime
    received_at: datetime
    seen_at: datetime | None = None  # from when readers have had it: see Card
    embargo_until: datetime | None = None
    expires_at: datetime | None = None
    pinned_until: datetime | None = None
    breaking: bool = False
    corrections: tuple[Correction, ...] = ()
    corrected: dict[str, datetime] = field(
        default_factory=dict
    )  # sentence -> its correction's time
    same_story: tuple[str, ...] = ()
    not_same_story: tuple[str, ...] = ()
    replaces: str | None = None
    extra: dict[str, object] = field(default_factory=dict)  # metadata we have no name for
    body: Body
    pictures: tuple[Image, ...] = ()  # what the body shows
    sentences: tuple[Sentence, ...]
    summary: Summary
    terms: tuple[str, ...] = ()  # what it is about, strongest first; see ranking.related
    preview: str = ""  # the secret part of its preview's address

    @property
    def public_at(self) -> datetime:
        """The second from which readers may see it."""
        return max(self.published_at, self.embargo_until or self.published_at)

    def is_public(self, now: datetime) -> bool:
        return self.public_at <= now and (self.expires_at is None or now < self.expires_at)

    def was_public(self, by: datetime) -> bool:
        """True if readers have had this very revision at any time until *by*."""
        since = max(self.public_at, self.received_at)
        return since <= by and (self.expires_at is None or since < self.expires_at)

    def corrected_at(self, point: KeyPoint) -> datetime | None:
        """When the newest of the sentences that *point* rests on came with a correction."""
        times = (self.corrected.get(evidence.sentence) for evidence in point.evidence)
        return max((at for at in times if at is not None), default=None)

    def without_body(self) -> Article:
        """The article as a lead needs it: all but its text, whose end its last sentence tells."""
        nothing = Body(html="", text="", blocks=())
        last = self.sentences[-1:]
        return replace(self, body=nothing, sentences=last, pictures=(), extra={}, preview="")

    def card(self) -> Card:
        """The article as listed."""
        return Card(
            id=self.id,
            revision=self.revision,
            slug=self.slug,
            headline=self.headline,
            standfirst=self.standfirst,
            byline=self.byline,
            language=self.language,
            section=self.section,
            tags=self.tags,
            source=self.source,
            original_url=self.original_url,
            image=self.image and self.image.as_listed(),
            published_at=self.published_at,
            updated_at=self.updated_at,
            public_at=self.public_at,
            seen_at=self.seen_at,
            expires_at=self.expires_at,
            pinned_until=self.pinned_until,
            breaking=self.breaking,
            corrected_at=max((c.at for c in self.corrections), default=None),
            terms=self.terms,
        )

    def brief(self) -> Brief:
        """The article as feeds tell it."""
        return Brief(
            summary=self.summary.text,
            points=tuple(point.text for point in self.summary.key_points),
            corrections=self.corrections_newest_first(),
        )

    def corrections_newest_first(self) -> tuple[Correction, ...]:
        return tuple(sorted(self.corrections, key=lambda said: said.at, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article as lists show it: no body, no summary."""

    id: ArticleId
    revision: int
    slug: str
    headline: str
    standfirst: str | None = None
    byline: tuple[str, ...] = ()
    language: str = "en"
    section: str | None = None
    tags: tuple[str, ...] = ()
    source: Source
    original_url: str | None = None
    image: Image | None = None
    published_at: datetime
    updated_at: datetime
    public_at: datetime
    seen_at: datetime | None = None  # later than public_at where the upload came late
    expires_at: datetime | None = None
    pinned_until: datetime | None = None
    breaking: bool = False
    corrected_at: datetime | None = None
    terms: tuple[str, ...] = ()
    story_id: ArticleId | None = None  # None while no other article tells the same event

    @property
    def story(self) -> ArticleId:
        """The id of its story, which is its own while it is alone there."""
        return self.story_id or self.id

    @property
    def place(self) -> str:
        """Where it stands in every list that has it."""
        return place_of(self.public_at, self.id)

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def is_public(self, now: datetime) -> bool:
        return self.public_at <= now and not self.has_expired(now)

    @property
    def changed_at(self) -> datetime:
        """When it last became another for readers."""
        return max(self.public_at, self.updated_at, self.corrected_at or self.updated_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a feed tells of an article besides its card."""

    summary: str = ""
    points: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An article as the list of corrections shows it."""

    card: Card
    corrections: tuple[Correction, ...]  # newest first, at least one


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The story that an article is in, and who else tells it: one card of each owner first.

    An article without one is alone in its story, which has its id.
    """

    story_id: ArticleId
    others: tuple[Card, ...]  # MAX_OTHERS at most; some may still wait for their time


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A report on another site, as its feed tells of it: a headline that leads there, no text."""

    headline: str
    url: str
    source: Source
    published_at: datetime | None = None  # None where the site does not say
    language: str = "en"
    is_related: bool = False  # of the same subject, but not surely of the same event


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why readers no longer have an article that they once had."""

    reason: str  # withdrawn, taken-down, or the status that was given: withheld, canceled
    at: datetime
    note: str | None = None

    def __str__(self) -> str:
        told = {
            "withdrawn": "The newsroom has withdrawn this article.",
            "withheld": "The newsroom is holding this article back for now.",
            "canceled": "The newsroom has cancelled this article.",
            "taken-down": "This article was taken down.",
        }[self.reason]
        return f"{told} {self.note}" if self.note else told


def place_of(public_at: datetime, id_: str) -> str:
    """Return where an article stands in a list, as a key that sorts: by time, ties by id."""
    return f"{moment(public_at)}#{id_}"


def id_at(place: str) -> ArticleId:
    """Return whose place this is."""
    return ArticleId(place.rpartition("#")[2])


def moment(at: datetime) -> str:
    """Return *at* as machines read it (RFC 3339), so that later moments sort after earlier ones."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")  # %Y does not pad


def read_by(
    current: Article | None, gone: Absence | None, *, shown: tuple[int, ...], now: datetime
) -> Article:
    """Return the article if readers have it at *now*; they had the revisions *shown* before.

    Raises NotFound for what is absent or was never public, which look the same, and Gone, with
    the reason, for what was public once.
    """
    if current is not None and current.is_public(now):
        return current
    if shown or (current is not None and current.was_public(now)):
        raise Gone("This article has expired.", at=current.expires_at if current else None)
    if gone is not None:
        raise Gone(str(gone), at=gone.at)
    raise NotFound("There is no article at this address.")


def numbered(points: tuple[KeyPoint, ...]) -> tuple[KeyPoint, ...]:
    """Give the points the ids p1, p2 … in their order."""
    return tuple(replace(point, id=f"p{n}") for n, point in enumerate(points, start=1))


def slugify(text: str) -> str:
    """Return *text* as an address part of `[a-z0-9-]`, at most MAX_SLUG_LENGTH characters.

    Every script is spelled in Latin letters (ISO-like, by anyascii), so that two tags in Arabic
    stay two tags. "" where nothing is left. Cost: loads anyascii, which readers' pages do not.
    """
    from anyascii import anyascii

    words = re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower().replace("'", "")).strip("-")
    if len(words) <= MAX_SLUG_LENGTH:
        return words
    return words[: MAX_SLUG_LENGTH + 1].rpartition("-")[0] or words[:MAX_SLUG_LENGTH]


OWN_SOURCE = Source(id="newsroom", name="Newsroom")  # who publishes what names no source


def credited(name: str | None) -> Source:
    """Return the source that a file means by *name*, an id or a name, while no profile is known."""
    source_id = slugify(name) if name else ""
    return Source(id=source_id, name=name or source_id) if source_id else OWN_SOURCE
