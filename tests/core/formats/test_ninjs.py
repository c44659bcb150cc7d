"""ninjs in its three generations, and what its schema forbids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats import Draft, ninjs
from tests.core.formats.documents import TEXTS, refusal

BODY = "".join(f"<p>{text}</p>" for text in TEXTS)
FIRST = {
    "uri": "urn:courier:1",
    "type": "text",
    "headline": "Ferry returns",
    "description_text": "She is back.",
    "byline": "By Ilse Marrow and Tom Aske",
    "body_html": BODY,
    "body_text": "\n\n".join(TEXTS),
    "versioncreated": "2026-03-24T09:00:00Z",
    "embargoed": "2026-03-24T12:00:00Z",
    "expires": "2026-04-24T12:00:00Z",
    "pubstatus": "usable",
    "language": "en-GB",
    "subject": [{"code": "15000000", "name": "sport"}, {"code": "x", "name": "Ferries"}],
    "copyrightholder": "Harbour Agency",
    "located": "Callport",
    "urgency": 3,
    "associations": {"main": {"uri": "urn:courier:2", "type": "picture"}},
}
SECOND = {
    **{key: FIRST[key] for key in ("uri", "type", "versioncreated", "embargoed", "expires",
                                   "pubstatus", "language", "copyrightholder", "located")},
    "standard": {"name": "ninjs", "version": "2.1"},
    "headlines": [{"role": "other", "value": "No"}, {"role": "main", "value": "Ferry returns"}],
    "descriptions": [
        {"role": "caption", "value": "No"}, {"role": "summary", "value": "She is back."},
    ],
    "by": "Ilse Marrow and Tom Aske",
    "bodies": [
        {"role": "main", "contenttype": "text/plain", "value": "\n\n".join(TEXTS)},
        {"role": "main", "contenttype": "text/html", "value": BODY},
    ],
    "subjects": FIRST["subject"],
    "associations": [{"name": "main", "uri": "urn:courier:2", "type": "picture"}],
}  # fmt: skip
_CAPITALS = {
    "versioncreated": "versionCreated", "pubstatus": "pubStatus",
    "copyrightholder": "copyrightHolder", "contenttype": "contentType",
}  # fmt: skip
THIRD = json.loads(
    json.dumps({**SECOND, "standard": {"name": "ninjs", "version": "3.0"}}),
    object_hook=lambda part: {_CAPITALS.get(key, key): value for key, value in part.items()},
)


def read(item: Any) -> Draft:
    return formats.read("a.json", json.dumps(item).encode())


def errors(item: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(UploadRejected) as raised:
        read(item)
    return [(finding.code, finding.pointer) for finding in raised.value.findings]


@pytest.mark.parametrize("item", [FIRST, SECOND, THIRD], ids=["1.x", "2.x", "3.x"])
def test_every_generation_says_the_same(item):
    draft = read(item)

    assert draft.format == "ninjs"
    assert draft.headline == "Ferry returns"
    assert draft.metadata.standfirst == "She is back."
    assert draft.metadata.byline == ("Ilse Marrow", "Tom Aske")
    assert f"{draft.metadata.published_at:%H:%M}" == "09:00"
    assert f"{draft.metadata.embargo_until:%H:%M}" == "12:00"
    assert f"{draft.metadata.expires_at:%m-%d}" == "04-24"
    assert (draft.metadata.section, draft.metadata.tags) == ("sport", ("sport", "ferries"))
    assert (draft.metadata.source, draft.metadata.language) == ("Harbour Agency", "en-GB")
    assert draft.metadata.extra["located"] == "Callport"
    assert draft.body.text == "\n\n".join(TEXTS)
    assert [(part.what, part.count) for part in draft.dropped] == [("associated item", 1)]
    assert "ninjs-schema" not in [warning.code for warning in draft.warnings]


def test_keys_of_ours_may_stand_beside():
    draft = read({**FIRST, "draft": True, "section": "harbour", "source": "courier", "slug": "f"})

    assert draft.metadata.draft
    assert (draft.metadata.section, draft.metadata.source) == ("harbour", "courier")
    assert draft.metadata.slug == "f"


def test_an_agencys_answer_is_unwrapped_and_of_several_items_the_first_is_taken():
    assert read({"total": 1, "item": [FIRST]}).headline == "Ferry returns"
    assert read({"data": {"items": [{"meta": {}, "item": FIRST}]}}).headline == "Ferry returns"

    draft = read({"item": [FIRST, {**FIRST, "headline": "Other"}]})

    assert draft.headline == "Ferry returns"
    assert "several-articles" in [warning.code for warning in draft.warnings]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"pubstatus": "cancelled"}, "/pubstatus"),
        ({"representationtype": "half"}, "/representationtype"),
        ({"person": "Ilse Marrow"}, "/person"),
        ({"genre": "Fact check"}, "/genre"),
        ({"altids": "x"}, "/altids"),
        ({"urgency": 11}, "/urgency"),
        ({"infosource": [{"name": "A", "scheme": {}}]}, "/infosource/0/scheme"),
        ({"place": [{"name": "A", "geojson": {"type": "Foo"}}]}, "/place/0/geojson"),
        ({"associations": [{"name": "a"}]}, "/associations/0"),
        ({"associations": {"a": {"uri": "x", "more": 1}}}, "/associations/a/more"),
        ({"rightsinfo": {"linkedrights": "a", "encodedrights": "b"}}, "/rightsinfo"),
        (
            {"eventDetails": {"dates": {"startDate": 1, "expectedStartDate": 2}}},
            "/eventDetails/dates",
        ),
        ({"plannedCoverage": [{"urgency": 11}]}, "/plannedCoverage/0/urgency"),
        ({"subject": ["x"]}, "/subject/0"),
    ],
)
def test_what_the_schema_forbids_is_told_with_its_pointer(wrong, pointer):
    draft = read({**FIRST, **wrong})

    assert ("ninjs-schema", pointer) in [(w.code, w.pointer) for w in draft.warnings]
    without_text = {key: value for key, value in FIRST.items() if not key.startswith("body")}
    if wrong != {"pubstatus": "cancelled"}:
        assert ("ninjs-schema", pointer) in errors({**without_text, **wrong})


def test_an_undeclared_property_of_an_item_without_text_is_told():
    assert errors({"uri": "x", "random": "y"}) == [("no-text", ""), ("ninjs-schema", "/random")]
    assert errors({"uri": "x", "headline_é": "y"})[1] == ("ninjs-schema", "/headline_é")


def test_an_embargo_that_is_no_date_is_refused():
    assert errors({**FIRST, "embargoed": "Next Monday"}) == [("date", "/embargoed")]


def test_a_kill_needs_no_text_and_gives_its_reason():
    item = {"uri": "x", "headline": "Ferry", "pubstatus": "canceled", "ednote": "Wrong ferry."}

    draft = read(item)

    assert draft.metadata.status == "canceled"
    assert draft.metadata.status_reason == "Wrong ferry."


@pytest.mark.parametrize(
    "ours",
    [
        {"headline": "x", "body": "Text.", "uri": "y"},
        {"headline": "x", "body_html": "<p>Text.</p>", "published_at": "2026-03-24T09:00:00Z"},
    ],
)
def test_our_own_json_is_not_taken_for_ninjs(ours):
    assert not ninjs.is_ninjs(ours)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6)
    | st.sampled_from(["usable", "canceled", "2026-03-24", "main"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "uri", "role", "value", "code", "type", "item", "x", "dates"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*FIRST, *SECOND, *THIRD, "item", "data", "keywords"]), _VALUES)
)
def test_no_item_is_more_than_a_rejection(item):
    data = json.dumps({"uri": "x", "headline": "x", "body_html": BODY, **item}).encode()

    assert all(found.message and found.fix for found in refusal("a.json", data))
