"""A stage on AWS: the stack, then the functions, then what Chalice cannot set, then the proof.

The order is Chalice's own pattern: `infra/` first, its outputs recorded in `.chalice/config.json`,
then `chalice deploy`, which from then on works alone. Every step begins with what the account
holds, not with what this machine remembers: a deployment that was cut off anywhere is finished
by the next one, from any machine, and a former commit is deployed like any other.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from desk import bundle, configured, holdings
from desk.errors import DeskError
from desk.holdings import Holdings, Resource
from desk.planned import planned
from desk.stack import Change, Stack
from desk.stage import explained
from desk.upload import delete_versions
from desk.venv import ROOT

MAX_EVENT_AGE_S = 6 * 3600  # Lambda's own limit: a longer outage than that is `reconcile`'s to mend
MAX_REPEATS = 2
_DATA = ("Table", "UploadsBucket", "ReceiptsBucket")
API_PATH = "api"  # `api_gateway_stage` of .chalice/config.json

Say = Callable[[str], None]


def deploy(
    stage: str, *, settings: Mapping[str, str] | None = None, root: Path = ROOT, say: Say = print
) -> str:
    """Bring *stage* to what this checkout says, and return the site's address.

    *settings* are parameters of the stack; those that are not given stay as they were. What is
    about to change is said before it is changed.
    """
    configured.check_name(stage, root=root)
    say(f"zip: {bundle.build(root=root)}")
    stack = Stack(stage)
    outputs = stack.apply(settings, about_to=lambda changes: _say_all(say, _told(changes)))
    with explained():
        held = Holdings(stage)
        for spare in held.spare_apis():
            say(f"the API {spare} calls this stage too: delete it if nobody reads there")
        api_id = held.api()
        address = held.address(api_id, API_PATH)
        configured.record(stage, outputs, public_url=held.domain() or address, root=root)
        wanted = planned(stage, root=root)
        resources = held.resources(wanted["functions"], outputs["UploadsBucket"])
        _say_all(say, _differences(wanted, resources))
        holdings.remember(stage, resources, root=root)
        _chalice("deploy", stage, root)
        say("the failure queue, unknown addresses ...")
        held.send_failures_to(outputs["FailuresArn"], repeats=MAX_REPEATS, age_s=MAX_EVENT_AGE_S)
        held.answer_unknown_paths(api_id, API_PATH)
    return configured.recorded(stage, root=root).site


def changes(
    stage: str, *, settings: Mapping[str, str] | None = None, root: Path = ROOT
) -> Iterator[str]:
    """Yield what `deploy` would change, and change nothing."""
    configured.check_name(stage, root=root)
    stack = Stack(stage)
    yield from _told(stack.planned(settings or {}))
    outputs = stack.outputs()
    with explained(), _copied(root) as copy:
        configured.record(stage, outputs or stack.foretold(), root=copy)
        wanted = planned(stage, root=copy)
        held = Holdings(stage).resources(wanted["functions"], outputs.get("UploadsBucket"))
    yield from _differences(wanted, held)


def destroy(stage: str, *, root: Path = ROOT, say: Say = print) -> dict[str, str]:
    """Take *stage* down but for its table and buckets, which outlive it: return their names."""
    configured.check_name(stage, root=root)
    stack = Stack(stage)
    outputs = stack.outputs()
    names = outputs or stack.foretold()
    with explained():
        configured.record(stage, names, root=root)
        functions = configured.functions(root=root)
        held = Holdings(stage).resources(functions, outputs.get("UploadsBucket"))
        holdings.remember(stage, held, root=root)
        if held:
            say("chalice delete ...")
            _chalice("delete", stage, root)
    say(f"stack {stack.name} ...")
    stack.delete()
    return {name: names[name] for name in _DATA}


def destroy_data(names: Mapping[str, str], *, say: Say = print) -> None:
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


def _say_all(say: Say, lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _told(changes: Iterable[Change]) -> Iterator[str]:
    lines = [f"stack: {change}" for change in changes]
    yield from lines or ["stack: as it is, but perhaps for its parameters"]


def _differences(wanted: Mapping[str, Any], held: Iterable[Resource]) -> Iterator[str]:
    has = {resource["name"] for resource in held}
    makes = {name: f"{f['memory']} MB, {f['timeout']} s" for name, f in wanted["functions"].items()}
    makes |= {f"{name}_role": f["policy"] for name, f in wanted["functions"].items()}
    makes |= {f"{name}-event": every for name, every in wanted["schedules"].items()}
    makes |= {f"{name}-s3event": bucket for name, bucket, _ in wanted["uploads"]}
    makes |= {"rest_api": API_PATH}
    yield from (f"functions: make {n} ({about})" for n, about in makes.items() if n not in has)
    if updates := [name for name in makes if name in has]:
        yield f"functions: update {', '.join(updates)}"
    yield from (f"functions: delete {name}" for name in sorted(has - makes.keys()))


@contextmanager
def _copied(root: Path) -> Iterator[Path]:
    """Give a copy of what Chalice reads of the checkout: recording writes into it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        kept = shutil.ignore_patterns("deployed", "deployments")
        shutil.copytree(root / ".chalice", copy / ".chalice", ignore=kept)
        for name in ("app.py", "chalicelib", "desk"):
            (copy / name).symlink_to(root / name)
        yield copy


def _chalice(command: str, stage: str, root: Path) -> None:
    """Run Chalice's own command."""
    words = [sys.executable, "-c", "from chalice.cli import main; main()", command]
    done = subprocess.run([*words, "--stage", stage], cwd=root, check=False)  # noqa: S603 - ours
    if done.returncode:
        target = "deploy" if command == "deploy" else "destroy"
        again = f"mend it and run `make {target} STAGE={stage}` again: it goes on from there"
        raise DeskError(f"`chalice {command} --stage {stage}` failed, see above: {again}")
