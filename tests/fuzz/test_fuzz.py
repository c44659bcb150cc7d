"""Whatever the bytes: an article or a rejection, safe, complete and within its limits."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import files
from tests.fuzz.targets import TARGETS

# Pillow warns of what it forgives.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

FEW, MANY = 12, 500
MOST_SECONDS = 5  # of the processor, for one file of some kilobytes


@pytest.mark.parametrize("name", TARGETS)
def test_a_valid_file_keeps_every_promise(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


def _holds(name: str, data: bytes) -> None:
    started = time.process_time()
    TARGETS[name].run(data)
    assert time.process_time() - started < MOST_SECONDS


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_file_that_is_nearly_valid_keeps_every_promise(name, data):
    _holds(name, data.draw(files(TARGETS[name])))


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=MANY, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_thousands_of_files_that_are_nearly_valid_keep_every_promise(name, data):
    _holds(name, data.draw(files(TARGETS[name])))
