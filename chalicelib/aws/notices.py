"""Notices to editors, by the topic that they subscribe to."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from chalicelib.core.notice import Notice

log = logging.getLogger("broadsheet")


class Notices:
    """One topic. A notice that cannot be pushed is counted and logged, and never raised.

    What it tells of stands in the receipt, so an ingest must not fail, or be tried again, for it.
    """

    def __init__(self, client: SNSClient, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._figures: Counter[str] = Counter()

    def push(self, notice: Notice) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.publish(TopicArn=self._topic, Subject=notice.subject, Message=notice.text)
        except (BotoCoreError, ClientError):
            log.exception("notice not pushed", extra={"subject": notice.subject})
            self._figures["NoticesFailed"] += 1
        else:
            self._figures["NoticesPushed"] += 1

    def figures(self) -> dict[str, int]:
        """Return what was counted since the last time, by the names of metrics."""
        counted = dict(self._figures)
        self._figures.clear()
        return counted
