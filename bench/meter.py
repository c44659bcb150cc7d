"""What was asked of AWS, in the units that are paid for.

Reads and writes of the table are in DynamoDB's own units, worked out from the size of each row
that is touched (Developer Guide, "Read and write operations").
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.aws.table import size_of

_UNIT_READ, _UNIT_WRITE = 4096, 1024


@dataclass(kw_only=True)
class Asked:
    """The calls by service.Operation, and the units of the table that they take."""

    calls: dict[str, float] = field(default_factory=dict)
    read_units: float = 0.0
    write_units: float = 0.0

    def calls_to(self, service: str) -> float:
        return sum(n for name, n in self.calls.items() if name.startswith(f"{service}."))


class Meter:
    """Counts calls, each before it is answered: a write is paid by the row that it replaces too."""

    def __init__(self, table: Any) -> None:
        self.asked = Asked()
        self._table = table  # a client that is not watched

    def count(self, service: str, name: str, asked: Any = None) -> None:
        """Count a call by its name; one of the table by its parameters, as boto3 takes them."""
        known = self.asked.calls
        known[f"{service}.{name}"] = known.get(f"{service}.{name}", 0) + 1
        if service == "dynamodb":
            self._capacity(name, asked)

    def _capacity(self, name: str, asked: Any) -> None:
        if name == "Query":
            # What a projection leaves out is paid for too: the rows are read again without it.
            again = {k: v for k, v in asked.items() if k != "ProjectionExpression"}
            rows = self._table.query(**again)["Items"]
            self._read(sum(map(size_of, rows)), asked)
        elif name == "GetItem":
            self._read(self._size(asked), asked)
        elif name == "BatchGetItem":
            for table, words in asked["RequestItems"].items():
                for key in words["Keys"]:
                    self._read(self._size({"TableName": table, "Key": key}), words)
        elif name == "TransactGetItems":
            for one in asked["TransactItems"]:
                self._read(self._size(one["Get"]), {"ConsistentRead": True}, times=2)
        else:
            for write, times in _writes(name, asked):
                units = max(1, math.ceil(self._written(write) / _UNIT_WRITE))
                self.asked.write_units += units * times

    def _read(self, size: int, asked: Any, *, times: int = 1) -> None:
        """Count a read; a row that is not there costs as one of the smallest size."""
        units = max(1, math.ceil(size / _UNIT_READ)) * times
        self.asked.read_units += units if asked.get("ConsistentRead") else units / 2

    def _size(self, at: Any) -> int:
        answer = self._table.get_item(TableName=at["TableName"], Key=at["Key"])
        return size_of(answer.get("Item", {}))

    def _written(self, write: Any) -> int:
        """Return the size that a write is paid by: of the row before or after, the larger."""
        item = write.get("Item", {})
        key = write.get("Key") or {name: item[name] for name in ("pk", "sk")}
        return max(self._size({"TableName": write["TableName"], "Key": key}), size_of(item))


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what is asked of the table within the block."""
    import boto3

    from chalicelib import wiring

    meter = Meter(boto3.client("dynamodb"))
    watchers = wiring._client("dynamodb").watchers  # noqa: SLF001 - the functions' own
    watcher = partial(meter.count, "dynamodb")
    watchers.append(watcher)
    try:
        yield meter.asked
    finally:
        watchers.remove(watcher)


def _writes(name: str, asked: Any) -> Iterator[tuple[Any, int]]:
    """Yield each write of a call, and how often it is paid for."""
    if name == "TransactWriteItems":
        for one in asked["TransactItems"]:
            ((_, words),) = one.items()
            yield words, 2
    elif name == "BatchWriteItem":
        for table, requests in asked["RequestItems"].items():
            for one in requests:
                ((_, words),) = one.items()
                yield {"TableName": table, **words}, 1
    else:
        yield asked, 1


def as_asked(body: bytes) -> Any:
    """Return what the body of a call asks for; JSON carries bytes as base64."""

    def with_bytes(value: dict[str, Any]) -> dict[str, Any]:
        is_bytes = value.keys() == {"B"} and isinstance(value["B"], str)
        return {"B": base64.b64decode(value["B"])} if is_bytes else value

    return json.loads(body, object_hook=with_bytes)
