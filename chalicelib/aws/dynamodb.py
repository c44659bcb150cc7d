"""DynamoDB's calls on the standard library: boto3's client without its 200 ms of a cold start.

Methods, their words, their answers and their errors are those of boto3's client, so the store does
not know which of the two it has, and `tests/aws/test_dynamodb.py` asks both the same. What boto3
does besides is left to DynamoDB (it refuses what is malformed), or to nobody: profiles, proxies,
endpoints by account. docs/decisions/0026-dynamodb-without-boto3.md says why.
"""

from __future__ import annotations

import json
import os
import random
import select
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import create_default_context
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from chalicelib.aws.signing import Signer

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECT_S, READ_S = 3.0, 5.0  # of one attempt, of each of its reads
# Of all attempts at one call, and of the pauses between: a reader of a table that hangs is told so
# by us, before the function's own time is over.
CALL_S = 10.0
_OK = 200
_PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",  # a transaction holds the row; boto3 gives up
        "TransactionInProgressException",
    }
)
_PASSING_STATUS = frozenset({500, 502, 503, 504})

_Answer = dict[str, Any]
_Call = Callable[..., _Answer]


class _Failure(NamedTuple):
    """What came of an attempt that failed: its error is made where it is raised."""

    may_pass: bool
    error: Callable[[], Exception]


def client(
    *, region: str, access_key: str, secret_key: str, session_token: str = "",
    endpoint: str = "", max_attempts: int = 3, longest_pause_s: float = 20.0,
    longest_call_s: float = CALL_S,
) -> DynamoDBClient:  # fmt: skip
    """Return a client for the DynamoDB of *region*, or for what answers at *endpoint*."""
    signer = Signer(
        access_key=access_key,
        secret_key=secret_key,
        session_token=session_token,
        region=region,
        service="dynamodb",
    )
    made = _Client(
        endpoint or regional_endpoint(region),
        signer,
        max_attempts=max_attempts,
        longest_pause_s=longest_pause_s,
        longest_call_s=longest_call_s,
    )
    return cast("DynamoDBClient", made)


def regional_endpoint(region: str) -> str:
    """Return the address of DynamoDB in *region*; the isolated partitions have others."""
    return f"https://dynamodb.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _operation(name: str) -> _Call:
    def call(self: _Client, **asked: Any) -> _Answer:  # noqa: ANN401  # DynamoDB's JSON
        return self._call(name, asked)

    return call


class _Client:
    """Sends calls, each over a connection that no other thread uses meanwhile.

    `watchers` are told the name and the parameters of each before it is sent: benches and tests
    count there what boto3's clients tell by events.
    """

    get_item = _operation("GetItem")
    put_item = _operation("PutItem")
    update_item = _operation("UpdateItem")
    delete_item = _operation("DeleteItem")
    query = _operation("Query")
    batch_get_item = _operation("BatchGetItem")
    batch_write_item = _operation("BatchWriteItem")
    transact_get_items = _operation("TransactGetItems")

    def __init__(
        self,
        endpoint: str,
        signer: Signer,
        *,
        max_attempts: int,
        longest_pause_s: float,
        longest_call_s: float,
    ) -> None:
        self._endpoint = endpoint
        self._address = urlsplit(endpoint)
        self._signer = signer
        self._max_attempts = max_attempts
        self._longest_pause_s = longest_pause_s
        self._longest_call_s = longest_call_s
        self._idle: list[HTTPConnection] = []  # lists are safe between threads
        # One for all connections: reading the authorities' certificates takes 20 ms.
        self._trusted = create_default_context() if self._address.scheme == "https" else None
        self.exceptions = _Exceptions()
        self.watchers: list[Callable[[str, _Answer], None]] = []

    def __del__(self) -> None:
        for connection in self._idle:
            connection.close()

    def transact_write_items(self, **asked: Any) -> _Answer:  # noqa: ANN401  # DynamoDB's JSON
        # The token makes a repeated attempt at a transaction that went through a success.
        return self._call(
            "TransactWriteItems", {"ClientRequestToken": os.urandom(16).hex(), **asked}
        )

    def _call(self, operation: str, asked: _Answer) -> _Answer:
        for watcher in self.watchers:
            watcher(operation, asked)
        body = json.dumps(asked, default=_binary).encode()
        until = time.monotonic() + self._longest_call_s
        for attempt in range(1, self._max_attempts + 1):
            outcome = self._attempt(operation, body, until)
            if not isinstance(outcome, _Failure):
                return outcome
            # Full jitter: who was turned away together does not come back together.
            pause_s = random.random() * min(2.0 ** (attempt - 1), self._longest_pause_s)  # noqa: S311
            is_last = attempt == self._max_attempts or time.monotonic() + pause_s >= until
            if is_last or not outcome.may_pass:
                raise outcome.error()
            time.sleep(pause_s)
        message = "no attempt was allowed"
        raise ValueError(message)

    def _attempt(self, operation: str, body: bytes, until: float) -> _Answer | _Failure:
        try:
            status, answer = self._send(operation, body, until)
        except (OSError, HTTPException) as error:
            return _Failure(may_pass=True, error=partial(self._no_answer, error))
        if status == _OK:
            return answer
        code = str(answer.get("__type", status)).rpartition("#")[2]
        return _Failure(
            may_pass=status in _PASSING_STATUS or code in _PASSING,
            error=partial(self._refusal, operation, status, code, answer),
        )

    def _send(self, operation: str, body: bytes, until: float) -> tuple[int, _Answer]:
        path = self._address.path or "/"
        told = {
            "Host": self._address.netloc,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        headers = self._signer.headers("POST", path, body, told, at_s=time.time())
        connection = self._connection(until)
        try:
            sock = connection.sock  # which an answer that ends the connection takes from it
            sock.settimeout(min(READ_S, _left(until)))
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            sock.settimeout(min(READ_S, _left(until)))
            read = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return response.status, _read(response, read)

    def _connection(self, until: float) -> HTTPConnection:
        """Take a connection that is open, or a new one; DynamoDB closes those that stay idle."""
        while self._idle:
            connection = self._idle.pop()
            # What is to be read before anything was asked is the end of the connection.
            if connection.sock and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        host, port = cast("str", self._address.hostname), self._address.port
        connect_s = min(CONNECT_S, _left(until))  # and as long for the handshake
        connection = HTTPConnection(host, port, timeout=connect_s)
        if self._trusted is not None:
            connection = HTTPSConnection(host, port, timeout=connect_s, context=self._trusted)
        connection.connect()
        return connection

    def _no_answer(self, error: Exception) -> Exception:
        from botocore.exceptions import EndpointConnectionError

        told = EndpointConnectionError(endpoint_url=self._endpoint, error=error)
        told.__cause__ = error
        return told

    def _refusal(self, operation: str, status: int, code: str, answer: _Answer) -> ClientError:
        text = answer.get("message") or answer.get("Message") or ""
        told: Any = {
            **{name: value for name, value in answer.items() if name != "__type"},
            "Error": {"Code": code, "Message": text},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        kind: type[ClientError] = getattr(self.exceptions, code)
        return kind(told, operation)


class _Exceptions:
    """A class of errors by each code of DynamoDB's, made when it is first asked for."""

    def __getattr__(self, code: str) -> type[ClientError]:
        from botocore.exceptions import ClientError

        made = ClientError if code == ClientError.__name__ else type(code, (ClientError,), {})
        # Who asks first decides for all: what one thread raises, another must catch.
        kept: type[ClientError] = self.__dict__.setdefault(code, made)
        return kept


def _read(response: HTTPResponse, body: bytes) -> _Answer:
    """Read an answer. Raises HTTPException for one that was damaged on its way."""
    sum_ = response.headers.get("x-amz-crc32")
    if sum_ is not None and sum_ != str(zlib.crc32(body)):
        message = "the answer is not what its checksum says"
        raise HTTPException(message)
    try:
        answer = json.loads(body or b"{}", object_hook=_with_bytes)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if response.status == _OK:
        message = "the answer is no JSON of DynamoDB's"
        raise HTTPException(message)
    return {}  # of a proxy, not of DynamoDB


def _left(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _binary(value: bytes) -> str:
    return b64encode(value).decode()


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Make the bytes of {"B": "…"} and {"BS": […]}; attributes of these names hold dicts."""
    if isinstance(held := value.get("B"), str):
        return {"B": b64decode(held)}
    if isinstance(held := value.get("BS"), list):
        return {"BS": [b64decode(one) for one in held]}
    return value
