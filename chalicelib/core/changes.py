"""The log of changes, from which a mirror follows the newsroom.

An article has at most one entry at any second: its newest. It says what readers were given, or
that something was taken from them, and stands in the log at the second from which that holds.
An entry that waits for its time stands there already, for a log that is read up to now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from chalicelib.core.article import ArticleId, article_id, place_of

if TYPE_CHECKING:
    from chalicelib.core.lifecycle import Life

ChangeKind = Literal["published", "updated", "corrected", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What readers have of an article from `at` on. To be told twice does no harm."""

    article_id: ArticleId
    kind: ChangeKind
    at: datetime
    revision: int | None = None  # None where readers have none any more
    slug: str | None = None
    reason: str | None = None  # why it was withdrawn: see Absence; or expired
    until: datetime | None = None  # when the article's next entry takes this one's place

    @property
    def id(self) -> str:
        """The same for the same change, another for every other: see `place`."""
        return f"{self.place}#{self.revision or self.reason}"

    @property
    def place(self) -> str:
        """Where it stands in the log."""
        return place_of(self.at, self.article_id)

    def is_newest(self, now: datetime) -> bool:
        return self.until is None or now < self.until


def changes(life: Life) -> tuple[Change, ...]:
    """Return the entries of an article that its newest versions leave, by time.

    That it was withdrawn, what readers have or will have, and its end. Where it has been read
    since it was withdrawn, that is not told any more: two at most for such an article.
    """
    told = tuple(_told(life))
    ends = [change.at for change in told[1:]]
    return tuple(replace(one, until=end) for one, end in zip_longest(told, ends))


def _told(life: Life) -> Iterator[Change]:
    id_, current, gone = article_id(life.key), life.current, life.gone
    since = max(current.public_at, current.received_at) if current else None
    # An import states when its versions came: a later one may say an earlier time.
    if gone is not None and not life.shown and (since is None or gone.at < since):
        yield Change(article_id=id_, kind="withdrawn", at=gone.at, reason=gone.reason)
    if current is None or since is None:
        return
    ends = current.expires_at
    if ends is None or since < ends:
        yield Change(
            article_id=id_,
            kind=life.came_as,
            at=since,
            revision=current.revision,
            slug=current.slug,
        )
    elif not life.shown:
        return  # it had expired before anybody had it
    if ends is not None:
        yield Change(article_id=id_, kind="withdrawn", at=max(since, ends), reason="expired")
