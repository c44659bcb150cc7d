"""What may happen to a newsroom: each act reads as a sentence, and its repr makes it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tests.simulation.faults import Fault

ARTICLES = ("a.md", "a.md.md", "b.md", "c.md")  # one key is the beginning of another
SOURCE, IMAGE, LITTER = "sources/courier.yaml", "media/face.png", "notes~"
# Four events; one tells two of them. Short, for every text is read a thousand times.
TEXTS: Mapping[str, str] = {
    "ferry": "The ferry Skerrin ran aground off Callport with 214 passengers, captain Orla Vance "
    "said at Skerrin Point.",
    "ferry again": "All 214 passengers of the ferry Skerrin are safe near Callport, captain Orla "
    "Vance told reporters at Skerrin Point.",
    "levy": "Finance minister Ilse Calder raised the tourism levy in Marrow, and hoteliers of the "
    "Marrow guild will sue.",
    "ferry and levy": "The ferry Skerrin ran aground off Callport, captain Orla Vance said. "
    "Finance minister Ilse Calder raised the tourism levy of the Marrow guild in Marrow.",
}

Minutes = int | None  # from the moment of the upload on


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an article's file says of it, besides its text."""

    draft: bool = False
    withheld: bool = False
    dated: Minutes = None
    embargoed: Minutes = None
    expires: Minutes = None
    pinned: Minutes = None
    corrects: bool = False
    source: str | None = None
    image: bool = False
    section: str | None = None
    replaces: str | None = None
    same_story: str | None = None

    def __str__(self) -> str:
        told = [
            name if said is True else f"{name} {said}"
            for name in self.__dataclass_fields__
            for said in (getattr(self, name),)
            if said is not None and said is not False
        ]
        return "".join(f", {one}" for one in told)


PLAIN = Said()


# Editors


@dataclass(frozen=True, slots=True)
class Uploads:
    """An editor uploads an article; one that is broken cannot be read."""

    key: str
    text: str = "ferry"
    said: Said = PLAIN
    is_broken: bool = False

    def __str__(self) -> str:
        what = "what is no article" if self.is_broken else f"“{self.text}”"
        return f"an editor uploads {self.key}: {what}{self.said}"


@dataclass(frozen=True, slots=True)
class UploadsAgain:
    """An editor uploads the newest file of a key once more, as it was."""

    key: str

    def __str__(self) -> str:
        return f"an editor uploads {self.key} again as it is"


@dataclass(frozen=True, slots=True)
class Files:
    """An editor uploads a source's profile, an image, or litter, in one of its forms."""

    key: str
    form: Literal["one", "another", "broken"] = "one"

    def __str__(self) -> str:
        return f"an editor uploads {self.key}, {self.form}"


@dataclass(frozen=True, slots=True)
class Deletes:
    """An editor deletes a file."""

    key: str

    def __str__(self) -> str:
        return f"an editor deletes {self.key}"


@dataclass(frozen=True, slots=True)
class Restores:
    """An operator takes a key's newest version away for good: a deletion, or an upload."""

    key: str

    def __str__(self) -> str:
        return f"an operator removes the newest version of {self.key}"


@dataclass(frozen=True, slots=True)
class Prunes:
    """An operator takes a key's first version away for good."""

    key: str

    def __str__(self) -> str:
        return f"an operator removes the first version of {self.key}"


@dataclass(frozen=True, slots=True)
class Forgets:
    """An operator takes every version of a key away for good."""

    key: str

    def __str__(self) -> str:
        return f"an operator removes every version of {self.key}"


@dataclass(frozen=True, slots=True)
class TakesDown:
    """An operator takes an article down, or lifts the takedown where there is one."""

    key: str

    def __str__(self) -> str:
        return f"an operator takes {self.key} down, or lifts the takedown"


# Events and time


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes."""

    time: timedelta

    def __str__(self) -> str:
        return f"{self.time} pass"


@dataclass(frozen=True, slots=True)
class Loses:
    """An event gets lost, from those that wait or from the failure queue."""

    number: int

    def __str__(self) -> str:
        return f"S3 or the queue loses event {self.number}"


@dataclass(frozen=True, slots=True)
class HearsAgain:
    """S3 sends an event of a key once more."""

    key: str

    def __str__(self) -> str:
        return f"S3 sends an event of {self.key} once more"


@dataclass(frozen=True, slots=True)
class Redrives:
    """An operator hands the failure queue to the functions again."""

    def __str__(self) -> str:
        return "an operator redrives the failure queue"


# Functions


@dataclass(frozen=True, slots=True)
class Function:
    """A function runs: on one of the waiting events, or as a schedule starts it."""

    name: Literal["ingest", "refresh_latest", "reconcile", "fetch_feeds"]
    event: int = 0  # of those that wait, which; ingest alone has one
    batch: int = 1  # so many waiting events are given to it as one
    faults: tuple[Fault, ...] = ()
    skew_s: int = 0  # how far its clock is from the bucket's
    lag: int = 0  # writes that its reads miss, where they are not consistent

    def __str__(self) -> str:
        told = [f"event {self.event}" + (f" and {self.batch - 1} more" if self.batch > 1 else "")]
        told = told if self.name == "ingest" else []
        told += [f"clock {self.skew_s:+} s"] if self.skew_s else []
        told += [f"reads {self.lag} writes behind"] if self.lag else []
        return " ".join([self.name, *(f"({one})" for one in (*told, *map(str, self.faults)))])


@dataclass(frozen=True, slots=True)
class Reads:
    """A reader reads everything that there is."""

    def __str__(self) -> str:
        return "a reader"


Editorial = Uploads | UploadsAgain | Files | Deletes | Restores | Prunes | Forgets | TakesDown
Job = Function | Reads | Editorial


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Jobs run at once: the first makes as many calls as its turn says, then the next, in turn."""

    jobs: tuple[Job, ...]
    turns: tuple[int, ...] = ()

    def __str__(self) -> str:
        jobs = "; ".join(map(str, self.jobs))
        if len(self.jobs) == 1:
            return f"there runs: {jobs}"
        return f"at once, in turns of {', '.join(map(str, self.turns)) or 'all'} calls: {jobs}"


Act = Editorial | Passes | Loses | HearsAgain | Redrives | AtOnce
