"""The optional model-written summary, by Amazon Bedrock's Converse API.

What is asked and what of the answer is published is `core.written`'s to say; here are the call,
its limits, and the memory. What was decided for an article is kept in the receipts bucket before
it is published, a failure too: a rebuild reads it again, gives the same bytes, and pays nothing.
Nothing here raises because of the model: an article never waits for it longer than `BUDGET_S`.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.core import summary, written
from chalicelib.core.article import Body, Sentence, Summary
from chalicelib.core.written import Assignment, Failure, Heard, Kept

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

    from chalicelib.aws.buckets import Summaries

log = logging.getLogger("broadsheet")

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30  # of one call: some 700 tokens take a large model 20 seconds
BUDGET_S = 70  # of one article: two answers and a pause; its function has 300 seconds
PAUSE_S = 1.0  # before a call is made again, doubled each time: fifteen seconds for five tries
REST_S = 60  # after a time-out or an outage nobody else waits for the model

# A time-out is not tried again: it was paid. A busy model is: an import sends many at once.
_TRIES = {"throttled": 5, "unavailable": 2}
_THROTTLED = frozenset(
    {"ThrottlingException", "TooManyRequestsException", "ModelNotReadyException"}
)
_FAILED = frozenset(
    {"InternalServerException", "ServiceUnavailableException", "ModelErrorException"}
)


class ConverseClient(Protocol):
    """What is used of boto3's client "bedrock-runtime"."""

    def converse(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: ANN401  # JSON


class _NoAnswerError(Exception):
    """A call that brought nothing. `failure` is None where the operator has to mend something."""

    def __init__(self, failure: Failure | None) -> None:
        super().__init__(failure)
        self.failure = failure


def client(*, read_timeout_s: float = READ_TIMEOUT_S, **where: str) -> ConverseClient:
    """Return a client that never repeats a call by itself: a call that timed out was paid."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
    )
    made: ConverseClient = boto3.client(  # type: ignore[call-overload]
        "bedrock-runtime", config=config, **where
    )
    return made


class Model:
    """A model that writes summaries, and the memory of what it wrote."""

    def __init__(
        self,
        client: ConverseClient,
        *,
        model_id: str,
        kept: Summaries,
        read_timeout_s: float = READ_TIMEOUT_S,
        budget_s: float = BUDGET_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._client = client
        self._model_id = model_id
        self._kept = kept
        self._read_timeout_s = read_timeout_s
        self._budget_s = budget_s
        self._pause_s = pause_s
        self._rests_until = 0.0
        self._figures: Counter[str] = Counter()

    def summarise(
        self, headline: str, body: Body, language: str
    ) -> tuple[tuple[Sentence, ...], Summary]:
        """Number the sentences of an article, and summarise it by what is kept or by the model.

        Raises only what the receipts bucket raises.
        """
        sentences = summary.split(body, language=language)
        assignment = written.assign(
            headline=headline, body=body, sentences=sentences, language=language
        )
        if assignment.is_short:
            return sentences, written.publish(None, assignment, model_id=self._model_id)
        name = written.kept_as(assignment, model_id=self._model_id)
        found = self._kept.read(name)
        kept = written.decode(found) if found is not None else None
        if kept is not None:
            self._figures["ModelReused"] += 1
            return sentences, written.publish(kept, assignment, model_id=self._model_id)
        try:
            asked = self._ask(assignment)
        except _NoAnswerError:
            # Not kept: it is the operator's to mend, and a rebuild then has the model's summary.
            engine = written.shown_name(self._model_id)
            made = written.fall_back(assignment, engine=engine, reason="misconfigured")
            self._tell(name, made, None)
            return sentences, made
        ours = written.encode(asked)
        held = self._kept.keep(name, ours, replaces=found is not None)
        # Where another function was faster, its summary is the one that a rebuild will read.
        kept = written.decode(held) or asked
        made = written.publish(kept, assignment, model_id=self._model_id)
        self._tell(name, made, asked)
        return sentences, made

    def figures(self) -> dict[str, int]:
        """Return what there is to count since the last call, by metric, and forget it."""
        figures = dict(self._figures)
        self._figures.clear()
        return figures

    def _ask(self, assignment: Assignment) -> Kept:
        """Ask, and once more with the faults named; return the better of the two answers."""
        deadline = time.monotonic() + self._budget_s
        used: Counter[str] = Counter()
        try:
            best = self._heard(assignment, None, used, deadline)
        except _NoAnswerError as error:
            if error.failure is None:
                raise
            best = Heard(failure=error.failure)
        if best.faults and best.tool_use is not None:
            try:
                second = self._heard(assignment, best, used, deadline)
            except _NoAnswerError:
                log.warning("second answer missing", extra={"model": self._model_id})
            else:
                best = written.better(best, second, assignment)
        return Kept(
            engine=self._model_id,
            prompt_version=written.PROMPT_VERSION,
            answer=best.answer,
            failure=best.failure,
            input_tokens=used["inputTokens"],
            output_tokens=used["outputTokens"],
        )

    def _heard(
        self, assignment: Assignment, after: Heard | None, used: Counter[str], deadline: float
    ) -> Heard:
        request = written.request(assignment, model_id=self._model_id, after=after)
        response = self._called(request, deadline)
        usage = response.get("usage") or {}
        for name in ("inputTokens", "outputTokens"):
            used[name] += int(usage.get(name) or 0)
        return written.hear(response, assignment)

    def _called(self, request: written.Converse, deadline: float) -> Mapping[str, Any]:
        """Call as often as it may help, while there is time for the longest answer."""
        if time.monotonic() < self._rests_until:
            raise _NoAnswerError("unavailable")
        tried = 0
        while True:
            if deadline - time.monotonic() < self._read_timeout_s:
                raise _NoAnswerError("timed-out")
            tried += 1
            try:
                return self._call(request)
            except _NoAnswerError as error:
                if tried >= _TRIES.get(error.failure or "", 1):
                    if error.failure in ("timed-out", "unavailable"):
                        self._rests_until = time.monotonic() + REST_S
                    raise
            # Longer each time, and not all functions at once.
            time.sleep(self._pause_s * 2 ** (tried - 1) * random.uniform(0.5, 1))  # noqa: S311

    def _call(self, request: written.Converse) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        self._figures["ModelCalls"] += 1
        try:
            return self._client.converse(**request)
        except (BotoCoreError, ClientError) as error:
            failure = _failure(error)
            if failure is None:
                log.exception("model cannot be called", extra={"model": self._model_id})
            raise _NoAnswerError(failure) from error
        except Exception as error:
            # botocore raises whatever its parser stumbles over in JSON of another shape.
            log.warning("answer cannot be read", extra={"error": type(error).__name__})
            raise _NoAnswerError("malformed") from error

    def _tell(self, name: str, made: Summary, asked: Kept | None) -> None:
        fallback = made.generation.fallback
        reason = fallback.reason if fallback else None
        figures = {
            "ModelInputTokens": asked.input_tokens if asked else 0,
            "ModelOutputTokens": asked.output_tokens if asked else 0,
            "ModelWithheld": len(made.withheld) if reason is None else 0,
            "ModelFallback": int(reason is not None),
        }
        self._figures.update(figures)
        if reason is not None:
            self._figures[f"ModelFallback.{reason}"] += 1
        log.info(
            "summary written" if reason is None else "summary fell back",
            extra={"kept_as": name, "model": self._model_id, "reason": reason, **figures},
        )


def _failure(error: BotoCoreError | ClientError) -> Failure | None:
    """Say what an error of botocore means, None where the operator has to mend something."""
    from botocore.exceptions import (
        ClientError,
        ConnectionError,  # noqa: A004  # botocore's own name
        ConnectTimeoutError,
        HTTPClientError,
        ReadTimeoutError,
    )

    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        return "timed-out"
    if isinstance(error, (HTTPClientError, ConnectionError)):
        return "unavailable"
    if not isinstance(error, ClientError):
        return None
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _THROTTLED:
        return "throttled"
    if code == "ModelTimeoutException":
        return "timed-out"
    return "unavailable" if code in _FAILED or status >= 500 else None  # noqa: PLR2004
