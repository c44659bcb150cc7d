"""Whether a stage is as this checkout would have it, and what mends each thing that is not.

A check asks one part of the stage and yields its faults; it changes nothing. What only AWS
has (functions, alarms, the settings of what holds data) is not asked of the local run.
"""

from __future__ import annotations

import argparse
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib import VERSION
from chalicelib.core.clean import printable
from chalicelib.core.uploads import kind_of
from desk import chosen, configured
from desk.errors import NOT_DONE
from desk.holdings import API_HANDLER, APP
from desk.redrive import failures_url
from desk.venv import ROOT

if TYPE_CHECKING:
    from chalicelib.core.uploads import Version
    from desk.stage import Stage

INGESTED_WITHIN = timedelta(minutes=5)  # seconds are usual; repeats after a fault take minutes
MAX_CLOCK_ERROR_S = 60  # far over the way of an answer; AWS itself refuses five minutes
ANSWERS_WITHIN_S = 15
KEYS_A_CALL = 100
MOST_NAMED = 3  # keys that are named; the rest are counted

_UPLOAD_EVENTS = {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}

EXAMPLES = """\
  python -m desk doctor
  python -m desk doctor --stage prod --json"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and what to do about it."""

    check: str
    what: str
    mend: str


class Patient:
    """A stage, the checkout that should be deployed there, and the moment of the examination."""

    def __init__(self, stage: Stage, *, root: Path, now: datetime) -> None:
        self.stage, self.root, self.now = stage, root, now
        self.prefix = f"{APP}-{stage.name}"
        self.deploy = f"run `make deploy STAGE={stage.name}`"
        config = json.loads((root / ".chalice" / "config.json").read_text())
        self.template = (root / "infra" / "broadsheet.yaml").read_text()
        self.config: dict[str, Any] = config["stages"].get(stage.name, {})

    def client(self, service: str) -> Any:
        return self.stage.client(service)

    def function(self, name: str) -> str:
        return self.prefix if name == API_HANDLER else f"{self.prefix}-{name}"

    def named(self, field: str) -> list[str]:
        """Return the names that the template gives in *field*, for this stage."""
        found = re.findall(rf"\b{field}: !Sub (\S+)", self.template)
        return [name.replace("${Stage}", self.stage.name) for name in found]

    def policy(self, file: str) -> Any:
        return json.loads((self.root / ".chalice" / file).read_text())


Faults = Iterator[tuple[str, str]]  # what is wrong, and its mend
Check = Callable[[Patient], Faults]


def examine(stage: Stage, *, now: datetime, root: Path = ROOT) -> Iterator[tuple[str, list[Fault]]]:
    """Yield the name of each check with what it found, in an order from the ground up."""
    from botocore.exceptions import ClientError

    from chalicelib.core.errors import StoreUnavailable

    patient = Patient(stage, root=root, now=now)
    for name, check in (*_EVERYWHERE, *(() if stage.endpoint else _ON_AWS)):
        try:
            faults = list(check(patient))
        except StoreUnavailable as error:
            faults = [(f"the table does not answer: {error.__cause__ or error}", patient.deploy)]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            what = f"cannot be looked at: {code} ({error.operation_name})"
            if code.startswith(("AccessDenied", "UnauthorizedOperation")):
                faults = [(what, "use an operator's credentials, which may read all of the stage")]
            else:
                faults = [(what, patient.deploy)]
        yield name, [Fault(check=name, what=what, mend=mend) for what, mend in faults]


# What any stage has


def _clock(patient: Patient) -> Faults:
    answer = patient.client("dynamodb").describe_table(TableName=patient.stage.table)
    told = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    error_s = abs((patient.now - told).total_seconds())
    if error_s > MAX_CLOCK_ERROR_S:
        what = f"this machine's clock is {error_s:.0f} s away from that of AWS"
        yield what, "let it keep time with NTP: uploads are dated by the bucket, reports here by it"


def _site(patient: Patient) -> Faults:
    if not patient.stage.site:
        yield "the site's address is not known", patient.deploy
        return
    address = f"{patient.stage.site}/v1/health"
    try:
        with urllib.request.urlopen(address, timeout=ANSWERS_WITHIN_S) as answer:  # noqa: S310 - the stage's own
            health = json.load(answer)["data"]
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        what = f"{address} does not answer: {error}"
        yield what, f"look at what `python -m desk logs --stage {patient.stage.name}` says"
        return
    running = health["versions"]["broadsheet"]
    if running != VERSION:
        yield f"the site runs version {running}, this checkout is {VERSION}", patient.deploy


def _latest_list(patient: Patient) -> Faults:
    latest = patient.stage.store().latest()
    mend = "see that `refresh_latest` is called every five minutes, and what it logs"
    if latest is None:
        yield "the latest list has never been prepared", mend
    elif latest.is_stale(patient.now):
        minutes = (patient.now - latest.refreshed_at) // timedelta(minutes=1)
        yield f"the latest list is {minutes} minutes old", mend


def _uploads(patient: Patient) -> Faults:
    """Find uploads that are not in the table, or whose receipt or spread did not come."""
    behind = 0
    examples: list[str] = []
    for batch in _batches(patient):
        settled = patient.stage.store().settled_to(batch)
        for key, newest in batch.items():
            is_late = patient.now - newest.received_at > INGESTED_WITHIN
            if is_late and settled.get(key) != newest.id:
                behind += 1
                examples += [printable(key)] if len(examples) < MOST_NAMED else []
    if behind:
        others = f" and {behind - len(examples)} more" if behind > len(examples) else ""
        what = f"not ingested: {', '.join(examples)}{others}"
        yield what, "`reconcile` comes to them hourly; `python -m desk rebuild` does it at once"


def _batches(patient: Patient) -> Iterator[dict[str, Version]]:
    newest = (
        (key, version)
        for key, version in patient.stage.versions().newest("")
        if kind_of(key) != "ignored"
    )
    while batch := dict(islice(newest, KEYS_A_CALL)):
        yield batch


def _failures(patient: Patient) -> Faults:
    answer = patient.client("sqs").get_queue_attributes(
        QueueUrl=failures_url(patient.stage), AttributeNames=["ApproximateNumberOfMessages"]
    )
    if count := int(answer["Attributes"]["ApproximateNumberOfMessages"]):
        look = f"python -m desk redrive --stage {patient.stage.name}"
        yield f"{count} events failed for good", f"look with `{look} --look`, mend, then `{look}`"


# What a stage has on AWS


def _stack(patient: Patient) -> Faults:
    client = patient.client("cloudformation")
    (stack,) = client.describe_stacks(StackName=patient.prefix)["Stacks"]
    status = stack["StackStatus"]
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        yield f"the stack is {status}", patient.deploy
    template = client.get_template(StackName=patient.prefix)["TemplateBody"]
    if template != patient.template:
        yield "the stack was made from another template than this checkout's", patient.deploy


def _table(patient: Patient) -> Faults:
    client, name = patient.client("dynamodb"), patient.stage.table
    table = client.describe_table(TableName=name)["Table"]
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    if table["TableStatus"] != "ACTIVE":
        yield f"the table is {table['TableStatus']}", "wait; if it stays so, ask AWS"
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING") or (
        ttl.get("AttributeName") != "ttl"
    ):
        yield "links of feeds never expire: the table's TTL is off", patient.deploy
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        yield "the table cannot be set back to an earlier moment: PITR is off", patient.deploy
    if not table.get("DeletionProtectionEnabled"):
        yield "the table can be deleted by mistake: its protection is off", patient.deploy


def _buckets(patient: Patient) -> Faults:
    client, uploads = patient.client("s3"), patient.stage.uploads
    versioning = client.get_bucket_versioning(Bucket=uploads).get("Status")
    if versioning != "Enabled":
        yield "uploads overwrite each other: the bucket keeps no versions", patient.deploy
    for bucket in (uploads, patient.stage.receipts):
        if not all(_public_access(client, bucket).values()):
            yield f"{bucket} may be opened to the public", patient.deploy
    for rule in _lifecycle(client, uploads):
        if {"Expiration", "NoncurrentVersionExpiration"} & rule.keys():
            what = f"{uploads} forgets versions: its lifecycle rule {rule.get('ID', '')}"
            yield what, f"remove the rule, or {patient.deploy}"


def _public_access(client: Any, bucket: str) -> dict[str, bool]:
    from botocore.exceptions import ClientError

    try:
        answer = client.get_public_access_block(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchPublicAccessBlockConfiguration":
            return {"none": False}
        raise
    settings: dict[str, bool] = answer["PublicAccessBlockConfiguration"]
    return settings


def _lifecycle(client: Any, bucket: str) -> list[dict[str, Any]]:
    from botocore.exceptions import ClientError

    try:
        rules: list[dict[str, Any]] = client.get_bucket_lifecycle_configuration(Bucket=bucket)[
            "Rules"
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
            return []
        raise
    return [rule for rule in rules if rule.get("Status") == "Enabled"]


def _functions(patient: Patient) -> Faults:
    client = patient.client("lambda")
    environment = patient.config.get("environment_variables", {})
    for name in configured.functions(root=patient.root):
        function = patient.function(name)
        try:
            found = client.get_function_configuration(FunctionName=function)
        except client.exceptions.ResourceNotFoundException:
            yield f"{function} is not there", patient.deploy
            continue
        told = found.get("Environment", {}).get("Variables", {})
        wrong = sorted(n for n in environment if told.get(n) != environment[n])
        if wrong:
            yield f"{function} is told another {', '.join(wrong)} than recorded", patient.deploy
        if found.get("State", "Active") != "Active":
            yield f"{function} is {found['State']}: {found.get('StateReason', '')}", patient.deploy
        wanted = patient.config["lambda_functions"][name]
        has = (found["MemorySize"], found["Timeout"])
        if has != (wanted["lambda_memory_size"], wanted["lambda_timeout"]):
            yield f"{function} has {has[0]} MB and {has[1]} s, not what is recorded", patient.deploy


def _permissions(patient: Patient) -> Faults:
    client = patient.client("iam")
    for name in configured.functions(root=patient.root):
        role = f"{patient.prefix}-{name}"
        wanted = patient.policy(patient.config["lambda_functions"][name]["iam_policy_file"])
        try:
            names = client.list_role_policies(RoleName=role)["PolicyNames"]
            attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        except client.exceptions.NoSuchEntityException:
            yield f"the role {role} is not there", patient.deploy
            continue
        granted = [
            client.get_role_policy(RoleName=role, PolicyName=one)["PolicyDocument"] for one in names
        ]
        if attached or granted != [wanted]:
            yield f"the role {role} may do other things than its policy says", patient.deploy


def _triggers(patient: Patient) -> Faults:
    told = patient.client("s3").get_bucket_notification_configuration(Bucket=patient.stage.uploads)
    ingest = patient.function("ingest")
    events = {
        event
        for one in told.get("LambdaFunctionConfigurations", ())
        if one["LambdaFunctionArn"].endswith(f":{ingest}")
        for event in one["Events"]
    }
    if missing := sorted(_UPLOAD_EVENTS - events):
        yield f"{ingest} is not told of {', '.join(missing)}", patient.deploy
    events_client = patient.client("events")
    for name in configured.functions(root=patient.root):
        if name in (API_HANDLER, "ingest"):
            continue
        rule = f"{patient.prefix}-{name}-event"
        try:
            state = events_client.describe_rule(Name=rule)["State"]
        except events_client.exceptions.ResourceNotFoundException:
            yield f"nothing calls {patient.function(name)}: the rule {rule} is gone", patient.deploy
            continue
        if state != "ENABLED":
            mend = f"enable it: `aws events enable-rule --name {rule}`"
            yield f"nothing calls {patient.function(name)}: the rule {rule} is {state}", mend


def _destinations(patient: Patient) -> Faults:
    """Find functions whose failed events would be lost."""
    client = patient.client("lambda")
    queue = f":{patient.prefix}-failures"
    for name in configured.functions(root=patient.root):
        if name == API_HANDLER:
            continue
        function = patient.function(name)
        try:
            told = client.get_function_event_invoke_config(FunctionName=function)
        except client.exceptions.ResourceNotFoundException:
            told = {}
        to = told.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        if not to.endswith(queue):
            yield f"what {function} cannot handle is lost: no failure queue", patient.deploy


def _alarms(patient: Patient) -> Faults:
    wanted = patient.named("AlarmName")
    pages = patient.client("cloudwatch").get_paginator("describe_alarms")
    found = {
        alarm["AlarmName"]: alarm
        for page in pages.paginate(AlarmNamePrefix=f"{patient.prefix}-", AlarmTypes=["MetricAlarm"])
        for alarm in page["MetricAlarms"]
    }
    for name in wanted:
        alarm = found.get(name)
        if alarm is None:
            yield f"the alarm {name} is not there", patient.deploy
        elif not (alarm.get("ActionsEnabled") and alarm.get("AlarmActions")):
            mend = f"`aws cloudwatch enable-alarm-actions --alarm-names {name}`, or deploy again"
            yield f"the alarm {name} tells nobody", mend
        elif alarm["StateValue"] == "ALARM":
            runbook = name.removeprefix(f"{patient.prefix}-")
            what = f"the alarm {name} has gone off: {alarm.get('StateReason', '')}".rstrip(": ")
            yield what, f"follow its runbook, docs/operations.md#{runbook}"


def _listeners(patient: Patient) -> Faults:
    client = patient.client("sns")
    for who in ("operators", "editors"):
        suffix = f":{patient.prefix}-{who}"
        topics = (
            topic["TopicArn"]
            for page in client.get_paginator("list_topics").paginate()
            for topic in page["Topics"]
        )
        arn = next((one for one in topics if one.endswith(suffix)), None)
        if arn is None:
            yield f"there is no topic for {who}", patient.deploy
            continue
        listening = client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        mend = f"`python -m desk deploy --stage {patient.stage.name} --{who}-email ADDRESS`"
        if not listening:
            yield f"nobody is told: the topic for {who} has no subscription", mend
        elif all(one["SubscriptionArn"] == "PendingConfirmation" for one in listening):
            yield f"nobody is told yet: no {who}' address is confirmed", "follow the mail's link"


def _logs(patient: Patient) -> Faults:
    client = patient.client("logs")
    for name in patient.named("LogGroupName"):
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group = next((one for one in groups if one["logGroupName"] == name), None)
        if group is None:
            yield f"the log group {name} is not there", patient.deploy
        elif not group.get("retentionInDays"):
            yield f"the logs in {name} are kept, and paid for, for ever", patient.deploy


_EVERYWHERE: tuple[tuple[str, Check], ...] = (
    ("clock", _clock),
    ("latest list", _latest_list),
    ("uploads", _uploads),
    ("failure queue", _failures),
    ("site", _site),
)
_ON_AWS: tuple[tuple[str, Check], ...] = (
    ("stack", _stack),
    ("table", _table),
    ("buckets", _buckets),
    ("functions", _functions),
    ("permissions", _permissions),
    ("triggers", _triggers),
    ("failure destinations", _destinations),
    ("alarms", _alarms),
    ("subscriptions", _listeners),
    ("logs", _logs),
)


# The command


def words(parser: argparse.ArgumentParser) -> None:
    chosen.words(parser, json_help="one fault a line")


def run(arguments: argparse.Namespace) -> int:
    stage = chosen.stage(arguments)
    is_well = True
    with stage.explained():
        for check, faults in examine(stage, now=datetime.now(UTC)):
            is_well = is_well and not faults
            if arguments.json:
                for one in faults:
                    print(json.dumps(asdict(one), ensure_ascii=False))
                continue
            print(f"{check}: {'well' if not faults else ''}".rstrip())
            for one in faults:
                print(f"  {one.what}\n    mend: {one.mend}")
    return 0 if is_well else NOT_DONE
