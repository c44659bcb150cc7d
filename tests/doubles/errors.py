"""The errors of a client, of botocore's own classes: what code catches by its type or its code."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore import exceptions


class Exceptions:
    """What `client.exceptions` is: the class of each error by its code."""

    ClientError = exceptions.ClientError

    def __getattr__(self, code: str) -> type[exceptions.ClientError]:
        if code.startswith("__"):
            raise AttributeError(code)
        return _class(code)


def error(
    code: str, message: str, operation: str, *, status: int = 400, **more: Any
) -> exceptions.ClientError:
    """Return the error that the client raises for an answer with this *code*."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return _class(code)(response, operation)


@cache
def _class(code: str) -> type[exceptions.ClientError]:
    return type(code, (exceptions.ClientError,), {})
