"""What the newsroom holds of one key, whatever kind it is, and what it takes from other keys.

An article shows its source's profile and its images; a profile shows its avatar. What one record
takes from another is copied into it (`dress`), so that a page is one read. The other's name and
the digest of the copied value stand in `dressed`: a record is up to date when these digests are
those of the present.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from unicodedata import normalize

from chalicelib.core.article import OWN_SOURCE, Article, Image, Picture, Source, credited
from chalicelib.core.codec import digest
from chalicelib.core.errors import Finding
from chalicelib.core.lifecycle import Life
from chalicelib.core.limits import MAX_KEY_BYTES
from chalicelib.core.receipt import Kind, Receipt
from chalicelib.core.sources import Profile, Watched
from chalicelib.core.takedown import Mark

_IMAGE = "image:"
Shown = Source | Picture  # what a record of one kind gives to records of another


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the newsroom holds of one key: a life, a profile, subscriptions, a picture, a mark."""

    key: str
    kind: Kind
    folded_to: str  # the newest version that is in it
    lineage: str = ""  # the digest of the ids of all versions up to that one
    receipt: Receipt  # of that version
    life: Life | None = None
    profile: Profile | None = None
    subscriptions: tuple[Watched, ...] = ()
    picture: Picture | None = None
    mark: Mark | None = None  # of a takedown: how the article that it names is gone
    is_closed: bool = False  # of an article's: a mark stood against it when it was folded
    avatar_path: str | None = None  # of the profile's avatar
    dressed: dict[str, str] = field(default_factory=dict)  # name of a record taken from -> digest

    def shown(self) -> Shown | None:
        """What other records take from this one, None while there is nothing."""
        if self.profile is not None:
            return self.profile.source(avatar_path=self.avatar_path)
        return self.picture

    def watched(self) -> tuple[Watched, ...]:
        """The sources that this record makes known, with the feeds to watch."""
        if self.profile is not None:
            source = self.profile.source(avatar_path=self.avatar_path)
            return (Watched(source=source, feeds=self.profile.feeds),)
        return self.subscriptions

    def told(self) -> Receipt:
        """The receipt as it reads now: with a warning of each upload that it waits for.

        Whether an image or a profile is there is no part of the version that the receipt is of,
        and changes after it: the receipt is told again when it does.
        """
        if self.receipt.errors:
            return self.receipt
        return replace(self.receipt, warnings=(*self.receipt.warnings, *self._missing()))

    def _missing(self) -> Iterator[Finding]:
        missing = {name for name, digest in self.dressed.items() if not digest}
        for name in sorted(missing):
            if name.startswith(_IMAGE):
                yield _image_missing(name.removeprefix(_IMAGE))
        sources = (credited(article.credited_to) for article in self.articles())
        for id_, source in sorted({source.id: source for source in sources}.items()):
            if name_of("source", id_) in missing and id_ != OWN_SOURCE.id:
                yield _unknown_source(source)

    def articles(self) -> tuple[Article, ...]:
        """The current revision and the draft, as far as there are any."""
        both = (self.life.current, self.life.draft) if self.life else ()
        return tuple(article for article in both if article is not None)

    def takes_from(self) -> tuple[str, ...]:
        """The names of the records that this one copies from, sorted."""
        names: set[str] = set()
        for article in self.articles():
            names.add(name_of("source", credited(article.credited_to).id))
            shown = (article.image, *article.pictures)
            names.update(name_of("image", i.key) for i in shown if i and not i.is_embedded)
        if self.profile is not None and self.profile.avatar is not None:
            names.add(name_of("image", self.profile.avatar))
        return tuple(sorted(names))


def _image_missing(key: str) -> Finding:
    return Finding(
        code="image-missing",
        message=f"{key} is named, but it is not uploaded, or was refused: it is not shown.",
        fix="Upload the image under this name; the article shows it within seconds.",
    )


def _unknown_source(source: Source) -> Finding:
    path = f"sources/{source.id}.yaml"
    fix = f"Upload {path} with name: and what readers call it."
    if source.name != source.id:
        fix = (
            f"Upload {path} with name: {source.name}. If its profile has another id, write that "
            "id as source:, since a profile is found by its id alone."
        )
    return Finding(
        code="unknown-source",
        message=f"{source.name!r} has no profile: readers see this name, without more.",
        fix=fix,
        pointer="/source",
    )


def name_of(kind: Literal["source", "image"], key: str) -> str:
    """Name a record that others take from: a source by its id, an image by its key.

    In NFC: a file manager that spells é with two characters means the same image. As it is where
    NFC makes more bytes of it than a key may have, up to three times as many.
    """
    composed = normalize("NFC", key)
    is_key = len(composed.encode("utf-8", "surrogatepass")) <= MAX_KEY_BYTES
    return f"{kind}:{composed if is_key else key}"


def name_of_key(key: str) -> str:
    """Name the record of an upload under sources/ or media/."""
    if key.startswith("media/"):
        return name_of("image", key)
    return name_of("source", key.removeprefix("sources/").removesuffix(".yaml"))


def dress(record: Record, shown: Mapping[str, Shown], digests: Mapping[str, str]) -> Record:
    """Return *record* with what it takes from others as they are now.

    *shown* has the values by name; *digests* has one for every name of `takes_from`, "" for a
    record that is not there.
    """
    if record.life is not None:
        current = dressed(record.life.current, shown) if record.life.current else None
        draft = dressed(record.life.draft, shown) if record.life.draft else None
        record = replace(record, life=replace(record.life, current=current, draft=draft))
    if record.profile is not None and record.profile.avatar is not None:
        picture = shown.get(name_of("image", record.profile.avatar))
        path = picture.avatar_path if isinstance(picture, Picture) else None
        record = replace(record, avatar_path=path)
    return replace(record, dressed={name: digests[name] for name in record.takes_from()})


def dressed(article: Article, shown: Mapping[str, Shown]) -> Article:
    """Return *article* with the profile of its source and its pictures, where *shown* has them."""
    bare = credited(article.credited_to)
    source = shown.get(name_of("source", bare.id), bare)
    return replace(
        article,
        source=source if isinstance(source, Source) else bare,
        image=_with_picture(article.image, shown) if article.image else None,
        pictures=tuple(_with_picture(image, shown) for image in article.pictures),
    )


def _with_picture(image: Image, shown: Mapping[str, Shown]) -> Image:
    if image.is_embedded:
        return image  # it came with the article
    picture = shown.get(name_of("image", image.key))
    if not isinstance(picture, Picture):
        return replace(image, picture=None)
    return replace(image, picture=replace(picture, avatar_path=None))


def lineage(ids: Iterable[str]) -> str:
    """Return the digest of a line of versions, oldest first: a missing one makes another."""
    return digest("\0".join(ids).encode())
