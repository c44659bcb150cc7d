"""An AWS in this process: moto's server on loopback, and a bucket that forgets nothing.

moto keeps everything in memory, tells its queues of an upload before the upload's metadata is
set, and tells nobody of a deletion in a versioned bucket. So the server is wrapped once, around
every call that may change something: after the call, what the watched bucket now holds is
compared with the archive; what is new is written there, then told as S3 tells Lambda, and only
then does the caller get its answer. Calls are let in one at a time: moto's own checks (a
condition, a list of versions) are not safe against each other.
"""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote

from desk.archive import Archive, Version
from desk.errors import DeskError

if TYPE_CHECKING:
    import socket
    from wsgiref.types import StartResponse, WSGIEnvironment

    from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend

REGION = "us-east-1"
ACCOUNT = "123456789012"  # moto's
IDLE_CLIENT_S = 60  # a connection on which nothing comes is closed
MAX_BODY_BYTES = 64 * 1024 * 1024  # far over every limit of an upload; the rest goes in parts

Record = dict[str, Any]  # one of a notification's Records, as S3 sends it


def use_local_credentials(endpoint: str) -> None:
    """Point every AWS client of this process at *endpoint*, and at nothing else on this machine."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        del os.environ[name]
    without_proxy = os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))
    loopback = ",".join(filter(None, (without_proxy, "127.0.0.1,localhost")))
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - moto looks at none of them
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        NO_PROXY=loopback,
        no_proxy=loopback,
    )


class EmbeddedAws:
    """moto's server on a listening socket; `watch` gives one of its buckets a memory."""

    def __init__(self, listener: socket.socket) -> None:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        from desk.mends import mend_all

        mend_all()

        class Handler(MotoRequestHandler):
            timeout = IDLE_CLIENT_S

        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        host, port = listener.getsockname()[:2]
        self.endpoint = f"http://{host}:{port}"
        self._app = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()
        self._watched: _WatchedBucket | None = None
        self._call: Callable[[str, Any], None] | None = None
        self._server = make_server(
            host, port, self, threaded=True, request_handler=Handler, fd=listener.fileno()
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="aws", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def run_functions(self, call: Callable[[str, Any], None] | None) -> None:
        """Give *call* the name and the event of each asynchronous invocation from now on."""
        self._call = call

    def watch(
        self, name: str, archive: Archive, tell: Callable[[list[Record]], None]
    ) -> list[Record]:
        """Make *name* a versioned bucket, fill it from *archive*, and keep both alike from now on.

        *tell* is called with the records of each change. Returns the records that the archive's
        keys would have been told by, one a key: nobody in this process has folded them yet.
        """
        watched = _WatchedBucket(name, archive, tell)
        with self._one_at_a_time:
            records = watched.restore()
            self._watched = watched
        return records

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # moto lets every page of every site in; a browser names the page's site, a client none.
        if "HTTP_ORIGIN" in environ or environ["PATH_INFO"].startswith("/moto-api"):
            start_response("403 Forbidden", [("Content-Length", "0"), ("Connection", "close")])
            return ()
        if not _may_change(environ):
            reading: Iterable[bytes] = self._app(environ, start_response)
            return reading
        # Before the lock: a slow client must not make everybody wait for its body.
        body = _read_body(environ)
        if len(body) > MAX_BODY_BYTES:
            start_response("400 Bad Request", [("Connection", "close")])
            return (b"<Error><Code>EntityTooLarge</Code></Error>",)
        environ["wsgi.input"] = io.BytesIO(body)
        if (name := _invoked(environ)) and self._call:
            self._call(name, json.loads(body))
            start_response("202 Accepted", [("Content-Length", "0")])
            return ()
        if environ["REQUEST_METHOD"] == "PUT" and "form" in environ.get("CONTENT_TYPE", ""):
            # Plain HTTP clients say so of any body; werkzeug would take it apart and leave none.
            environ["CONTENT_TYPE"] = "application/octet-stream"
        answer: list[Any] = []

        def keep_answer(*words: Any) -> Callable[[bytes], object]:
            answer[:] = words
            return _no_write

        with self._one_at_a_time:
            chunks = list(self._app(environ, keep_answer))
            try:
                if self._watched:
                    self._watched.commit()
            except OSError as error:
                answer[:] = "500 Internal Server Error", [("Content-Type", "application/xml")]
                chunks = [b"<Error><Code>InternalError</Code><Message>", str(error).encode()]
                chunks += [b"</Message></Error>"]
        start_response(*answer)
        return chunks


class _WatchedBucket:
    """One moto bucket and its archive."""

    def __init__(self, name: str, archive: Archive, tell: Callable[[list[Record]], None]) -> None:
        from moto.s3.models import s3_backends

        self._backend: S3Backend = s3_backends[ACCOUNT]["aws"]
        self._bucket: FakeBucket = self._backend.get_bucket(name)
        self._archive = archive
        self._tell = tell
        self._key_of: dict[str, str] = {}  # by version id
        self._sequence = itertools.count(int(datetime.now(UTC).timestamp() * 1_000_000))

    def restore(self) -> list[Record]:
        # CloudFormation's VersioningConfiguration is not read by moto.
        self._backend.put_bucket_versioning(self._bucket.name, "Enabled")
        for version in self._archive.load():
            self._key_of[version.version_id] = version.key
            held = self._bucket.keys.getlist(version.key, [])
            self._bucket.keys.setlist(version.key, [*held, self._as_moto_has_it(version, held)])
        return [self._record(self._bucket.keys[key]) for key in sorted(set(self._key_of.values()))]

    def commit(self) -> None:
        """Write what is new to the archive, take out what is gone, and tell of both."""
        held = {
            version.version_id: version
            for _, versions in self._bucket.keys.iterlists()
            for version in versions
        }
        records = []
        for version_id, version in held.items():
            if version_id in self._archive:
                continue
            try:
                self._archive.add(_as_archived(version))
            except OSError:
                self._take_back(version.name, version_id)
                raise
            self._key_of[version_id] = version.name
            records.append(self._record(version))
        for version_id in self._archive.version_ids() - held.keys():
            self._archive.remove(version_id)
            records.append(self._record_of_removal(self._key_of.pop(version_id), version_id))
        if records:
            self._tell(records)

    def _take_back(self, key: str, version_id: str) -> None:
        rest = [v for v in self._bucket.keys.getlist(key) if v.version_id != version_id]
        if rest:
            self._bucket.keys.setlist(key, rest)
        else:
            self._bucket.keys.pop(key)

    def _as_moto_has_it(self, version: Version, held: list[Any]) -> FakeKey | FakeDeleteMarker:
        from moto.s3.models import FakeDeleteMarker, FakeKey

        modified_at = version.modified_at.replace(tzinfo=None)
        if version.body is None:
            # A marker names its key by an object; the versions under it may be deleted by now.
            marker = FakeDeleteMarker(held[-1] if held else self._empty(version.key))
            marker._version_id = version.version_id  # noqa: SLF001 - moto has no other way
            marker.last_modified = modified_at
            return marker
        key = FakeKey(
            name=version.key,
            value=version.body,
            account_id=ACCOUNT,
            region_name=REGION,
            etag=version.etag,
            is_versioned=True,
            version_id=version.version_id,
            bucket_name=self._bucket.name,
            encryption="AES256",
        )
        key.set_metadata(dict(version.metadata))
        key.last_modified = modified_at
        return key

    def _empty(self, key: str) -> FakeKey:
        from moto.s3.models import FakeKey

        return FakeKey(name=key, value=b"", account_id=ACCOUNT, region_name=REGION)

    def _record(self, version: FakeKey | FakeDeleteMarker) -> Record:
        from moto.s3.models import FakeKey

        if not isinstance(version, FakeKey):
            return self._notification(
                "ObjectRemoved:DeleteMarkerCreated", version.name, version.version_id
            )
        about = {"size": version.size, "eTag": version.etag.strip('"')}
        return self._notification("ObjectCreated:Put", version.name, version.version_id, **about)

    def _record_of_removal(self, key: str, version_id: str) -> Record:
        return self._notification("ObjectRemoved:Delete", key, version_id)

    def _notification(self, name: str, key: str, version_id: str, **about: Any) -> Record:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": moment,
            "eventName": name,
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "uploads",
                "bucket": {"name": self._bucket.name, "arn": f"arn:aws:s3:::{self._bucket.name}"},
                "object": {
                    "key": quote_plus(key, safe="/"),
                    "versionId": version_id,
                    "sequencer": f"{next(self._sequence):016X}",
                    **about,
                },
            },
        }


def _as_archived(version: FakeKey | FakeDeleteMarker) -> Version:
    from moto.s3.models import FakeKey

    body, metadata, etag = None, {}, None
    if isinstance(version, FakeKey):
        body, etag = version.value, version.etag.strip('"')
        metadata = {str(name): str(value) for name, value in version.metadata.items()}
    return Version(
        key=version.name,
        version_id=version.version_id,
        modified_at=version.last_modified.replace(tzinfo=UTC),
        body=body,
        metadata=metadata,
        etag=etag,
    )


def _invoked(environ: Mapping[str, Any]) -> str | None:
    """Return the name of the function that a call invokes without waiting for it, if it does."""
    path = re.fullmatch(r"/2015-03-31/functions/(.+)/invocations", unquote(environ["PATH_INFO"]))
    if path is None or environ.get("HTTP_X_AMZ_INVOCATION_TYPE") != "Event":
        return None
    return path[1].rpartition(":function:")[2].partition(":")[0]


def _may_change(environ: Mapping[str, Any]) -> bool:
    """Tell whether a call must be alone: all but plain reads, and queues (they may wait long)."""
    if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
        return False
    return "/sqs/" not in environ.get("HTTP_AUTHORIZATION", "")


def _read_body(environ: Mapping[str, Any]) -> bytes:
    """Return the request's body, cut just past MAX_BODY_BYTES."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH")
    if length:
        return bytes(stream.read(min(int(length), MAX_BODY_BYTES + 1)))
    body = b""
    while environ.get("wsgi.input_terminated") and len(body) <= MAX_BODY_BYTES:
        chunk = stream.read(1024 * 1024)
        if not chunk:
            break
        body += chunk
    return body


def _no_write(_data: bytes) -> object:
    raise DeskError("moto answers through its return value")
