"""A notice of a rejection: what to mend, where; and no file can write into its subject."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Finding
from chalicelib.core.notice import MAX_ERRORS, MAX_SUBJECT_LENGTH, rejection
from chalicelib.core.receipt import Receipt
from tests import markup
from tests.conftest import NOW


def receipt(key: str, *errors: Finding) -> Receipt:
    return Receipt(key=key, kind="article", outcome="rejected", received_at=NOW, errors=errors)


def error(message: str = "It is broken.", *, line: int | None = None) -> Finding:
    return Finding(code="json", message=message, fix="Mend it.", line=line, column=7)


def test_a_notice_names_the_upload_and_each_error_with_its_place_and_mend() -> None:
    notice = rejection(receipt("world/ferry.md", error(line=3), error("It is long.")))

    assert notice.subject == "Rejected: world/ferry.md"
    assert (
        notice.text
        == """\
world/ferry.md was rejected. What readers have stays as it was.

1. It is broken. (line 3, column 7)
   Mend it.

2. It is long.
   Mend it.

Received: 2026-03-24 12:00:00 UTC
Receipt: world/ferry.md.html in the receipts bucket
"""
    )


def test_a_long_name_is_told_by_its_end_and_a_foreign_one_in_latin_letters() -> None:
    assert rejection(receipt(f"{'world/' * 30}ferry.md")).subject.endswith("world/ferry.md")
    assert rejection(receipt("日本/記事.md")).subject == "Rejected: RiBen/JiShi.md"


def test_what_does_not_fit_is_counted() -> None:
    notice = rejection(receipt("a.md", *[error()] * (MAX_ERRORS + 3)))

    assert "3 more errors are in the receipt." in notice.text


@given(key=st.one_of(st.text(max_size=300), markup.WORDS), message=st.text())
def test_no_name_and_no_text_can_break_out_of_its_line(key: str, message: str) -> None:
    notice = rejection(receipt(key, error(message)))

    assert re.fullmatch(r"[ -~]+", notice.subject)
    assert len(notice.subject) <= MAX_SUBJECT_LENGTH
    assert len(notice.text.splitlines()) == 7
    notice.text.encode("utf-8")
