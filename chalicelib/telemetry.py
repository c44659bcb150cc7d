"""What the event functions say about themselves: structured logs, and metrics in EMF.

Powertools' logger writes the records of the standard library's logger "broadsheet" as JSON, so
the rest of the code logs without knowing of it. Public functions do not load this. Both name the
stage as their service, which Powertools reads from POWERTOOLS_SERVICE_NAME: two stages in one
account have metrics, and alarms, of their own.
"""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

logger = Logger()
metrics = Metrics(namespace="Broadsheet")


def count(name: str, value: float = 1) -> None:
    """Add *value* to the metric *name* of this invocation."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def flush() -> None:
    """Write this invocation's metrics as one line of EMF, if there are any."""
    if metrics.metric_set:
        metrics.flush_metrics()
