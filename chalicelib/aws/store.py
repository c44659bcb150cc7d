"""The table: a projection of the uploads bucket that can be thrown away and made again.

    pk                   sk                    what
    UPLOAD#<key's id>    STATE                 the record of a key without its articles
    ARTICLE#<id>         CURRENT               what readers have, or why they no longer do
    ARTICLE#<id>         AS#<revision>         a revision as it was; public if CURRENT says so
    ARTICLE#<id>         CLOSED                that it was taken down, whatever else there is
    ARTICLE#<id>         DRAFT                 what its editors alone may see
    ARTICLE#<id>         SUCCESSORS            the articles that replace it, and from when
    ARTICLE#<id>         …                     its part in stories: see `aws.stories`
    LIST#<list>          <public_at>#<id>      a card, and beside it what feeds tell besides;
                                               lists: all, pinned, section#…, tag#…, source#…
    LIST#corrections     <corrected_at>#<id>   an article's corrections, from when it is public
    LIST#changes         <at>#<id>             what readers have of an article from then on, or
                                               that they have it no more; read only up to now
    LIST#sources         PROFILE#<id>          a source and the feeds in which it is watched
    LIST#sources         SUBSCRIPTIONS         those of sources/feeds.opml
    SHOWN#<name>         VALUE                 what others copy: a source's profile, a picture
    SHOWN#<name>         USED_BY#<key's id>    a key that copied it
    OBSERVED#<what>      VALUE                 no projection: the prepared list, cursors
    OBSERVED#<what>      …                     feeds and their links: see `aws.feeds`

All rows of a record are written in one transaction, on condition that its STATE is still as it
was read. Each belongs to one record; SUCCESSORS alone is shared by all that replace an article,
and is written on condition that it too is as it was read. Values are JSON, compressed where they
hold an article; what a condition or a person looks for is an attribute beside it. There is no
index: a read may be consistent everywhere. `aws.projection` makes all of it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.aws.table import (
    READ_AT_ONCE,
    Item,
    Key,
    Table,
    fits_together,
    key_of,
    reading,
    row_key,
)
from chalicelib.core.article import (
    Absence,
    Article,
    ArticleId,
    Brief,
    Card,
    Corrected,
    Elsewhere,
    Membership,
    article_id,
    moment,
    place_of,
)
from chalicelib.core.codec import decode, digest, encode, pack, pack_brief, unpack
from chalicelib.core.ranking import Latest
from chalicelib.core.turns import Turns
from chalicelib.core.uploads import kind_of

if TYPE_CHECKING:
    from chalicelib.aws.feeds import Feeds
    from chalicelib.aws.stories import Stories
    from chalicelib.core.article import Source
    from chalicelib.core.changes import Change
    from chalicelib.core.record import Record, Shown
    from chalicelib.core.sources import Watched

_ALL = "all"
_CORRECTIONS = "corrections"
_CHANGES = "LIST#changes"
_SOURCES = "LIST#sources"
_REVISION = "AS#"
_OBSERVED_LATEST = ("OBSERVED#latest", "VALUE")
_OBSERVED_CURSOR = ("OBSERVED#reconcile", "VALUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRows:
    """What one read of an article's address gives: see `article.read_by`."""

    current: Article | None
    gone: Absence | None
    shown: tuple[int, ...]  # revisions that were public before the current one
    successors: tuple[str, ...]  # places: from when each article that replaces it is public
    membership: Membership | None
    elsewhere: tuple[Elsewhere, ...]
    latest: Latest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An article and its revisions, newest first; those in `shown` were public once."""

    current: Article | None
    gone: Absence | None
    shown: tuple[int, ...]
    revisions: tuple[Article, ...]


class Store(Table):
    """The rows of the newsroom's records, and what readers are given of them."""

    @property
    def stories(self) -> Stories:
        """The rows of the same table that say which articles tell one event."""
        from chalicelib.aws.stories import Stories

        return Stories(self._client, self._table)

    @property
    def feeds(self) -> Feeds:
        """What the same table knows of other publishers' feeds."""
        from chalicelib.aws.feeds import Feeds

        return Feeds(self._client, self._table)

    # For the fold

    def record(self, key: str) -> Record | None:
        """Return the record of *key* as one moment had it. One transaction of three reads."""
        id_ = article_id(key)
        keys = [state_key(key), current_key(id_), draft_key(id_)]
        return record_of(*self._read_together(keys))

    def write(
        self,
        before: Record | None,
        after: Record | None,
        revisions: Sequence[Article] = (),
        *,
        gone: Iterable[int] = (),
    ) -> bool:
        """Put the rows of *after* in the place of those of *before*, all or none.

        Only rows that differ are written, and with them the *revisions* that *after* counts; those
        that are *gone* are deleted: a writer that is too late does neither. Returns False when
        another writer got there first: the caller reads and folds again.
        """
        had = rows_of(before) if before else {}
        has = rows_of(after) if after else {}
        upload = (after or before).key  # type: ignore[union-attr]  # one of the two is there
        state, id_ = state_key(upload), article_id(upload)
        condition = unchanged(had.get(state))
        writes: list[dict[str, Any]] = []
        for key in sorted(had.keys() | has.keys()):
            guard = condition if key == state else {}
            if key not in has:
                writes.append(self._delete_of(key, guard))
            elif has[key] != had.get(key) or guard:
                writes.append(self._put_of(has[key], guard))
        claimed, claims = claim_of(before), claim_of(after)
        if claimed != claims:
            writes += self.claims(claimed, claims)
        writes += self._open_or_closed(after)
        changes = [self._put_of(row) for row in revision_rows(revisions)]
        changes += [self._delete_of(revision_key(id_, number)) for number in gone]
        return self._write_record(writes, changes, state, condition)

    def _open_or_closed(self, record: Record | None) -> Iterator[dict[str, Any]]:
        """Yield the check that an article is taken down still, or is not, as its record says."""
        if record is not None and kind_of(record.key) == "article":
            is_so = "attribute_exists(pk)" if record.is_closed else "attribute_not_exists(pk)"
            key = _closed_key(article_id(record.key))
            yield self._check_of(key, {"ConditionExpression": is_so})

    def _write_record(
        self,
        writes: Sequence[dict[str, Any]],
        changes: Sequence[dict[str, Any]],
        state: Key,
        condition: Mapping[str, Any],
    ) -> bool:
        """Make the *writes* of a record, that of *state* among them, and *changes* of revisions.

        Of more than go together the changes go before, while the record is as it was read.
        """
        if fits_together([*writes, *changes]):
            return self._write_together([*writes, *changes])
        ended = self._write_checked(changes, self._check_of(state, condition))
        return ended is None and self._write_together([*writes])

    def claims(self, had: Claim | None, has: Claim | None) -> Iterator[dict[str, Any]]:
        """Yield the writes by which SUCCESSORS tell of the claim *has* and no longer of *had*."""
        for key in sorted({claim.key for claim in (had, has) if claim}):
            row = self._get(key, consistent=True)
            was = row["by"]["SS"] if row else []
            told = {place for place in was if Claim(key, place) != had}
            if has is not None and has.key == key:
                told.add(has.place)
            if told == set(was):
                continue
            guard: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
            if row is not None:
                guard = {
                    "ConditionExpression": "#by = :was",
                    "ExpressionAttributeNames": {"#by": "by"},  # a word of DynamoDB's own
                    "ExpressionAttributeValues": {":was": row["by"]},
                }
            if told:
                yield self._put_of({**row_key(key), "by": {"SS": sorted(told)}}, guard)
            else:
                yield self._delete_of(key, guard)

    def forget_revisions(self, key: str) -> None:
        """Delete every revision of *key*, those too that no record ever counted.

        As long as there is no record: who has come to write one knows which it counts. A Query a
        megabyte.
        """
        pk = current_key(article_id(key))[0]
        rows = self._all(
            ProjectionExpression="pk, sk",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :revisions)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":revisions": {"S": _REVISION}},
            ConsistentRead=True,
        )
        deletions = [self._delete_of(key_of(row)) for row in rows]
        self._write_checked(deletions, self._check_of(state_key(key), unchanged(None)))

    def shown(self, names: Iterable[str]) -> tuple[dict[str, Shown], dict[str, str]]:
        """Return what the named records give to others now, and the digest of each, "" if none."""
        from chalicelib.core.article import Picture, Source

        rows = self._batch([(_shown_pk(name), "VALUE") for name in names], consistent=True)
        values: dict[str, Shown] = {}
        digests = dict.fromkeys(names, "")
        for (pk, _), item in rows.items():
            name = pk.removeprefix("SHOWN#")
            encoded = item["value"]["S"].encode()
            kind: type[Source | Picture] = Source if name.startswith("source:") else Picture
            values[name] = decode(encoded, kind)
            digests[name] = digest(encoded)
        return values, digests

    def users(self, key: str) -> Iterator[str]:
        """Yield the keys of the records that have copied from the record of *key*."""
        from chalicelib.core.record import name_of_key

        values = {":pk": {"S": _shown_pk(name_of_key(key))}, ":users": {"S": "USED_BY#"}}
        rows = self._all(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :users)",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        for row in rows:
            yield row["key"]["S"]

    def behind(self, keys: Iterable[str], name: str, value: Shown | None) -> Iterator[str]:
        """Yield those of *keys* that have not copied *value* from the record *name*, and settled.

        100 keys a call: of thousands that copy, a run that goes on where another was killed must
        not look at each again.
        """
        now = digest(encode(value)) if value is not None else ""
        left = iter(keys)
        while some := list(islice(left, READ_AT_ONCE)):
            rows = self._batch([state_key(key) for key in some], consistent=True)
            yield from (key for key in some if not _has_copied(rows.get(state_key(key)), name, now))

    def is_closed(self, id_: ArticleId) -> bool:
        """True if an article was taken down."""
        return self._get(_closed_key(id_), consistent=True) is not None

    def uploaded_as(self, id_: ArticleId) -> str | None:
        """Return the key of which *id_* is the id, if it has a record."""
        row = self._get(state_key_of(id_), consistent=True)
        return row["key"]["S"] if row else None

    def settled_to(self, keys: Iterable[str]) -> dict[str, str]:
        """Return, for each key that is settled, the version it is settled to. 100 keys a call."""
        by_row = {state_key(key): key for key in keys}
        rows = self._batch(list(by_row), consistent=True)
        settled = {by_row[row]: item.get("settled_to") for row, item in rows.items()}
        return {key: value["S"] for key, value in settled.items() if value is not None}

    def articles(self, ids: Iterable[ArticleId]) -> tuple[Article, ...]:
        """Return the current articles of *ids* that there are, in their order, consistently."""
        keys = [current_key(id_) for id_ in ids]
        rows = self._batch(keys, consistent=True)
        found = (_article(rows.get(key)) for key in keys)
        return tuple(article for article in found if article is not None)

    # For readers

    def article(self, id_: ArticleId) -> ArticleRows:
        """Return all that an article's page shows. One BatchGetItem of six rows."""
        keys = [
            current_key(id_),
            _closed_key(id_),
            _successors_key(id_),
            membership_key(id_),
            elsewhere_key(id_),
            _OBSERVED_LATEST,
        ]
        rows = self._batch(keys, consistent=False)
        closed = rows.get(_closed_key(id_))
        current = closed or rows.get(current_key(id_))
        successors = rows.get(_successors_key(id_)) if closed is None else None
        return ArticleRows(
            current=_article(current),
            gone=_gone(current),
            shown=_shown(current),
            successors=tuple(successors["by"]["SS"]) if successors else (),
            membership=membership(rows.get(membership_key(id_))),
            elsewhere=elsewhere(rows.get(elsewhere_key(id_))),
            latest=_latest(rows.get(_OBSERVED_LATEST)),
        )

    def elsewhere(self, id_: ArticleId) -> tuple[Elsewhere, ...]:
        """Return the reports on other sites that stand under an article. One GetItem."""
        return elsewhere(self._get(elsewhere_key(id_), consistent=False))

    def latest(self) -> Latest | None:
        """Return the prepared list, None before the first refresh. One GetItem."""
        return _latest(self._get(_OBSERVED_LATEST, consistent=False))

    def cards(
        self,
        list_: str,
        *,
        until: datetime,
        after: str = "",
        before: str = "",
        limit: int,
        consistent: bool = False,
    ) -> tuple[tuple[Card, ...], Turns]:
        """Return cards of a list, newest first, and where its next pages begin. One Query page.

        It goes on *after* a place, or ends right *before* one. Nothing that becomes public later
        than *until* is read.
        """
        items, turns = self._listed(
            list_,
            "card",
            until=until,
            after=after,
            before=before,
            limit=limit,
            consistent=consistent,
        )
        return tuple(decode(item["card"]["S"], Card) for item in items), turns

    def briefs(
        self, list_: str, *, until: datetime, after: str = "", limit: int
    ) -> tuple[tuple[tuple[Card, Brief], ...], Turns]:
        """Return cards of a list with what feeds tell besides; as `cards` otherwise."""
        items, turns = self._listed(list_, "card, brief", until=until, after=after, limit=limit)
        listed = ((decode(i["card"]["S"], Card), unpack(i["brief"]["B"], Brief)) for i in items)
        return tuple(listed), turns

    def briefs_of(self, cards: Iterable[Card]) -> dict[ArticleId, Brief]:
        """Return what feeds tell of these articles besides, as far as the archive lists them."""
        keys = {(f"LIST#{_ALL}", card.place): card.id for card in cards}
        rows = self._batch(list(keys), consistent=False)
        return {keys[key]: unpack(row["brief"]["B"], Brief) for key, row in rows.items()}

    def corrections(
        self, *, until: datetime, after: str = "", before: str = "", limit: int
    ) -> tuple[tuple[Corrected, ...], Turns]:
        """Return corrected articles, the last corrected first; as `cards` otherwise."""
        items, turns = self._listed(
            _CORRECTIONS, "corrected", until=until, after=after, before=before, limit=limit
        )
        return tuple(unpack(item["corrected"]["B"], Corrected) for item in items), turns

    def changes(
        self, *, since: datetime | None, until: datetime, after: str = "", limit: int
    ) -> tuple[tuple[Change, ...], str | None]:
        """Return entries of the log of changes in their order, and the place to go on *after*.

        From the second *since* to the second *until*, both included. One Query page.
        """
        from chalicelib.core.changes import Change

        # "~" sorts after every id, "0" before every time.
        first = max(moment(since) if since else "0", f"{after}~" if after else "")
        last = f"{moment(until)}#~"
        if first > last:
            return (), None  # DynamoDB refuses a span that ends before it begins
        with reading():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": _CHANGES},
                    ":first": {"S": first},
                    ":last": {"S": last},
                },
                Limit=limit,
            )
        items = answer["Items"]
        further = items[-1]["sk"]["S"] if "LastEvaluatedKey" in answer else None
        return tuple(decode(item["change"]["S"], Change) for item in items), further

    def between(self, since: datetime, until: datetime) -> Iterator[Card]:
        """Yield the cards of all that became public in this time, newest first. 1 MB a call."""
        rows = self._all(
            ProjectionExpression="card",
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":pk": {"S": f"LIST#{_ALL}"},
                ":since": {"S": moment(since)},
                ":until": {"S": moment(until) + "#~"},
            },
            ScanIndexForward=False,
        )
        with reading():
            for row in rows:
                yield decode(row["card"]["S"], Card)

    def first(self, *, until: datetime) -> Card | None:
        """Return the card of what became public before everything else, None for an empty list."""
        with reading():
            answer = self._client.query(
                TableName=self._table,
                ProjectionExpression="card",
                KeyConditionExpression="pk = :pk AND sk < :bound",
                ExpressionAttributeValues={
                    ":pk": {"S": f"LIST#{_ALL}"},
                    ":bound": {"S": moment(until) + "#~"},
                },
                Limit=1,
            )
        return next((decode(item["card"]["S"], Card) for item in answer["Items"]), None)

    def _listed(
        self,
        list_: str,
        attributes: str,
        *,
        until: datetime,
        after: str = "",
        before: str = "",
        limit: int,
        consistent: bool = False,
    ) -> tuple[list[Any], Turns]:
        bound = f"{moment(until)}#~"  # "~" sorts after every id
        span, words = "sk < :last", {":last": {"S": min(after or bound, bound)}}
        if before:
            if f"{before}~" > bound:
                return [], Turns(older=before)  # DynamoDB refuses a span that ends before it begins
            span = "sk BETWEEN :first AND :last"
            words = {":first": {"S": f"{before}~"}, ":last": {"S": bound}}
        with reading():
            answer = self._client.query(
                TableName=self._table,
                ProjectionExpression=f"sk, {attributes}",
                KeyConditionExpression=f"pk = :pk AND {span}",
                ExpressionAttributeValues={":pk": {"S": f"LIST#{list_}"}, **words},
                ScanIndexForward=bool(before),
                ConsistentRead=consistent,
                Limit=limit + 1,  # one more than is shown tells whether the list goes on
            )
        # A page may also end at DynamoDB's megabyte, before the limit.
        goes_on = len(answer["Items"]) > limit or "LastEvaluatedKey" in answer
        items = answer["Items"][:limit]
        places = [item["sk"]["S"] for item in items]
        if before:
            oldest = places[0] if places else before
            return items[::-1], Turns(older=oldest, newer=places[-1] if goes_on else None)
        newest = places[0] if places else after
        return items, Turns(older=places[-1] if goes_on else None, newer=newest if after else None)

    def sources(self) -> tuple[Watched, ...]:
        """Return every source that has a profile or a subscription, by id. One Query."""
        from chalicelib.core.sources import Watched, merged

        with reading():
            # Profiles sort before the subscriptions, as `merged` wants them.
            rows = self._all(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": _SOURCES}},
            )
            return merged(unpack(row["watched"]["B"], tuple[Watched, ...]) for row in rows)

    def waiting(self, id_: ArticleId) -> tuple[Article | None, Article | None]:
        """Return the current revision, which may still wait for its time, and the draft."""
        keys = [current_key(id_), draft_key(id_)]
        rows = self._batch(keys, consistent=False)
        return _article(rows.get(keys[0])), _article(rows.get(keys[1]))

    def history(self, id_: ArticleId, *, limit: int, revision: int | None = None) -> History:
        """Return the article with its newest revisions, up to *limit*, or with one. One call."""
        if revision is not None:
            keys = [current_key(id_), _closed_key(id_), revision_key(id_, revision)]
            items: Iterable[Item] = self._batch(keys, consistent=False).values()
        else:
            items = self._newest(id_, limit=limit + 2)
        rows = {item["sk"]["S"]: item for item in items}
        current = rows.pop(current_key(id_)[1], None)
        current = rows.pop(_closed_key(id_)[1], None) or current
        revisions = (_article(row) for row in rows.values())
        return History(
            current=_article(current),
            gone=_gone(current),
            shown=_shown(current),
            revisions=tuple(article for article in revisions if article is not None),
        )

    def _newest(self, id_: ArticleId, *, limit: int) -> list[Any]:
        """Return the rows of an article and its revisions, the current one first."""
        with reading():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": current_key(id_)[0]},
                    ":first": {"S": revision_key(id_, 0)[1]},
                    ":last": {"S": current_key(id_)[1]},
                },
                ScanIndexForward=False,
                Limit=limit,
            )
        return list(answer["Items"])

    # Observations

    def put_latest(self, latest: Latest) -> datetime | None:
        """Replace the prepared list, unless a later refresh has done so.

        Return when the list that it replaced was prepared, None where it replaced none.
        """
        pk, sk = _OBSERVED_LATEST
        refreshed_at = moment(latest.refreshed_at)
        item: Item = {
            "pk": {"S": pk},
            "sk": {"S": sk},
            "refreshed_at": {"S": refreshed_at},
            "latest": {"B": pack(latest)},
        }
        try:
            answer = self._put(
                item,
                ConditionExpression="attribute_not_exists(pk) OR refreshed_at <= :mine",
                ExpressionAttributeValues={":mine": {"S": refreshed_at}},
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        # Only its time: a list in an older form must not keep the new one from being written.
        replaced = answer.get("Attributes")
        return datetime.fromisoformat(replaced["refreshed_at"]["S"]) if replaced else None

    def settle(self, record: Record) -> None:
        """Note for `reconcile` that *record* is told and spread, if it still is that of its key.

        And if nobody places its article: who does has taken the note away, and goes on. The note is
        part of the STATE row and goes with the next write of it, so it never speaks of another
        record than the one it was made for.
        """
        from chalicelib.aws.stories import placing_key

        same = as_read(record)
        values = {**same["ExpressionAttributeValues"], ":version": {"S": record.folded_to}}
        note = {"UpdateExpression": "SET settled_to = :version"}
        self._write_checked(
            [
                self._update_of(
                    state_key(record.key),
                    {**note, **same, "ExpressionAttributeValues": values},
                )
            ],
            self._check_of(placing_key(article_id(record.key)), unchanged(None)),
        )

    def unsettle(self, key: str) -> None:
        """Take the note of `settle` away, if the key has a record: work on it is under way."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=row_key(state_key(key)),
                UpdateExpression="REMOVE settled_to",
                ConditionExpression="attribute_exists(folded_to)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def cursor(self) -> tuple[str | None, str | None]:
        """Return where the next reconciliation goes on, and the key on which the last one died.

        None for the beginning, and where it came to its end.
        """
        row = self._get(_OBSERVED_CURSOR, consistent=True)
        if row is None:
            return None, None
        return row["cursor"]["S"], row["works_on"]["S"] if "works_on" in row else None

    def put_cursor(self, cursor: str | None, *, works_on: str | None = None) -> None:
        if cursor is None:
            self._client.delete_item(TableName=self._table, Key=row_key(_OBSERVED_CURSOR))
            return
        item: Item = {**row_key(_OBSERVED_CURSOR), "cursor": {"S": cursor}}
        if works_on is not None:
            item["works_on"] = {"S": works_on}
        self._put(item)


def lists_of(article: Article) -> tuple[str, ...]:
    """Name the lists that an article's card stands in."""
    pinned = ["pinned"] if article.pinned_until else []
    section = [f"section#{article.section}"] if article.section else []
    tags = [f"tag#{tag}" for tag in article.tags]
    return (_ALL, f"source#{article.source.id}", *pinned, *section, *tags)


def record_of(
    state: Mapping[str, Any] | None,
    current: Mapping[str, Any] | None,
    draft: Mapping[str, Any] | None,
) -> Record | None:
    """Return the record that these rows hold: what `rows_of` made them of."""
    from chalicelib.core.record import Record

    if state is None:
        return None
    record = unpack(state["record"]["B"], Record)
    if record.life is None:
        return record
    life = replace(record.life, current=_article(current), draft=_article(draft))
    return replace(record, life=life)


def rows_of(record: Record) -> dict[Key, Item]:
    """Return every row that *record* alone owns, by key: a function of the record."""
    from chalicelib.core.changes import changes
    from chalicelib.core.record import name_of_key

    bare = record
    if record.life is not None:
        bare = replace(record, life=replace(record.life, current=None, draft=None))
    shown = record.shown()
    encoded = encode(shown) if shown is not None else b""
    rows: dict[Key, Item] = {}
    rows[state_key(record.key)] = {**_state_of(record), "record": {"B": pack(bare)}}
    name = name_of_key(record.key)
    if shown is not None:
        rows[_shown_pk(name), "VALUE"] = {"value": {"S": encoded.decode()}}
    rows |= _sources_row(record)
    rows |= _takedown_rows(record)
    for taken in record.takes_from():
        rows[_shown_pk(taken), f"USED_BY#{article_id(record.key)}"] = {"key": {"S": record.key}}
    if record.life is not None:
        current, gone = record.life.current, record.life.gone
        if current is not None or gone is not None:
            rows[current_key(article_id(record.key))] = {
                **({"article": {"B": pack(current)}} if current else {}),
                **({"gone": {"S": encode(gone).decode()}} if gone else {}),
                "shown": {"S": encode(record.life.shown).decode()},
            }
        if record.life.draft is not None:
            rows[draft_key(article_id(record.key))] = {"article": {"B": pack(record.life.draft)}}
        for change in changes(record.life):
            rows[_CHANGES, change.place] = {"change": {"S": encode(change).decode()}}
        if current is not None:
            rows |= _list_rows(current)
    return {key: {**row_key(key), **attributes} for key, attributes in rows.items()}


def revision_rows(revisions: Iterable[Article]) -> Iterator[Item]:
    """Yield the row of each revision as it was. Its bytes follow from its version."""
    for article in revisions:
        key = row_key(revision_key(article.id, article.revision))
        yield {**key, "article": {"B": pack(article)}}


class Claim(NamedTuple):
    """That an article replaces another: in whose SUCCESSORS row, and under which place there."""

    key: Key
    place: str


def claim_of(record: Record | None) -> Claim | None:
    """Return what *record*'s article replaces, None where that is nothing, or itself."""
    current = record.life.current if record and record.life else None
    if current is None or not current.replaces or article_id(current.replaces) == current.id:
        return None
    return Claim(
        _successors_key(article_id(current.replaces)), place_of(current.public_at, current.id)
    )


def _list_rows(article: Article) -> dict[Key, Item]:
    """Return the rows of an article in every list that it stands in."""
    place = place_of(article.public_at, article.id)
    card: Item = {
        "card": {"S": encode(article.card()).decode()},
        "brief": {"B": pack_brief(article)},
    }
    rows: dict[Key, Item] = {(f"LIST#{list_}", place): card for list_ in lists_of(article)}
    corrections = article.corrections_newest_first()
    if corrections:
        told = Corrected(card=article.card(), corrections=corrections)
        # A time that lies ahead is a slip of the pen, which must not hide a correction till then.
        at = max(article.public_at, min(corrections[0].at, article.received_at))
        rows[f"LIST#{_CORRECTIONS}", place_of(at, article.id)] = {"corrected": {"B": pack(told)}}
    return rows


def _sources_row(record: Record) -> dict[Key, Item]:
    watched = record.watched()
    if not watched:
        return {}
    place = f"PROFILE#{watched[0].source.id}" if record.profile else "SUBSCRIPTIONS"
    return {(_SOURCES, place): {"watched": {"B": pack(watched)}}}


def _takedown_rows(record: Record) -> dict[Key, Item]:
    """Return what a mark says of the article that it names, which may have no record any more."""
    from chalicelib.core.changes import Change
    from chalicelib.core.takedown import taken_by

    mark, id_ = record.mark, taken_by(record.key)
    if mark is None or id_ is None:
        return {}
    # In the form of CURRENT, in whose place readers have it.
    closed: Item = {"shown": {"S": "[]"}}
    if not mark.was_public:
        return {_closed_key(id_): closed}
    gone = mark.absence
    change = Change(article_id=id_, kind="withdrawn", at=gone.at, reason=gone.reason)
    # At a place of the mark's own: the article may have an entry of the same second, which goes.
    place = place_of(gone.at, article_id(record.key))
    return {
        _closed_key(id_): {**closed, "gone": {"S": encode(gone).decode()}},
        (_CHANGES, place): {"change": {"S": encode(change).decode()}},
    }


def _state_of(record: Record) -> Item:
    """Return what a STATE row tells of its record: what conditions look for, and the key.

    It follows from its versions, from what it has copied, and from a takedown: of a record that was
    written anew one of these is another.
    """
    copied = sorted(record.dressed.items())
    return {
        "key": {"S": record.key},
        "folded_to": {"S": record.folded_to},
        "follows_from": {"S": digest(encode([record.lineage, copied, record.is_closed]))},
    }


def unchanged(state: Item | None) -> dict[str, Any]:
    """The condition that a STATE row is still as it was read."""
    if state is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    if "follows_from" not in state:  # of an earlier release: a rebuild writes it anew
        return {
            "ConditionExpression": "folded_to = :folded AND attribute_not_exists(follows_from)",
            "ExpressionAttributeValues": {":folded": state["folded_to"]},
        }
    return {
        "ConditionExpression": "folded_to = :folded AND follows_from = :from",
        "ExpressionAttributeValues": {
            ":folded": state["folded_to"],
            ":from": state["follows_from"],
        },
    }


def as_read(record: Record | None) -> dict[str, Any]:
    """The condition that the STATE row of a key is still that of *record*."""
    return unchanged(_state_of(record) if record is not None else None)


def state_key(key: str) -> Key:
    return state_key_of(article_id(key))


def state_key_of(id_: ArticleId) -> Key:
    return f"UPLOAD#{id_}", "STATE"


def membership_key(id_: ArticleId) -> Key:
    """The row of an article's story: see `aws.stories`, which writes it."""
    return f"ARTICLE#{id_}", "STORY"


def elsewhere_key(id_: ArticleId) -> Key:
    """The row of the reports on other sites that stand under an article: see `aws.feeds`."""
    return f"OBSERVED#elsewhere#{id_}", "VALUE"


def current_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "CURRENT"


def _successors_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "SUCCESSORS"


def _closed_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "CLOSED"  # sorts between the revisions and CURRENT: see `history`


def draft_key(id_: ArticleId) -> Key:
    return f"ARTICLE#{id_}", "DRAFT"


def revision_key(id_: ArticleId, revision: int) -> Key:
    return f"ARTICLE#{id_}", f"{_REVISION}{revision:06}"


def _has_copied(state: Item | None, name: str, value: str) -> bool:
    """True if a record has this digest of what it takes from *name*, and is settled with it."""
    from chalicelib.core.record import Record

    if state is None or state.get("settled_to") != state["folded_to"]:
        return False
    return unpack(state["record"]["B"], Record).dressed.get(name) == value


def _shown_pk(name: str) -> str:
    return f"SHOWN#{name}"


def _article(row: Mapping[str, Any] | None) -> Article | None:
    return unpack(row["article"]["B"], Article) if row and "article" in row else None


def _gone(row: Mapping[str, Any] | None) -> Absence | None:
    return decode(row["gone"]["S"], Absence) if row and "gone" in row else None


def membership(row: Mapping[str, Any] | None) -> Membership | None:
    return unpack(row["membership"]["B"], Membership) if row else None


def elsewhere(row: Mapping[str, Any] | None) -> tuple[Elsewhere, ...]:
    return unpack(row["elsewhere"]["B"], tuple[Elsewhere, ...]) if row else ()


def _shown(row: Mapping[str, Any] | None) -> tuple[int, ...]:
    return decode(row["shown"]["S"], tuple[int, ...]) if row else ()


def _latest(row: Mapping[str, Any] | None) -> Latest | None:
    return _unpacked_latest(row["latest"]["B"]) if row else None


# Nearly every page reads the one list: its bytes are read each time, and unpacked when they are
# others than the last time.
@lru_cache(maxsize=1)
def _unpacked_latest(packed: bytes) -> Latest:
    return unpack(packed, Latest)
