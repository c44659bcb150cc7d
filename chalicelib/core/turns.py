"""Where a page of a list leads on to.

A place is a sort key of the list, so a page begins at an article and not at a count: it stays
where it is whatever is published above it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The places after which the next older and the next newer page begin, None at an end."""

    older: str | None = None
    newer: str | None = None
