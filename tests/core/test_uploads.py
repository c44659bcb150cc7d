"""What a key is, by its name alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.receipt import receipt_key
from chalicelib.core.uploads import check_key, kind_of


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a.md", "article"),
        ("world/a.md", "article"),
        ("media/a.png", "image"),
        ("sources/a.yaml", "source"),
        ("sources/a/b.yaml", "ignored"),
        ("sources/feeds.opml", "source"),
        ("sources/other.opml", "ignored"),
        ("takedowns/a.yaml", "ignored"),
        ("takedowns/tt3k3vhwfsl3k6qz.yaml", "takedown"),
        ("takedowns/tt3k3vhwfsl3k6qz.yaml.bak", "ignored"),
        ("world/", "ignored"),
        ("world/.DS_Store", "ignored"),
        ("world/._a.md", "ignored"),
        ("world/a.md~", "ignored"),
        ("mediations/a.md", "article"),
    ],
)
def test_reserved_prefixes_and_litter_are_no_articles(key: str, kind: str) -> None:
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    "key", ["../a.md", "a/../b.md", "a\\b.md", "a\n.md", "\x1b[31m.md", "\u202ea.md"]
)
def test_a_name_that_no_editor_can_have_meant_is_refused(key: str) -> None:
    with pytest.raises(UploadRejected, match="The key"):
        check_key(key)


def test_a_long_key_is_refused_and_has_a_receipt_all_the_same() -> None:
    key = "d/" * 510 + "a.md"

    with pytest.raises(UploadRejected, match="1,000"):
        check_key(key)
    assert receipt_key(key).startswith(".long/")
    assert receipt_key("a.md") == "a.md"


def test_keys_of_the_shared_list_are_accepted_and_refused_as_it_expects(shared: Path) -> None:
    cases = json.loads((shared / "data/hostile/keys.json").read_text(encoding="utf-8"))["items"]
    wrong = []
    for case in cases:
        try:
            check_key(case["key"])
            if kind_of(case["key"]) == "article":
                formats.read(case["key"], b"---\ntitle: x\n---\nText.")
            outcome = "ignore" if kind_of(case["key"]) == "ignored" else "ok"
        except UploadRejected:
            outcome = "reject"
        # The list is of a newsroom that reads one prefix; here every key is an article.
        is_elsewhere = case["key"].startswith("incoming-evil/")
        if case["expect"] not in ("either", outcome) and not is_elsewhere:
            wrong.append((case["key"][:60], case["expect"], outcome))

    assert wrong == []
