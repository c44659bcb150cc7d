"""A stage's stack on CloudFormation: planned as a change set, then executed or thrown away.

What a stack left behind when it was deleted (its table and buckets are kept) is taken back by
the next one of its name: the change set imports what exists under the names of the template.
Whatever state a deployment left that was cut off, the next one goes on from it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desk.errors import DeskError
from desk.stage import explained
from desk.venv import ROOT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATE = ROOT / "infra" / "broadsheet.yaml"
FIRST_LOOK_S, LONGEST_PAUSE_S = 0.1, 5.0

# Never came to be, or only a plan: nothing can be done with it but to delete it.
_STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS")
_NO_CHANGES = ("No updates are to be performed", "didn't contain changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a deployment does to one resource of the stack."""

    action: str  # Add, Import, Modify, Remove …
    resource: str
    type: str
    is_replacement: bool = False

    def __str__(self) -> str:
        note = ", which makes it anew" if self.is_replacement else ""
        return f"{self.action.lower()} {self.resource} ({self.type}{note})"


class Stack:
    """The stack of one stage; *protect* is whether its table refuses to be deleted."""

    def __init__(self, stage: str, *, protect: bool = True) -> None:
        import boto3

        self.name = f"broadsheet-{stage}"
        self._parameters = {"Stage": stage, "DeletionProtection": str(protect).lower()}
        with explained():
            self._client: CloudFormationClient = boto3.client("cloudformation")

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs, {} where there is no stack."""
        with explained():
            stack = self._described()
        return {o["OutputKey"]: o["OutputValue"] for o in (stack or {}).get("Outputs", [])}

    def foretold(self) -> dict[str, str]:
        """Return the outputs that the stack of a stage on AWS has, also where there is no stack."""
        import boto3

        with explained():
            session = boto3.Session()
            told = session.client("sts").get_caller_identity()
        partition, account = told["Arn"].split(":")[1], told["Account"]
        topic = f"arn:{partition}:sns:{session.region_name}:{account}:{self.name}-editors"
        return {
            "Table": self.name,
            "UploadsBucket": f"{self.name}-uploads-{account}",
            "ReceiptsBucket": f"{self.name}-receipts-{account}",
            "EditorsTopic": topic,
        }

    def planned(self, settings: Mapping[str, str]) -> list[Change]:
        """Return what `apply` with these *settings* would change, and change nothing."""
        with explained():
            change_set = self._change_set(settings)
            if change_set is not None:
                self._discard(change_set["ChangeSetId"])
            return _changes(change_set)

    def apply(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        about_to: Callable[[list[Change]], None] = lambda _: None,
    ) -> dict[str, str]:
        """Create or update the stack, wait for it, and return its outputs.

        *settings* are parameters of the template; those that are not given stay as they were.
        *about_to* is told of the changes before the first is made.
        """
        with explained():
            change_set = self._change_set(settings or {})
            about_to(_changes(change_set))
            if change_set is not None:
                self._client.execute_change_set(
                    ChangeSetName=change_set["ChangeSetId"], StackName=self.name
                )
                self._expect("CREATE_COMPLETE", "UPDATE_COMPLETE")
        return self.outputs()

    def delete(self) -> None:
        """Delete the stack but for what holds data; nothing happens where there is none."""
        with explained():
            if self._settled() is not None:
                self._client.delete_stack(StackName=self.name)
                self._expect(None)

    def _change_set(self, settings: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return a change set with all its changes, None where there is nothing to change."""
        status = self._settled()
        if status in _STILLBORN:
            self._client.delete_stack(StackName=self.name)
            self._expect(None)
            status = None
        given = {**self._parameters, **settings}
        parameters = [{"ParameterKey": k, "ParameterValue": value} for k, value in given.items()]
        words: dict[str, Any] = {
            "StackName": self.name,
            "ChangeSetName": f"deploy-{uuid.uuid4()}",
            "ChangeSetType": "UPDATE" if status else "CREATE",
            "ImportExistingResources": True,
            "TemplateBody": TEMPLATE.read_text(encoding="utf-8"),
            "Parameters": parameters + (self._kept(given) if status else []),
            "Capabilities": ["CAPABILITY_IAM"],  # the editors' policies
        }
        try:
            made = self._client.create_change_set(**words)["Id"]
        except self._client.exceptions.ClientError as error:
            if _says_nothing_changes(str(error)):
                return None
            raise
        return self._worked_out(made)

    def _worked_out(self, change_set_id: str) -> Mapping[str, Any] | None:
        for pause in _pauses():
            pages = self._client.get_paginator("describe_change_set").paginate(
                ChangeSetName=change_set_id, StackName=self.name
            )
            changes: list[Any] = []
            found: Any = {}
            for found in pages:
                changes += found.get("Changes", [])
            if found["Status"] == "CREATE_COMPLETE":
                return {"ChangeSetId": change_set_id, "Changes": changes}
            if found["Status"] == "FAILED":
                break
            time.sleep(pause)
        self._discard(change_set_id)
        reason = found.get("StatusReason", "")
        if _says_nothing_changes(reason):
            return None
        raise DeskError(f"the stack {self.name} cannot be made: {_one_line(reason)}")

    def _discard(self, change_set_id: str) -> None:
        """Delete what was only planned: the change set, and the stack that it would have made."""
        self._client.delete_change_set(ChangeSetName=change_set_id, StackName=self.name)
        if self._status() == "REVIEW_IN_PROGRESS":
            self._client.delete_stack(StackName=self.name)
            self._expect(None)

    def _kept(self, given: Mapping[str, str]) -> list[Any]:
        """Return the parameters that an update leaves as they are: else they fall to defaults."""
        summary = self._client.get_template_summary(
            TemplateBody=TEMPLATE.read_text(encoding="utf-8")
        )
        known = {parameter["ParameterKey"] for parameter in summary["Parameters"]} - given.keys()
        return [
            {"ParameterKey": had["ParameterKey"], "ParameterValue": had["ParameterValue"]}
            for had in (self._described() or {}).get("Parameters", [])
            if had["ParameterKey"] in known
        ]

    def _described(self) -> Mapping[str, Any] | None:
        try:
            (stack,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except self._client.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack

    def _status(self) -> str | None:
        stack = self._described()
        return stack["StackStatus"] if stack else None

    def _settled(self) -> str | None:
        """Wait until nothing works on the stack any more, and return its status."""
        for pause in _pauses():
            status = self._status()
            if status is None or status in _STILLBORN or not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(pause)
        return status

    def _expect(self, *wanted: str | None) -> None:
        status = self._settled()
        if status not in wanted:
            raise DeskError(f"the stack {self.name} is {status}: {self._reasons()}")

    def _reasons(self) -> str:
        """Return why the last change failed: the first failures, before the cancelled rest."""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [e for e in events if e.get("ResourceStatus", "").endswith("FAILED")]
        told = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed]
        return _one_line("; ".join(reversed(told[-5:]))) or "no event tells why"


def _pauses() -> Iterator[float]:
    pause = FIRST_LOOK_S
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def _changes(change_set: Mapping[str, Any] | None) -> list[Change]:
    told = [change["ResourceChange"] for change in change_set["Changes"]] if change_set else []
    return [
        Change(
            action=one["Action"],
            resource=one["LogicalResourceId"],
            type=one["ResourceType"],
            is_replacement=one.get("Replacement") == "True",
        )
        for one in told
    ]


def _says_nothing_changes(reason: str) -> bool:
    return any(words in reason for words in _NO_CHANGES)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
