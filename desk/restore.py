"""An old revision, uploaded again as the newest: nothing else changes an article.

What is uploaded are the bytes of the version that made the revision, with its content type and
its metadata. Only the time is new: embargo, dates and expiry are decided as of now.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chalicelib import newsroom, wiring
from chalicelib.aws.buckets import RECEIVED_AT
from chalicelib.core.errors import NotFound
from desk.errors import DeskError
from desk.upload import NO_RECEIPT_S, wait_for_receipt

if TYPE_CHECKING:
    from desk.stage import Stage

_KEPT = ("ContentType", "ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl")


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
