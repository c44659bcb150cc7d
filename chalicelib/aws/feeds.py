"""Other publishers' feeds in the table: how each was found last, and what they link to.

    pk                   sk                    what
    OBSERVED#feeds       <digest of address>   a feed: validators, problems, what is known of it
    OBSERVED#links       <listed_at>#<id>      a link, for the days that it is news
    OBSERVED#elsewhere#… VALUE                 the links that stand under an article, by its id

Observations: no upload tells of them, and a rebuild leaves them alone. They expire, feeds too:
one whose source is gone is written no more. All links stand in one partition, so that the
recent ones of all sources are one Query; a link is written once, not once a reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws.store import elsewhere, elsewhere_key
from chalicelib.aws.table import Item, Table, reading, row_key
from chalicelib.core.article import ArticleId, Elsewhere, moment
from chalicelib.core.codec import decode, digest, encode, pack, unpack
from chalicelib.core.links import Link
from chalicelib.core.watch import KEPT, Feed

_FEEDS = "OBSERVED#feeds"
_LINKS = "OBSERVED#links"
# Longer than any pause between two tries. A feed that has ended is asked once more after it.
_FEED_KEPT = timedelta(days=30)


class Feeds(Table):
    """The rows of feeds and links."""

    def all(self) -> tuple[Feed, ...]:
        """Return every feed that was asked for, those of sources that are gone among them."""
        found = self._query("pk = :pk", {":pk": {"S": _FEEDS}})
        return tuple(unpack(item["feed"]["B"], Feed) for item in found)

    def links(self, *, since: datetime, until: datetime, limit: int) -> tuple[Link, ...]:
        """Return up to *limit* links listed in a span of time, newest first.

        A Query for every megabyte, some 2,000 links.
        """
        found = self._query(
            "pk = :pk AND sk BETWEEN :since AND :until",
            {
                ":pk": {"S": _LINKS},
                ":since": {"S": moment(since)},
                ":until": {"S": moment(until) + "#~"},
            },
            limit=limit,
        )
        return tuple(decode(item["link"]["S"], Link) for item in found)

    def put(self, feed: Feed, links: Iterable[Link], *, was: Feed) -> bool:
        """Write a feed and its links, all or none, if the feed's row is still that of *was*.

        Returns False when another run got there first: what it wrote is as good. At most
        MAX_LINKS links.
        """
        unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if was.changed_at is not None:
            unchanged = {
                "ConditionExpression": "changed_at = :was",
                "ExpressionAttributeValues": {":was": {"S": moment(was.changed_at)}},
            }
        rows = (self._put_of(_link_row(link)) for link in links)
        return self._write_together([self._put_of(_feed_row(feed), unchanged), *rows])

    def elsewhere(self, ids: Iterable[ArticleId]) -> dict[ArticleId, tuple[Elsewhere, ...]]:
        """Return the reports on other sites under each article that has any. 100 a call."""
        keys = {elsewhere_key(id_): id_ for id_ in sorted(set(ids))}
        rows = self._batch(list(keys), consistent=False)
        return {keys[key]: elsewhere(row) for key, row in rows.items()}

    def put_elsewhere(
        self, found: Mapping[ArticleId, tuple[Elsewhere, ...]], *, now: datetime
    ) -> None:
        """Put the reports under each article; they go when none of them is news any more."""
        expires = {"N": str(int((now + KEPT).timestamp()))}
        self._write_all(
            put=[
                {**row_key(elsewhere_key(id_)), "elsewhere": {"B": pack(told)}, "ttl": expires}
                for id_, told in found.items()
                if told
            ],
            delete=[elsewhere_key(id_) for id_, told in found.items() if not told],
        )

    def _query(
        self, condition: str, values: dict[str, Any], *, limit: int | None = None
    ) -> list[Any]:
        """Return the rows of a partition, the last first, up to *limit*."""
        with reading():
            rows = self._all(
                limit=limit,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
            )
            return list(rows)


def _feed_row(feed: Feed) -> Item:
    if feed.changed_at is None:
        message = f"The feed {feed.address} was never asked for."
        raise ValueError(message)
    return {
        **row_key((_FEEDS, digest(feed.address.encode()))),
        "address": {"S": feed.address},
        "changed_at": {"S": moment(feed.changed_at)},
        "feed": {"B": pack(feed)},
        "ttl": {"N": str(int((feed.changed_at + _FEED_KEPT).timestamp()))},
    }


def _link_row(link: Link) -> Item:
    return {
        **row_key((_LINKS, f"{moment(link.listed_at)}#{link.id}")),
        "link": {"S": encode(link).decode()},
        "ttl": {"N": str(int((link.listed_at + KEPT).timestamp()))},
    }
