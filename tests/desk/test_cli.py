"""The editors' command line: what it prints, and how it ends."""

import json
import os
import socket

import pytest
from local_run import desk, fetch

from desk.__main__ import COMMANDS
from desk.embedded import EmbeddedAws
from desk.receipts import text


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


def test_an_unknown_source_is_told_only_where_the_sources_are_given(folder, tmp_path):
    path, named = folder / "a.md", b"---\nsource: gazette\nimage: media/quay.png\n"
    path.write_bytes(path.read_bytes().replace(b"---\n", named, 1))

    def warned(*words):
        (told,) = receipts(desk("check", path, "--json", *words))
        return [warning["code"] for warning in told["warnings"]]

    assert "unknown-source" not in warned()
    assert "unknown-source" in warned("--sources", tmp_path)
    assert "image-missing" not in warned("--sources", tmp_path)


@pytest.mark.parametrize(
    ("names", "told"),
    [(["headline", "tags"], "changed: headline, tags; 12 words added, 3 removed"),
     ([], "changed: 12 words added, 3 removed")],
)  # fmt: skip
def test_a_person_reads_what_an_update_changed(names, told):
    metadata = [{"name": name} for name in names]
    changes = {"metadata": metadata, "words_added": 12, "words_removed": 3}

    shown = text({"key": "a.md", "outcome": "updated", "changes": changes}, colour=False)

    assert shown.splitlines() == ["updated  a.md", f"  {told}"]


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
        (["status", "a.md", "--data-dir", "/no/such"], 1, "start it with `make run`"),
        (["restore", "a.md", "--data-dir", "/no/such"], 2, "--revision"),
        (["export", "a.md", "--format", "pdf"], 2, "invalid choice"),
        (["export", "a.md"], 2, "name the --format"),
        (["export", "a.md", "--to", "backup"], 2, "name one article"),
        (["import"], 2, "name a folder"),
        (["takedown", "a.md"], 2, "--reason"),
        (["takedown", "a.md", "--reason", "  "], 2, "a reason has 1 to 500 characters"),
        (["takedown", "a.md", "--reason", "x" * 501], 2, "this one 501"),
        (["takedown", "a.md", "--reason", "caf\udce9"], 2, "no text in UTF-8"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(words, status, said):
    done = desk(*words)

    assert done.returncode == status
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(command):
    done = desk(command, "--help")

    assert done.returncode == 0
    assert f"python -m desk {command}" in done.stdout.partition("examples:")[2]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "there are no AWS credentials"),
        ({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}, "the bucket"),
    ],
)
def test_what_keeps_aws_from_answering_is_one_line_with_its_mend(environ, said, aws_without):
    done = desk("publish", "pyproject.toml", "--stage", "prod", **{**aws_without, **environ})

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("desk publish: ")
    assert said in line


@pytest.fixture
def aws_without():
    """An AWS that answers, and has nothing; and an environment without credentials for it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = EmbeddedAws(listener)
    server.start()
    yield {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
    server.stop()
    listener.close()


def data_dir(newsroom):
    words = newsroom.process.args
    return words[words.index("--data-dir") + 1]


def told(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_publish_prints_the_receipts_of_what_it_uploaded(newsroom, folder):
    where = data_dir(newsroom)
    done = desk("publish", folder, "--data-dir", where, "--json")

    told = receipts(done)
    assert done.returncode == 1, done.stderr
    assert [t["key"] for t in told] == ["a.md", "bad.md", "world/a.md", "world/b.md"]
    assert fetch(told[0]["url"]).status == 200

    again = desk("publish", folder / "a.md", DATA_DIR=where)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("unchanged  a.md")


def test_many_receipts_are_a_table_with_what_to_mend_first(newsroom, folder):
    done = desk("publish", folder, "--data-dir", data_dir(newsroom))

    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["OUTCOME", "KEY", "REVISION", "ADDRESS"]
    (bad,) = [line for line in lines if line.startswith("rejected")]
    assert bad.split() == ["rejected", "bad.md"]
    assert lines[lines.index(bad) + 1].startswith("  error: ")
    (good,) = [line.split() for line in lines if " world/b.md " in line]
    assert good[2] == "1"
    assert fetch(good[3]).status == 200
    assert heading.index("KEY") == bad.index("bad.md")


def test_status_tells_what_readers_have_and_what_waits(newsroom, tmp_path, story):
    where = {"DATA_DIR": data_dir(newsroom)}
    path = tmp_path / "ferry.md"
    versions = [
        story("As readers have it"),
        story("As it may become").replace(b"---\n", b"---\ndraft: true\n", 1),
        b"---\nheadline: [\n---\n",
    ]
    for content in versions:
        path.write_bytes(content)
        desk("publish", path, "--key", "status/ferry.md", **where)
    path.write_bytes(story("Not yet", "2099-01-05T09:00:00Z"))
    desk("publish", path, "--key", "status/later.md", **where)
    desk("publish", path, "--key", "status/gone.md", **where)
    newsroom.s3.delete_object(Bucket="broadsheet-local-uploads", Key="status/gone.md")

    (ferry,) = told(desk("status", "status/ferry.md", "--json", **where))

    assert ferry["is_ingested"]
    assert ferry["public"]["revision"] == 1
    assert fetch(ferry["public"]["url"]).status == 200
    assert ferry["draft"]["revision"] == 2
    assert "As it may become" in fetch(ferry["draft"]["preview_url"]).text
    assert ferry["rejected"]["line"] == 3
    assert ferry["outcome"] == "rejected"
    keys = [one["key"] for one in told(desk("status", "status/", "--json", **where))]
    assert keys == ["status/ferry.md", "status/gone.md", "status/later.md"]

    table = desk("status", "status/", **where).stdout.splitlines()
    assert table[1].startswith("public, draft, rejected")
    assert table[3].startswith("scheduled")
    one = desk("status", "status/later.md", **where).stdout
    assert "  scheduled: revision 1 from 2099-01-05T09:00:00Z\n" in one
    assert "  receipt: s3://broadsheet-local-receipts/status/later.md.json\n" in one


def test_the_status_of_what_was_never_uploaded_is_one_line(newsroom):
    done = desk("status", "nowhere/", "--data-dir", data_dir(newsroom))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "desk status: nothing has ever been uploaded as nowhere/, nor under it\n"


def test_a_withdrawn_article_comes_back_by_its_revision(newsroom, tmp_path, story):
    where = {"DATA_DIR": data_dir(newsroom)}
    path = tmp_path / "ferry.md"
    for headline in ("First", "Second"):
        path.write_bytes(story(headline))
        told(desk("publish", path, "--key", "restore/ferry.md", "--json", **where))
    uploads = {"Bucket": "broadsheet-local-uploads", "Key": "restore/ferry.md"}
    newsroom.s3.delete_object(**uploads)

    (restored,) = told(desk("restore", "restore/ferry.md", "--revision", 1, "--json", **where))

    assert (restored["outcome"], restored["revision"]) == ("published", 3)
    page = fetch(restored["url"])
    assert "First" in page.text
    head = newsroom.s3.head_object(**uploads)
    assert head["ContentType"] == "text/markdown; charset=utf-8"
    again = desk("restore", "restore/ferry.md", "--revision", 3, **where)
    assert again.stdout.startswith("unchanged  restore/ferry.md  revision 3  ")
    for key, revision, said in (
        ("restore/ferry.md", 9, "restore/ferry.md has no revision 9: it has 3, counted from 1"),
        ("restore/none.md", 1, "Nothing has ever been uploaded as restore/none.md."),
        ("media/a.jpg", 1, "media/a.jpg is no article: only articles have revisions."),
    ):
        done = desk("restore", key, "--revision", revision, **where)
        assert done.returncode == 1
        assert said in done.stderr


def test_a_restored_import_keeps_its_metadata_but_not_its_time(newsroom, story):
    uploads = {"Bucket": "broadsheet-local-uploads", "Key": "restore/import.md"}
    stamp = {"received-at": "2026-01-05T09:00:00Z", "desk": "night"}
    newsroom.s3.put_object(**uploads, Body=story("Imported"), Metadata=stamp)
    newsroom.s3.put_object(**uploads, Body=story("Changed"))

    where = {"DATA_DIR": data_dir(newsroom)}
    (restored,) = told(desk("restore", uploads["Key"], "--revision", 1, "--json", **where))

    assert newsroom.s3.head_object(**uploads)["Metadata"] == {"desk": "night"}
    assert restored["received_at"] > "2026-01-05T09:00:00Z"
    assert (restored["outcome"], restored["revision"]) == ("updated", 3)


@pytest.mark.parametrize("as_", ["markdown", "json", "ninjs"])
def test_an_export_is_the_same_article_when_it_is_published(newsroom, tmp_path, story, as_):
    where = {"DATA_DIR": data_dir(newsroom)}
    key = f"export/{as_}.{'md' if as_ == 'markdown' else 'json'}"
    path = tmp_path / "ferry.md"
    path.write_bytes(story("Ferry “back” & forth").replace(b"---\n", b"---\ncrew: 12\n", 1))
    (first,) = told(desk("publish", path, "--key", f"export/{as_}.md", "--json", **where))
    out = tmp_path / "out"

    done = desk("export", f"export/{as_}.md", "--format", as_, "--out", out, **where)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (second,) = told(desk("publish", out, "--key", key, "--json", **where))
    articles = [
        json.loads(fetch(f"{newsroom.site}/v1/articles/{each['article_id']}").body)["data"]
        for each in (first, second)
    ]
    same = ("headline", "published_at", "extra", "body_html", "body_text", "summary")
    assert [articles[0][name] for name in same] == [articles[1][name] for name in same]
    (printed,) = told(desk("export", first["article_id"], "--format", as_, "--json", **where))
    assert printed["lost"] == []
    assert json.dumps(printed["text"]) == json.dumps(out.read_text())


def test_what_an_export_loses_is_told_apart_from_it(newsroom, tmp_path):
    where = {"DATA_DIR": data_dir(newsroom)}
    toml = "+++\ntitle = 'Ferry'\ndate = 2026-01-05T09:00:00Z\ncrew = 12\n+++\n\nShe is back.\n"
    (tmp_path / "typed.md").write_text(toml)
    told(desk("publish", tmp_path / "typed.md", "--json", **where))

    done = desk("export", "typed.md", "--format", "markdown", **where)

    assert done.stderr == "desk export: markdown does not carry: extra crew\n"
    assert done.stdout.startswith("---\nheadline: Ferry\n")


def test_there_is_no_export_of_what_is_gone(newsroom, tmp_path, story):
    where = {"DATA_DIR": data_dir(newsroom)}
    (tmp_path / "gone.md").write_bytes(story("Soon gone"))
    told(desk("publish", tmp_path / "gone.md", "--json", **where))
    newsroom.s3.delete_object(Bucket="broadsheet-local-uploads", Key="gone.md")
    newsroom.wait_for(lambda line: line.startswith("gone.md  withdrawn"))

    done = desk("export", "gone.md", "--format", "json", **where)

    assert done.returncode == 1
    assert "The newsroom has withdrawn this article." in done.stderr
    assert "python -m desk restore" in done.stderr


def test_a_rebuild_of_a_running_newsroom_and_of_another_table_come_to_the_same(newsroom, folder):
    where = {"DATA_DIR": data_dir(newsroom)}
    desk("publish", folder, **where)

    (live,) = told(desk("rebuild", "--json", **where))
    (other,) = told(desk("rebuild", "--json", "--table", "made-anew", **where))

    assert (live["changed"], live["failed"]) == (0, {})
    assert other["changed"] >= 4
    assert (other["rows"], other["digest"]) == (live["rows"], live["digest"])
    assert f"digest: {live['digest']}" in desk("rebuild", **where).stdout


def test_a_takedown_in_a_running_newsroom_is_proved_over_http(newsroom, tmp_path):
    where = {"DATA_DIR": data_dir(newsroom)}
    path = tmp_path / "zanzarit.md"
    path.write_text(
        "# Zanzarit named\n\nZanzarit, a minister of Marrow, owned half of the ferry.\n"
    )
    (published,) = receipts(desk("publish", path, "--json", **where))
    words = ("takedown", published["key"], "--reason", "A privacy request.")

    unasked = desk(*words, **where)
    (done,) = told(desk(*words, "--yes", "--json", **where))

    assert unasked.returncode == 2
    assert done["proved"]
    (feed,) = [one for one in done["surfaces"] if one["surface"] == "/feed.json"]
    assert (feed["before"], feed["left"]) == (["headline", "sentence", "slug"], [])
    gone = fetch(published["url"])
    assert (gone.status, "A privacy request." in gone.text) == (410, True)
    (again,) = told(
        desk(*words[:1], published["article_id"], *words[2:], "--yes", "--json", **where)
    )
    assert again["proved"]


def test_an_export_fills_an_empty_newsroom_and_is_replayed_by_a_run(
    newsroom, folder, start, tmp_path
):
    where = {"DATA_DIR": data_dir(newsroom)}
    desk("publish", folder, **where)
    (source,) = told(desk("rebuild", "--json", **where))
    backup = tmp_path / "backup"

    (exported,) = told(desk("export", "--to", backup, "--json", **where))
    replayed = start(backup, "--no-samples")
    (again,) = told(desk("rebuild", "--json", DATA_DIR=str(backup)))
    empty = start(tmp_path / "drill", "--no-samples")
    (filled,) = told(desk("import", backup, "--json", DATA_DIR=data_dir(empty)))
    refused = desk("import", backup, DATA_DIR=data_dir(replayed))

    assert exported["versions"] == filled["versions"] >= 4
    assert source["digest"] == again["digest"] == filled["digest"]
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
