"""What a stage's functions could not handle, sent to them once more.

After Lambda's own repeats an event lies in the failure queue with the error that it ended in
(AWS Lambda, Developer Guide, "Retaining records of asynchronous invocations"). Once the cause is
mended, its function is invoked with the very event again. An event only says that a key changed,
so one that comes twice does no harm: the message is deleted after the call, never before.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from chalicelib.core.clean import printable
from desk import chosen
from desk.errors import NOT_DONE
from desk.terminal import table

if TYPE_CHECKING:
    from desk.stage import Stage

IN_HAND_S = 120  # nobody else sees a message meanwhile
MOST_A_CALL = 10  # SQS gives no more at once
# What SQS says of a message that is seen again after IN_HAND_S, or was deleted by somebody else.
_NOT_IN_HAND = ("MessageNotInflight", "InvalidParameterValue", "ReceiptHandleIsInvalid")
LONGEST_ERROR = 80  # characters in the table

SENT, FOUND, UNREADABLE, UNKNOWN = "sent", "found", "unreadable", "no such function"

EXAMPLES = """\
  python -m desk redrive --look
  python -m desk redrive --stage prod"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An event that a function could not handle, and what became of it now.

    `became` is SENT, FOUND (a look alone), or why it stays in the queue: UNREADABLE, UNKNOWN.
    """

    function: str
    keys: tuple[str, ...]  # of the uploads that it tells of, () for a schedule
    failed_at: str
    error: str
    became: str

    @property
    def is_kept(self) -> bool:
        return self.became in (UNREADABLE, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    handle: str
    body: str


def redrive(stage: Stage, *, only_look: bool = False) -> list[Failure]:
    """Invoke the functions of *stage* with what its failure queue holds; return each event.

    An event that fails again comes back to the queue and is not sent a second time by this call:
    what is received while it runs stays in hand. With *only_look* nothing is sent and all is put
    back.
    """
    sqs, url = stage.client("sqs"), failures_url(stage)
    done: list[Failure] = []
    for message in _messages(sqs, url):
        failure, event, arn = _read(message.body)
        if not only_look and not failure.is_kept:
            failure = _sent(stage, failure, event, arn)
            if failure.became == SENT:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message.handle)
        if failure.became != SENT:
            _put_back(sqs, url, message)
        done.append(failure)
    return done


def failures_url(stage: Stage) -> str:
    url: str = stage.client("sqs").get_queue_url(QueueName=f"broadsheet-{stage.name}-failures")[
        "QueueUrl"
    ]
    return url


def text(failures: list[Failure]) -> str:
    """Return the failures as a table, "" for none."""
    if not failures:
        return ""
    rows = [("BECAME", "FUNCTION", "FAILED", "OF", "ERROR")]
    for one in failures:
        of = ", ".join(one.keys) or "its schedule"
        error = " ".join(one.error.split())[:LONGEST_ERROR]
        rows.append((one.became, one.function, one.failed_at, printable(of), printable(error)))
    return table(rows)


def _messages(sqs: Any, url: str) -> Iterator[_Message]:
    """Yield each message that is in the queue once. All are received before the first is yielded.

    So what is put back, or fails again, is not met twice.
    """
    found: dict[str, _Message] = {}
    while True:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=MOST_A_CALL,
            VisibilityTimeout=IN_HAND_S,
            WaitTimeSeconds=1,  # a long poll asks every server of SQS; a short one may miss some
        )
        fresh = {one["MessageId"]: one for one in answer.get("Messages", [])}
        if not fresh.keys() - found.keys():
            break
        for id_, one in fresh.items():
            found[id_] = _Message(handle=one["ReceiptHandle"], body=one["Body"])
    yield from found.values()


def _put_back(sqs: Any, url: str, message: _Message) -> None:
    """Show a message to others again; nothing happens where they see it, or had it, already."""
    try:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message.handle, VisibilityTimeout=0
        )
    except sqs.exceptions.ClientError as error:
        if error.response["Error"]["Code"].rpartition(".")[2] not in _NOT_IN_HAND:
            raise


def _read(body: str) -> tuple[Failure, Any, str]:
    """Return what a message tells, the event that it carries, and the ARN of its function."""
    try:
        message = json.loads(body)
        context, event = message["requestContext"], message["requestPayload"]
        arn = str(context["functionArn"])
        failure = Failure(
            function=arn.split(":function:")[1].partition(":")[0],
            keys=_keys(event),
            failed_at=str(message["timestamp"]),
            error=_error(message.get("responsePayload"), context),
            became=FOUND,
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        nothing = Failure(function="", keys=(), failed_at="", error=body, became=UNREADABLE)
        return nothing, None, ""
    return failure, event, arn


def _keys(event: Any) -> tuple[str, ...]:
    keys = (one["s3"]["object"]["key"] for one in event.get("Records", ()))
    return tuple(dict.fromkeys(unquote_plus(key) for key in keys))


def _error(answer: Any, context: dict[str, Any]) -> str:
    """Return the error of the last try; one that timed out or was never begun has none."""
    if not isinstance(answer, dict) or "errorMessage" not in answer:
        return str(context.get("condition", ""))
    return f"{answer.get('errorType', 'Error')}: {answer['errorMessage']}"


def _sent(stage: Stage, failure: Failure, event: Any, arn: str) -> Failure:
    client = stage.client("lambda")
    try:
        client.invoke(FunctionName=arn, InvocationType="Event", Payload=json.dumps(event).encode())
    except client.exceptions.ResourceNotFoundException:
        return replace(failure, became=UNKNOWN)
    return replace(failure, became=SENT)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--look", action="store_true", help="tell what is there, send nothing")
    chosen.words(parser, json_help="one failed event a line")


def run(arguments: argparse.Namespace) -> int:
    stage = chosen.stage(arguments)
    with stage.explained():
        done = redrive(stage, only_look=arguments.look)
    if arguments.json:
        for failure in done:
            print(json.dumps(asdict(failure), ensure_ascii=False))
    else:
        print(text(done) or "the failure queue is empty")
    return NOT_DONE if any(one.is_kept for one in done) else 0
