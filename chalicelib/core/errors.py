"""The one error tree: every error this project raises on purpose.

The class says who must act and how HTTP tells it (`status`, `code`, `title`); the instance
holds the fact. `web` turns an error into problem+json, `ingest` turns an UploadRejected into
a receipt. Whether Lambda retries is decided by class, never by text: UploadRejected is the
editor's to mend and never retried, everything else raises until the failure queue has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.characters import told
from chalicelib.core.limits import MAX_FINDING_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a file or a request, where, and how to mend it.

    `line` and `column` count from 1 and are None where the input has no lines; `pointer` is an
    RFC 6901 JSON Pointer into the metadata, "" for the whole document, None for the text.
    """

    code: str
    message: str
    fix: str
    line: int | None = None
    column: int | None = None
    pointer: str | None = None

    def __post_init__(self) -> None:
        # What a file says of itself is quoted here, and may be what steers a screen, or a book.
        for name in ("message", "fix", "pointer"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, told(text[:MAX_FINDING_LENGTH])[:MAX_FINDING_LENGTH])


class BroadsheetError(Exception):
    """Base of every error this project raises on purpose."""

    status = 500
    code = "internal-error"
    title = "Something broke on our side"

    findings: tuple[Finding, ...] = ()  # for receipts, and for a problem document's `errors`


class _Told(BroadsheetError):
    """An error that someone outside can mend: all that is wrong, each with its mend."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


class UploadRejected(_Told):
    """The editor must change the file; retrying it cannot help."""

    status = 422
    code = "upload-rejected"
    title = "Upload rejected"


class BadRequest(_Told):
    """The request asks for something that cannot be meant; the caller must change it."""

    status = 400
    code = "bad-request"
    title = "The request cannot be understood"


class NotFound(BroadsheetError):
    """Nothing public has this address: absent and not yet public look the same."""

    status = 404
    code = "not-found"
    title = "Not found"


class Moved(BroadsheetError):
    """What is asked for stands under another id, `to`: a successor's, or its story's own."""

    status = 308
    code = "moved"
    title = "Moved"

    def __init__(self, to: str) -> None:
        super().__init__("This stands at another address.")
        self.to = to


class Gone(BroadsheetError):
    """Was public once and no longer is; the message says why, `at` since when if that is known."""

    status = 410
    code = "gone"
    title = "No longer available"

    def __init__(self, why: str, *, at: datetime | None) -> None:
        super().__init__(why)
        self.at = at


class FeedUnreadable(BroadsheetError):
    """What another publisher's address answers with is no feed that we read."""

    status = 502
    code = "feed-unreadable"
    title = "The feed cannot be read"


class FeedUnreachable(BroadsheetError):
    """Nothing that could be read came from another publisher's address, or it may not be asked."""

    status = 502
    code = "feed-unreachable"
    title = "The feed cannot be reached"


class SettingMissing(BroadsheetError):
    """A function was deployed without a variable that it cannot work without."""

    code = "setting-missing"
    title = "A setting is missing"


class SettingUnknown(BroadsheetError):
    """A function was deployed with a variable whose value means nothing to us."""

    code = "setting-unknown"
    title = "A setting has an unknown value"


class StoreUnavailable(BroadsheetError):
    """The table could not be read or written now; a retry may help."""

    status = 503
    code = "store-unavailable"
    title = "The newsroom's store cannot be reached"


class RowTooLarge(BroadsheetError):
    """What was to be written is larger than a row can be: nothing of it was written.

    Each part of an article has its limit, so this is a limit of ours that is missing.
    """

    code = "row-too-large"
    title = "A row is larger than the table can hold"


class FoldConflict(BroadsheetError):
    """Other writers won every attempt at one key; the event is retried."""

    code = "fold-conflict"
    title = "Another writer was faster"


class Overtaken(FoldConflict):
    """Another function places the article by now."""
