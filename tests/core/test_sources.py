"""Profiles of sources: what they become, and what is refused with its mend."""

from __future__ import annotations

import pytest

from chalicelib.core import sources
from chalicelib.core.errors import UploadRejected
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
