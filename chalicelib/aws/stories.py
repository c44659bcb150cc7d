"""The stories in the table: the index by which related articles find each other, and the result.

    pk                   sk                    what
    ARTICLE#<id>         PLACED                its traits and account, and its places in the index
    ARTICLE#<id>         NEAR                  the articles that it is linked to
    ARTICLE#<id>         STORY                 the story that it is in, and who else tells it
    ARTICLE#<id>         PLACING               while it is placed: by whom, and the articles whose
                                               stories may change by it
    STORYKEY#<key>       <public_at>#<id>      an article that has the key
    STORY#<id>           <public_at>#<id>      the account of each member, in canonical order

All but PLACING follow from the articles alone. They are written after an article's transaction,
in steps that can each be repeated: see `chalicelib.placing`. Only the placer of an article writes,
and each write is made on condition that it still is. All reads but readers' are consistent.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.aws.store import as_read, membership, membership_key, state_key_of
from chalicelib.aws.table import Item, Key, Table, reading, row_key
from chalicelib.core.article import ArticleId, Membership
from chalicelib.core.codec import pack, unpack
from chalicelib.core.errors import FoldConflict, Overtaken
from chalicelib.core.stories.node import NOWHERE, Link, Node, Place, Placed
from chalicelib.core.stories.telling import Account

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.core.record import Record

LET_PASS_S, _LONGEST_S = 0.3, 8.0  # most placings are done in the first
_MAX_RIVALS = 12


class Standing(NamedTuple):
    """How an article stands among the others."""

    placed: Placed
    is_placed: bool  # and nobody is at it, nor has died over it
    is_held: bool  # somebody is at it, or has died over it


class Stories(Table):
    """The rows of stories, as everybody may use them."""

    def nodes(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Node]:
        """Return the node of each article; of one that is not placed, an empty one.

        One call for 50 articles.
        """
        wanted = sorted(set(ids))
        keys = [key for id_ in wanted for key in (placed_key(id_), near_key(id_))]
        rows = self._batch(keys, consistent=True)
        return {id_: Node(_placed(rows.get(placed_key(id_))), _near(rows.get(near_key(id_))))
                for id_ in wanted}  # fmt: skip

    def standing(self, id_: ArticleId) -> Standing:
        """Return where an article is placed, and whether somebody is at it, at one moment."""
        placed, placing = self._read_together([placed_key(id_), placing_key(id_)])
        is_held = placing is not None and "placer" in placing
        return Standing(_placed(placed), is_placed=placing is None, is_held=is_held)

    def let_pass(self, tries: int) -> None:
        """Give who places the article the time for it, a longer one each time that is tried."""
        longest_s = min(LET_PASS_S * 2**tries, _LONGEST_S)
        time.sleep(random.uniform(LET_PASS_S, longest_s))  # noqa: S311  # or both wake at once

    def under(self, key: str, *, limit: int | None) -> tuple[str, ...]:
        """Return the orders of the articles under an index key. One Query, one page."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"STORYKEY#{key}"}},
            ConsistentRead=True,
            **({"Limit": limit} if limit else {}),  # type: ignore[arg-type]
        )
        return tuple(item["sk"]["S"] for item in answer["Items"])

    def memberships(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Membership]:
        """Return the stories of those articles that are not alone in theirs. 100 a call."""
        keys = {membership_key(id_): id_ for id_ in sorted(set(ids))}
        rows = self._batch(list(keys), consistent=True)
        found = {keys[key]: membership(row) for key, row in rows.items()}
        return {id_: one for id_, one in found.items() if one is not None}

    def members(self, story_id: ArticleId, *, consistent: bool = True) -> dict[str, Account]:
        """Return the accounts of a story by their place in it. A Query for every megabyte."""
        rows = self._all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"STORY#{story_id}"}},
            ConsistentRead=consistent,
        )
        with reading():
            return {row["sk"]["S"]: unpack(row["account"]["B"], Account) for row in rows}

    def take(self, id_: ArticleId, ground: Record | None) -> Placer | None:
        """Become the placer of an article. Who was it until now writes nothing any more.

        On the *ground* of its record as it was read, None for one that has none: None where it is
        another by now. The record is no longer settled then, so that a placer that dies is missed.
        """
        token = os.urandom(16).hex()
        for _ in range(_MAX_RIVALS):
            row = self._get(placing_key(id_), consistent=True)
            become = {
                "UpdateExpression": "SET placer = :me",
                "ConditionExpression": "attribute_not_exists(pk)",
                "ExpressionAttributeValues": {":me": {"S": token}},
            }
            if row is not None and "placer" in row:
                become["ConditionExpression"] = "placer = :was"
                become["ExpressionAttributeValues"] = {":me": {"S": token}, ":was": row["placer"]}
            elif row is not None:
                become["ConditionExpression"] = (
                    "attribute_exists(pk) AND attribute_not_exists(placer)"
                )
            claim = self._update_of(placing_key(id_), become)
            ended = self._write_checked([claim], self._stands(id_, ground))
            if ended == "check":
                return None
            if ended is None:
                break
        else:
            raise FoldConflict("Other functions became the placer of one article all the while.")
        taken = self._get(placing_key(id_), consistent=True) if row is not None else None
        touched = taken["touched"]["SS"] if taken and "touched" in taken else ()
        return Placer(
            self._client,
            self._table,
            id_,
            token,
            is_taken_over=row is not None,
            touched=map(ArticleId, touched),
        )

    def leave_unplaced(self, id_: ArticleId, ground: Record | None) -> None:
        """Have the next placing look at all of an article, as if another had died over it.

        On the *ground* of its record, as `take`; nothing where that is another by now.
        """
        leave = self._update_of(placing_key(id_), {"UpdateExpression": "REMOVE placer"})
        self._write_checked([leave], self._stands(id_, ground))

    def _stands(self, id_: ArticleId, ground: Record | None) -> dict[str, Any]:
        """The check that the record is as it was read, which leaves it unsettled."""
        state = state_key_of(id_)
        if ground is None:
            return self._check_of(state, as_read(None))
        unsettled = {"UpdateExpression": "REMOVE settled_to", **as_read(ground)}
        return self._update_of(state, unsettled)


class Placer(Table):
    """The one function that places an article, and so may change the stories.

    A function that was overtaken, and wakes late, would write what holds no more; were it killed
    then, nobody would know. So what it writes is written on condition that it still is the placer,
    and one that is killed leaves the row by which it is, with the articles that it `touched`, to
    who takes it over. Every method may be repeated, and raises Overtaken.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        id_: ArticleId,
        token: str,
        *,
        is_taken_over: bool,
        touched: Iterable[ArticleId],
    ) -> None:
        super().__init__(client, table)
        self.id = id_
        self.is_taken_over = is_taken_over  # from another function, which may be dead
        self.touched = frozenset(touched)  # by this one, and by those that it was taken from
        self._me = {":me": {"S": token}}
        self._still: dict[str, Any] = {
            "ConditionExpression": "placer = :me",
            "ExpressionAttributeValues": self._me,
        }

    def touch(self, ids: Iterable[ArticleId]) -> None:
        """Note articles before anything is written by which their stories may change."""
        new = sorted(set(ids) - self.touched)
        if not new:
            return
        try:
            self._client.update_item(
                TableName=self._table,
                Key=row_key(placing_key(self.id)),
                UpdateExpression="ADD touched :new",
                ConditionExpression="placer = :me",
                ExpressionAttributeValues={**self._me, ":new": {"SS": new}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise self._overtaken() from error
        self.touched |= set(new)

    def put_placed(self, placed: Placed) -> None:
        """Note the article's traits and places; nothing where it has none of them any more."""
        if placed == NOWHERE:
            self._write([self._delete_of(placed_key(self.id))])
        else:
            self._write([self._put_of(placed_row(self.id, placed))])

    def move(self, *, to: Iterable[Place], away_from: Iterable[Place]) -> None:
        """Put the article's new places into the index, and take the old ones out."""
        writes = [self._put_of(row_key(place_key(place))) for place in sorted(to)]
        writes += [self._delete_of(place_key(place)) for place in sorted(away_from)]
        self._write(writes)

    def link(self, links: Iterable[Link]) -> None:
        """Link articles, from both sides."""
        self._write(
            self._update_of(
                near_key(one),
                {
                    "UpdateExpression": "ADD near :links",
                    "ExpressionAttributeValues": {":links": {"SS": told}},
                },
            )
            for one, told in _sides(links).items()
        )

    def unlink(self, links: Iterable[Link], nodes: Mapping[ArticleId, Node]) -> None:
        """Take links away, from both sides.

        No more once a node is not as it was read: the next look finds it.
        """
        writes = []
        for one, told in _sides(links).items():
            had = sorted(_told(other, strength) for other, strength in nodes[one].near.items())
            left = sorted(set(had) - set(told))
            as_it_was = {
                "ConditionExpression": "near = :had",
                "ExpressionAttributeValues": {":had": {"SS": had}},
            }
            if left and left != had:
                row = {**row_key(near_key(one)), "near": {"SS": left}}
                writes.append(self._put_of(row, as_it_was))
            elif left != had:
                writes.append(self._delete_of(near_key(one), as_it_was))
        self._write(writes)

    def tell(
        self,
        members: Mapping[ArticleId, tuple[Mapping[str, Account], Iterable[str]]],
        memberships: Mapping[ArticleId, Membership | None],
    ) -> None:
        """Put and delete *members* of stories by their places there, and the story of articles.

        None for an article that is alone in its story.
        """
        writes = []
        for story_id, (put, delete) in members.items():
            writes += [self._put_of(member_row(story_id, *one)) for one in put.items()]
            writes += [self._delete_of(member_key(story_id, place)) for place in delete]
        for id_, one in memberships.items():
            if one is None:
                writes.append(self._delete_of(membership_key(id_)))
            else:
                writes.append(self._put_of(membership_row(id_, one)))
        self._write(writes)

    def end(self) -> None:
        """Be the placer no more: the article is placed."""
        try:
            self._client.delete_item(
                TableName=self._table, Key=row_key(placing_key(self.id)), **self._still
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise self._overtaken() from error

    def _write(self, writes: Iterable[dict[str, Any]]) -> None:
        check = self._check_of(placing_key(self.id), self._still)
        if self._write_checked(writes, check) == "check":
            raise self._overtaken()

    def _overtaken(self) -> Overtaken:
        return Overtaken(f"Another function places {self.id} by now.")


def placed_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "PLACED"


def near_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "NEAR"


def placing_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "PLACING"


def place_key(place: Place) -> Key:
    return f"STORYKEY#{place.key}", place.order


def member_key(story_id: ArticleId, place: str) -> Key:
    """The row of a member's account in its story."""
    return f"STORY#{story_id}", place


def placed_row(id_: ArticleId, placed: Placed) -> Item:
    return {**row_key(placed_key(id_)), "placed": {"B": pack(placed)}}


def near_row(id_: ArticleId, near: Mapping[ArticleId, float]) -> Item:
    """Return the row of an article's links, of which there must be one."""
    told = sorted(_told(other, strength) for other, strength in near.items())
    return {**row_key(near_key(id_)), "near": {"SS": told}}


def member_row(story_id: ArticleId, place: str, account: Account) -> Item:
    return {**row_key(member_key(story_id, place)), "account": {"B": pack(account)}}


def membership_row(id_: ArticleId, one: Membership) -> Item:
    return {**row_key(membership_key(id_)), "membership": {"B": pack(one)}}


def _placed(row: Item | None) -> Placed:
    return unpack(row["placed"]["B"], Placed) if row else NOWHERE


def _near(row: Item | None) -> dict[ArticleId, float]:
    return dict(map(_linked, row["near"]["SS"])) if row else {}


def _sides(links: Iterable[Link]) -> dict[ArticleId, list[str]]:
    """Return what each article's row tells of these links."""
    told: dict[ArticleId, list[str]] = defaultdict(list)
    for (a, b), strength in links:
        told[a].append(_told(b, strength))
        told[b].append(_told(a, strength))
    return told


def _told(other: ArticleId, strength: float) -> str:
    return f"{other}#{strength:.2f}"


def _linked(told: str) -> tuple[ArticleId, float]:
    id_, _, strength = told.partition("#")
    return ArticleId(id_), float(strength)
