"""Where a key stands: what readers have of it, what waits, what became of its newest upload.

Two readings are enough. The bucket's listing says which keys there are and which version of each
is the newest. The table's record says what was made of that version, and holds its receipt: the
object in the receipts bucket is a copy of it. A record that is behind the bucket is said to be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from chalicelib.core.api import moment
from chalicelib.core.clean import printable
from chalicelib.core.receipt import receipt_key
from chalicelib.core.site import Site
from chalicelib.core.uploads import kind_of
from desk import chosen
from desk.errors import DeskError
from desk.terminal import progress, table

if TYPE_CHECKING:
    from chalicelib.core.article import Article
    from chalicelib.core.record import Record
    from chalicelib.core.uploads import Version
    from desk.stage import Stage

Status = dict[str, Any]
Listed = tuple[str, "Version"]  # a key, and its newest version

EXAMPLES = """\
  python -m desk status world/ferry.md
  python -m desk status world/ --json"""


def listed(given: str, stage: Stage) -> Iterator[Listed]:
    """Yield what is uploaded as *given*, else all that is under it, deleted keys included.

    Raises DeskError where there is nothing.
    """
    found = stage.versions().newest(given)
    first = next(found, None)
    if first is None:
        raise DeskError(f"nothing has ever been uploaded as {given}, nor under it")
    return iter([first]) if first[0] == given else chain([first], found)


def statuses(found: Iterable[Listed], stage: Stage, *, now: datetime) -> Iterator[Status]:
    """Yield where each key stands at *now*. One transaction a key."""
    store, site = stage.store(), Site(base=stage.site)
    for key, newest in found:
        record = store.record(key) if kind_of(key) != "ignored" else None
        receipt = f"s3://{stage.receipts}/{receipt_key(key)}.json"
        yield {**_status(key, newest, record), **_standing(record, site, now), "receipt": receipt}


def _status(key: str, newest: Version, record: Record | None) -> Status:
    kind = kind_of(key)
    is_ingested = kind == "ignored" or (record is not None and record.folded_to == newest.id)
    return {
        "key": key,
        "kind": kind,
        "is_ingested": is_ingested,
        "outcome": record.receipt.outcome if record else None,
        "revision": record.receipt.revision if record else None,
        "received_at": moment(record.receipt.received_at if record else newest.received_at),
    }


def _standing(record: Record | None, site: Site, now: datetime) -> Status:
    """Return what readers have, what waits, what is gone, and the error of a rejected upload."""
    told: Status = dict.fromkeys(("public", "scheduled", "draft", "gone", "rejected"))
    if record is None:
        return told
    life, receipt = record.life, record.receipt
    if receipt.outcome == "rejected":
        told["rejected"] = asdict(receipt.errors[0])
    if record.shown() is not None:
        told["public"] = {"revision": None, "url": None, "since": None, "until": None}
    if life is None:
        return told
    if life.gone is not None:
        gone = life.gone
        told["gone"] = {"reason": gone.reason, "at": moment(gone.at), "note": gone.note}
    if life.draft is not None:
        told["draft"] = _waiting(life.draft, site)
    current = life.current
    if current is not None and current.public_at > now:
        told["scheduled"] = {**_waiting(current, site), "from": moment(current.public_at)}
    elif current is not None and current.is_public(now):
        told["public"] = {
            "revision": current.revision,
            "url": site.article(current),
            "since": moment(current.public_at),
            "until": moment(current.expires_at),
        }
    elif current is not None:
        told["gone"] = {"reason": "expired", "at": moment(current.expires_at), "note": None}
    return told


def _waiting(article: Article, site: Site) -> Status:
    return {
        "revision": article.revision,
        "preview_url": site.preview(article.id, article.preview),
    }


# For people


def text(told: Sequence[Status]) -> str:
    """Return one status in lines, several as a table."""
    if len(told) == 1:
        (one,) = told
        return "\n".join(printable(line) for line in _lines(one))
    rows = [("STANDS", "REVISION", "RECEIVED", "KEY")]
    for one in told:
        received = str(one["received_at"])
        revision = str(one["revision"] or "")
        rows.append((_states(one), revision, received, printable(one["key"])))
    return table(rows)


def _states(told: Status) -> str:
    """Name all that is true of a key at once: a public article may have a draft beside it."""
    states = [name for name in ("public", "scheduled", "draft") if told[name]]
    states += [told["gone"]["reason"]] if told["gone"] else []
    states += ["rejected"] if told["rejected"] else []
    states += [] if told["is_ingested"] else ["not ingested yet"]
    return ", ".join(states) or told["outcome"] or told["kind"]


def _lines(told: Status) -> Iterator[str]:
    yield f"{told['key']}  {_states(told)}"
    if (public := told["public"]) and public["url"]:
        until = f" until {public['until']}" if public["until"] else ""
        yield f"  public: revision {public['revision']} since {public['since']}{until}"
        yield f"    {public['url']}"
    if scheduled := told["scheduled"]:
        yield f"  scheduled: revision {scheduled['revision']} from {scheduled['from']}"
        yield f"    {scheduled['preview_url']}"
    if draft := told["draft"]:
        yield f"  draft: revision {draft['revision']}"
        yield f"    {draft['preview_url']}"
    if gone := told["gone"]:
        note = f": {gone['note']}" if gone["note"] else ""
        yield f"  {gone['reason']} at {gone['at']}{note}"
    if rejected := told["rejected"]:
        where = f" (line {rejected['line']})" if rejected["line"] else ""
        yield f"  rejected: {rejected['message']}{where}"
        yield f"    {rejected['fix']}"
    if not told["is_ingested"]:
        yield "  the newest upload has not been ingested yet"
    yield f"  received: {told['received_at']}"
    yield f"  receipt: {told['receipt']}"


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY|PREFIX")
    chosen.words(parser, json_help="one key a line")


def run(arguments: argparse.Namespace) -> None:
    stage, now = chosen.stage(arguments), datetime.now(UTC)
    with stage.explained():
        found = list(listed(arguments.key, stage))
        told = []
        with progress(len(found), "reading", unit="key") as bar:
            for one in statuses(found, stage, now=now):
                if arguments.json:
                    bar.write(json.dumps(one, ensure_ascii=False), file=sys.stdout)
                told.append(one)
                bar.update()
    if not arguments.json:
        print(text(told))
