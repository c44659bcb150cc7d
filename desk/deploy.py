"""A stage on AWS: the stack, then the functions, then what Chalice cannot set.

The order is Chalice's own pattern: `infra/` first, its outputs recorded in `.chalice/config.json`,
then `chalice deploy`, which from then on works alone. A stage other than `prod` gets its entry
and its policies by copying prod's under its own names: the names are all that differs. A stage
that names a model for its summaries may call that one, in the functions that write them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.errors import DeskError, WrongWords
from desk.stage import Stage
from desk.venv import ROOT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATE = ROOT / "infra" / "broadsheet.yaml"
MODEL_STAGE = "prod"
MAX_EVENT_AGE_S = 6 * 3600  # Lambda's own limit: a longer outage than that is `reconcile`'s to mend
MAX_REPEATS = 2
FIRST_LOOK_S, LONGEST_PAUSE_S = 0.1, 5.0

WRITERS = ("ingest", "reconcile")  # the functions that summarise, and may call a model for it
# Before the id of a model: a profile that sends calls to any region of a part of the world.
_REGIONS = ("us", "us-gov", "eu", "apac", "jp", "au", "ca", "sa", "me", "af", "global")

Say = Callable[[str], None]


def deploy(
    stage: str, *, settings: Mapping[str, str] | None = None, root: Path = ROOT, say: Say = print
) -> str:
    """Bring *stage* to what this checkout says, and return the site's address.

    *settings* are parameters of the stack; those that are not given stay as they were.
    """
    say(f"stack broadsheet-{stage} ...")
    outputs = apply_stack(stage, settings=settings)
    record(stage, outputs, root=root)
    say("chalice deploy ...")
    deployed = _chalice("deploy", stage, root)
    (api,) = (resource for resource in deployed if resource["resource_type"] == "rest_api")
    url = str(api["rest_api_url"]).rstrip("/")
    if record(stage, outputs, root=root, public_url=url):
        say("chalice deploy, now that the site's address is known ...")
        deployed = _chalice("deploy", stage, root)
    set_failure_destination(deployed, outputs["FailuresArn"])
    return url


def destroy(stage: str, *, root: Path = ROOT, say: Say = print) -> None:
    """Take *stage* down but for its table and buckets, which outlive it."""
    if (root / ".chalice" / "deployed" / f"{stage}.json").exists():
        say("chalice delete ...")
        _chalice("delete", stage, root)
    say(f"stack broadsheet-{stage} ...")
    outputs = delete_stack(stage)
    for name in ("Table", "UploadsBucket", "ReceiptsBucket"):
        if name in outputs:
            say(f"kept: {outputs[name]}")


def apply_stack(
    stage: str, *, protect: bool = True, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create or update the stage's stack, wait for it, and return its outputs."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    name = f"broadsheet-{stage}"
    given = {"Stage": stage, "DeletionProtection": str(protect).lower(), **(settings or {})}
    words: dict[str, Any] = {
        "StackName": name,
        "TemplateBody": TEMPLATE.read_text(),
        "Parameters": [{"ParameterKey": k, "ParameterValue": value} for k, value in given.items()],
    }
    try:
        client = boto3.client("cloudformation")
        status = _status(client, name)
        if status == "ROLLBACK_COMPLETE":  # its first creation failed: it can only be deleted
            client.delete_stack(StackName=name)
            status = _settle(client, name)
        if status is None:
            client.create_stack(**words)
        else:
            words["Parameters"] += _kept(client, name, given)
            client.update_stack(**words)
    except (BotoCoreError, ClientError) as error:
        if "No updates are to be performed" not in str(error):
            raise DeskError(f"the stack {name} cannot be made: {_one_line(error)}") from None
    status = _settle(client, name)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeskError(f"the stack {name} is {status}: {_reasons(client, name)}")
    return _outputs(client, name)


def _kept(client: CloudFormationClient, name: str, given: Mapping[str, str]) -> list[Any]:
    """Return the parameters that an update leaves as they are: else they fall back to defaults."""
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    summary = client.get_template_summary(TemplateBody=TEMPLATE.read_text())
    known = {parameter["ParameterKey"] for parameter in summary["Parameters"]} - given.keys()
    return [
        {"ParameterKey": parameter["ParameterKey"], "ParameterValue": parameter["ParameterValue"]}
        for parameter in stack.get("Parameters", [])
        if parameter["ParameterKey"] in known
    ]


def delete_stack(stage: str) -> dict[str, str]:
    """Delete the stage's stack and return the outputs that it had; {} where there is none."""
    import boto3

    client = boto3.client("cloudformation")
    name = f"broadsheet-{stage}"
    if _status(client, name) is None:
        return {}
    outputs = _outputs(client, name)
    client.delete_stack(StackName=name)
    status = _settle(client, name)
    if status not in (None, "DELETE_COMPLETE"):
        raise DeskError(f"the stack {name} is {status}: {_reasons(client, name)}")
    return outputs


def record(
    stage: str, outputs: dict[str, str], *, root: Path = ROOT, public_url: str | None = None
) -> bool:
    """Write what Chalice must know of *stage* into its configuration; False when it is there.

    A public address that is recorded stays: it may be a domain in front of the API.
    """
    path = root / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    stages = config["stages"]
    if stage not in stages:
        stages[stage] = _renamed(stages[MODEL_STAGE], stage)
        stages[stage]["environment_variables"].pop("BROADSHEET_PUBLIC_URL", None)
        for function in stages[stage]["lambda_functions"].values():
            _copy_policy(root / ".chalice", function, stage)
    environment = stages[stage]["environment_variables"]
    environment["BROADSHEET_TABLE"] = outputs["Table"]
    environment["BROADSHEET_UPLOADS_BUCKET"] = outputs["UploadsBucket"]
    environment["BROADSHEET_RECEIPTS_BUCKET"] = outputs["ReceiptsBucket"]
    environment["BROADSHEET_EDITORS_TOPIC"] = outputs["EditorsTopic"]
    if public_url:
        environment.setdefault("BROADSHEET_PUBLIC_URL", public_url)
    for name in WRITERS:
        policy = stages[stage]["lambda_functions"][name]["iam_policy_file"]
        _allow_model(root / ".chalice" / policy, environment)
    text = json.dumps(config, indent=2) + "\n"
    if text == path.read_text():
        return False
    path.write_text(text)
    return True


def model_statements(model_id: str) -> list[dict[str, Any]]:
    """Return what a policy needs for calling *model_id*: an id, a regional profile, or an ARN.

    A profile is called by its own ARN and calls the model in whichever region has room, so the
    model is allowed in every region, but only through that profile.
    """
    if not model_id.startswith("arn:"):
        region, _, model = model_id.partition(".")
        if region not in _REGIONS:
            return [_call("CallModel", f"arn:aws:bedrock:*::foundation-model/{model_id}")]
        profile = f"arn:aws:bedrock:*:*:inference-profile/{model_id}"
    elif "inference-profile/" not in model_id:
        return [_call("CallModel", model_id)]
    else:
        profile, name = model_id, model_id.rpartition("/")[2]
        region, _, model = name.partition(".")
        model = model if region in _REGIONS else "*"  # an application's own says not which it calls
    through = {"StringLike": {"bedrock:InferenceProfileArn": profile}}
    return [
        _call("CallProfile", profile),
        {
            **_call("CallModelThroughProfile", f"arn:aws:bedrock:*::foundation-model/{model}"),
            "Condition": through,
        },
    ]


def _call(sid: str, resource: str) -> dict[str, Any]:
    action = ["bedrock:InvokeModel"]  # which is what Converse asks for
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}


def _allow_model(path: Path, environment: dict[str, str]) -> None:
    """Make a policy allow the model that *environment* names, or none."""
    policy = json.loads(path.read_text())
    statements = [s for s in policy["Statement"] if s["Action"] != ["bedrock:InvokeModel"]]
    if environment.get("BROADSHEET_SUMMARISER") == "bedrock":
        model_id = environment.get("BROADSHEET_BEDROCK_MODEL_ID")
        if not model_id:
            raise WrongWords(
                "BROADSHEET_SUMMARISER is bedrock: set BROADSHEET_BEDROCK_MODEL_ID too"
            )
        statements += model_statements(model_id)
    policy["Statement"] = statements
    text = json.dumps(policy, indent=2) + "\n"
    if text != path.read_text():
        path.write_text(text)


def recorded(stage: str, *, root: Path = ROOT) -> Stage:
    """Return where the parts of a deployed stage are."""
    config = json.loads((root / ".chalice" / "config.json").read_text())
    environment = config["stages"].get(stage, {}).get("environment_variables", {})
    try:
        return Stage(
            name=stage,
            table=environment["BROADSHEET_TABLE"],
            site=environment.get("BROADSHEET_PUBLIC_URL", ""),
            uploads=environment["BROADSHEET_UPLOADS_BUCKET"],
            receipts=environment["BROADSHEET_RECEIPTS_BUCKET"],
            title=environment.get("BROADSHEET_SITE_TITLE") or "Broadsheet",
            model=environment.get("BROADSHEET_BEDROCK_MODEL_ID", "")
            if environment.get("BROADSHEET_SUMMARISER") == "bedrock"
            else "",
        )
    except KeyError:
        known = ", ".join(["local", *sorted(config["stages"])])
        message = f"there is no stage {stage}: known are {known}; `make deploy STAGE={stage}` makes"
        raise WrongWords(f"{message} it") from None


def set_failure_destination(deployed: list[dict[str, Any]], queue_arn: str) -> None:
    """Send what a function could not handle to the failure queue: Chalice has no word for it."""
    import boto3

    client = boto3.client("lambda")
    for resource in deployed:
        if resource["resource_type"] == "lambda_function" and resource["name"] != "api_handler":
            client.put_function_event_invoke_config(
                FunctionName=resource["lambda_arn"],
                MaximumRetryAttempts=MAX_REPEATS,
                MaximumEventAgeInSeconds=MAX_EVENT_AGE_S,
                DestinationConfig={"OnFailure": {"Destination": queue_arn}},
            )


def _renamed(document: Any, stage: str) -> Any:
    """Return *document* with prod's resource names replaced by those of *stage*."""
    text = json.dumps(document)
    return json.loads(text.replace(f"broadsheet-{MODEL_STAGE}", f"broadsheet-{stage}"))


def _copy_policy(folder: Path, function: dict[str, Any], stage: str) -> None:
    model = folder / function["iam_policy_file"]
    copy = model.with_name(f"{model.stem}-{stage}.json")
    copy.write_text(json.dumps(_renamed(json.loads(model.read_text()), stage), indent=2) + "\n")
    function["iam_policy_file"] = copy.name


def _chalice(command: str, stage: str, root: Path) -> list[dict[str, Any]]:
    """Run Chalice's own command, and return what is deployed after it."""
    words = [sys.executable, "-c", "from chalice.cli import main; main()", command]
    done = subprocess.run([*words, "--stage", stage], cwd=root, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise DeskError(f"`chalice {command} --stage {stage}` failed: see above")
    path = root / ".chalice" / "deployed" / f"{stage}.json"
    deployed: list[dict[str, Any]] = json.loads(path.read_text())["resources"]
    return deployed


def _status(client: CloudFormationClient, name: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack["StackStatus"]


def _settle(client: CloudFormationClient, name: str) -> str | None:
    """Wait until the stack is no longer IN_PROGRESS, and return its status."""
    pause = FIRST_LOOK_S
    while (status := _status(client, name)) and status.endswith("_IN_PROGRESS"):
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
    return status


def _outputs(client: CloudFormationClient, name: str) -> dict[str, str]:
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def _reasons(client: CloudFormationClient, name: str) -> str:
    """Return why the last change failed: the first failures, before the cancelled rest."""
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = [e for e in events if e.get("ResourceStatus", "").endswith("FAILED")]
    told = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed]
    return _one_line("; ".join(reversed(told[-5:]))) or "no event tells why"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
