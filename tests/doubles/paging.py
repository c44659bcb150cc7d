"""Paginators over any client's calls: one call a page, made when the page is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class _Paging(NamedTuple):
    tokens: Mapping[str, str]  # parameter of the next call -> where this answer has it
    listed: tuple[str, ...]
    size: str  # the parameter that bounds a page


_DYNAMODB = _Paging({"ExclusiveStartKey": "LastEvaluatedKey"}, ("Items",), "Limit")
_PAGING = {
    "query": _DYNAMODB,
    "scan": _DYNAMODB,
    "list_object_versions": _Paging(
        {"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"},
        ("Versions", "DeleteMarkers"),
        "MaxKeys",
    ),
    "list_objects_v2": _Paging(
        {"ContinuationToken": "NextContinuationToken"}, ("Contents",), "MaxKeys"
    ),
}


class Paginator:
    """What `client.get_paginator(operation)` gives."""

    def __init__(self, client: Any, operation: str) -> None:
        self._call = getattr(client, operation)
        self._paging = _PAGING[operation]

    def paginate(
        self, *, PaginationConfig: Mapping[str, int] | None = None, **asked: Any
    ) -> Iterator[dict[str, Any]]:
        bounds = PaginationConfig or {}
        left = bounds.get("MaxItems")
        if "PageSize" in bounds:
            asked[self._paging.size] = bounds["PageSize"]
        while True:
            answer = self._call(**asked)
            for name in self._paging.listed:
                if left is not None and name in answer:
                    answer[name] = answer[name][:left]
                    left -= len(answer[name])
            yield answer
            further = {
                asks: answer[said] for asks, said in self._paging.tokens.items() if said in answer
            }
            if not further or left == 0:
                return
            asked |= further
