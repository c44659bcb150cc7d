"""What a query may say: cursors that come back, and a mend for everything that is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import BadRequest
from chalicelib.web.parameters import Parameters, cursor
from tests.core.pages_newsroom import NOW

ASKS = {
    "number": lambda query: query.number("n", largest=100),
    "moment": lambda query: query.moment("n"),
    "slug": lambda query: query.slug("n"),
    "selection": lambda query: query.selection("n", among=("id", "url")),
    "place": lambda query: Parameters({"cursor": query.given["n"]}).place(),
}


@given(
    st.integers(0, 2_000_000_000),
    st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16),
)
def test_a_cursor_comes_back_as_its_place(seconds, id_):
    place = f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}#{id_}"

    assert Parameters({"cursor": cursor(place) or ""}).place() == place


def test_the_end_of_a_list_has_no_cursor_and_no_cursor_is_its_beginning():
    assert cursor(None) is None
    assert Parameters({}).place() == Parameters({"cursor": ""}).place() == ""


@pytest.mark.parametrize("ask", ASKS)
@given(given=st.text(min_size=1, max_size=30))
def test_any_value_is_understood_or_refused_with_its_mend(ask, given):
    try:
        ASKS[ask](Parameters({"n": given}))
    except BadRequest as error:
        (finding,) = error.findings
        assert finding.message
        assert finding.fix


def test_every_parameter_that_is_not_known_is_named():
    with pytest.raises(BadRequest) as refused:
        Parameters({"b": "1", "limit": "2", "a": "3"}).only("limit")

    assert [finding.pointer for finding in refused.value.findings] == ["/a", "/b"]


def test_what_is_given_and_says_nothing_is_not_given():
    assert Parameters({"limit": "", "tag": "x"}).only("limit", "tag").given == {"tag": "x"}
