"""A stage taken down: functions and stack, and its data only where that is typed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import suppress

from desk import configured, holdings
from desk.deploy import chalice
from desk.errors import NOT_DONE
from desk.holdings import Holdings
from desk.stack import Stack
from desk.stage import explained
from desk.terminal import say
from desk.upload import delete_versions

_DATA = ("Table", "UploadsBucket", "ReceiptsBucket")

EXAMPLES = """\
  python -m desk destroy --stage staging --yes
  echo 'delete staging' | python -m desk destroy --stage staging --yes --data"""


def destroy(stage: str) -> dict[str, str]:
    """Take *stage* down but for its table and buckets, which outlive it: return their names."""
    configured.check_name(stage)
    stack = Stack(stage)
    outputs = stack.outputs()
    names = outputs or stack.foretold()
    with explained():
        configured.record(stage, names)
        functions = configured.functions()
        held = Holdings(stage).resources(functions, outputs.get("UploadsBucket"))
        holdings.remember(stage, held)
        if held:
            say("chalice delete ...")
            chalice("delete", stage)
    say(f"stack {stack.name} ...")
    stack.delete()
    return {name: names[name] for name in _DATA}


def destroy_data(names: Mapping[str, str]) -> None:
    """Delete for good what `destroy` leaves: every version of every upload, and all the rest."""
    import boto3

    with explained():
        s3 = boto3.client("s3")
        for bucket in (names["UploadsBucket"], names["ReceiptsBucket"]):
            say(f"bucket {bucket} ...")
            with suppress(s3.exceptions.NoSuchBucket):
                delete_versions(s3, bucket)
                s3.delete_bucket(Bucket=bucket)
        dynamodb, table = boto3.client("dynamodb"), names["Table"]
        say(f"table {table} ...")
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=table)
            dynamodb.delete_table(TableName=table)
            dynamodb.get_waiter("table_not_exists").wait(TableName=table)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", default="prod", help="default: prod")
    parser.add_argument("--data", action="store_true",
                         help="delete table, uploads and receipts too; always asks")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask for the rest")
    parser.add_argument("--json", action="store_true", help="print {stage} when done")


def run(arguments: argparse.Namespace) -> int:
    stage = arguments.stage
    asks = not arguments.yes and sys.stdin.isatty()
    if asks and not _is_typed(stage, f"Take the stage {stage} down?"):
        return NOT_DONE
    question = f"Delete every article of {stage} for good, with all versions and receipts?"
    if arguments.data and not _is_typed(f"delete {stage}", question):
        return NOT_DONE
    kept = destroy(stage)
    if arguments.data:
        destroy_data(kept)
    else:
        for name in kept.values():
            say(f"kept: {name}")
    if arguments.json:
        print(json.dumps({"stage": stage}))
    return 0


def _is_typed(words: str, question: str) -> bool:
    """Ask for *words*, also where no terminal is: what is not typed is not done."""
    print(f"{question} Type `{words}`: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == words:
        return True
    print("desk destroy: nothing was done", file=sys.stderr)
    return False
