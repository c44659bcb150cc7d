"""What a file says about itself, in one vocabulary: names, aliases, types, defaults.

Formats hand over what they found (`Reading.metadata`); here a key gets its one name and its
value its type, or the editor is told where and how to mend it. What could publish something too
early or say something wrong (a date, a draft mark, an embargo) is an error; what only costs a
decoration (a bad link, an unknown language) is a warning. Unknown keys are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from math import isfinite
from typing import TYPE_CHECKING

from chalicelib.core.article import slugify
from chalicelib.core.clean import media_key, one_line, plain, unescaped, web_address
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import (
    MAX_BYLINES,
    MAX_CAPTION_LENGTH,
    MAX_CORRECTIONS,
    MAX_EXTRA_BYTES,
    MAX_HEADLINE_LENGTH,
    MAX_KEY_BYTES,
    MAX_LANGUAGE_LENGTH,
    MAX_LINE_LENGTH,
    MAX_LINKED,
    MAX_NOTE_LENGTH,
    MAX_STANDFIRST_LENGTH,
    MAX_TAGS,
)
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from chalicelib.core.formats.reading import Field

# The one name of each key, and the aliases that other systems write; the name itself comes first.
# Upper case, hyphens, underscores and spaces make no difference: publishDate is publish_date.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "headline": ("title",),
    "standfirst": ("description", "summary", "excerpt", "dek", "subtitle"),
    "byline": ("author", "authors", "by"),
    "published_at": (
        "date",
        "publishDate",
        "pubDate",
        "datePublished",
        "publication_date",
        "versioncreated",
    ),
    "updated_at": ("lastmod", "modified", "dateModified", "updated"),
    "section": ("category", "categories"),
    "tags": ("keywords",),
    "source": ("provider", "publisher"),
    "original_url": ("canonical_url", "canonical", "url", "link"),
    "language": ("lang", "locale"),
    "image": ("images", "featured_image", "thumbnail", "cover"),
    "image_alt": (),
    "image_credit": (),
    "image_caption": (),
    "draft": (),
    "embargo_until": ("embargoed",),
    "expires_at": ("expiryDate", "unpublish_at"),
    "correction": ("corrections",),
    "pinned_until": (),
    "breaking": (),
    "slug": (),
    "status": ("pubstatus",),
    "status_reason": (),
    "same_story": (),
    "not_same_story": (),
    "replaces": (),
}
STATUSES = ("usable", "withheld", "canceled")


def _squeezed(key: str) -> str:
    return re.sub(r"[\s_-]", "", key).lower()


_NAMES = {_squeezed(alias): name for name, all_ in ALIASES.items() for alias in (name, *all_)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNote:
    """A correction as the file has it; without a time it is the upload's."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The file's own statements, typed; None where it makes none."""

    headline: str | None = None
    standfirst: str | None = None
    byline: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    source: str | None = None  # an id or a name
    original_url: str | None = None
    language: str | None = None
    image: str | None = None  # a key under media/
    image_alt: str = ""
    image_credit: str | None = None
    image_caption: str | None = None
    draft: bool = False
    embargo_until: datetime | None = None
    expires_at: datetime | None = None
    corrections: tuple[CorrectionNote, ...] = ()
    pinned_until: datetime | None = None
    breaking: bool = False
    slug: str | None = None
    status: str = "usable"
    status_reason: str | None = None
    same_story: tuple[str, ...] = ()
    not_same_story: tuple[str, ...] = ()
    replaces: str | None = None
    extra: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    metadata: Metadata
    warnings: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]


def interpret(fields: Mapping[str, Field]) -> Interpretation:
    """Give every field its name and its type.

    Raises UploadRejected with all the errors of the file at once, so that one more upload mends
    them. Where a name and its alias are both given, the name wins, then the order of ALIASES.
    """
    reader = _Interpreter(fields)
    metadata = reader.metadata()
    if reader.errors:
        raise UploadRejected(*reader.errors)
    return Interpretation(
        metadata=metadata, warnings=tuple(reader.warnings), dropped=tuple(reader.dropped)
    )


def has(fields: Mapping[str, Field], name: str) -> bool:
    """True where *fields* give the key *name*, under whichever of its aliases."""
    return any(
        _NAMES.get(_squeezed(key)) == name and not _is_blank(found.value)
        for key, found in fields.items()
    )


class _Interpreter:
    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []
        self.dropped: list[Dropped] = []
        self._found: dict[str, list[tuple[int, str, Field]]] = {}
        self._unknown: dict[str, Field] = {}
        for key, found in fields.items():
            name = _NAMES.get(_squeezed(key))
            if name is None:
                self._unknown[key] = found
            elif not _is_blank(found.value):
                order = [_squeezed(n) for n in (name, *ALIASES[name])].index(_squeezed(key))
                self._found.setdefault(name, []).append((order, key, found))
        for candidates in self._found.values():
            candidates.sort(key=lambda candidate: candidate[0])

    def metadata(self) -> Metadata:
        section, more_tags = self._section()
        image, image_alt, image_credit, image_caption = self._image()
        return Metadata(
            headline=self._headline(),
            standfirst=self._standfirst(),
            byline=self._byline(),
            published_at=self._moment("published_at"),
            updated_at=self._moment("updated_at"),
            section=section,
            tags=self._tags(more_tags),
            source=self._source(),
            original_url=self._original_url(),
            language=self._language(),
            image=image,
            image_alt=image_alt,
            image_credit=image_credit,
            image_caption=image_caption,
            draft=self._flag("draft"),
            embargo_until=self._moment("embargo_until"),
            expires_at=self._moment("expires_at"),
            corrections=self._corrections(),
            pinned_until=self._moment("pinned_until"),
            breaking=self._flag("breaking"),
            slug=self._slug(),
            status=self._status(),
            status_reason=self._note("status_reason"),
            same_story=self._keys("same_story"),
            not_same_story=self._keys("not_same_story"),
            replaces=next(iter(self._keys("replaces")), None),
            extra=self._extra(),
        )

    # Findings

    def _error(self, where: Field, code: str, message: str, fix: str) -> None:
        self.errors.append(where.finding(code, message, fix))

    def _warn(self, where: Field, code: str, message: str, fix: str) -> None:
        self.warnings.append(where.finding(code, message, fix))

    # Plain values

    def _first(self, name: str) -> Field | None:
        candidates = self._found.get(name)
        return candidates[0][2] if candidates else None

    def _line(self, name: str) -> str | None:
        found = self._first(name)
        if found is None:
            return None
        lines = [line for line in _strings(found.value) if line]
        return self._cut(found, name, lines[0], MAX_LINE_LENGTH) if lines else None

    def _keys(self, name: str) -> tuple[str, ...]:
        """Read the keys or ids of other articles; none is longer than a key may be."""
        found = self._first(name)
        keys = tuple(dict.fromkeys(_strings(found.value))) if found else ()
        return tuple(key for key in keys if len(key) <= MAX_KEY_BYTES)[:MAX_LINKED]

    def _cut(self, found: Field, name: str, text: str, longest: int) -> str:
        if len(text) <= longest:
            return text
        self._warn(
            found,
            "text-cut",
            f"{name} has {len(text):,} characters; the first {longest:,} are kept.",
            f"Shorten {name}.",
        )
        return text[: longest - 1].rstrip() + "…"

    def _note(self, name: str, *, longest: int = MAX_NOTE_LENGTH) -> str | None:
        found = self._first(name)
        text = _text(found.value) if found else ""
        return self._cut(found, name, text, longest) if found and text else None

    def _flag(self, name: str) -> bool:
        found = self._first(name)
        if found is None:
            return False
        answer = _TRUTHS.get(str(found.value).strip().lower())
        if answer is None:
            self._error(
                found,
                "flag",
                f"{name}: {_shown(found.value)} is neither true nor false.",
                f"Write {name}: true or {name}: false.",
            )
        return bool(answer)

    def _moment(self, name: str) -> datetime | None:
        found = self._first(name)
        if found is None:
            return None
        try:
            moment, has_zone = parse_moment(found.value)
        except ValueError as error:
            self._error(
                found,
                "date",
                f"{name}: {_shown(found.value)} is no date{error}.",
                f"Write {name}: 2026-11-30T09:00:00Z.",
            )
            return None
        if not has_zone:
            self._warn(
                found,
                "naive-time",
                f"{name}: {_shown(found.value)} has no time zone and was read as UTC.",
                f"Write {name}: {moment:%Y-%m-%dT%H:%M:%SZ} or add your offset, such as +02:00.",
            )
        return moment

    # The keys that need thought

    def _headline(self) -> str | None:
        found = self._first("headline")
        if found is None:
            return None
        headline = _text(found.value)
        if len(headline) > MAX_HEADLINE_LENGTH:
            self._error(
                found,
                "headline-too-long",
                f"The headline has {len(headline):,} characters; {MAX_HEADLINE_LENGTH} fit.",
                "Shorten the headline and move the rest to the standfirst.",
            )
        return headline or None

    def _standfirst(self) -> str | None:
        found = self._first("standfirst")
        if found is None:
            return None
        text = _text(found.value)
        if len(text) > MAX_STANDFIRST_LENGTH:
            self._warn(
                found,
                "standfirst-cut",
                f"The standfirst has {len(text):,} characters; {MAX_STANDFIRST_LENGTH:,} are kept.",
                "Shorten the standfirst.",
            )
            text = text[: MAX_STANDFIRST_LENGTH - 2].rsplit(" ", 1)[0] + " …"
        return text or None

    def _byline(self) -> tuple[str, ...]:
        found = self._first("byline")
        if found is None:
            return ()
        value = found.value
        if isinstance(value, str) and re.search(r"\]\([^()\[\]]{0,2000}\)\s{0,9}[,;]", value):
            value = re.split(r"(?<=\))\s*[,;]\s*", value)  # a list of Markdown links in one string
        elif isinstance(value, str) and ";" in value:
            value = value.split(";")
        names = [
            re.sub(r"^(?:by|von|par|por)\s+", "", n, flags=re.IGNORECASE) for n in _strings(value)
        ]
        if _squeezed(self._found["byline"][0][1]) == "authors":
            names = [name for line in names for name in _several(line)]
        names = list(dict.fromkeys(name for name in names if name))
        if len(names) > MAX_BYLINES:
            self._warn(
                found,
                "byline-cut",
                f"{len(names)} names are given; the first {MAX_BYLINES} are kept.",
                "Name the authors alone.",
            )
        return tuple(self._cut(found, "byline", n, MAX_LINE_LENGTH) for n in names[:MAX_BYLINES])

    def _section(self) -> tuple[str | None, list[str]]:
        found = self._first("section")
        if found is None:
            return None, []
        names = _strings(found.value)
        slugs = [slug for slug in map(slugify, names) if slug]
        if not slugs:
            return None, []
        if len(slugs) > 1:
            self._warn(
                found,
                "one-section",
                f"{len(slugs)} sections are given; {slugs[0]} is the section, the rest are tags.",
                f"Write section: {slugs[0]} and list the rest under tags.",
            )
        return slugs[0], names[1:]

    def _tags(self, more: list[str]) -> tuple[str, ...]:
        found = self._first("tags")
        names: list[str] = []
        if found is not None:
            value = found.value
            names = _strings(value.split(",") if isinstance(value, str) else value)
        slugs = list(dict.fromkeys(slug for slug in map(slugify, [*names, *more]) if slug))
        where = found or self._first("section")
        if where is not None and len(slugs) > MAX_TAGS:
            self._warn(
                where,
                "tags-cut",
                f"{len(slugs)} tags are given; the first {MAX_TAGS} are kept.",
                "Keep the tags that a reader would look for.",
            )
            self.dropped.append(
                Dropped(what="tag", count=len(slugs) - MAX_TAGS, why=f"over {MAX_TAGS}")
            )
        return tuple(slugs[:MAX_TAGS])

    def _source(self) -> str | None:
        found = self._first("source")
        if found is None:
            return None
        value = found.value
        if isinstance(value, Mapping):
            value = value.get("id") or value.get("name") or value.get("title") or ""
        return self._cut(found, "source", _text(value), MAX_LINE_LENGTH) or None

    def _original_url(self) -> str | None:
        for _, key, found in self._found.get("original_url", []):
            address = web_address(_text(found.value))
            if address:
                return address
            self._warn(
                found,
                "address",
                f"{key}: {_shown(found.value)} is no complete web address.",
                "Write the whole address, beginning with https://, or leave it out.",
            )
        return None

    def _language(self) -> str | None:
        found = self._first("language")
        if found is None:
            return None
        tag = _text(found.value).replace("_", "-").partition(".")[0]
        is_tag = re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag)
        if not is_tag or len(tag) > MAX_LANGUAGE_LENGTH:
            self._warn(
                found,
                "language",
                f"language: {_shown(found.value)} is no language tag.",
                "Write a tag of BCP 47, such as en, pt-BR or zh-Hans.",
            )
            return None
        primary, _, rest = tag.partition("-")
        parts = [
            p.upper() if len(p) == 2 else p.title() if len(p) == 4 else p.lower()
            for p in rest.split("-")
            if p
        ]
        return "-".join([primary.lower(), *parts])

    def _image(self) -> tuple[str | None, str, str | None, str | None]:
        found = self._first("image")
        alt, credit = self._line("image_alt") or "", self._line("image_credit")
        caption = self._note("image_caption", longest=MAX_CAPTION_LENGTH)
        if found is None:
            return None, alt, credit, caption
        value = found.value
        if isinstance(value, list):
            value = value[0] if value else ""
        if isinstance(value, Mapping):
            alt = alt or _text(value.get("alt") or "")[:MAX_LINE_LENGTH]
            caption = caption or _text(value.get("caption") or "")[:MAX_CAPTION_LENGTH] or None
            credit = credit or _text(value.get("credit") or "")[:MAX_LINE_LENGTH] or None
            keys = ("src", "url", "path", "file", "image", "name", "contentUrl")
            value = next((value[key] for key in keys if value.get(key)), "")
        key = media_key(_text(value))
        if key is None and _text(value):
            self._warn(
                found,
                "image",
                f"image: {_shown(value)} is no key under media/, so no image is shown.",
                "Upload the image under media/ and write image: media/NAME.jpg.",
            )
            why = "pages load images from the site alone"
            self.dropped.append(Dropped(what="image", count=1, why=why, line=found.line))
        elif key is not None and not alt:
            self._warn(
                found,
                "image-alt-missing",
                f"{key} has no description for readers who do not see it.",
                "Write image_alt: and in a sentence what the image shows.",
            )
        return key, alt, credit, caption

    def _corrections(self) -> tuple[CorrectionNote, ...]:
        found = self._first("correction")
        if found is None:
            return ()
        values = found.value if isinstance(found.value, list) else [found.value]
        notes: list[CorrectionNote] = []
        for place, value in enumerate(values):
            at, text = None, value
            if isinstance(value, Mapping):
                text = value.get("text") or value.get("correction") or ""
                given = value.get("at") or value.get("date")
                if given:
                    try:
                        at = parse_moment(given)[0]
                    except ValueError as error:
                        self._error(
                            found,
                            "date",
                            f"correction {place + 1}: {_shown(given)} is no date{error}.",
                            "Write at: 2026-11-30T09:00:00Z.",
                        )
            if _text(text):
                told = self._cut(found, "correction", _text(text), MAX_NOTE_LENGTH)
                notes.append(CorrectionNote(text=told, at=at))
        if len(notes) > MAX_CORRECTIONS:
            self._error(
                found,
                "too-many-corrections",
                f"{len(notes)} corrections are given; {MAX_CORRECTIONS} are allowed.",
                "Merge them, or withdraw the article and publish it anew.",
            )
        return tuple(notes)

    def _slug(self) -> str | None:
        line = self._line("slug")
        return slugify(line.strip("/").rsplit("/", 1)[-1]) or None if line else None

    def _status(self) -> str:
        found = self._first("status")
        if found is None:
            return "usable"
        status = _text(found.value).lower().removeprefix("stat:")
        status = {"cancelled": "canceled", "published": "usable"}.get(status, status)
        if status not in STATUSES:
            self._error(
                found,
                "status",
                f"status: {_shown(found.value)} is not known.",
                f"Write one of {', '.join(STATUSES)}; a draft is draft: true.",
            )
        return status

    def _extra(self) -> dict[str, object]:
        extra: dict[str, object] = {}
        room = MAX_EXTRA_BYTES
        for key, found in self._unknown.items():
            value = _as_json(found.value)
            room -= len(json.dumps([key, value]))
            if room < 0:
                self.dropped.append(
                    Dropped(
                        what=f"unknown key {one_line(key)[:80]}",
                        count=1,
                        why=f"unknown keys may have {MAX_EXTRA_BYTES:,} bytes",
                        line=found.line,
                    )
                )
                continue
            extra[one_line(key)[:200]] = value
        if extra:
            names = ", ".join(list(extra)[:12]) + (" …" if len(extra) > 12 else "")
            self.warnings.append(
                Finding(
                    code="unknown-keys",
                    message=f"Kept with the article but not used: {names}.",
                    fix="Nothing to do, unless one is a key of ours misspelled.",
                    line=next(iter(self._unknown.values())).line,
                    pointer=next(iter(self._unknown.values())).pointer,
                )
            )
        return extra


_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _is_blank(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_blank(part) for part in value)
    if isinstance(value, str):
        return value.strip().lower() in ("", "~", "null")
    return value is None or value == {}


def _shown(value: object) -> str:
    text = one_line(str(value))
    return repr(text if len(text) <= 60 else text[:59] + "…")


MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")


def _text(value: object) -> str:
    """Return *value* as one line of text: entities read, Markdown links reduced to their words."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("title") or value.get("text") or ""
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, (list, tuple)):
        value = ", ".join(_text(part) for part in value)
    return one_line(MARKDOWN_LINK.sub(r"\1", unescaped(str("" if value is None else value))))


def _strings(value: object) -> list[str]:
    values: Iterable[object] = value if isinstance(value, (list, tuple)) else [value]
    return [text for text in map(_text, values) if text]


def _several(line: str) -> list[str]:
    """Divide "Ilse Marrow, Tom Aske and Maren Holt" where every part is a name of some words."""
    parts = [part.strip() for part in re.split(r",\s*and\s|,|\sand\s", line)]
    return parts if all(" " in part and part[0].isupper() for part in parts) else [line]


def _as_json(value: object) -> object:
    """Return *value* in JSON's types; dates become text."""
    if isinstance(value, Mapping):
        return {plain(str(key)): _as_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(part) for part in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    return plain(str(value))  # JSON has neither NaN nor infinities


# Dates

_EARLIEST = datetime(1600, 1, 1, tzinfo=UTC)  # the first newspapers
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LOOSE_ISO = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?",
    re.IGNORECASE | re.ASCII,
)
_BASIC_ISO = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_WORDED = (
    "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y",
    "%d %B %Y %H:%M", "%d %b %Y %H:%M", "%B %d %Y %H:%M", "%b %d %Y %H:%M",
    "%B %d %Y %I:%M %p", "%b %d %Y %I:%M %p", "%d %B %Y %I:%M %p",
)  # fmt: skip


def parse_moment(value: object) -> tuple[datetime, bool]:
    """Return a moment in UTC, cut to the second, and whether the value had a time zone.

    Reads RFC 3339 and ISO 8601 with usual deviations, RFC 5322 dates, English dates with the
    month in words, and Unix times in seconds or milliseconds. A date alone is midnight. Raises
    ValueError, whose text continues "is no date", for anything else and for dates that could be
    meant in two ways (03/05/2024).
    """
    if isinstance(value, datetime):
        return _in_range(value)
    if isinstance(value, date):
        return _in_range(datetime.combine(value, time()))
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError  # noqa: TRY004  # callers distinguish dates from non-dates, not types
    text = one_line(str(value)).strip("\"'")
    if re.fullmatch(r"\d{10}|\d{13}", text, re.ASCII):
        return _in_range(datetime.fromtimestamp(int(text[:10]), UTC))
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b.*", text, re.ASCII):
        message = ": day and month could be either way round"
        raise ValueError(message)
    loose = _LOOSE_ISO.fullmatch(text)
    if loose:
        year, _, month, day, hour, minute, second, zone = loose.groups()
        return _in_range(_assemble((year, month, day, hour, minute, second), zone))
    basic = _BASIC_ISO.fullmatch(text)
    if basic:
        return _in_range(_assemble(basic.groups()[:6], basic[7]))
    return _in_range(_from_words(text))


def _assemble(parts: tuple[str | None, ...], zone: str | None) -> datetime:
    numbers = [int(part or 0) for part in parts]
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001  # the zone follows
        return moment.replace(tzinfo=_zone(zone)) if zone else moment
    except ValueError as error:
        message = f" ({error})"
        raise ValueError(message) from None


def _zone(text: str) -> timezone:
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = re.fullmatch(r"[+-](\d{1,2}):?(\d{2})?", text).groups()  # type: ignore[union-attr]
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _from_words(text: str) -> datetime:
    from email.utils import parsedate_to_datetime

    if re.match(r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}", text):
        try:
            return parsedate_to_datetime(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            raise ValueError from None
    words = re.sub(
        r"^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,?\s+", "", text
    )
    words = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", words.replace(",", " ").replace(" at ", " "))
    words = re.sub(r"\b([A-Za-z]{3,4})\.", r"\1", words)
    zone = re.search(r"\s(Z|UTC|GMT|[+-]\d{2}:?\d{2})$", words)
    words = " ".join((words[: zone.start()] if zone else words).split())
    for pattern in _WORDED:
        try:
            moment = datetime.strptime(words, pattern)  # noqa: DTZ007  # the zone follows
        except ValueError:
            continue
        return moment.replace(tzinfo=_zone(zone[1])) if zone else moment
    raise ValueError


def _in_range(moment: datetime) -> tuple[datetime, bool]:
    has_zone = moment.tzinfo is not None
    try:
        moment = (moment if has_zone else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        moment = _LATEST
    if not _EARLIEST <= moment < _LATEST:
        message = " of news"
        raise ValueError(message)
    return moment.replace(microsecond=0), has_zone
