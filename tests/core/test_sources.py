"""Profiles of sources: what they become, and what is refused with its mend."""

from __future__ import annotations

import hashlib

import pytest

from chalicelib.core import limits, sources
from chalicelib.core.codec import pack
from chalicelib.core.errors import UploadRejected
from chalicelib.core.limits import MAX_ROW_BYTES
from chalicelib.core.sources import Watched
from tests import builders

KEY = "sources/courier.yaml"


def code(profile: str, key: str = KEY) -> str:
    with pytest.raises(UploadRejected) as raised:
        sources.read(key, profile.encode())
    return raised.value.findings[0].code


def test_a_profile_is_read_with_its_feeds() -> None:
    text = builders.profile(
        avatar="media/face.png",
        owner="Callport Press",
        paywalled="yes",
        feeds="[https://courier.example/rss, nonsense]",
    )

    profile, warnings = sources.read(KEY, text.encode())

    assert (profile.id, profile.name) == ("courier", "The Callport Courier")
    assert profile.feeds == ("https://courier.example/rss",)
    assert profile.paywalled
    assert [warning.code for warning in warnings] == ["address"]
    assert profile.source(avatar_path="media/x.png").avatar == "media/x.png"


@pytest.mark.parametrize(
    ("profile", "key", "expected"),
    [
        ("home_url: https://e.example", KEY, "source-without-name"),
        ("name: [", KEY, "front-matter"),
        ("name: x", "sources/The Courier.yaml", "source-name"),
        ("name: x", "sources/courier.yml", "source-name"),
        ("name: x\n" + "#" * 70_000, KEY, "too-large"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(profile: str, key: str, expected: str) -> None:
    assert code(profile, key) == expected


def test_a_subscription_list_names_sources_and_their_feeds() -> None:
    data = builders.opml(
        {
            "text": "The Courier",
            "xmlUrl": "https://courier.example/a",
            "htmlUrl": "https://c.example",
        },
        {"title": "The Courier", "xmlUrl": "https://courier.example/b"},
        {"text": "", "xmlUrl": "https://blog.example/feed"},
        {"text": "Folder of nothing"},
        {"text": "Script", "xmlUrl": "javascript:alert(1)"},
    )

    watched, warnings = sources.read_subscriptions(data)

    assert [(one.source.id, one.source.name, one.feeds) for one in watched] == [
        ("blog-example", "blog-example", ("https://blog.example/feed",)),
        ("the-courier", "The Courier", ("https://courier.example/a", "https://courier.example/b")),
    ]
    assert watched[1].source.home_url == "https://c.example"
    assert [warning.code for warning in warnings] == ["outline", "outline"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<opml/>", "opml"),
        (b"<html><outline xmlUrl='https://e.example/'/></html>", "opml"),
        (b"<opml>", "xml"),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml/>", "xml-entities"),
    ],
)
def test_a_list_without_feeds_is_refused(data: bytes, expected: str) -> None:
    with pytest.raises(UploadRejected) as raised:
        sources.read_subscriptions(data)

    assert raised.value.findings[0].code == expected


def test_the_longest_subscription_list_fits_one_row() -> None:
    noise = [hashlib.sha512(str(n).encode()).hexdigest() * 3 for n in range(600)]
    data = builders.opml(
        *(
            {
                "text": "".join(chr(0x4E00 + int(n[at : at + 3], 16)) for at in range(0, 300, 3)),
                "xmlUrl": f"https://e.example/{n[:280]}",
                "htmlUrl": f"https://e.example/{n[80:360]}",
            }
            for n in noise
        )
    )

    watched, warnings = sources.read_subscriptions(data)

    assert len(watched) == limits.MAX_SUBSCRIPTIONS
    assert [warning.code for warning in warnings] == ["outline"]
    assert len(pack(watched)) < MAX_ROW_BYTES


def test_a_profile_goes_before_what_a_list_says_of_its_source() -> None:
    profile, _ = sources.read(KEY, builders.profile(feeds="[https://c.example/1]").encode())
    told, _ = sources.read_subscriptions(
        builders.opml({"text": "Courier", "xmlUrl": "https://c.example/2"})
    )
    own = Watched(source=profile.source(), feeds=profile.feeds)

    (merged,) = sources.merged([(own,), told])

    assert merged.source.name == "The Callport Courier"
    assert merged.feeds == ("https://c.example/1", "https://c.example/2")
