"""What calls to DynamoDB consume, as the engine itself says in its answers.

moto says little of it and that wrong: the figures are those of DynamoDB Local.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})


@dataclass
class Consumed:
    """What was consumed since the count began."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0


@contextmanager
def consumed(client: Any) -> Iterator[Consumed]:
    """Count what *client* consumes within the block."""
    count = Consumed()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def tell(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        count.calls[model.name] += 1
        told = parsed.get("ConsumedCapacity", [])
        units = sum(one["CapacityUnits"] for one in (told if isinstance(told, list) else [told]))
        if model.name in _READS:
            count.read_units += units
        elif model.name == "TransactWriteItems":
            # DynamoDB Local doubles what the Developer Guide has doubled already: two units a
            # kilobyte, one to prepare and one to commit.
            count.write_units += units / 2
        else:
            count.write_units += units

    events = client.meta.events
    events.register("before-parameter-build.dynamodb", ask)
    events.register("after-call.dynamodb", tell)
    try:
        yield count
    finally:
        events.unregister("before-parameter-build.dynamodb", ask)
        events.unregister("after-call.dynamodb", tell)
