"""What a query may say: cursors that come back, and a mend for everything that is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import BadRequest
from chalicelib.web.parameters import (
    CURSOR,
    SECTION,
    SECTIONS,
    SEEN,
    SINCE,
    Fields,
    Flag,
    Number,
    Parameters,
    cursor,
)
from tests.core.pages_newsroom import NOW

LIMIT = Number(name="limit", about="", largest=100)
FIELDS = Fields(name="fields", about="", of="Card")
EXPLAIN = Flag(name="explain", about="")


@given(
    st.integers(0, 2_000_000_000),
    st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16),
)
def test_a_cursor_comes_back_as_its_place(seconds, id_):
    place = f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}#{id_}"

    assert Parameters({"cursor": [str(cursor(place))]}).read(CURSOR) == place


def test_the_end_of_a_list_has_no_cursor_and_no_cursor_is_its_beginning():
    assert cursor(None) is None
    assert Parameters({}).read(CURSOR) is None
    assert Parameters({"cursor": [""]}).read(CURSOR) is None


@pytest.mark.parametrize("parameter", [CURSOR, SECTION, SINCE, LIMIT, FIELDS, EXPLAIN], ids=type)
@given(given=st.text(min_size=1, max_size=30))
def test_any_value_is_understood_or_refused_with_its_mend(parameter, given):
    try:
        understood = parameter.read(given)
    except BadRequest as error:
        (finding,) = error.findings
        assert finding.message
        assert finding.fix
    else:
        assert understood is not None


@pytest.mark.parametrize("parameter", [SECTIONS, SEEN], ids=type)
@given(given=st.text(min_size=1, max_size=30))
def test_what_pages_are_told_for_comfort_is_never_refused(parameter, given):
    assert parameter.read(given) is None or isinstance(parameter, type(SECTIONS))


@given(st.datetimes(timezones=st.timezones()))
def test_any_time_with_a_zone_is_understood(moment):
    told = moment.isoformat(timespec="seconds")
    if len(told) == len("2026-11-24T09:31:12+00:00"):  # some zones of old had seconds
        assert SINCE.read(told).tzinfo is UTC


@pytest.mark.parametrize("given", ["2026-11-24 10:00:00 01:00", "2026-11-24t09:00:00z"])
def test_a_time_is_understood_with_a_space_in_it_and_with_what_became_of_its_plus(given):
    assert SINCE.read(given) == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "given", ["2026-11-24", "2026-11-24T09:00:00", "20261124T090000Z", "2026-W48-2T09:00:00Z"]
)
def test_a_time_is_told_as_rfc_3339_has_it(given):
    with pytest.raises(BadRequest, match="no time with a zone"):
        SINCE.read(given)


def test_every_parameter_that_is_not_known_is_named():
    with pytest.raises(BadRequest) as refused:
        Parameters({"b": ["1"], "limit": ["2"], "a": ["3"]}).only([LIMIT])

    assert [finding.pointer for finding in refused.value.findings] == ["/a", "/b"]


@pytest.mark.parametrize("given", [["1", "2"], ["1", "1"], [""]])
def test_a_program_says_a_thing_once_and_says_something(given):
    with pytest.raises(BadRequest):
        Parameters({"limit": given}).only([LIMIT])


def test_a_page_takes_the_last_of_what_is_said_twice():
    assert Parameters({"limit": ["1", "2"]}).read(LIMIT) == 2
