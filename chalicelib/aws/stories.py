"""The stories in the table: the index by which related articles find each other, and the result.

    pk                   sk                    what
    ARTICLE#<id>         PLACED                its traits and account, and its places in the index
    ARTICLE#<id>         NEAR                  the articles that it is linked to
    ARTICLE#<id>         STORY                 the story that it is in, and who else tells it
    STORYKEY#<key>       <public_at>#<id>      an article that has the key
    STORY#<id>           <public_at>#<id>      the account of each member, in canonical order

All follow from the articles alone. They are written after an article's transaction, in steps
that can each be repeated: see `chalicelib.placing`. All reads but readers' are consistent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.aws.store import membership, membership_key
from chalicelib.aws.table import Item, Key, Table, reading, row_key
from chalicelib.core.article import ArticleId, Membership
from chalicelib.core.codec import pack, unpack
from chalicelib.core.stories.node import NOWHERE, Node, Place, Placed
from chalicelib.core.stories.telling import Account


class Stories(Table):
    """The rows of stories."""

    def nodes(self, ids: Iterable[ArticleId]) -> dict[ArticleId, Node]:
        """Return the node of each article; of one that is not placed, an empty one.

        One call for 50 articles.
        """
        wanted = sorted(set(ids))
        keys = [key for id_ in wanted for key in (placed_key(id_), near_key(id_))]
        rows = self._batch(keys, consistent=True)
        found = {}
        for id_ in wanted:
            placed, near = rows.get(placed_key(id_)), rows.get(near_key(id_))
            found[id_] = Node(
                unpack(placed["placed"]["B"], Placed) if placed else NOWHERE,
                dict(_link(told) for told in near["near"]["SS"]) if near and "near" in near else {},
            )
        return found

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

    def put_placed(self, id_: ArticleId, placed: Placed) -> None:
        """Note an article's traits and places; nothing where it has none of them any more."""
        if placed == NOWHERE:
            self._client.delete_item(TableName=self._table, Key=row_key(placed_key(id_)))
            return
        item = {**row_key(placed_key(id_)), "placed": {"B": pack(placed)}}
        self._put(item)

    def reopen(self, id_: ArticleId) -> None:
        """Have the next placing of an article look at all of it, as if it had just changed."""
        placed = self.nodes([id_])[id_].placed
        if placed != NOWHERE:
            self.put_placed(id_, placed._replace(is_open=True))

    def move(self, *, to: Iterable[Place], away_from: Iterable[Place]) -> None:
        """Put an article's new places into the index, then take the old ones out."""
        self._write_all(put=[row_key(place_key(place)) for place in sorted(to)])
        self._write_all(delete=[place_key(place) for place in sorted(away_from)])

    def link(self, a: ArticleId, b: ArticleId, strength: float) -> None:
        """Link two articles, from both sides."""
        for one, other in ((a, b), (b, a)):
            self._client.update_item(
                TableName=self._table,
                Key=row_key(near_key(one)),
                UpdateExpression="ADD near :link",
                ExpressionAttributeValues={":link": {"SS": [_told(other, strength)]}},
            )

    def unlink(self, a: ArticleId, b: ArticleId, strength: float) -> None:
        """Take a link away, from both sides, and the row that it leaves empty."""
        for one, other in ((a, b), (b, a)):
            key = row_key(near_key(one))
            left = self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="DELETE near :link",
                ExpressionAttributeValues={":link": {"SS": [_told(other, strength)]}},
                ReturnValues="ALL_NEW",
            )
            if "near" not in left.get("Attributes", {}):
                self._delete_if(key, "attribute_not_exists(near)")

    def _delete_if(self, key: Item, condition: str) -> None:
        try:
            self._client.delete_item(TableName=self._table, Key=key, ConditionExpression=condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    # The result

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

    def put_members(
        self, story_id: ArticleId, put: Mapping[str, Account], delete: Iterable[str]
    ) -> None:
        """Put and delete members of a story by their place in it."""
        self._write_all(
            put=[
                {**row_key(member_key(story_id, place)), "account": {"B": pack(one)}}
                for place, one in put.items()
            ],
            delete=[member_key(story_id, place) for place in delete],
        )

    def put_memberships(self, memberships: Mapping[ArticleId, Membership | None]) -> None:
        """Put the story of each article; None for one that is alone in its story."""
        self._write_all(
            put=[
                {**row_key(membership_key(id_)), "membership": {"B": pack(one)}}
                for id_, one in memberships.items()
                if one is not None
            ],
            delete=[membership_key(id_) for id_, one in memberships.items() if one is None],
        )


def placed_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "PLACED"


def near_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "NEAR"


def place_key(place: Place) -> Key:
    return f"STORYKEY#{place.key}", place.order


def member_key(story_id: ArticleId, place: str) -> Key:
    """The row of a member's account in its story."""
    return f"STORY#{story_id}", place


def _told(other: ArticleId, strength: float) -> str:
    return f"{other}#{strength:.2f}"


def _link(told: str) -> tuple[ArticleId, float]:
    id_, _, strength = told.partition("#")
    return ArticleId(id_), float(strength)
