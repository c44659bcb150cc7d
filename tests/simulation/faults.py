"""What may befall a function's calls to AWS, as its code meets it: after the client's own repeats.

A fault strikes at the first call from a number on that it can befall, and at the calls after it
until it has struck so many times. Which faults there are is AWS's documentation: a function ends
at any moment (Lambda's time-outs), a call is refused, or takes effect and its answer is lost, a
batch is done in part, a transaction meets another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.doubles.dynamodb import cancelled
from tests.doubles.errors import error

ADDRESS = "https://aws.example/"
_BATCHES = ("batch_get_item", "batch_write_item")
_TRANSACTIONS = ("transact_get_items", "transact_write_items")
_ROW_WRITES = ("put_item", "update_item", "delete_item")
_WRITES = (
    *_ROW_WRITES, "batch_write_item", "transact_write_items", "put_object", "delete_object",
)  # fmt: skip
_OF_S3 = ("put_object", "get_object", "head_object", "delete_object", "delete_objects",
          "list_object_versions", "list_objects_v2")  # fmt: skip


class Killed(BaseException):
    """The function has ended here, without another word."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a client that is about to be made."""

    operation: str
    make: Callable[..., Any]
    asked: Mapping[str, Any]

    def __call__(self) -> Any:
        return self.make(**self.asked)


def _killed_before(call: Call) -> Any:
    raise Killed


def _killed_after(call: Call) -> Any:
    call()
    raise Killed


def _throttled(call: Call) -> Any:
    if call.operation in _OF_S3:
        raise error("SlowDown", "Please reduce your request rate.", call.operation, status=503)
    code = "ThrottlingException"
    if call.operation in _ROW_WRITES:
        code = "ProvisionedThroughputExceededException"
    raise error(code, "The level of configured throughput was exceeded.", call.operation)


def _failed(call: Call) -> Any:
    code = "InternalError" if call.operation in _OF_S3 else "InternalServerError"
    raise error(code, "We encountered an internal error.", call.operation, status=500)


def _failed_after(call: Call) -> Any:
    call()
    return _failed(call)


def _not_connected(call: Call) -> Any:
    raise ConnectTimeoutError(endpoint_url=ADDRESS)


def _not_answered(call: Call) -> Any:
    call()
    raise ReadTimeoutError(endpoint_url=ADDRESS)


def _made_twice(call: Call) -> Any:
    """The answer is lost, and the client makes the call once more. A transaction bears a token."""
    answer = call()
    return answer if call.operation in _TRANSACTIONS else call()


def _in_part(call: Call) -> Any:
    """Half of a batch is done; of one row none."""
    ((table, given),) = call.asked["RequestItems"].items()
    if call.operation == "batch_write_item":
        done = len(given) // 2
        if done:
            call.make(RequestItems={table: given[:done]})
        return {"UnprocessedItems": {table: given[done:]}}
    done = len(given["Keys"]) // 2
    answer: Any = {"Responses": {}}
    if done:
        answer = call.make(RequestItems={table: {**given, "Keys": given["Keys"][:done]}})
    return {**answer, "UnprocessedKeys": {table: {**given, "Keys": given["Keys"][done:]}}}


def _conflicting(call: Call) -> Any:
    if call.operation in _ROW_WRITES:
        raise error("TransactionConflictException", "Transaction is ongoing for the item",
                    call.operation)  # fmt: skip
    raise _cancelled(call, "TransactionConflict")


def _cancelled_by_throttling(call: Call) -> Any:
    raise _cancelled(call, "ThrottlingError")


def _cancelled(call: Call, code: str) -> Any:
    rest = [{"Code": "None"} for _ in call.asked["TransactItems"][1:]]
    return cancelled([{"Code": code}, *rest], call.operation)


@dataclass(frozen=True, slots=True)
class _Kind:
    strike: Callable[[Call], Any]
    befalls: tuple[str, ...] | None = None  # operations; None for all


KINDS: Mapping[str, _Kind] = {
    "killed before": _Kind(_killed_before),
    "killed after": _Kind(_killed_after),
    # Where most is at stake, oftener than chance would come there.
    "killed after it wrote": _Kind(_killed_after, ("transact_write_items",)),
    "throttled": _Kind(_throttled),
    "failed": _Kind(_failed),
    "failed after it took effect": _Kind(_failed_after, _WRITES),
    "not connected": _Kind(_not_connected),
    "not answered": _Kind(_not_answered, _WRITES),
    "made twice": _Kind(_made_twice, _WRITES),
    "done in part": _Kind(_in_part, _BATCHES),
    "met by a transaction": _Kind(_conflicting, (*_ROW_WRITES, *_TRANSACTIONS)),
    "cancelled by throttling": _Kind(_cancelled_by_throttling, _TRANSACTIONS),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """That calls from the number *at* on are *kind*, so many *times*."""

    kind: str
    at: int  # counted from 1
    times: int = 1

    def __str__(self) -> str:
        often = f", {self.times} times" if self.times > 1 else ""
        return f"{self.kind} call {self.at}{often}"


class Trouble:
    """The faults that befall one run of a function."""

    def __init__(self, faults: tuple[Fault, ...], *, struck: Counter[str]) -> None:
        self._left = {fault: fault.times for fault in faults}
        self._struck = struck
        self._calls = 0
        self._is_dead = False
        self.has_struck = False

    def befall(self, call: Call) -> Any:
        if self._is_dead:
            raise Killed  # whatever a `finally` may still want to say
        self._calls += 1
        for fault, times in self._left.items():
            kind = KINDS[fault.kind]
            is_open = kind.befalls is None or call.operation in kind.befalls
            if not times or self._calls < fault.at or not is_open:
                continue
            self._left[fault] -= 1
            self.has_struck = True
            self._struck[fault.kind] += 1
            self._is_dead = fault.kind.startswith("killed")
            return kind.strike(call)
        return call()
