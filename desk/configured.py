"""What Chalice is told of a stage: its part of `.chalice/config.json`, and the policies beside it.

A stage other than `prod` gets its entry and its policies by copying prod's under its own names:
the names are all that differs. A stage that names a model for its summaries may call that one,
in the functions that write them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desk.errors import WrongWords
from desk.holdings import is_an_apis_own
from desk.stage import Stage
from desk.venv import ROOT

MODEL_STAGE, LOCAL = "prod", "local"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")  # as the template has it
WRITERS = ("ingest", "reconcile")  # the functions that summarise, and may call a model for it
# Before the id of a model: a profile that sends calls to any region of a part of the world.
_REGIONS = ("us", "us-gov", "eu", "apac", "jp", "au", "ca", "sa", "me", "af", "global")


def functions(*, root: Path = ROOT) -> tuple[str, ...]:
    """Return the names of the functions that this checkout configures."""
    config = json.loads((root / ".chalice" / "config.json").read_text())
    return tuple(config["stages"][MODEL_STAGE]["lambda_functions"])


def check_name(stage: str) -> None:
    """Refuse what is no name, `local`, and `prod-ingest`: that is `prod`'s function `ingest`."""
    if not _NAME.fullmatch(stage):
        words = "1 to 20 lower-case letters, digits and hyphens, from a letter on"
        raise WrongWords(f"a stage cannot be called {stage!r}, but {words}")
    if stage == LOCAL:
        raise WrongWords(f"a stage cannot be called {stage}: that is what `make run` makes")
    for name in functions():
        if stage.endswith(f"-{name}"):
            raise WrongWords(f"a stage cannot be called {stage}: {name} is a function's name")


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
        known = ", ".join([LOCAL, *sorted(config["stages"])])
        message = f"there is no stage {stage}: known are {known}; `make deploy STAGE={stage}` makes"
        raise WrongWords(f"{message} it") from None


def reader_of(table: str, *, root: Path = ROOT) -> str | None:
    """Return the stage whose functions read *table*, None where no known one does."""
    config = json.loads((root / ".chalice" / "config.json").read_text())
    for stage, settings in config["stages"].items():
        if settings.get("environment_variables", {}).get("BROADSHEET_TABLE") == table:
            return str(stage)
    return None


def record(
    stage: str, outputs: Mapping[str, str], *, public_url: str = "", root: Path = ROOT
) -> None:
    """Write what Chalice must know of *stage* into its configuration.

    Where a domain in front of the API is recorded it stays; an API's own address gives way to
    *public_url*.
    """
    path = root / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    stages = config["stages"]
    if stage != MODEL_STAGE:
        stages[stage] = _after_the_model(stages, stage)
        for function in stages[stage]["lambda_functions"].values():
            _copy_policy(root / ".chalice", function, stage)
    environment = stages[stage]["environment_variables"]
    environment["BROADSHEET_TABLE"] = outputs["Table"]
    environment["BROADSHEET_UPLOADS_BUCKET"] = outputs["UploadsBucket"]
    environment["BROADSHEET_RECEIPTS_BUCKET"] = outputs["ReceiptsBucket"]
    environment["BROADSHEET_EDITORS_TOPIC"] = outputs["EditorsTopic"]
    had = environment.get("BROADSHEET_PUBLIC_URL", "")
    if public_url and (not had or is_an_apis_own(had)):
        environment["BROADSHEET_PUBLIC_URL"] = public_url
    for name in WRITERS:
        policy = stages[stage]["lambda_functions"][name]["iam_policy_file"]
        _allow_model(root / ".chalice" / policy, environment)
    for function in stages[stage]["lambda_functions"].values():
        _place(root / ".chalice" / function["iam_policy_file"], near=outputs["EditorsTopic"])
    _write(path, config)


def _after_the_model(stages: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """Return what the model stage has now, under *stage*'s names, with *stage*'s own settings."""
    made: dict[str, Any] = _renamed(stages[MODEL_STAGE], stage)
    made["environment_variables"].pop("BROADSHEET_PUBLIC_URL", None)
    had = stages.get(stage, {})
    for name, function in made["lambda_functions"].items():
        own = had.get("lambda_functions", {}).get(name, {})
        made["lambda_functions"][name] = {
            **function,
            **own,
            "iam_policy_file": function["iam_policy_file"],
        }
    own = had.get("environment_variables", {})
    environment = {**made["environment_variables"], **own}
    return {
        **made,
        **had,
        "environment_variables": environment,
        "lambda_functions": made["lambda_functions"],
    }


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
    _write(path, policy)


def _place(path: Path, *, near: str) -> None:
    """Write the resources of a policy in the partition of the ARN *near*: China has another."""
    partition = ":".join(near.split(":")[:2])
    text = re.sub(r"\barn:aws[a-z-]*(?=:)", partition, path.read_text())
    _write(path, json.loads(text))


def _renamed(document: Any, stage: str) -> Any:
    """Return *document* with prod's resource names replaced by those of *stage*."""
    text = json.dumps(document)
    return json.loads(text.replace(f"broadsheet-{MODEL_STAGE}", f"broadsheet-{stage}"))


def _copy_policy(folder: Path, function: dict[str, Any], stage: str) -> None:
    model = folder / function["iam_policy_file"]
    copy = model.with_name(f"{model.stem}-{stage}.json")
    _write(copy, _renamed(json.loads(model.read_text()), stage))
    function["iam_policy_file"] = copy.name


def _write(path: Path, document: Any) -> None:
    """Write *document* where it differs from what is there; a cut leaves the old or the new."""
    text = json.dumps(document, indent=2) + "\n"
    if path.exists() and path.read_text() == text:
        return
    half = path.with_name(f"{path.name}.half")
    half.write_text(text)
    half.replace(path)
