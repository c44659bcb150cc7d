"""A smoke test of a deployed stage: one draft goes in at the bucket and comes out as a page.

A draft takes the way of every article (event, function, table, receipt, API, public address),
but no reader, no list, no feed and no log of changes ever has it. It is always the same key, so
that a test that was cut off is cleared away by the next one; when it is over, neither a version
nor a row nor a receipt of it is left. What did not come is told with the place to look at.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING

from desk.errors import DeskError
from desk.stage import Stage
from desk.upload import wait_for_receipt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "smoke-test/deploy.md"
MAX_WAIT_S = 90  # a cold start, an API's first deployment, and an event that S3 is slow to send
PAUSE_S = 0.5
MAX_PAGE_BYTES = 1024 * 1024

_DRAFT = """\
---
headline: Smoke test {nonce}
draft: true
published_at: 2026-01-01T00:00:00Z
---

The deployment wrote this draft to see it arrive. It takes it away again, and nobody need read it.
"""


def smoke(stage: Stage, *, max_wait_s: float = MAX_WAIT_S) -> None:
    """Raise DeskError with what did not come, and where to look; leave nothing behind."""
    s3 = stage.s3()
    with stage.explained():
        stage.versions().forget(KEY)
        try:
            _arrives(stage, s3, max_wait_s)
        finally:
            _clear_away(stage, s3)


def _arrives(stage: Stage, s3: S3Client, max_wait_s: float) -> None:
    name = f"broadsheet-{stage.name}"
    nonce = uuid.uuid4().hex
    written = s3.put_object(
        Bucket=stage.uploads,
        Key=KEY,
        Body=_DRAFT.format(nonce=nonce).encode(),
        ContentType="text/markdown; charset=utf-8",
    )
    until = time.monotonic() + max_wait_s
    receipt = wait_for_receipt(s3, stage.receipts, KEY, written["VersionId"], until=until)
    if receipt is None:
        raise DeskError(
            f"no receipt of {KEY} came within {max_wait_s:.0f} s: look into the log group "
            f"/aws/lambda/{name}-ingest; if it says nothing, the bucket {stage.uploads} does not "
            f"call {name}-ingest: run `make deploy STAGE={stage.name}` again"
        )
    address = receipt["preview_url"]
    if receipt["outcome"] != "draft" or not address:
        raise DeskError(f"{KEY} became {receipt['outcome']} and no draft: {receipt['errors']}")
    status, page = _get_until(address, lambda _status, page: nonce in page, max_wait_s)
    if nonce not in page:
        raise DeskError(
            f"the page {address} answers {status or 'nothing'} and not with the draft: look into "
            f"the log group /aws/lambda/{name}, and at the API behind {stage.site}"
        )
    stage.versions().forget(KEY)
    gone = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    status, _ = _get_until(address, lambda status, _page: status in gone, max_wait_s)
    if status not in gone:
        raise DeskError(
            f"{KEY} is deleted and its page {address} still answers {status}: the bucket "
            f"{stage.uploads} does not tell {name}-ingest of deletions, or that one fails: look "
            f"into the log group /aws/lambda/{name}-ingest"
        )


def _clear_away(stage: Stage, s3: S3Client) -> None:
    """Delete the draft and its receipts, also after a failure."""
    from chalicelib.core.receipt import receipt_key

    stage.versions().forget(KEY)
    for extension in ("html", "json"):
        s3.delete_object(Bucket=stage.receipts, Key=f"{receipt_key(KEY)}.{extension}")


def _get_until(
    address: str, is_right: Callable[[int, str], bool], max_wait_s: float
) -> tuple[int, str]:
    """GET *address* until the answer is right or the time is up; a status of 0: no answer."""
    until = time.monotonic() + max_wait_s
    while True:
        status, page = _get(address)
        if is_right(status, page) or time.monotonic() > until:
            return status, page
        time.sleep(PAUSE_S)


def _get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=MAX_WAIT_S) as answer:  # noqa: S310 - the stage's own address
            return answer.status, answer.read(MAX_PAGE_BYTES).decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_PAGE_BYTES).decode(errors="replace")
    except (OSError, HTTPException):
        return 0, ""
