"""What files say about themselves: names, aliases, types, and what cannot be meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.codec import decode, encode
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats.reading import Field
from chalicelib.core.limits import MAX_HEADLINE_LENGTH, MAX_TAGS
from chalicelib.core.metadata import ALIASES, Interpretation, Metadata, interpret, parse_moment

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=8,
)
SAMPLES = {
    "published_at": ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
    "updated_at": ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
    "embargo_until": ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
    "expires_at": ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
    "pinned_until": ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
    "byline": ("Ilse Marrow", ("Ilse Marrow",)),
    "section": ("World News", "world-news"),
    "tags": ("ferry, Callport", ("ferry", "callport")),
    "original_url": ("https://e.example/a", "https://e.example/a"),
    "language": ("pt_br", "pt-BR"),
    "image": ("media/a.png", "media/a.png"),
    "draft": ("yes", True),
    "breaking": ("true", True),
    "status": ("withheld", "withheld"),
    "slug": ("Some Slug", "some-slug"),
    "same_story": ("a.md", ("a.md",)),
    "not_same_story": ("a.md", ("a.md",)),
}


def read(**given: object) -> Interpretation:
    return interpret({key: Field(value, f"/{key}", 2, 1) for key, value in given.items()})


def one(**given: object) -> Metadata:
    return read(**given).metadata


@pytest.mark.parametrize(
    ("name", "alias"), [(name, alias) for name in ALIASES for alias in (name, *ALIASES[name])]
)
def test_every_alias_is_its_key(name: str, alias: str) -> None:
    given, expected = SAMPLES.get(name, ("Some text", "Some text"))
    if name == "correction":
        assert one(**{alias: given}).corrections[0].text == given
    else:
        assert getattr(one(**{alias: given}), name) == expected


def test_case_hyphens_and_underscores_make_no_difference() -> None:
    for key in ("publishDate", "publish_date", "PublishDate", "publish-date", "PUBLISHDATE"):
        assert one(**{key: "2026-11-24"}).published_at == datetime(2026, 11, 24, tzinfo=UTC)


def test_the_name_wins_over_its_aliases() -> None:
    assert one(title="Alias", headline="Name").headline == "Name"


@given(
    st.dictionaries(st.sampled_from([n for a in ALIASES.items() for n in (a[0], *a[1])]), VALUES)
)
def test_no_value_is_more_than_a_finding(given: dict[str, object]) -> None:
    try:
        found = read(**given)
    except UploadRejected as error:
        told = error.findings
        assert all(one.fix and one.pointer for one in told)
    else:
        assert len(found.metadata.tags) <= MAX_TAGS
        assert len(found.metadata.headline or "") <= MAX_HEADLINE_LENGTH
        json.dumps(found.metadata.extra)


def test_all_errors_are_told_at_once_with_place_and_mend() -> None:
    with pytest.raises(UploadRejected) as raised:
        read(published_at="31 Nov 2026", draft="maybe", embargo_until="soon")

    told = {finding.pointer: finding for finding in raised.value.findings}
    assert set(told) == {"/published_at", "/draft", "/embargo_until"}
    assert told["/published_at"].message.startswith("published_at: '31 Nov 2026' is no date")
    assert "2026-11-30T09:00:00Z" in told["/published_at"].fix
    assert told["/draft"].line == 2


def test_a_time_without_a_zone_is_utc_with_a_warning() -> None:
    found = read(published_at="2026-11-24 09:00")

    assert found.metadata.published_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert [warning.code for warning in found.warnings] == ["naive-time"]


def test_the_first_category_is_the_section_and_the_rest_are_tags() -> None:
    found = read(categories=["World", "Ferries"], tags=["Callport"])

    assert found.metadata.section == "world"
    assert found.metadata.tags == ("callport", "ferries")
    assert [warning.code for warning in found.warnings] == ["one-section"]


def test_authors_come_in_many_shapes() -> None:
    for value in (["Ilse Marrow", "Tom Aske"], "Ilse Marrow; Tom Aske",
                  [{"name": "Ilse Marrow"}, {"name": "Tom Aske"}],
                  "[Ilse Marrow](https://e.example/i), [Tom Aske](https://e.example/t)",
                  ["By Ilse Marrow", "Tom Aske", "Tom Aske"]):  # fmt: skip
        assert one(author=value).byline == ("Ilse Marrow", "Tom Aske")


def test_entities_and_markdown_in_a_headline_are_read() -> None:
    assert one(title="U&#46;S&#46; [budget](https://e.example) &amp; more").headline == (
        "U.S. budget & more"
    )


def test_unknown_keys_are_kept_and_told() -> None:
    found = read(layout="post", weight=3)

    assert found.metadata.extra == {"layout": "post", "weight": 3}
    assert "layout, weight" in found.warnings[0].message


@given(st.dictionaries(st.text(), VALUES))
def test_unknown_values_are_stored_and_read_back_the_same(given: dict[str, object]) -> None:
    fields = {f"x-{key}": Field(value, "/x") for key, value in given.items()}
    extra = interpret(fields).metadata.extra

    assert decode(encode(extra), dict) == extra


def test_an_external_lead_image_is_dropped_and_told() -> None:
    found = read(image={"src": "https://e.example/a.png", "alt": "A boat"})

    assert found.metadata.image is None
    assert [part.what for part in found.dropped] == ["image"]


def test_tags_in_any_script_stay_apart() -> None:
    tags = one(tags=["経済", "政治", "اقتصاد"]).tags

    assert len(set(tags)) == 3
    assert all(tag and tag.isascii() for tag in tags)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", "2026-11-24T00:00:00"),
        ("2026-11-24T10:00:00+02:00", "2026-11-24T08:00:00"),
        ("2026-11-24 10:00:00 -4", "2026-11-24T14:00:00"),
        ("2026-11-24 10:00 UTC", "2026-11-24T10:00:00"),
        ("20261124T100000Z", "2026-11-24T10:00:00"),
        ("Tue, 24 Nov 2026 10:00:00 +0100", "2026-11-24T09:00:00"),
        ("November 24, 2026", "2026-11-24T00:00:00"),
        ("24th Nov 2026", "2026-11-24T00:00:00"),
        ("Nov. 24, 2026 at 5:30 PM", "2026-11-24T17:30:00"),
        ("1795600800", "2026-11-25T10:00:00"),
        ("2026-11-24T10:00:00.123456Z", "2026-11-24T10:00:00"),
    ],
)
def test_dates_are_read_as_newsrooms_write_them(text: str, expected: str) -> None:
    moment, _ = parse_moment(text)

    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["31 Nov 2026", "03/05/2024", "tomorrow", "24", "", "null", "0001-01-01"]
)
def test_what_is_no_date_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the text continues "is no date"
        parse_moment(text)


@given(VALUES)
def test_a_date_is_in_utc_and_whole_seconds_or_refused(value: object) -> None:
    try:
        moment, _ = parse_moment(value)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    assert moment.microsecond == 0


def test_dates_of_the_shared_list_are_read_as_it_expects(shared: Path) -> None:
    cases = json.loads((shared / "data/hostile/dates.json").read_text(encoding="utf-8"))["items"]
    wrong = []
    for case in cases:
        try:
            read_as = f"{parse_moment(case['text'])[0]:%Y-%m-%dT%H:%M:%SZ}"
        except ValueError:
            read_as = "reject"
        if case["expect"] not in ("either", read_as):
            wrong.append((case["text"], case["expect"], read_as))

    assert wrong == []
