"""An old revision, uploaded again as the newest: nothing else changes an article.

What is uploaded are the bytes of the version that made the revision, with its content type and
its metadata. Only the time is new: embargo, dates and expiry are decided as of now.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from chalicelib import newsroom, wiring
from chalicelib.aws.buckets import RECEIVED_AT
from chalicelib.core.errors import NotFound
from desk import chosen, receipts
from desk.errors import NO_RECEIPT, NOT_DONE, DeskError
from desk.upload import NO_RECEIPT_S, wait_for_receipt

if TYPE_CHECKING:
    from desk.stage import Stage

_KEPT = ("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl")

EXAMPLES = """\
  python -m desk restore world/ferry.md --revision 2"""


def restore(key: str, revision: int, stage: Stage) -> dict[str, Any] | None:
    """Upload a revision of *key* again, and return the receipt, None when none has come.

    Raises DeskError for a revision that is not there.
    """
    try:
        version = newsroom.version_of(
            key, revision, uploads=stage.versions(), summarise=wiring.extract
        )
    except NotFound as error:
        raise DeskError(str(error)) from None
    s3 = stage.s3()
    old = s3.get_object(Bucket=stage.uploads, Key=key, VersionId=version.id)
    kept: Any = {name: old[name] for name in _KEPT if name in old}  # type: ignore[literal-required]
    metadata = {name: value for name, value in old["Metadata"].items() if name != RECEIVED_AT}
    new = s3.put_object(
        Bucket=stage.uploads, Key=key, Body=old["Body"].read(), Metadata=metadata, **kept
    )
    until = time.monotonic() + NO_RECEIPT_S
    return wait_for_receipt(s3, stage.receipts, key, new["VersionId"], until=until)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY")
    parser.add_argument("--revision", type=int, required=True, metavar="N", help="counted from 1")
    chosen.words(parser, json_help="the receipt as JSON")


def run(arguments: argparse.Namespace) -> int:
    stage = chosen.stage(arguments)
    with stage.explained():
        receipt = restore(arguments.key, arguments.revision, stage)
    if receipt is None:
        print(f"desk restore: no receipt of {arguments.key} has come", file=sys.stderr)
        return NO_RECEIPT
    receipts.shown(as_json=arguments.json)(receipt)
    return NOT_DONE if receipt["outcome"] == "rejected" else 0
