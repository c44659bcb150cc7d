"""What editors are told at once, wherever they are: that an upload was rejected, and why.

A notice goes out by e-mail among other ways, so nothing of a file's name or text may end its
subject or hide in its lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.clean import printable
from chalicelib.core.errors import Finding
from chalicelib.core.receipt import Receipt, receipt_key

MAX_SUBJECT_LENGTH = 99  # characters of ASCII; SNS takes fewer than 100
MAX_ERRORS = 10  # the rest is in the receipt; SNS takes 256 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A subject of one line in ASCII, and a text."""

    subject: str
    text: str


def rejection(receipt: Receipt) -> Notice:
    """Return the notice of a rejected upload."""
    key = printable(receipt.key)
    lines = [f"{key} was rejected. What readers have stays as it was.", ""]
    for number, finding in enumerate(receipt.errors[:MAX_ERRORS], start=1):
        lines += _finding(number, finding)
    more = len(receipt.errors) - MAX_ERRORS
    if more > 0:
        lines += [f"{more} more errors are in the receipt.", ""]
    where = printable(f"{receipt_key(receipt.key)}.html")
    lines += [
        f"Received: {receipt.received_at:%Y-%m-%d %H:%M:%S} UTC",
        f"Receipt: {where} in the receipts bucket",
    ]
    return Notice(subject=_subject(key), text="\n".join(lines) + "\n")


def _finding(number: int, finding: Finding) -> Iterator[str]:
    where = f" (line {finding.line}" if finding.line else ""
    where += f", column {finding.column}" if where and finding.column else ""
    yield f"{number}. {printable(finding.message)}{where and f'{where})'}"
    yield f"   {printable(finding.fix)}"
    yield ""


def _subject(key: str) -> str:
    """Name the upload; of a long name the end, which tells more than its folders."""
    from anyascii import anyascii

    start, name = "Rejected: ", anyascii(key)
    room = MAX_SUBJECT_LENGTH - len(start)
    return start + (name if len(name) <= room else f"...{name[3 - room :]}")
