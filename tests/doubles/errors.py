"""The errors of a client, of botocore's own classes: what code catches by its type or its code."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import ClientError


class Exceptions:
    """What `client.exceptions` is: the class of each error by its code."""

    ClientError = ClientError

    def __getattr__(self, code: str) -> type[ClientError]:
        if code.startswith("__"):
            raise AttributeError(code)
        return _class(code)


def error(
    code: str, message: str, operation: str, *, status: int = 400, **more: Any
) -> ClientError:
    """Return the error that the client raises for an answer with this *code*."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return _class(code)(response, operation)


@cache
def _class(code: str) -> type[ClientError]:
    return type(code, (ClientError,), {})
