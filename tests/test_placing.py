"""Stories in the table are those of the set of articles, whatever came when, and who died where."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import placing, wiring
from chalicelib.aws.stories import Stories
from chalicelib.core.article import Article, ArticleId, article_id
from chalicelib.core.stories import (
    FAN_OUT,
    MAX_PART,
    Traits,
    links,
    part,
    stories,
)
from chalicelib.core.stories.node import Placed
from tests import builders
from tests.conftest import NOW, Paper
from tests.doubles.dynamodb import DynamoDB
from tests.engines import TABLE
from tests.story_rows import story_rows

FERRY = (
    "The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain "
    "Orla Vance said all of them were brought ashore at Skerrin Point by the coastguard."
)
FERRY_AGAIN = (
    "All 214 passengers of the Skerrin are safe after the ferry struck rocks near Callport on "
    "Tuesday, captain Orla Vance told reporters at Skerrin Point."
)
BUDGET = (
    "Finance minister Ilse Calder raised the tourism levy in Marrow in Thursday's budget, and "
    "hoteliers of the Marrow guild said they would go to court over the 4 crowns a night."
)
BUDGET_AGAIN = (
    "Hoteliers in Marrow will sue over the tourism levy of 4 crowns a night that minister Ilse "
    "Calder put into Thursday's budget, their guild said."
)
CHESS = "Chess champion Ludo Perrin resigned after 61 moves in Varnholm, his first loss in a year."
TEXTS = (FERRY, FERRY_AGAIN, BUDGET, BUDGET_AGAIN, CHESS, f"{FERRY}\n\n{BUDGET}")


def article(text: str, *, hours: int = 0, **metadata: str) -> str:
    date = (NOW - timedelta(hours=9) + timedelta(hours=hours)).isoformat()
    return builders.markdown(text[:40], date=f'"{date}"', body=text, **metadata)


def told(keys: Iterable[str]) -> dict[str, str]:
    """The story of each article, as its page has it."""
    found = {}
    for key in keys:
        rows = wiring.store().article(article_id(key))
        found[key] = rows.membership.story_id if rows.membership else article_id(key)
    return found


def of_the_set(articles: dict[str, Traits]) -> dict[str, str]:
    """What clustering all articles anew makes of them."""
    found = stories(articles.values())
    return {key: found[traits.id] for key, traits in articles.items()}


def traits_of(key: str) -> Traits:
    current = wiring.store().article(article_id(key)).current
    assert current is not None
    return placing.traits_of(current)


def test_two_reports_of_one_event_find_each_other(paper: Paper) -> None:
    paper.publish("a.md", article(FERRY))
    paper.publish("b.md", article(FERRY_AGAIN, hours=1))
    paper.publish("c.md", article(BUDGET, hours=2))

    assert told(["a.md", "b.md", "c.md"]) == {
        "a.md": article_id("a.md"),
        "b.md": article_id("a.md"),
        "c.md": article_id("c.md"),
    }
    rows = wiring.store().article(article_id("a.md"))
    assert rows.membership is not None
    assert [card.id for card in rows.membership.others] == [article_id("b.md")]


def test_the_receipt_tells_of_copies_and_of_the_story(paper: Paper) -> None:
    long = "\n\n".join(builders.PARAGRAPHS)
    paper.publish("wire.md", builders.markdown(body=long, source="harbour-agency"))
    paper.publish("copy.md", builders.markdown("Ferry is back", body=long + "\n\n" + CHESS))

    receipt = paper.receipt("copy.md")

    assert receipt["story_id"] in {article_id("wire.md"), article_id("copy.md")}
    (duplicate,) = receipt["duplicates"]
    assert duplicate["article_id"] == article_id("wire.md")
    assert duplicate["source"] == "harbour-agency"
    assert duplicate["similarity"] >= 0.5
    assert paper.receipt("wire.md")["duplicates"] == []


def test_a_copy_that_waits_for_its_time_is_not_told(paper: Paper) -> None:
    paper.publish("later.md", builders.markdown(embargo_until="2026-03-25T12:00:00Z"))
    paper.publish("now.md", builders.markdown())

    assert paper.receipt("now.md")["duplicates"] == []


def of_stories(paper: Paper) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of stories, sets in one order."""
    found = {}
    for (pk, sk), row in paper.rows().items():
        is_story = pk.startswith(("STORY#", "STORYKEY#")) or sk in ("PLACED", "NEAR", "STORY")
        if is_story:
            found[pk, sk] = {
                name: {"SS": sorted(value["SS"])} if "SS" in value else value
                for name, value in row.items()
            }
    return found


def forget(paper: Paper, key: str) -> None:
    """Delete every version of a key for good, and tell the newsroom."""
    listing = paper.s3.list_object_versions(Bucket="broadsheet-local-uploads", Prefix=key)
    for version in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())):
        paper.s3.delete_object(
            Bucket="broadsheet-local-uploads", Key=key, VersionId=version["VersionId"]
        )
    paper.ingest(key)


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds another at an article does not wait: it is dead here, or called by this one."""
    monkeypatch.setattr("chalicelib.aws.stories.LET_PASS_S", 0)


class Interrupted:
    """A client of the table, with something that happens before one of its calls."""

    def __init__(self, client: Any, act: Callable[[], object], *, before_call: int) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self._act = act
        self._before_call = before_call
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self._before_call:
                self._act()
            return method(*args, **kwargs)

        return call


class KilledError(Exception):
    """The function is killed."""


def die() -> None:
    raise KilledError


class Room:
    """The stories of a newsroom in memory, and its articles."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.client = DynamoDB(TABLE)
        self.rows = Stories(self.client, TABLE)  # type: ignore[arg-type]  # answers as boto3 does
        self.articles = [
            builders.made(f"{n}.md", text, public_at=NOW + timedelta(minutes=n))
            for n, text in enumerate(texts)
        ]
        self.there: set[ArticleId] = set()

    def place(self, *articles: Article, client: Any = None) -> None:
        for one in articles:
            self.there.add(one.id)
            placing.place(one.id, one, ground=None, rows=Stories(client or self.client, TABLE))

    def withdraw(self, *articles: Article, client: Any = None) -> None:
        for one in articles:
            self.there.discard(one.id)
            placing.place(one.id, None, ground=None, rows=Stories(client or self.client, TABLE))

    def fill(self, articles: list[Article]) -> None:
        for row in story_rows(articles):
            self.client.put_item(TableName=TABLE, Item=row)
        self.there.update(one.id for one in articles)

    def table(self) -> list[Any]:
        """Every row, in one order."""
        rows = self.client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return sorted(rows, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))

    def stories(self) -> dict[ArticleId, ArticleId]:
        told = self.rows.memberships(self.there)
        return {id_: told[id_].story_id if id_ in told else id_ for id_ in self.there}


RELATED = (FERRY, FERRY_AGAIN, f"{FERRY_AGAIN}\n\n{BUDGET}", BUDGET_AGAIN)


def test_the_order_of_arrival_leaves_no_trace() -> None:
    tables = []
    for order in permutations(range(len(RELATED))):
        room = Room(RELATED)
        room.place(*(room.articles[n] for n in order))
        tables.append(room.table())
        assert room.stories() == stories(map(placing.traits_of, room.articles))

    assert tables[1:] == tables[:-1]


@pytest.mark.parametrize("subject", range(len(RELATED)))
def test_a_placing_that_is_killed_anywhere_is_made_good_by_the_next(subject: int) -> None:
    room = Room(RELATED)
    room.place(*room.articles)
    wanted = room.table()
    one = room.articles[subject]

    for call in range(1, 100):
        room.withdraw(one)
        killed = Interrupted(room.client, die, before_call=call)
        with contextlib.suppress(KilledError):
            room.place(one, client=killed)
        if killed.calls < call:
            break  # it came to its end
        room.place(one)
        assert room.table() == wanted, f"killed before call {call}"

    assert call > 30


@pytest.mark.parametrize("subject", range(len(RELATED)))
def test_a_withdrawal_that_is_killed_anywhere_is_made_good_by_the_next(subject: int) -> None:
    room = Room(RELATED)
    one = room.articles[subject]
    room.place(*room.articles)
    room.withdraw(one)
    wanted = room.table()

    for call in range(1, 100):
        room.place(one)
        killed = Interrupted(room.client, die, before_call=call)
        with contextlib.suppress(KilledError):
            room.withdraw(one, client=killed)
        if killed.calls < call:
            break
        room.withdraw(one)
        assert room.table() == wanted, f"killed before call {call}"

    assert call > 15


PAIRS = list(permutations(range(len(RELATED)), 2))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_articles_that_come_at_once_find_each_other(first: int, second: int) -> None:
    room = Room(RELATED)
    room.place(*room.articles)
    wanted = room.table()
    one, other = room.articles[first], room.articles[second]

    for call in range(1, 100):
        room.withdraw(one, other)
        both = Interrupted(room.client, partial(room.place, other), before_call=call)
        room.place(one, client=both)
        if both.calls < call:
            break
        assert room.table() == wanted, f"the second came before call {call}"

    assert call > 30


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_may_go_while_another_comes(first: int, second: int) -> None:
    room = Room(RELATED)
    one, gone = room.articles[first], room.articles[second]
    room.place(*room.articles)
    room.withdraw(gone)
    wanted = room.table()

    for call in range(1, 100):
        room.place(gone)
        room.withdraw(one)
        both = Interrupted(room.client, partial(room.withdraw, gone), before_call=call)
        room.place(one, client=both)
        if both.calls < call:
            break
        assert room.table() == wanted, f"the other went before call {call}"

    assert call > 30


@pytest.mark.parametrize(("slow", "gone"), PAIRS[::2])
@pytest.mark.parametrize("further", [1, 3])
def test_who_was_overtaken_and_is_killed_then_has_changed_nothing_more(
    slow: int, gone: int, further: int
) -> None:
    room = Room(RELATED)
    one, other = room.articles[slow], room.articles[gone]
    room.place(*room.articles)
    room.withdraw(other)
    wanted = room.table()

    def meanwhile() -> None:
        room.place(one)  # the same event, delivered twice
        room.withdraw(other)

    for call in range(1, 100):
        room.place(other)
        room.withdraw(one)
        overtaken = Interrupted(room.client, meanwhile, before_call=call)
        killed = Interrupted(overtaken, die, before_call=call + further)
        with contextlib.suppress(KilledError):
            room.place(one, client=killed)
        if overtaken.calls < call:
            break
        room.place(one)  # its event comes again
        assert room.table() == wanted, f"overtaken before call {call}"

    assert call > 20


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(range(8)), st.booleans()), max_size=24),
    st.lists(st.sampled_from(TEXTS), min_size=8, max_size=8),
)
def test_stories_are_those_of_the_set_after_any_history(
    acts: list[tuple[int, bool]], texts: list[str]
) -> None:
    room, there = Room(texts), set()
    for number, comes in acts:
        (room.place if comes else room.withdraw)(room.articles[number])
        (there.add if comes else there.discard)(number)

    assert room.stories() == stories(placing.traits_of(room.articles[n]) for n in there)
    room.withdraw(*room.articles)
    assert room.table() == []


@pytest.mark.parametrize("late", [0, 20, FAN_OUT + 5])
def test_a_full_key_has_the_same_articles_whoever_comes_late(late: int) -> None:
    room = Room(f"{FERRY} Report {n * 37} of {n * 91} pages." for n in range(FAN_OUT + 9))
    crowd = room.articles

    room.place(*crowd[:late], *crowd[late + 1 :], crowd[late])

    near = {one.id: node.near for one in crowd for node in room.rows.nodes([one.id]).values()}
    assert near == links(map(placing.traits_of, crowd))
    assert room.stories() == stories(map(placing.traits_of, crowd))
    room.withdraw(crowd[late])
    rest = [*crowd[:late], *crowd[late + 1 :]]
    assert room.stories() == stories(map(placing.traits_of, rest))


def test_a_part_that_grows_too_large_falls_into_its_closer_ones() -> None:
    room = Room(
        f"{FERRY if n % 2 else BUDGET} {FERRY_AGAIN} Report {n * 37} of {n * 91} pages."
        for n in range(MAX_PART + 2)
    )
    most, late = room.articles[: MAX_PART - 1], room.articles[MAX_PART - 1 :]
    room.fill(most)
    near = links(map(placing.traits_of, room.articles))
    whole = part(most[0].id, lambda ids: [near[one] for one in ids])
    assert len(whole) < len(room.articles)  # or this is no test of what is too large

    for n, one in enumerate(late, start=1):
        room.place(one)
        assert room.stories() == stories(map(placing.traits_of, [*most, *late[:n]]))
    room.withdraw(*late)

    assert room.stories() == stories(map(placing.traits_of, most))


# In the real table


ACTS = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.sampled_from([*TEXTS, None]),
        st.integers(0, 8),
        st.sampled_from([None, None, "a", "b"]),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_the_table_tells_the_stories_of_the_set(
    paper: Paper, acts: list[tuple[str, str | None, int, str | None]]
) -> None:
    for name, text, hours, tied in acts:
        key = f"{name}.md"
        if text is None:
            paper.delete(key)
        else:
            links = {"same_story": f"{tied}.md"} if tied else {}
            paper.upload(key, article(text, hours=hours, **links), at=NOW)
        paper.ingest(key)

    names = {f"{name}.md" for name, *_ in acts}
    kept = [key for key in names if wiring.store().article(article_id(key)).current is not None]
    found = told(kept)
    assert found == of_the_set({key: traits_of(key) for key in kept})
    for story in set(found.values()):
        members = {article_id(key) for key, one in found.items() if one == story}
        rows = wiring.store().stories.members(ArticleId(story))
        assert {one.card.id for one in rows.values()} == (members if len(members) > 1 else set())
    for key in names:
        forget(paper, key)
    assert of_stories(paper) == {}


@pytest.mark.parametrize("is_for_good", [False, True], ids=["withdrawn", "taken down"])
def test_what_is_taken_away_while_it_is_placed_stays_in_no_story(
    paper: Paper, monkeypatch: pytest.MonkeyPatch, *, is_for_good: bool
) -> None:
    version = paper.upload("a.md", article(FERRY))
    paper.publish("b.md", article(FERRY_AGAIN))
    real = placing.place

    def overtaken(*args: Any, **rows: Any) -> Any:
        monkeypatch.setattr(placing, "place", real)
        gone = {"VersionId": version} if is_for_good else {}
        paper.s3.delete_object(Bucket="broadsheet-local-uploads", Key="a.md", **gone)
        paper.ingest("a.md")  # another function, from beginning to end
        return real(*args, **rows)

    monkeypatch.setattr(placing, "place", overtaken)
    paper.ingest("a.md")

    id_ = article_id("a.md")
    assert not wiring.store().stories.members(id_)
    assert wiring.store().stories.nodes([id_])[id_].placed == Placed()
    assert told(["b.md"]) == {"b.md": article_id("b.md")}
