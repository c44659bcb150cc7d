"""What the event functions say about themselves: structured logs, and metrics in EMF.

The rest of the code logs to the standard library's logger "broadsheet" and knows nothing of this:
here its records become JSON. Readers' functions do not load it. Logs and metrics name the stage
as their service, which Powertools reads from POWERTOOLS_SERVICE_NAME: two stages in one account
have metrics, and alarms, of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import Metrics, MetricUnit

# Powertools names its logger after the service, which is no ancestor of ours.
logging.getLogger("broadsheet")
logger = Logger()
copy_config_to_registered_loggers(source_logger=logger, include={"broadsheet"})
_metrics = Metrics(namespace="Broadsheet")


@contextmanager
def call(context: Any) -> Iterator[None]:  # noqa: ANN401  # Lambda's own has no type
    """Name the call in each line of its log, and write what it counted however it ends."""
    with logger.append_context_keys(request_id=context.aws_request_id):
        try:
            yield
        finally:
            if _metrics.metric_set:
                _metrics.flush_metrics()


def count(name: str, value: float = 1) -> None:
    """Add *value* to the metric *name* of this call."""
    _metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def took(name: str, ms: float) -> None:
    """Add a duration to the metric *name* of this call."""
    _metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=ms)


def aged(name: str, s: float) -> None:
    """Add an age to the metric *name* of this call."""
    _metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=s)
