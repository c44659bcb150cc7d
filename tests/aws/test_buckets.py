"""The bucket's contract: the versions of exactly one key, in the order in which they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.aws.buckets import _merged
from chalicelib.core.pictures import PreparedFile
from desk.mends import mend_all
from tests.conftest import NOW, Paper

KEY = "a.md"


def entry(version: str, *, seconds: int, latest: bool = False, key: str = KEY) -> dict[str, object]:
    modified = datetime(2026, 3, 24, tzinfo=UTC) + timedelta(seconds=seconds)
    return {"Key": key, "VersionId": version, "IsLatest": latest, "LastModified": modified}


def ids(entries: object) -> list[str]:
    return [one["VersionId"] for one in entries]  # type: ignore[attr-defined]


def test_versions_are_those_of_the_key_alone_oldest_first(paper: Paper) -> None:
    first = paper.upload(KEY, "one")
    paper.upload("a.md.bak", "other")
    paper.upload("a.m", "other")
    paper.delete(KEY)
    last = paper.upload(KEY, "two")

    versions = wiring.uploads().versions(KEY)

    assert [version.id for version in versions][::2] == [first, last]
    assert [version.is_delete_marker for version in versions] == [False, True, False]
    assert wiring.uploads().versions("none.md") == ()


def test_an_imports_time_is_the_uploads(paper: Paper) -> None:
    paper.upload(KEY, "one", at=NOW)
    (version,) = wiring.uploads().versions(KEY)

    assert wiring.uploads().read(KEY, version).received_at == NOW


def test_a_time_that_is_none_is_passed_over(paper: Paper) -> None:
    for stamp in ("yesterday", "2026-03-24T12:00:00"):
        paper.s3.put_object(
            Bucket="broadsheet-local-uploads", Key=KEY, Body=b"x", Metadata={"received-at": stamp}
        )
        version = wiring.uploads().versions(KEY)[-1]
        assert wiring.uploads().read(KEY, version).received_at == version.received_at


@pytest.mark.parametrize(
    ("objects", "markers", "expected"),
    [
        ([entry("o2", seconds=9, latest=True), entry("o1", seconds=1)], [entry("m", seconds=5)],
         ["o2", "m", "o1"]),
        ([entry("o1", seconds=5)], [entry("m", seconds=5, latest=True)], ["m", "o1"]),
        ([entry("o2", seconds=5, latest=True), entry("o1", seconds=5)], [entry("m", seconds=5)],
         ["o2", "m", "o1"]),
        ([entry("parts", seconds=1, latest=True), entry("o1", seconds=4)],
         [entry("m", seconds=6)], ["parts", "m", "o1"]),
        ([entry("b", seconds=1, key="b.md", latest=True)],
         [entry("m", seconds=0, latest=True)], ["m", "b"]),
    ],
)  # fmt: skip
def test_objects_and_markers_come_together_in_s3s_order(
    objects: list[dict[str, object]], markers: list[dict[str, object]], expected: list[str]
) -> None:
    assert ids(_merged(objects, markers)) == expected


def test_a_page_of_the_bucket_names_the_newest_version_of_each_key(paper: Paper) -> None:
    paper.upload("a.md", "one")
    newest = paper.upload("a.md", "two")
    other = paper.upload("b.md", "one")

    listing = wiring.uploads().page(None)

    assert listing.newest == {"a.md": newest, "b.md": other}
    assert listing.next_cursor is None


def test_a_prepared_image_may_be_kept_by_every_cache_that_gets_it_from_the_bucket(
    paper: Paper,
) -> None:
    file = PreparedFile(name="0" * 32 + ".png", data=b"png", content_type="image/png")
    wiring.receipts().put_media(file)

    told = paper.s3.head_object(Bucket="broadsheet-local-receipts", Key=f"public-media/{file.name}")
    assert (told["ContentType"], told["CacheControl"]) == (
        "image/png",
        "public, max-age=31536000",
    )


def test_a_prepared_image_that_is_not_there_is_none(aws: None) -> None:
    assert wiring.media().read("0" * 32 + ".png") is None


def test_the_newest_versions_under_a_prefix_are_told_key_by_key(paper: Paper) -> None:
    paper.upload("world/a.md", "one")
    last = paper.upload("world/a.md", "two")
    paper.upload("world/b.md", "one")
    paper.delete("world/b.md")
    paper.upload("worlds.md", "other")

    found = dict(wiring.uploads().newest("world/"))

    assert list(found) == ["world/a.md", "world/b.md"]
    assert found["world/a.md"].id == last
    assert found["world/b.md"].is_delete_marker


@pytest.mark.parametrize(
    "name", ["bell\x07.md", "\ufffe.md", "line\nbreak.md", "a & <b>.md", "😀.md"]
)
def test_any_key_can_be_forgotten_beside_others(paper: Paper, name: str) -> None:
    mend_all()  # moto lists no such keys by itself
    paper.upload(name, "one")
    paper.upload(name, "two")
    paper.upload("other.md", "stays")

    assert wiring.uploads().forget(name) == 2

    assert wiring.uploads().versions(name) == ()
    assert len(wiring.uploads().versions("other.md")) == 1


def test_receipts_of_any_name_are_forgotten_in_one_go(paper: Paper) -> None:
    names = {f"{key}.json" for key in ("a", "bell\x07", "b")}
    for name in names:
        paper.s3.put_object(Bucket="broadsheet-local-receipts", Key=name, Body=b"{}")

    wiring.receipts().forget(names)

    assert set(wiring.receipts().names("")) == set()
