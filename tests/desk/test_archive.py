from datetime import UTC, datetime

import pytest

from desk.archive import Archive, Version
from desk.errors import DeskError


def version(version_id="v1", body=b"text\nand more\n", **words):
    return Version(
        **{
            "key": "world/ferry.md",
            "version_id": version_id,
            "modified_at": datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC),
            "body": body,
            "metadata": {"content-type": "text/markdown", "x-amz-meta-by": "Ines"},
            "etag": "e",
            **words,
        }
    )


def test_versions_come_back_as_they_were_and_in_their_order(tmp_path):
    kept = [
        version("b", b"\x00\n\nbytes \xff"),
        version("a", b""),
        version("c", None, key="wörld/ ü+%.md", metadata={}, etag=None),
    ]
    archive = Archive(tmp_path)
    for each in kept:
        archive.add(each)

    assert list(Archive(tmp_path).load()) == kept


def test_a_write_that_was_cut_off_leaves_nothing(tmp_path):
    Archive(tmp_path).add(version("a"))
    (tmp_path / "000000002.part").write_bytes(b'{"key": "half')

    archive = Archive(tmp_path)

    assert [each.version_id for each in archive.load()] == ["a"]
    assert list(tmp_path.glob("*.part")) == []


def test_a_deleted_version_leaves_no_bytes_and_numbers_are_not_used_again(tmp_path):
    archive = Archive(tmp_path)
    archive.add(version("a", b"the secret"))
    archive.add(version("b"))
    archive.remove("a")
    archive.add(version("c"))

    assert [each.version_id for each in Archive(tmp_path).load()] == ["b", "c"]
    assert not any(b"the secret" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_damaged_file_is_named_in_one_line(tmp_path):
    (tmp_path / "000000001.upload").write_bytes(b"no json\n")

    with pytest.raises(DeskError, match=r"000000001\.upload is damaged .*: move it away"):
        list(Archive(tmp_path).load())
