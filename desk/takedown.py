"""An article removed with every trace, and the proof that none is left.

The mark `takedowns/<id>.yaml` comes first: from then on the address says that the article is gone,
and nothing is published of it any more, whoever is at work. What can only be found by its
versions goes next: images, what models wrote. Then the versions, the rows, the receipts. A
takedown that is killed is finished by the same command: every step can be repeated.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib import newsroom
from chalicelib.aws.buckets import PUBLIC_MEDIA, SUMMARIES
from chalicelib.core import takedown
from chalicelib.core.clean import printable
from chalicelib.core.limits import MAX_REASON_LENGTH
from desk import chosen
from desk import traces as looking
from desk.errors import NOT_DONE, DeskError, WrongWords
from desk.terminal import progress
from desk.traces import Ask, Look, Traces

if TYPE_CHECKING:
    from chalicelib.aws.projection import Projection
    from desk.stage import Stage

ROUNDS = 2  # a function that was at work may have written its receipt after the first

# What nobody can call back, and how long it may be found there.
OUT_OF_REACH = (
    "feed readers, search engines and mirrors: /v1/changes tells them that it was withdrawn",
    "the table's point-in-time backups: up to 35 days, for whoever may restore them",
)

EXAMPLES = """\
  python -m desk takedown world/ferry.md --reason "By order of a court." --stage prod
  python -m desk takedown tt3k3vhwfsl3k6qz --reason "A privacy request." --yes --json"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a takedown will remove."""

    traces: Traces
    words: dict[str, str]  # to look for afterwards, each with its kind: no other article has them
    files: frozenset[str]  # of images, that nothing else shows
    images: tuple[str, ...]  # uploads under media/, that nothing else shows
    summaries: frozenset[str]  # what the names of those begin with that models wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What every surface showed before and shows now."""

    surfaces: tuple[dict[str, Any], ...]  # {"surface", "before", "left"}
    out_of_reach: tuple[str, ...]

    @property
    def left(self) -> tuple[dict[str, Any], ...]:
        return tuple(one for one in self.surfaces if one["left"])


def plan(given: str, stage: Stage, projection: Projection) -> Plan:
    """Return what there is to remove of the article that *given*, its key or its id, names."""
    traces = looking.gather(given, stage, projection)
    is_marked = bool(stage.versions().versions(takedown.mark_key(traces.id)))
    if not traces.articles and not is_marked and not _is_known(traces, stage, projection):
        raise DeskError(f"no article {given}: nothing has ever been uploaded under it")
    others = looking.others(traces, projection)
    images = tuple(key for key in traces.images if not _users(key, traces, projection))
    own = traces.files.union(*(traces.images[key] for key in images)) - others.files
    words = {
        word: kind
        for word, kind in traces.words().items()
        if (word in own if kind == "image" else word not in others.words)
    }
    return Plan(
        traces=traces,
        words=words,
        files=frozenset(own),
        images=images,
        summaries=frozenset(traces.summaries() - others.summaries),
    )


def _is_known(traces: Traces, stage: Stage, projection: Projection) -> bool:
    return traces.key is not None and (
        bool(stage.versions().versions(traces.key)) or projection.uploaded_as(traces.id) is not None
    )


def _users(image: str, traces: Traces, projection: Projection) -> set[str]:
    return set(projection.users(image)) - {traces.key or ""}


def take_down(
    planned: Plan,
    reason: str,
    stage: Stage,
    *,
    projection: Projection,
    ask: Ask,
    now: datetime,
    told: Callable[[], object] = int,
) -> Proof:
    """Remove what is *planned*, and prove it; *told* is called for each address that is read."""

    def surfaces() -> list[Look]:
        return list(
            looking.look(
                planned.traces,
                planned.words,
                planned.summaries,
                stage=stage,
                projection=projection,
                ask=ask,
                told=told,
            )
        )

    before = surfaces()
    seen = {one.surface: one for one in before}
    after = before
    for _ in range(ROUNDS):
        _remove(planned, reason, stage, projection=projection, now=now)
        after = surfaces()
        if not any(one.left for one in after):
            break
    shown = [
        {
            "surface": one.surface,
            "before": list(seen[one.surface].left) if one.surface in seen else [],
            "left": list(one.left),
        }
        for one in after
    ]
    age_s = max((one.age_s for one in before if one.left), default=0)
    caches = f"caches of browsers and of a CDN: up to {age_s:,} seconds"
    return Proof(surfaces=tuple(shown), out_of_reach=(caches, *OUT_OF_REACH))


def _remove(
    planned: Plan, reason: str, stage: Stage, *, projection: Projection, now: datetime
) -> None:
    traces = planned.traces
    uploads, receipts = stage.versions(), stage.kept_receipts()
    was_public = _was_public(traces, projection, now=now)

    def ingest(key: str) -> None:
        newsroom.ingest(
            key,
            uploads=uploads,
            receipts=receipts,
            store=projection,
            summarise=stage.summarise(),
            site=stage.pages(),
            now=now,
        )

    _put_mark(traces, reason, stage, was_public=was_public, now=now)
    ingest(takedown.mark_key(traces.id))
    newsroom.refresh_latest(store=projection, now=now)
    written = [n for prefix in planned.summaries for n in receipts.names(SUMMARIES + prefix)]
    # Another article may have come to show one since the plan was made.
    kept = {key for key in planned.images if _users(key, traces, projection)}
    files = planned.files.difference(*(traces.images[key] for key in kept))
    receipts.forget([*written, *(PUBLIC_MEDIA + name for name in files)])
    images = [key for key in planned.images if key not in kept]
    for key in (*images, *([traces.key] if traces.key else [])):
        uploads.forget(key)
        ingest(key)
        receipts.forget(looking.receipt_names(key))
    projection.feeds.put_elsewhere({traces.id: ()}, now=now)
    newsroom.refresh_latest(store=projection, now=now)


def _was_public(traces: Traces, projection: Projection, *, now: datetime) -> bool:
    """True if readers had the article once: of another nobody is told that there was one."""
    record = projection.record(traces.key) if traces.key else None
    life = record.life if record else None
    if life is None:
        return False
    is_public = life.current is not None and life.current.was_public(now)
    return is_public or bool(life.shown) or life.gone is not None


def _put_mark(
    traces: Traces, reason: str, stage: Stage, *, was_public: bool, now: datetime
) -> None:
    """Leave the mark, unless it stands: the first says when."""
    key = takedown.mark_key(traces.id)
    newest = stage.versions().versions(key)[-1:]
    if newest and not newest[0].is_delete_marker:
        return
    stage.s3().put_object(
        Bucket=stage.uploads,
        Key=key,
        Body=takedown.mark(reason, at=now, was_public=was_public),
        ContentType="application/yaml",
    )


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("article", metavar="KEY|ID")
    parser.add_argument("--reason", type=_reason, required=True,
                        help="readers see it at the article's address")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen.words(parser, json_help="{id, key, images, proved, surfaces, out_of_reach}")


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        message = f"a reason has 1 to {MAX_REASON_LENGTH} characters, this one {len(reason)}"
        raise argparse.ArgumentTypeError(message)
    if any("\ud800" <= character <= "\udfff" for character in reason):
        raise argparse.ArgumentTypeError("the reason is no text in UTF-8")
    return reason


def run(arguments: argparse.Namespace) -> int:
    stage = chosen.stage(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    with stage.explained():
        projection = stage.projection()
        planned = plan(arguments.article, stage, projection)
        article = planned.traces
        if not arguments.yes and not _is_meant(planned):
            print("desk takedown: nothing was done", file=sys.stderr)
            return NOT_DONE
        addresses = 2 * len(looking.addresses(article))  # before and after
        with progress(addresses, "reading every surface", unit="address") as bar:
            proof = take_down(
                planned,
                arguments.reason,
                stage,
                projection=projection,
                ask=looking.over_http(stage.site),
                now=now,
                told=bar.update,
            )
    if arguments.json:
        told = {"id": article.id, "key": article.key, "images": planned.images}
        proved = {"proved": not proof.left, **asdict(proof)}
        print(json.dumps({**told, **proved}, ensure_ascii=False))
    else:
        showed = sum(bool(one["before"]) for one in proof.surfaces)
        print(f"surfaces: {len(proof.surfaces)} read, {showed} showed it, {len(proof.left)} do now")
        for one in proof.left:
            print(printable(f"  left: {one['surface']}: {', '.join(one['left'])}"))
        for where in proof.out_of_reach:
            print(f"out of reach: {where}")
    return NOT_DONE if proof.left else 0


def _is_meant(planned: Plan) -> bool:
    """Ask whoever sits at the terminal; nobody else can have meant it without --yes."""
    if not sys.stdin.isatty():
        raise WrongWords("this cannot be undone: say --yes where nobody can be asked")
    traces = planned.traces
    key, images = printable(str(traces.key)), printable(", ".join(planned.images))
    print(f"All versions of {key} go for good, with {len(planned.files)} image files, and")
    print(f"these uploads that nothing else shows: {images or 'none'}")
    return input(f"Type {traces.id} to take it down: ").strip() == traces.id
