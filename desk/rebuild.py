"""All rows of a stage's table, derived again from its uploads.

Every key is folded anew and what differs is overwritten, so a live table shows readers no gap and
the functions may go on. What others copy comes first: takedowns, images, sources, then articles.
Then rows that no key accounts for are swept away, and the table is told by its digest. A rebuild
that is killed goes on where it was, if it is run again within a day by the same code.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from chalicelib import newsroom, placing
from chalicelib.aws.projection import Progress
from chalicelib.core.article import ArticleId, article_id
from chalicelib.core.clean import printable
from chalicelib.core.uploads import kind_of
from desk import chosen, configured
from desk.errors import NOT_DONE, DeskError
from desk.terminal import progress
from desk.venv import ROOT

if TYPE_CHECKING:
    from chalicelib.aws.projection import Projection
    from desk.stage import Stage

THREADS = 8  # a key waits for AWS four times as long as it computes: see docs/operations.md
NOTE_EVERY = 50  # keys: so many are done twice when a rebuild is killed
_ORDER = ("takedown", "image", "source")  # before articles, and what is ignored

EXAMPLES = """\
  python -m desk rebuild --stage prod
  python -m desk rebuild --stage prod --table broadsheet-prod-2 --json"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild came to. `rows` and `digest` are of the whole table as it is now."""

    keys: int
    skipped: int  # were done by a rebuild that was killed
    changed: int  # had a row that was not as it is now
    swept: int | None  # rows that no key accounted for; None where a key failed, and none may go
    failed: dict[str, str]  # key -> why
    rows: int
    digest: str


def other(stage: Stage, table: str) -> tuple[Projection, bool]:
    """Return another *table* for the uploads of *stage*, and whether it was made here.

    Raises DeskError for one that holds what is none of ours, and for another stage's: a sweep
    would delete it.
    """
    if (reader := configured.reader_of(table)) not in (None, stage.name):
        raise DeskError(f"the table {table} is what {reader} reads, which a rebuild would delete")
    projection = stage.projection(table=table)
    is_made = projection.create()
    if not is_made and not projection.is_ours():
        raise DeskError(f"the table {table} holds other things, which a rebuild would delete")
    return projection, is_made


def keys_of(stage: Stage, projection: Projection) -> list[str]:
    """Return the keys of all uploads and of all records, in the order of a rebuild."""
    uploaded = (key for key, _ in stage.versions().newest(""))
    return sorted({*uploaded, *projection.keys()}, key=_place)


def rebuild(
    keys: list[str],
    stage: Stage,
    *,
    projection: Projection,
    now: datetime,
    told: Callable[[], object],
    threads: int = THREADS,
) -> Rebuilt:
    """Rebuild the rows of *keys*, which are all there are; *told* is called after each.

    A key that fails keeps no other waiting. It is tried once more at the end: what it met on the
    way, an article of its story or another writer, is done by then.
    """
    code = _code()
    before = projection.progress(now=now)
    done_to = before.done_to if before is not None and before.code == code else ""
    left = [key for key in keys if _place(key) > done_to]
    again = partial(
        newsroom.rebuild,
        uploads=stage.versions(),
        receipts=stage.kept_receipts(),
        store=projection,
        summarise=stage.summarise(),
        site=stage.pages(),
        now=now,
    )
    projection.drop_illegible()
    for _ in range(len(keys) - len(left)):
        told()
    changed, failed = 0, []
    for number, (key, outcome) in enumerate(_each(left, again, threads=threads), start=1):
        told()
        if isinstance(outcome, Exception):
            failed.append(key)
            continue
        changed += outcome
        if not failed and number % NOTE_EVERY == 0:
            projection.put_progress(Progress(code=code, done_to=_place(key)), now=now)
    failures: dict[str, str] = {}

    def one_by_one(some: Iterable[str]) -> int:
        changed = 0
        for key, outcome in _each(some, again, threads=1):
            if isinstance(outcome, Exception):
                failures[key] = f"{type(outcome).__name__}: {outcome}"
            else:
                changed += outcome
        return changed

    changed += one_by_one(failed)
    swept = None
    if not failures:
        for id_ in projection.unrecorded():
            projection.stories.leave_unplaced(id_, None)
            placing.place(id_, None, ground=None, rows=projection.stories)
        swept = projection.sweep()
        changed += one_by_one(_still_there(swept.articles, stage))
        projection.put_progress(None, now=now)
        newsroom.refresh_latest(store=projection, now=now)
    rows, digest = projection.digest()
    return Rebuilt(
        keys=len(keys),
        skipped=len(keys) - len(left),
        changed=changed,
        swept=swept.rows if swept is not None else None,
        failed=failures,
        rows=rows,
        digest=digest,
    )


def _still_there(ids: frozenset[ArticleId], stage: Stage) -> list[str]:
    """Return the keys of those articles *ids* that are in the bucket."""
    uploaded = stage.versions().newest("") if ids else ()
    return [key for key, _ in uploaded if article_id(key) in ids]


def _each(
    keys: Iterable[str], again: Callable[[str], bool], *, threads: int
) -> Iterator[tuple[str, bool | Exception]]:
    """Yield each key with what came of it, in order; one kind is done before the next begins."""

    def attempted(key: str) -> tuple[str, bool | Exception]:
        try:
            return key, again(key)
        except Exception as error:  # noqa: BLE001  # told with the key
            return key, error

    pool = ThreadPoolExecutor(threads, thread_name_prefix="rebuild")
    try:
        for _, of_a_kind in groupby(keys, key=_rank):
            yield from pool.map(attempted, of_a_kind)
    finally:
        pool.shutdown(cancel_futures=True)


def _rank(key: str) -> int:
    kind = kind_of(key)
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _place(key: str) -> str:
    """Return where *key* stands in the order of a rebuild."""
    return f"{_rank(key)}{key}"


def _code() -> str:
    """Return the digest of all that rows are made by: another release begins from the start."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted((ROOT / "chalicelib").rglob("*")):
        if path.suffix in (".py", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--table", metavar="NAME",
                        help="into another table, which is made if it is not there")  # fmt: skip
    chosen.words(parser, json_help="{keys, skipped, changed, swept, failed, rows, digest}")


def run(arguments: argparse.Namespace) -> int:
    stage = chosen.stage(arguments)
    with stage.explained():
        projection, is_made = stage.projection(), False
        if arguments.table is not None:
            projection, is_made = other(stage, arguments.table)
        if is_made:
            print(f"desk rebuild: the table {arguments.table} is made", file=sys.stderr)
    return rebuild_and_tell(stage, projection, {}, as_json=arguments.json)


def rebuild_and_tell(
    stage: Stage, projection: Projection, before: dict[str, int], *, as_json: bool
) -> int:
    """Rebuild, and tell of it after what was done *before*."""
    now = datetime.now(UTC).replace(microsecond=0)
    with stage.explained():
        keys = keys_of(stage, projection)
        with progress(len(keys), "rebuilding", unit="key") as bar:
            done = rebuild(keys, stage, projection=projection, now=now, told=bar.update)
    for key, why in done.failed.items():
        print(printable(f"desk rebuild: {key} is not rebuilt: {why}"), file=sys.stderr)
    if as_json:
        print(json.dumps({**before, **asdict(done)}, ensure_ascii=False))
    else:
        for name, count in before.items():
            print(f"{name}: {count}")
        print(f"keys: {done.keys}, {done.changed} changed, {len(done.failed)} failed")
        print(f"rows: {done.rows}, {done.swept or 0} swept away")
        print(f"digest: {done.digest}")
    return NOT_DONE if done.failed else 0
