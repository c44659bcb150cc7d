"""What a query may say: each parameter says how it is read, and how programs may write it.

A view's parameters are declared where it is served (`serving`), so that `/openapi.json` tells of
exactly those. Everything raises BadRequest with the mend. A cursor is opaque to clients and stands
for a place in a list, not for a count: it survives inserts.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from chalicelib.core.article import SLUG
from chalicelib.core.errors import BadRequest, Finding
from chalicelib.core.limits import MAX_SECTIONS
from chalicelib.core.turns import Turns

Value = TypeVar("Value")

# Compiled when they are first used: most requests have no parameters.
_CURSOR = r"(?a)(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-([a-z2-7]{16})"
_PLACE = r"(?a)(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z#([a-z2-7]{16})"
_RFC_3339 = r"(?a)\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
# Nothing is older or newer, and what is would sort wrongly among the keys of a list.
_EARLIEST, _LATEST = datetime(1001, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_EXAMPLE = 30  # a number that suits most parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(ABC, Generic[Value]):
    """One parameter of a query; *about* says to programmers what it selects."""

    name: str
    about: str

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema of what `read` understands, with an example."""

    @abstractmethod
    def read(self, given: str) -> Value:
        """Return what *given* means, which is not empty. Raises BadRequest."""

    def refused(self, said: str, fix: str) -> BadRequest:
        return BadRequest(_finding(self.name, f"{self.name}: {said}", fix))


@dataclass(frozen=True, slots=True)
class Parameters:
    """A query: the values of each name, in order."""

    given: Mapping[str, Sequence[str]]

    def only(self, known: Sequence[Parameter[Any]]) -> Parameters:
        """Return these. Raises BadRequest for what is not *known*, given twice, or left empty."""
        names = [parameter.name for parameter in known]
        wrong = [
            _finding(
                name,
                f"There is no parameter {name!r} here.",
                f"The parameters are: {', '.join(names) or 'none'}.",
            )
            for name in sorted(self.given.keys() - set(names))
        ]
        for name in names:
            values = self.given.get(name, ())
            if len(values) > 1:
                said = f"{name} is given {len(values)} times."
                wrong.append(_finding(name, said, f"Give {name} once."))
            elif "" in values:
                fix = f"Leave {name} out, or say what it is."
                wrong.append(_finding(name, f"{name} says nothing.", fix))
        if wrong:
            raise BadRequest(*wrong)
        return self

    def read(self, parameter: Parameter[Value]) -> Value | None:
        """Return what the query says of *parameter*, by its last value; None for an empty one."""
        values = self.given.get(parameter.name)
        return parameter.read(values[-1]) if values and values[-1] else None

    @property
    def plain(self) -> dict[str, str]:
        """The last value of each name."""
        return {name: values[-1] for name, values in self.given.items() if values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Parameter[int]):
    """A number from 1 to `largest`."""

    largest: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.largest, "examples": [self._one]}

    def read(self, given: str) -> int:
        if not re.fullmatch(r"\d{1,6}", given, re.ASCII) or not 1 <= int(given) <= self.largest:
            said = f"{given[:40]!r} is no number from 1 to {self.largest:,}."
            raise self.refused(said, f"Write {self.name}={self._one}.")
        return int(given)

    @property
    def _one(self) -> int:
        return min(_EXAMPLE, self.largest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Parameter[datetime]):
    """A time with a zone, read in UTC."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "examples": ["2026-11-30T09:00:00Z"]}

    def read(self, given: str) -> datetime:
        # A plus sign in an address comes as a space, which may also stand between date and time.
        moment = self._read(given[:11] + given[11:].replace(" ", "+"))
        if moment is None:
            said = f"{given[:40]!r} is no time with a zone (RFC 3339)."
            raise self.refused(said, f"Write {self.name}=2026-11-30T09:00:00Z.")
        return moment

    def _read(self, given: str) -> datetime | None:
        if not re.fullmatch(_RFC_3339, given):
            return None
        try:
            moment = datetime.fromisoformat(given.upper())
        except ValueError:
            return None
        try:
            return min(max(moment.astimezone(UTC), _EARLIEST), _LATEST)
        except OverflowError:
            return _EARLIEST if moment.year == 1 else _LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Parameter[datetime | None]):
    """The moment of the list that a reader saw last; what can be none says nothing."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["2026-11-30T09:00:00Z"]}

    def read(self, given: str) -> datetime | None:
        try:
            return Moment(name=self.name, about=self.about).read(given)
        except BadRequest:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Parameter[bool]):
    """1 or 0."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "enum": [0, 1], "default": 0}

    def read(self, given: str) -> bool:
        if given not in {"0", "1"}:
            said = f"{given[:40]!r} is neither 1 nor 0."
            raise self.refused(said, f"Write {self.name}=1.")
        return given == "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slug(Parameter[str]):
    """The slug of a section, a tag or a source."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{SLUG.pattern}$", "examples": ["world"]}

    def read(self, given: str) -> str:
        if not SLUG.fullmatch(given):
            said = f"{given[:40]!r} is none of ours."
            raise self.refused(said, "Write it as lists give it: a-z, 0-9, hyphens.")
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Slugs(Parameter[tuple[str, ...]]):
    """Slugs, with commas between them; what can be none is passed over, as is one too many."""

    most: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["world,science"]}

    def read(self, given: str) -> tuple[str, ...]:
        slugs = [slug for slug in dict.fromkeys(given.split(",")) if SLUG.fullmatch(slug)]
        return tuple(slugs[: self.most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Parameter[frozenset[str]]):
    """Names of fields of a shape of `core.shapes`, with commas between them."""

    of: str

    @property
    def names(self) -> tuple[str, ...]:
        from chalicelib.core import shapes  # only where fields are named: see there

        return tuple(getattr(shapes, self.of).__annotations__)

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "enum": list(self.names)},
            "minItems": 1,
        }

    def read(self, given: str) -> frozenset[str]:
        wanted = frozenset(given.split(","))
        unknown = sorted(wanted.difference(self.names))
        if unknown:
            said = f"there is no {', '.join(unknown)[:80]!r}."
            raise self.refused(said, f"The {self.name} are: {', '.join(self.names)}.")
        return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor(Parameter[str]):
    """The place in a list after which its next page begins."""

    @property
    def schema(self) -> dict[str, Any]:
        pattern = r"^[0-9]{14}-[a-z2-7]{16}$"
        return {
            "type": "string",
            "pattern": pattern,
            "examples": ["20261130090000-mzxw6ytboi2dkmbq"],
        }

    def read(self, given: str) -> str:
        match = re.fullmatch(_CURSOR, given)
        if match is None:
            raise self.refused(
                "it is none that we gave.", "Begin without one and follow links.next."
            )
        return "{}-{}-{}T{}:{}:{}Z#{}".format(*match.groups())


def cursor(place: str | None) -> str | None:
    """Return the cursor of a place in a list, which `Cursor` reads."""
    match = re.fullmatch(_PLACE, place) if place else None
    return "{}{}{}{}{}{}-{}".format(*match.groups()) if match else None


def cursors(turns: Turns) -> Turns:
    """Return the cursors of the places to which a list can be turned."""
    return Turns(older=cursor(turns.older), newer=cursor(turns.newer))


def _finding(name: str, message: str, fix: str) -> Finding:
    return Finding(code="parameter", message=message, fix=fix, pointer=f"/{name}")


# What several views take.
CURSOR = Cursor(name="cursor", about="Where the page begins, as `links.next` says it.")
SECTION = Slug(name="section", about="Articles of this section alone.")
TAG = Slug(name="tag", about="Articles with this tag alone.")
SOURCE = Slug(name="source", about="Articles of this source alone.")
SECTIONS = Slugs(
    name="sections",
    about="Articles of these sections alone, with commas between.",
    most=MAX_SECTIONS,
)
SINCE = Moment(name="since", about="What readers have from after this moment on alone.")
BEFORE = Cursor(name="before", about="Where the page ends: it leads back to what is newer.")
AS_OF = Moment(name="as_of", about="The list as it stood at this moment.")
SEEN = Seen(name="since", about="The moment of the list seen last: what is newer is marked.")
