"""Attacks by name: hostile keys, events, cursors and words, through the functions and the routes.

The lists come with what they must do. `make hostile` prints what became of each.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.receipt import receipt_key
from chalicelib.web.serving import operations
from tests import builders
from tests.conftest import Paper
from tests.fuzz import oracle

ID = article_id("world/ferry.md")


def items(shared: Path, name: str) -> list[Any]:
    path = shared / "data" / "hostile" / f"{name}.json"
    return list(json.loads(path.read_text(encoding="utf-8"))["items"])


def print_row(name: str, outcomes: list[str], *, argued: int = 0) -> None:
    """Print one line of the table that `make hostile` shows."""
    told = Counter(outcomes)
    numbers = ", ".join(f"{count} {outcome}" for outcome, count in sorted(told.items()))
    print(f"{name}: {len(outcomes)} cases, {numbers}, {argued} argued, 0 crashes, 0 over limits")


def test_hostile_keys_meet_their_expectation_in_the_function(
    shared: Path, paper: Paper, client: Client
) -> None:
    outcomes, argued = [], []
    for case in items(shared, "keys"):
        key = case["key"]
        if "\x1b" in key:
            continue  # moto's listing is XML, which cannot hold it; `check_key` has its own test
        paper.upload(
            key, builders.markdown(f"Of {key!a}"[:200], body=builders.event(len(outcomes)))
        )
        records = [{"s3": {"object": {"key": quote_plus(key)}}}]

        client.lambda_.invoke("ingest", {"Records": records})

        told = _receipt(paper, key)
        outcome = {"published": "ok", "rejected": "reject", "ignored": "ignore"}[told["outcome"]]
        outcomes.append(outcome)
        assert "our-fault" not in [error["code"] for error in told["errors"]]
        if case["expect"] not in ("either", outcome):
            argued.append(key)
    # The list is of a newsroom that reads one prefix; here every key is an article.
    assert argued == ["incoming-evil/x.md"]
    print_row("keys", outcomes, argued=len(argued))


def _receipt(paper: Paper, key: str) -> dict[str, Any]:
    answer = paper.s3.get_object(Bucket="broadsheet-local-receipts", Key=f"{receipt_key(key)}.json")
    told: dict[str, Any] = json.loads(answer["Body"].read())
    return told


def test_hostile_events_are_handled(shared: Path, paper: Paper, client: Client) -> None:
    paper.upload("incoming/a.md", builders.markdown("A", body=builders.event(1)))
    paper.upload("incoming/b.md", builders.markdown("B", body=builders.event(2)))
    cases = items(shared, "s3_events")
    for case in cases:
        client.lambda_.invoke("ingest", case["event"])

    latest = newsroom.front_page(store=wiring.store(), now=datetime.now(UTC))
    assert sorted(card.headline for card in latest.cards) == ["A", "B"]
    print_row("events", ["handled"] * len(cases))


def test_hostile_cursors_and_words_are_refused_or_mean_nothing(
    shared: Path, filled: Paper, client: Client
) -> None:
    """In every parameter of every route, and in every part of an address."""
    said = [*items(shared, "cursors"), *items(shared, "strings")]
    outcomes = [
        _answered(client, address.replace("{said}", _encoded(word)))
        for address in _asked()
        for word in said
    ]
    print_row("cursors and words, in every parameter and part of an address", outcomes)
    assert set(outcomes) <= {"200", "304", "308", "400", "404", "410"}


def _asked() -> Iterator[str]:
    known = {"article_id": ID, "story_id": ID, "slug": "x", "section": "world", "tag": "ferry",
             "source": "courier", "month": "2026-03", "name": "x", "token": ID}  # fmt: skip
    for template, operation in operations.items():
        parts = re.findall(r"\{(\w+)\}", template)
        whole = re.sub(r"\{(\w+)\}", lambda part: known[part[1]], template)
        for parameter in operation.takes:
            yield f"{whole}?{parameter.name}={{said}}"
        for part in parts:
            given = {**known, part: "{said}"}
            yield re.sub(r"\{(\w+)\}", lambda found, given=given: given[found[1]], template)


def _encoded(word: str) -> str:
    return quote(word.encode("utf-8", "surrogatepass"), safe="")


def _answered(client: Client, address: str) -> str:
    answer = client.http.get(address)
    for name, value in answer.headers.items():
        assert value.isprintable(), f"{address}: {name}: {value!r}"
    body = answer.body.decode()
    assert not oracle.steers(body), address
    return str(answer.status_code)
