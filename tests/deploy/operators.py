"""Somebody who deploys: a checkout on a machine, and words for what can be seen in the account."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws import ROOT

CHALICE = ("-c", "from chalice.cli import main; main()")
HIDDEN = shutil.ignore_patterns("__pycache__", "deployed", "deployments")


def checkout(folder):
    """A clone of the repository: deploying writes into it."""
    for name in ("chalicelib", "desk", "infra", ".chalice"):
        shutil.copytree(ROOT / name, folder / name, ignore=HIDDEN)
    shutil.copy(ROOT / "app.py", folder)
    # What goes into the zip does not matter here, and fetching it needs the network.
    (folder / "requirements.txt").write_text("")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@dataclass
class Operator:
    aws: Any
    at: Path

    def start(self, *words):
        """Start a command of the desk, in a process group of its own."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BROADSHEET_")}
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=self.at,
            env={**environ, **self.aws.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words, types="", succeeds=True):
        process = self.start(*words)
        out, err = process.communicate(types, timeout=180)
        assert (process.returncode == 0) == succeeds, err
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def deploy(self, stage, *words, **named):
        return self.run("-m", "desk", "deploy", "--stage", stage, "--no-smoke", *words, **named)

    def destroy(self, stage, *words, **named):
        return self.run("-m", "desk", "destroy", "--stage", stage, "--yes", *words, **named)

    def names_domain(self, stage, url):
        """Configure a domain in front of the stage's API."""
        path = self.at / ".chalice" / "config.json"
        config = json.loads(path.read_text())
        told = config["stages"].setdefault(stage, {}).setdefault("environment_variables", {})
        told["BROADSHEET_PUBLIC_URL"] = url
        path.write_text(json.dumps(config))


def snapshot(aws):
    """All of an account that a deployment makes, without what differs from time to time."""
    functions = aws.client("lambda")
    named = {f["FunctionName"]: f for f in functions.list_functions()["Functions"]}
    return {
        "stacks": _stacks(aws.client("cloudformation")),
        "functions": {name: _function(functions, told) for name, told in named.items()},
        "roles": _roles(aws.client("iam")),
        "rules": _rules(aws.client("events")),
        "apis": _apis(aws.client("apigateway")),
        "buckets": _buckets(aws.client("s3")),
        "logs": [
            g["logGroupName"] for g in _every(aws, "logs", "describe_log_groups", "logGroups")
        ],
        "topics": [t["TopicArn"] for t in _every(aws, "sns", "list_topics", "Topics")],
        "queues": _every(aws, "sqs", "list_queues", "QueueUrls"),
        "tables": aws.client("dynamodb").list_tables()["TableNames"],
    }


def _every(aws, service, operation, listed):
    return getattr(aws.client(service), operation)().get(listed, [])


def _stacks(client):
    return {
        stack["StackName"]: (
            sorted((p["ParameterKey"], p["ParameterValue"]) for p in stack["Parameters"]),
            sorted((o["OutputKey"], o["OutputValue"]) for o in stack["Outputs"]),
        )
        for stack in client.describe_stacks()["Stacks"]
    }


def _function(client, told):
    name = told["FunctionName"]
    config = client.get_function_event_invoke_config
    try:
        invoked = config(FunctionName=name)
        failures = (
            invoked["DestinationConfig"]["OnFailure"]["Destination"],
            invoked["MaximumRetryAttempts"],
            invoked["MaximumEventAgeInSeconds"],
        )
    except client.exceptions.ResourceNotFoundException:
        failures = None
    statements = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    return {
        **{key: told[key] for key in ("Runtime", "Role", "Handler", "Timeout", "MemorySize")},
        "environment": told["Environment"]["Variables"],
        "tags": client.list_tags(Resource=told["FunctionArn"])["Tags"],
        "failures": failures,
        "called by": sorted(json.dumps({**s, "Sid": None}) for s in statements),
    }


def _roles(client):
    return {
        role["RoleName"]: {
            policy: client.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)[
                "PolicyDocument"
            ]
            for policy in client.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        }
        for role in client.list_roles()["Roles"]
    }


def _rules(client):
    return {
        rule["Name"]: (
            rule["ScheduleExpression"],
            [target["Arn"] for target in client.list_targets_by_rule(Rule=rule["Name"])["Targets"]],
        )
        for rule in client.list_rules()["Rules"]
    }


def _apis(client):
    return {
        api["id"]: {
            "routes": {
                (resource["path"], method): told.get("methodIntegration", {}).get("uri")
                for resource in client.get_resources(restApiId=api["id"])["items"]
                for method, told in resource.get("resourceMethods", {}).items()
            },
            "responses": {
                told["responseType"]: told["statusCode"]
                for told in client.get_gateway_responses(restApiId=api["id"])["items"]
            },
            "stages": [s["stageName"] for s in client.get_stages(restApiId=api["id"])["item"]],
        }
        for api in client.get_rest_apis()["items"]
    }


def _buckets(client):
    return {
        bucket["Name"]: [
            (told["LambdaFunctionArn"], sorted(told["Events"]))
            for told in client.get_bucket_notification_configuration(Bucket=bucket["Name"]).get(
                "LambdaFunctionConfigurations", []
            )
        ]
        for bucket in client.list_buckets()["Buckets"]
    }
