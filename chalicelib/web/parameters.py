"""What a request's query may say, and what is told to who says something else.

Everything raises BadRequest with the mend. A cursor is opaque to clients and stands for a place in
a list, not for a count: it survives inserts.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.core.article import SLUG
from chalicelib.core.errors import BadRequest, Finding
from chalicelib.core.turns import Turns

_PLACE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z#[a-z2-7]{16}", re.ASCII)
_YEARS_OF_THREE_DIGITS = 1_000  # would sort after ours in a list's keys; no news is so old
_EXAMPLE = 30  # a number that suits most parameters


@dataclass(frozen=True, slots=True)
class Parameters:
    """A query's parameters by name; of a repeated one the last."""

    given: Mapping[str, str]

    def only(self, *known: str) -> Parameters:
        """Return those that say something. Raises BadRequest for one that is not *known*."""
        unknown = sorted(self.given.keys() - set(known))
        if unknown:
            raise BadRequest(
                *(
                    _finding(
                        name,
                        f"There is no parameter {name!r} here.",
                        f"The parameters are: {', '.join(known) or 'none'}.",
                    )
                    for name in unknown
                )
            )
        return Parameters({name: value for name, value in self.given.items() if value != ""})

    def number(self, name: str, *, largest: int) -> int | None:
        """Return a number from 1 to *largest*, None where none is given."""
        given = self.given.get(name)
        if given is None:
            return None
        if not re.fullmatch(r"\d{1,6}", given, re.ASCII) or not 1 <= int(given) <= largest:
            message = f"{name}: {given[:40]!r} is no number from 1 to {largest:,}."
            raise BadRequest(_finding(name, message, f"Write {name}={min(_EXAMPLE, largest)}."))
        return int(given)

    def moment(self, name: str) -> datetime | None:
        """Return a time in UTC, None where none is given."""
        given = self.given.get(name)
        if not given:
            return None
        try:
            moment = datetime.fromisoformat(given.replace(" ", "+"))
            if moment.tzinfo is not None and moment.year > _YEARS_OF_THREE_DIGITS:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        message = f"{name}: {given[:40]!r} is no time with a zone (RFC 3339)."
        raise BadRequest(_finding(name, message, f"Write {name}=2026-11-30T09:00:00Z."))

    def flag(self, name: str) -> bool:
        """Return whether *name* is 1; it is 0 where it is not given."""
        given = self.given.get(name, "0")
        if given not in {"0", "1"}:
            message = f"{name}: {given[:40]!r} is neither 1 nor 0."
            raise BadRequest(_finding(name, message, f"Write {name}=1."))
        return given == "1"

    def slug(self, name: str) -> str | None:
        """Return the slug of a section, a tag or a source, None where none is given."""
        given = self.given.get(name)
        if given is not None and not SLUG.fullmatch(given):
            message = f"{name}: {given[:40]!r} is none of ours."
            fix = "Write it as lists give it: a-z, 0-9, hyphens."
            raise BadRequest(_finding(name, message, fix))
        return given

    def selection(self, name: str, *, among: Collection[str]) -> frozenset[str]:
        """Return the names that a comma-separated list selects: all of *among* without one."""
        given = self.given.get(name)
        if given is None:
            return frozenset(among)
        wanted = frozenset(given.split(","))
        unknown = sorted(wanted - set(among))
        if unknown:
            message = f"{name}: there is no {', '.join(unknown)[:80]!r}."
            raise BadRequest(_finding(name, message, f"The {name} are: {', '.join(among)}."))
        return wanted

    def place(self, name: str = "cursor") -> str:
        """Return the place in a list that a cursor stands for, "" without one."""
        given = self.given.get(name, "")
        if not given:
            return ""
        try:
            padding = b"=" * (-len(given) % 4)
            place = urlsafe_b64decode(given.encode("ascii") + padding).decode("ascii")
        except ValueError:
            place = ""
        if not _PLACE.fullmatch(place):
            message = f"{name}: it is none that we gave."
            fix = "Begin without one and follow the links to the next page."
            raise BadRequest(_finding(name, message, fix))
        return place


def cursor(place: str | None) -> str | None:
    """Return the cursor of a place in a list, which `Parameters.place` reads."""
    return urlsafe_b64encode(place.encode()).decode().rstrip("=") if place else None


def cursors(turns: Turns) -> Turns:
    """Return the cursors of the places to which a list can be turned."""
    return Turns(older=cursor(turns.older), newer=cursor(turns.newer))


def _finding(name: str, message: str, fix: str) -> Finding:
    return Finding(code="parameter", message=message, fix=fix, pointer=f"/{name}")
