"""The editors' command line: what it prints, and how it ends."""

import json
import os

import pytest
from local_run import desk, fetch


@pytest.fixture
def folder(tmp_path, story):
    """Articles below a folder, one of them bad, in no order."""
    for name in ("world/b.md", "a.md", "world/a.md"):
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(story(f"About {name[:-3]}"))
        os.utime(path, (1_767_600_000, 1_767_600_000))
    (tmp_path / "articles" / "bad.md").write_bytes(b"---\nheadline: [\n---\ntext")
    (tmp_path / "articles" / ".hidden.md").write_bytes(b"an editor's own")
    return tmp_path / "articles"


def receipts(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_check_tells_each_files_receipt_and_article_in_order(folder):
    done = desk("check", folder, folder / "a.md", "--json", "--now", "2026-01-06T00:00:00Z")

    told = receipts(done)
    assert done.returncode == 1, done.stderr
    assert [t["key"] for t in told] == ["a.md", "bad.md", "world/a.md", "world/b.md", "a.md"]
    assert [t["outcome"] == "rejected" for t in told] == [False, True, False, False, False]
    assert told[1]["article"] is None
    assert told[1]["errors"][0]["fix"]
    assert told[0]["article"]["headline"] == "About a"
    assert told[0]["received_at"] == "2026-01-05T08:00:00Z"
    assert told[0]["ingested_at"] == "2026-01-06T00:00:00Z"
    assert done.stderr == ""


def test_many_files_come_in_order_too(tmp_path, story):
    for n in range(30):
        (tmp_path / f"{n:02d}.md").write_bytes(story(f"Number {n}"))

    done = desk("check", tmp_path, "--json")

    assert done.returncode == 0, done.stderr
    assert [t["article"]["headline"] for t in receipts(done)] == [f"Number {n}" for n in range(30)]


def test_a_key_and_sources_can_be_given(folder, tmp_path):
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "gazette.yaml").write_text("name: The Harbour Gazette\n")
    path = folder / "a.md"
    path.write_bytes(path.read_bytes().replace(b"---\n", b"---\nsource: gazette\n", 1))

    done = desk("check", path, "--key", "world/x.md", "--sources", sources, "--json")

    (told,) = receipts(done)
    assert told["key"] == "world/x.md"
    assert told["article"]["source"]["name"] == "The Harbour Gazette"


def test_a_person_reads_what_to_mend_without_colours_in_a_pipe(folder):
    done = desk("check", folder / "bad.md")

    assert done.returncode == 1
    assert done.stdout.startswith("rejected  bad.md\n  error: ")
    assert "\033" not in done.stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["check", "/no/such/file"], 2, "/no/such/file: there is no such file or folder"),
        (["check", "pyproject.toml", "--sources", "/no/such"], 2, "no such folder of sources"),
        (["check", "desk", "--key", "a.md"], 2, "--key is for one file"),
        (["check"], 2, "FILE|FOLDER"),
        (["check", "x", "--now", "noon"], 2, "noon is no time"),
        (["run", "--port", "99999"], 2, "no port"),
        (["frobnicate"], 2, "invalid choice"),
        (["publish", "pyproject.toml", "--data-dir", "/no/such"], 1, "nothing runs over /no/such"),
        (["publish", "pyproject.toml", "--stage", "moon"], 2, "there is no stage moon"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(words, status, said):
    done = desk(*words)

    assert done.returncode == status
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["run", "check", "publish", "deploy", "destroy"])
def test_every_command_helps_with_an_example(command):
    done = desk(command, "--help")

    assert done.returncode == 0
    assert f"python -m desk {command}" in done.stdout.partition("examples:")[2]


def test_publish_prints_the_receipts_of_what_it_uploaded(newsroom, folder):
    where = newsroom.process.args[newsroom.process.args.index("--data-dir") + 1]
    done = desk("publish", folder, "--data-dir", where, "--json")

    told = receipts(done)
    assert done.returncode == 1, done.stderr
    assert [t["key"] for t in told] == ["a.md", "bad.md", "world/a.md", "world/b.md"]
    assert fetch(told[0]["url"]).status == 200

    again = desk("publish", folder / "a.md", DATA_DIR=where)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("unchanged  a.md")
