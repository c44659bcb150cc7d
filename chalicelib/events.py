"""The functions behind S3's events and the schedules: translate, call a use case, tell.

Each deploys as `chalicelib.events.<name>` and does not import app.py. What is an editor's to
mend ends in a receipt; whatever raises here is retried by Lambda and then kept in the failure
queue. One record's failure does not keep the others of its event waiting. Telemetry is loaded
by the handlers: app.py imports this module too, and readers must not wait for Powertools.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from chalice.app import Blueprint, CloudWatchEvent, Rate, S3Event

from chalicelib import newsroom, settings, wiring

if TYPE_CHECKING:
    from chalicelib.core.ranking import Latest

log = logging.getLogger("broadsheet")

functions = Blueprint("chalicelib.events")


class Notification(S3Event):
    """S3's event. Chalice's own reads the first record alone, and fails where there is none."""

    def _extract_attributes(self, event_dict: dict[str, Any]) -> None:
        """Leave the records to the handler."""


@functions.on_s3_event(
    bucket=settings.uploads_bucket(), events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
)
def ingest(event: Notification) -> None:
    """Ingest every key that the event names, then refresh the latest list once."""
    from chalicelib import telemetry

    failures: list[Exception] = []
    has_changed = False
    with telemetry.call(event.context), _figures_counted():
        for key in _keys(event.to_dict()):
            started_s = time.monotonic()
            try:
                done = newsroom.ingest(key, **_parts(), now=_now())
            except Exception as error:
                log.exception("key not ingested", extra={"key": key})
                failures.append(error)
                continue
            telemetry.took("IngestMs", (time.monotonic() - started_s) * 1_000)
            has_changed |= done.has_changed
            _count_outcome(done)
        if has_changed:
            # After the transactions, not inside them: a failed refresh costs one interval of
            # staleness, a failed transaction would cost the article.
            _refresh()
    if failures:
        message = "keys of one event could not be ingested"
        raise ExceptionGroup(message, failures)


ingest.event_class = Notification


@functions.schedule(Rate(5, unit=Rate.MINUTES))
def refresh_latest(event: CloudWatchEvent) -> None:
    """Prepare the latest list anew."""
    from chalicelib import telemetry

    with telemetry.call(event.context):
        latest = _refresh()
        log.info("latest refreshed", extra={"cards": len(latest.cards)})


@functions.schedule(Rate(15, unit=Rate.MINUTES))
def fetch_feeds(event: CloudWatchEvent) -> None:
    """Ask other publishers for what is new in their feeds."""
    from chalicelib import telemetry

    with telemetry.call(event.context):
        done = newsroom.fetch_feeds(store=wiring.store(), fetch=wiring.fetcher(), now=_now())
        told = {"read": done.read, "failed": done.failed, "links": done.links}
        log.info("feeds fetched", extra=told)
        telemetry.count("FeedsRead", done.read)
        telemetry.count("FeedsFailed", done.failed)


@functions.schedule(Rate(1, unit=Rate.HOURS))
def reconcile(event: CloudWatchEvent) -> None:
    """Ingest what one page of the bucket holds and the table does not."""
    from chalicelib import telemetry

    with telemetry.call(event.context), _figures_counted():
        changed = newsroom.reconcile(**_parts(), now=_now())
        log.info("bucket reconciled", extra={"changed": changed})
        telemetry.count("Reconciled", changed)
        if changed:
            _refresh()


def _refresh() -> Latest:
    """Prepare the latest list anew, and count how old the last one had become."""
    from chalicelib import telemetry

    done = newsroom.refresh_latest(store=wiring.store(), now=_now())
    telemetry.count("LatestCards", len(done.latest.cards))
    telemetry.aged("LatestAge", done.aged.total_seconds())
    return done.latest


def _count_outcome(done: newsroom.Ingested) -> None:
    """Count what became of an upload, and how it is summarised where it is an article's."""
    from chalicelib import telemetry

    if done.receipt is None:
        return
    telemetry.count(f"Ingested.{done.receipt.outcome}")
    summary = done.receipt.summary
    if done.has_changed and summary is not None:
        telemetry.count(f"Summarised.{summary.generation.method}")
        telemetry.count("KeyPoints", len(summary.key_points))
        telemetry.count("KeyPointsWithheld", len(summary.withheld))


def _keys(event: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys of all records, decoded, each once. S3's test event has no records."""
    records = event.get("Records", [])
    return tuple(dict.fromkeys(unquote_plus(r["s3"]["object"]["key"]) for r in records))


def _parts() -> dict[str, Any]:
    """What the ingesting use cases may touch."""
    return {
        "uploads": wiring.uploads(),
        "receipts": wiring.receipts(),
        "store": wiring.store(),
        "summarise": wiring.summarise,
        "notices": wiring.notices(),
        "site": wiring.site(),
    }


@contextmanager
def _figures_counted() -> Iterator[None]:
    """Count what a model and the notices did, as far as there are any, whatever else failed."""
    from chalicelib import telemetry

    try:
        yield
    finally:
        model = wiring.model() if settings.summariser() == "bedrock" else None
        for part in (model, wiring.notices()):
            for name, value in part.figures().items() if part is not None else ():
                telemetry.count(name, value)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
