"""Histories of a newsroom, drawn by Hypothesis: its rules are who acts, its steps are sentences."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import ClassVar

from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.simulation.acts import (
    ARTICLES,
    IMAGE,
    LITTER,
    SOURCE,
    TEXTS,
    Act,
    AtOnce,
    Deletes,
    Files,
    Forgets,
    Function,
    HearsAgain,
    Job,
    Loses,
    Passes,
    Prunes,
    Reads,
    Redrives,
    Restores,
    Said,
    TakesDown,
    Uploads,
    UploadsAgain,
)
from tests.simulation.faults import KINDS, Fault
from tests.simulation.world import world

STEPS = 14  # acts of one history

# One article most of the time: what goes wrong goes wrong between those who work on one key.
_articles = st.sampled_from(("a.md", "a.md", "a.md", *ARTICLES))
_keys = st.sampled_from(("a.md", "a.md", *ARTICLES, SOURCE, IMAGE, LITTER))


def _mostly_not(*others: object) -> st.SearchStrategy[object]:
    return st.sampled_from([None, None, None, *others])


_said = st.builds(
    Said,
    draft=st.sampled_from([False] * 7 + [True]),
    withheld=st.sampled_from([False] * 9 + [True]),
    dated=_mostly_not(-600, -60, 20),
    embargoed=_mostly_not(-30, 5, 90),
    expires=_mostly_not(10, 120),
    pinned=_mostly_not(60),
    corrects=st.booleans(),
    source=_mostly_not("courier", "courier"),
    image=st.booleans(),
    section=_mostly_not("world"),
    replaces=_mostly_not(*ARTICLES[:3:2]),
    same_story=_mostly_not("a.md"),
)
_uploads = st.builds(
    Uploads,
    _articles,
    st.sampled_from(list(TEXTS)),
    _said,
    st.sampled_from([False] * 9 + [True]),
)
_files = st.builds(
    Files, st.sampled_from((SOURCE, IMAGE, LITTER)), st.sampled_from(("one", "another", "broken"))
)
_edits = st.one_of(
    _uploads,
    _uploads,
    _files,
    st.builds(Deletes, _keys),
    st.builds(UploadsAgain, _keys),
    st.builds(Restores, _keys),
    st.builds(Prunes, _keys),
    st.builds(Forgets, _keys),
    st.builds(TakesDown, _articles),
)
_faults = st.lists(
    st.builds(
        Fault, st.sampled_from(sorted(KINDS)), st.integers(1, 40), st.sampled_from([1, 1, 8])
    ),
    max_size=2,
).map(tuple)
_skews = st.sampled_from([0, 0, -2, 2])
_lags = st.sampled_from([0, 0, 3, 20])
_ingests = st.builds(
    Function, st.just("ingest"), st.integers(0, 5), st.integers(1, 2), _faults, _skews, _lags
)
_scheduled = st.builds(
    Function,
    st.sampled_from(("refresh_latest", "reconcile", "fetch_feeds")),
    faults=_faults,
    skew_s=_skews,
    lag=_lags,
)
_jobs: st.SearchStrategy[Job] = st.one_of(
    _ingests, _ingests, _ingests, _scheduled, _edits, st.just(Reads())
)
_at_once = st.builds(
    AtOnce,
    st.one_of(st.tuples(_ingests, _jobs), st.tuples(_ingests, _jobs, _jobs)).filter(
        lambda jobs: sum(str(job).startswith("reconcile") for job in jobs) < 2  # an hour apart
    ),
    st.lists(st.integers(1, 12), max_size=8).map(tuple),
)
_times = st.sampled_from([1, 61, 6 * 60, 61 * 60]).map(lambda s: Passes(timedelta(seconds=s)))


class History(RuleBasedStateMachine):
    """One newsroom: editors act, events come, functions run and fail; then all comes to rest."""

    cloud: ClassVar[str] = "memory"
    seen: ClassVar[Counter[str]] = Counter()  # histories and their steps
    struck: ClassVar[Counter[str]] = Counter()  # faults by their kind

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)
        self._opened = world(self.cloud, struck=self.struck)
        self.world = self._opened.__enter__()

    def _do(self, act: Act) -> None:
        note(f"{next(self._numbers):>3}. {act}")
        self.seen["steps"] += 1
        self.world.do(act)

    @rule(act=_edits)
    def edit(self, act: Act) -> None:
        self._do(act)

    @rule(function=st.one_of(_ingests, _ingests, _scheduled))
    def run(self, function: Function) -> None:
        self._do(AtOnce((function,)))

    @rule(act=_at_once)
    def run_at_once(self, act: AtOnce) -> None:
        self._do(act)

    @rule(act=st.one_of(_times, st.builds(Loses, st.integers(0, 3)), st.builds(HearsAgain, _keys),
                        st.just(Redrives())))  # fmt: skip
    def befall(self, act: Act) -> None:
        self._do(act)

    def teardown(self) -> None:
        try:
            note(f"{next(self._numbers):>3}. it comes to rest")
            self.world.come_to_rest()
            self.seen["histories"] += 1
        finally:
            self._opened.__exit__(None, None, None)


def live(number: int, *, histories: int, shrink: bool = True) -> None:
    """Live through so many histories, the same for the same *number*. Raises what is not true.

    The error's notes tell the shortest such history that Hypothesis finds, or the first one
    without *shrink*.
    """
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        seed(number)(History),
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
