"""The whole system on one machine, as `make run` starts it."""

import json
import signal
import socket
import time

import pytest
from local_run import START_WITHIN_S, client, close, desk, fetch, start_run

from tests import builders

UPLOADS = "broadsheet-local-uploads"
RECEIPTS = "broadsheet-local-receipts"
ON_THE_PAGE_WITHIN_S = 2


def receipt(run, key):
    answer = run.s3.get_object(Bucket=RECEIPTS, Key=f"{key}.json")
    return json.loads(answer["Body"].read()), answer["Metadata"]["version-id"]


def upload(run, key, body):
    """Upload as any S3 client does, and return the receipt of that version."""
    version = run.s3.put_object(Bucket=UPLOADS, Key=key, Body=body)["VersionId"]
    return receipt_of(run, key, version)


def receipt_of(run, key, version):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            found, tells_of = receipt(run, key)
        except run.s3.exceptions.NoSuchKey:
            tells_of = None
        if tells_of == version:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no receipt of {key}: {run.lines}")


def test_the_start_says_where_everything_is_and_then_ready(newsroom):
    names = [line.partition(": ")[0] for line in newsroom.lines]

    assert names == ["site", "s3", "uploads", "receipts", "upload", "ready"]
    assert newsroom.said("uploads") == UPLOADS
    assert newsroom.said("receipts") == RECEIPTS
    assert fetch(f"{newsroom.site}/").status == 200
    assert fetch(f"{newsroom.site}/v1/health").status == 200


def test_an_upload_is_on_the_page_within_two_seconds(newsroom, story):
    run = newsroom
    run.s3.list_buckets()  # the client's first call costs its own set-up
    started = time.monotonic()
    run.s3.put_object(Bucket=UPLOADS, Key="world/quick.md", Body=story("Quick as a ferry"))
    while "Quick as a ferry" not in fetch(f"{run.site}/").text:
        assert time.monotonic() - started < ON_THE_PAGE_WITHIN_S
        time.sleep(0.02)

    run.wait_for(lambda line: line.startswith("world/quick.md  published  "))


def test_a_restart_loses_nothing(start, story, tmp_path):
    data = tmp_path / "data"
    run = start(data, "--no-samples")
    other = builders.markdown("Another one", body=builders.event(1)).encode()
    told = {
        "a.md": upload(run, "a.md", story("The first headline")),
        "wörld/ü b+c.md": upload(run, "wörld/ü b+c.md", other),
        "bad.md": upload(run, "bad.md", b"---\nheadline: [\n---\n"),
    }
    told["a.md"] = upload(run, "a.md", story("The second headline"))
    upload(run, "gone.md", story("To be withdrawn"))
    run.s3.delete_object(Bucket=UPLOADS, Key="gone.md")
    assert run.end() == 0

    again = start(data, "--no-samples")

    for key, before in told.items():
        after, _ = receipt(again, key)
        moved = ("ingested_at", "url")
        assert {k: v for k, v in after.items() if k not in moved} == {
            k: v for k, v in before.items() if k not in moved
        }
        if before["url"]:
            path = before["url"].removeprefix(run.site)
            assert after["url"] == again.site + path
            assert fetch(again.site + path).status == 200
    assert told["bad.md"]["outcome"] == "rejected"
    assert receipt(again, "gone.md")[0]["outcome"] == "withdrawn"
    assert "The second headline" in fetch(f"{again.site}/").text


def test_a_restart_after_a_kill_loses_nothing_either(start, story, tmp_path):
    run = start(tmp_path, "--no-samples")
    run.s3.put_object(Bucket=UPLOADS, Key="a.md", Body=story("Answered, so it is kept"))
    run.process.kill()
    run.process.wait(10)

    assert "Answered, so it is kept" in fetch(f"{start(tmp_path, '--no-samples').site}/").text


def test_a_deleted_article_says_that_it_is_gone(newsroom, story):
    url = upload(newsroom, "world/withdrawn.md", story("Soon gone"))["url"]
    assert fetch(url).status == 200
    version = newsroom.s3.delete_object(Bucket=UPLOADS, Key="world/withdrawn.md")["VersionId"]

    assert receipt_of(newsroom, "world/withdrawn.md", version)["outcome"] == "withdrawn"
    assert fetch(url).status == 410


def test_an_unknown_page_and_a_wrong_method_are_answered_by_the_site(newsroom):
    page = fetch(f"{newsroom.site}/nothing/here")
    assert page.status == 404
    assert page.headers["Content-Type"].startswith("text/html")
    problem = fetch(f"{newsroom.site}/v1/nothing")
    assert problem.status == 404
    assert problem.headers["Content-Type"].startswith("application/problem+json")
    assert fetch(f"{newsroom.site}/", "POST").status == 405
    assert fetch(f"{newsroom.site}/", "HEAD").body == b""


def test_a_rejected_upload_is_told_with_its_mend(newsroom):
    newsroom.s3.put_object(Bucket=UPLOADS, Key="bad\x1b[31m.bin", Body=b"\x00")

    newsroom.wait_for(lambda line: "rejected" in line and line.startswith("bad\\x1b[31m.bin"))


def test_a_rejection_is_pushed_to_who_subscribes(newsroom):
    sns, sqs = (client(service, newsroom.said("s3")) for service in ("sns", "sqs"))
    topics = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    (editors,) = [arn for arn in topics if arn.endswith(":broadsheet-local-editors")]
    inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    about = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=editors, Protocol="sqs", Endpoint=about["Attributes"]["QueueArn"])

    newsroom.s3.put_object(Bucket=UPLOADS, Key="pushed.md", Body=b"---\nheadline: [\n---\n")

    (told,) = sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=10)["Messages"]
    assert json.loads(told["Body"])["Subject"] == "Rejected: pushed.md"


def test_the_printed_upload_command_works_as_printed(newsroom):
    import shlex

    words = shlex.split(newsroom.said("upload"))
    assert words[1:4] == ["-m", "desk", "publish"]
    done = desk(*words[3:], "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["outcome"] == "published"
    assert fetch(told["url"]).status == 200


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_and_says_nothing_of_it(start, tmp_path, with_signal):
    run = start(tmp_path / "data", "--no-samples")
    told = list(run.lines)
    started = time.monotonic()

    assert run.end(with_signal) == 0
    assert time.monotonic() - started < 5
    assert run.errors() == ""
    assert run.lines == told


def fails(data_dir, *words, **ports):
    run = start_run(data_dir, *words, **ports)
    try:
        assert run.process.wait(START_WITHIN_S) == 1
        errors = run.errors()
    finally:
        close(run)
    assert "Traceback" not in errors
    (line,) = errors.splitlines()
    return line


@pytest.mark.parametrize("name", ["port", "aws_port"])
def test_a_busy_port_is_one_line_that_names_the_variable(tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = fails(tmp_path, "--no-samples", **{name: port})

    assert f"port {port} cannot be used" in line
    assert f"{name.upper()}=" in line


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()

    assert "name another DATA_DIR" in fails(tmp_path / "file" / "data")


def test_two_runs_over_one_folder_are_refused(newsroom):
    folder = newsroom.process.args[newsroom.process.args.index("--data-dir") + 1]

    assert "in use by another run" in fails(folder)


def test_the_samples_fill_an_empty_newsroom_alone(start, tmp_path):
    run = start(tmp_path / "data")
    (folded,) = [line for line in run.lines if line.startswith("folded: ")]
    assert "rejected" not in folded
    assert "without a receipt" not in folded
    listed = run.s3.list_objects_v2(Bucket=UPLOADS)["Contents"]
    assert not any(each["Key"].endswith((".py", "README.md")) for each in listed)
    run.end()

    again = start(tmp_path / "data")

    versions = client("s3", again.said("s3")).list_object_versions(Bucket=UPLOADS)["Versions"]
    assert len(versions) == len(listed)
