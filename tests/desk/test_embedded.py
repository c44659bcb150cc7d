"""The embedded bucket: what S3 promises, and what moto alone does not keep."""

import socket
import threading
from urllib.parse import unquote_plus

import pytest
from local_run import client

from desk.archive import Archive
from desk.embedded import EmbeddedAws

BUCKET = "uploads"


class Embedded:
    def __init__(self, folder):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.aws = EmbeddedAws(self.listener)
        self.aws.start()
        self.told = []
        self.s3 = client("s3", self.aws.endpoint)
        self.s3.create_bucket(Bucket=BUCKET)
        self.archive = Archive(folder)
        self.replayed = self.aws.watch(BUCKET, self.archive, self.told.extend)

    def put(self, key, body=b"text", **words):
        return self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, **words)["VersionId"]

    def versions(self, **words):
        answer = self.s3.list_object_versions(Bucket=BUCKET, **words)
        found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        return {v["VersionId"]: (v["Key"], v["LastModified"], v["IsLatest"]) for v in found}

    def events(self):
        return [
            (
                record["eventName"],
                unquote_plus(record["s3"]["object"]["key"]),
                record["s3"]["object"]["versionId"],
            )
            for record in self.told
        ]

    def close(self):
        from moto.s3.models import s3_backends

        self.aws.stop()
        self.listener.close()
        self.s3.close()
        s3_backends["123456789012"]["aws"].reset()


@pytest.fixture
def embed(tmp_path):
    opened = []

    def start(name="a"):
        for embedded in opened:
            embedded.close()
        opened[:] = [Embedded(tmp_path / name)]
        return opened[0]

    yield start
    opened[0].close()


def test_every_kind_of_change_is_told_once_with_its_version(embed):
    s3 = embed()
    first = s3.put("wörld/a b+c.md")
    copied = s3.s3.copy_object(
        Bucket=BUCKET, Key="copy.md", CopySource={"Bucket": BUCKET, "Key": "wörld/a b+c.md"}
    )["VersionId"]
    begun = s3.s3.create_multipart_upload(Bucket=BUCKET, Key="parts.md")["UploadId"]
    part = s3.s3.upload_part(
        Bucket=BUCKET, Key="parts.md", UploadId=begun, PartNumber=1, Body=b"part"
    )
    parts = s3.s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key="parts.md",
        UploadId=begun,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )["VersionId"]
    marker = s3.s3.delete_object(Bucket=BUCKET, Key="copy.md")["VersionId"]
    s3.s3.delete_object(Bucket=BUCKET, Key="parts.md", VersionId=parts)
    s3.s3.delete_objects(
        Bucket=BUCKET,
        Delete={"Objects": [{"Key": "wörld/a b+c.md"}, {"Key": "copy.md", "VersionId": marker}]},
    )

    events = s3.events()

    marked = next(e[2] for e in events if e[0].endswith("Created") and e[1].startswith("wörld"))
    assert events == [
        ("ObjectCreated:Put", "wörld/a b+c.md", first),
        ("ObjectCreated:Put", "copy.md", copied),
        ("ObjectCreated:Put", "parts.md", parts),
        ("ObjectRemoved:DeleteMarkerCreated", "copy.md", marker),
        ("ObjectRemoved:Delete", "parts.md", parts),
        ("ObjectRemoved:DeleteMarkerCreated", "wörld/a b+c.md", marked),
        ("ObjectRemoved:Delete", "copy.md", marker),
    ]
    assert s3.told[0]["s3"]["object"]["key"] == "w%C3%B6rld/a+b%2Bc.md"
    sequence = [record["s3"]["object"]["sequencer"] for record in s3.told]
    assert sequence == sorted(set(sequence))


def test_a_restart_gives_the_same_versions_times_bytes_and_metadata(embed):
    s3 = embed()
    first = s3.put("a.md", b"one", ContentType="text/markdown", Metadata={"received-at": "x"})
    s3.put("a.md", b"two")
    s3.put("b.md", b"three")
    s3.s3.delete_object(Bucket=BUCKET, Key="b.md")
    s3.s3.delete_object(Bucket=BUCKET, Key="b.md")
    before = s3.versions()

    again = embed()

    assert again.versions() == before
    answer = again.s3.get_object(Bucket=BUCKET, Key="a.md", VersionId=first)
    assert answer["Body"].read() == b"one"
    assert (answer["ContentType"], answer["Metadata"]) == ("text/markdown", {"received-at": "x"})
    with pytest.raises(again.s3.exceptions.NoSuchKey):
        again.s3.get_object(Bucket=BUCKET, Key="b.md")
    assert sorted(record["s3"]["object"]["key"] for record in again.replayed) == ["a.md", "b.md"]
    assert again.told == []


def test_what_is_deleted_for_good_does_not_come_back(embed, tmp_path):
    s3 = embed()
    kept = s3.put("a.md", b"the first")
    gone = s3.put("a.md", b"the secret")
    s3.s3.delete_object(Bucket=BUCKET, Key="a.md", VersionId=gone)

    again = embed()

    assert list(again.versions()) == [kept]
    assert not any(b"the secret" in path.read_bytes() for path in (tmp_path / "a").iterdir())


def test_no_upload_is_lost_when_many_come_at_once(embed):
    s3 = embed()
    bodies = [b"%d" % n for n in range(16)]
    threads = [threading.Thread(target=s3.put, args=("a.md", body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    again = embed()

    held = {
        again.s3.get_object(Bucket=BUCKET, Key="a.md", VersionId=version)["Body"].read()
        for version in again.versions()
    }
    assert held == set(bodies)
    assert len(s3.told) == len(bodies)


def test_an_upload_that_cannot_be_kept_is_refused_and_not_told(embed, monkeypatch):
    s3 = embed()
    s3.put("a.md", b"one")
    monkeypatch.setattr(s3.archive, "add", full_disk)

    with pytest.raises(s3.s3.exceptions.ClientError, match="InternalError"):
        client_without_retries(s3).put_object(Bucket=BUCKET, Key="a.md", Body=b"two")

    assert [event[0] for event in s3.events()] == ["ObjectCreated:Put"]
    assert s3.s3.get_object(Bucket=BUCKET, Key="a.md")["Body"].read() == b"one"


ODD = [
    "a\x1b[31m.md",
    "a\nb\r.md",
    "a\x00.md",
    "\ufffe.md",
    "a%2Fb+c d.md",
    "x" * 1024,
    "\U0001f600",
]


@pytest.mark.parametrize("key", ODD, ids=ascii)
def test_any_key_that_s3_takes_can_be_listed_and_read(embed, key):
    s3 = embed()
    version = s3.put(key)

    assert [found for found, _, _ in s3.versions(Prefix=key).values()] == [key]
    read = s3.s3.get_object(Bucket=BUCKET, Key=key, VersionId=version)
    assert read["Body"].read() == b"text"
    assert s3.events() == [("ObjectCreated:Put", key, version)]


def pages(s3, **words):
    """Every page of a listing, as (key, version id), delete markers among them."""
    paginator = s3.s3.get_paginator("list_object_versions")
    for page in paginator.paginate(Bucket=BUCKET, **words):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        yield [(v["Key"], v["VersionId"]) for v in found]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_listing_is_by_key_newest_first_over_its_pages(embed, size):
    s3 = embed()
    third, second, first = [s3.put("a.md", b"%d" % n) for n in range(3)]
    other = s3.put("a.md.bak")
    s3.put("b.md")

    listed = [pair for page in pages(s3, Prefix="a.md", PaginationConfig={"PageSize": size})
              for pair in page]  # fmt: skip

    assert listed == [
        ("a.md", first), ("a.md", second), ("a.md", third), ("a.md.bak", other)
    ]  # fmt: skip


def test_a_listing_goes_on_after_a_key_and_folds_folders(embed):
    s3 = embed()
    for key in ("a.md", "a.md", "b/1.md", "b/2.md", "c.md"):
        s3.put(key)
    marker = s3.s3.delete_object(Bucket=BUCKET, Key="c.md")["VersionId"]

    after = s3.s3.list_object_versions(Bucket=BUCKET, KeyMarker="a.md")
    folded = s3.s3.list_object_versions(Bucket=BUCKET, Delimiter="/")

    assert [v["Key"] for v in after["Versions"]] == ["b/1.md", "b/2.md", "c.md"]
    (gone,) = after["DeleteMarkers"]
    assert (gone["VersionId"], gone["IsLatest"]) == (marker, True)
    assert [v["IsLatest"] for v in after["Versions"]] == [True, True, False]
    assert [v["Key"] for v in folded["Versions"]] == ["a.md", "a.md", "c.md"]
    assert folded["CommonPrefixes"] == [{"Prefix": "b/"}]


def test_no_page_in_a_browser_can_empty_or_write_it(embed):
    import urllib.error
    import urllib.request

    s3 = embed()
    s3.put("a.md")
    reset = urllib.request.Request(f"{s3.aws.endpoint}/moto-api/reset", method="POST", data=b"")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(reset, timeout=5)
    refused.value.close()
    preflight = urllib.request.Request(
        f"{s3.aws.endpoint}/{BUCKET}/a.md",
        method="OPTIONS",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"},
    )
    try:
        with urllib.request.urlopen(preflight, timeout=5) as answer:
            allowed = answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        with error:
            allowed = error.headers.get("Access-Control-Allow-Origin")

    assert refused.value.code == 403
    assert allowed is None
    assert len(s3.versions()) == 1


def full_disk(_version):
    raise OSError(28, "No space left on device")


def client_without_retries(embedded):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=embedded.aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}),
    )
