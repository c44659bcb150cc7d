"""Source profiles: who publishes, as `sources/<id>.yaml` says, and which feeds are watched.

`sources/feeds.opml` is the subscription list that a feed reader exports: each of its feeds
belongs to a source of the feed's title, which need not have a profile.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.core.article import Source, slugify
from chalicelib.core.clean import media_key, one_line, web_address
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats.markdown import parse_yaml
from chalicelib.core.formats.reading import Field, decode
from chalicelib.core.limits import (
    MAX_FEEDS,
    MAX_FRONT_MATTER_BYTES,
    MAX_SUBSCRIBED_ADDRESS_LENGTH,
    MAX_SUBSCRIBED_NAME_LENGTH,
    MAX_SUBSCRIPTIONS,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

SUBSCRIPTIONS = "sources/feeds.opml"
_KEYS = ("name", "home_url", "avatar", "owner", "country", "kind", "paywalled", "feeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A source as its file describes it. `avatar` is a key under media/."""

    id: str
    name: str
    home_url: str | None = None
    avatar: str | None = None
    owner: str | None = None
    country: str | None = None
    kind: str | None = None
    paywalled: bool = False
    feeds: tuple[str, ...] = ()

    def source(self, *, avatar_path: str | None = None) -> Source:
        """The profile as readers see it, with the site's path of its avatar."""
        return Source(
            id=self.id,
            name=self.name,
            home_url=self.home_url,
            avatar=avatar_path,
            owner=self.owner,
            country=self.country,
            kind=self.kind,
            paywalled=self.paywalled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source, and the addresses of the feeds in which its news is watched, if any."""

    source: Source
    feeds: tuple[str, ...] = ()


def merged(lists: Iterable[tuple[Watched, ...]]) -> tuple[Watched, ...]:
    """Return each source once, by id: the first that is told of it, with all its feeds.

    A profile must then come before the subscriptions, which say no more than a name.
    """
    found: dict[str, Watched] = {}
    for one in (watched for told in lists for watched in told):
        first = found.setdefault(one.source.id, one)
        feeds = tuple(dict.fromkeys((*first.feeds, *one.feeds)))
        found[one.source.id] = replace(first, feeds=feeds)
    return tuple(found[id_] for id_ in sorted(found))


def read(key: str, data: bytes) -> tuple[Profile, tuple[Finding, ...]]:
    """Return the profile in `sources/<id>.yaml` and what to warn of.

    Raises UploadRejected for a file name that is no id, for what is no YAML, and without a name.
    """
    source_id, extension = posixpath.splitext(posixpath.basename(key))
    if extension != ".yaml" or slugify(source_id) != source_id:
        good = slugify(source_id) or "harbour-gazette"
        raise UploadRejected(
            Finding(
                code="source-name",
                message=f"{posixpath.basename(key)!r} is no source's file name.",
                fix=f"Name it by its id in a-z, 0-9 and hyphens: sources/{good}.yaml",
            )
        )
    if len(data) > MAX_FRONT_MATTER_BYTES:
        raise UploadRejected(
            Finding(
                code="too-large",
                message=f"The profile has {len(data):,} bytes; {MAX_FRONT_MATTER_BYTES:,} fit.",
                fix="A profile is a few lines of YAML.",
            )
        )
    fields = parse_yaml(decode(data).replace("\r\n", "\n"))
    warnings = [
        found.finding("unknown-keys", f"Not used: {name}.", f"The keys are {', '.join(_KEYS)}.")
        for name, found in fields.items()
        if name not in _KEYS
    ]
    name = _line(fields.get("name"))
    if not name:
        raise UploadRejected(
            Finding(
                code="source-without-name",
                message="The profile has no name.",
                fix="Write name: The Harbour Gazette",
                pointer="/name",
                line=1,
            )
        )
    profile = Profile(
        id=source_id,
        name=name[:200],
        home_url=_checked(fields.get("home_url"), web_address, warnings, "a web address"),
        avatar=_checked(fields.get("avatar"), media_key, warnings, "a key under media/"),
        owner=_line(fields.get("owner")),
        country=_line(fields.get("country")),
        kind=_line(fields.get("kind")),
        paywalled=(_line(fields.get("paywalled")) or "").lower() in ("true", "yes", "on"),
        feeds=_feeds(fields.get("feeds"), warnings),
    )
    return profile, tuple(warnings)


def read_subscriptions(data: bytes) -> tuple[tuple[Watched, ...], tuple[Finding, ...]]:
    """Return the sources and feeds of a subscription list (OPML 1.0, 2.0) and what to warn of.

    Folders say nothing of a feed and are passed over. Raises UploadRejected "opml" for a list
    without feeds, and what no XML is for.
    """
    from chalicelib.core.formats import xml

    root = xml.parse(data)
    warnings: list[Finding] = []
    told = [
        watched
        for outline in root.iter("{*}outline")
        if len(outline) == 0 or outline.get("xmlUrl")
        for watched in _subscription(outline, warnings)
    ]
    if xml.name_of(root).lower() != "opml" or not told:
        raise UploadRejected(
            Finding(
                code="opml",
                message="The file is no subscription list with feeds in it.",
                fix="Export the subscriptions of a feed reader as OPML.",
                line=root.sourceline,
            )
        )
    if len(told) > MAX_SUBSCRIPTIONS:
        message = f"The list has {len(told):,} feeds; the first {MAX_SUBSCRIPTIONS} are watched."
        warnings.append(Finding(code="outline", message=message, fix="Leave some out."))
    return merged([tuple(told[:MAX_SUBSCRIPTIONS])]), tuple(warnings)


def _subscription(outline: Element, warnings: list[Finding]) -> tuple[Watched, ...]:
    """Return the source of an outline, none where it names no feed."""
    address = _short_address(outline.get("xmlUrl"))
    name = one_line(outline.get("title") or outline.get("text") or "")[:MAX_SUBSCRIBED_NAME_LENGTH]
    home_url = _short_address(outline.get("htmlUrl"))
    source_id = slugify(name) or slugify(urlsplit(address or "").hostname or "")
    if address is not None and _holds_password(address):
        warnings.append(replace(_password(address), line=outline.sourceline))
        return ()
    if address is None or not source_id:
        warnings.append(
            Finding(
                code="outline",
                message=f"No feed is watched for {(name or 'an outline')!r}: "
                f"{outline.get('xmlUrl')!r} is no web address.",
                fix='Write the feed\'s address: xmlUrl="https://…".',
                line=outline.sourceline,
            )
        )
        return ()
    source = Source(id=source_id, name=name or source_id, home_url=home_url)
    return (Watched(source=source, feeds=(address,)),)


def _short_address(said: str | None) -> str | None:
    address = web_address(one_line(said or ""))
    return address if address and len(address) <= MAX_SUBSCRIBED_ADDRESS_LENGTH else None


def _feeds(found: Field | None, warnings: list[Finding]) -> tuple[str, ...]:
    if found is None:
        return ()
    values = found.value if isinstance(found.value, list) else [found.value]
    addresses = []
    for value in values:
        address = web_address(str(value or ""))
        if address is None:
            message = f"feeds: {value!r} is no web address."
            warnings.append(found.finding("address", message, "Write the feed's https:// address."))
        elif _holds_password(address):
            told = _password(address)
            warnings.append(found.finding(told.code, told.message, told.fix))
        else:
            addresses.append(address)
    unique = tuple(dict.fromkeys(addresses))
    if len(unique) > MAX_FEEDS:
        message = f"feeds: {len(unique)} are given; the first {MAX_FEEDS} are watched."
        warnings.append(found.finding("feeds-cut", message, "Keep those with the news."))
    return unique[:MAX_FEEDS]


def _holds_password(address: str) -> bool:
    return "@" in urlsplit(address).netloc


def _password(address: str) -> Finding:
    """Warn of a feed's address without repeating what it should not have told."""
    host = urlsplit(address).hostname
    return Finding(
        code="feed-password",
        message=f"The address of a feed at {host} holds a name or a password: it is not watched.",
        fix="Write an address that needs neither, and change the password.",
    )


def _checked(
    found: Field | None,
    check: Callable[[str], str | None],
    warnings: list[Finding],
    what: str,
) -> str | None:
    line = _line(found)
    if found is None or not line:
        return None
    checked = check(line)
    if checked is None:
        message = f"{found.pointer[1:]}: {line!r} is not {what}."
        warnings.append(found.finding("address", message, f"Write {what}, or leave it out."))
    return checked


def _line(found: Field | None) -> str | None:
    if found is None or found.value is None or isinstance(found.value, (list, dict)):
        return None
    return one_line(str(found.value))[:500] or None
