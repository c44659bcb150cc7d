"""`make deploy` and `make destroy`, run by an operator against moto's server."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from local_aws import ROOT

from desk.deploy import apply_stack


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the repository to deploy from: deploying writes into `.chalice/`."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("chalicelib", "desk", "infra", ".chalice"):
        hidden = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
        shutil.copytree(ROOT / name, copy / name, ignore=hidden)
    shutil.copy(ROOT / "app.py", copy)
    # What goes into the zip does not matter here, and fetching it needs the network.
    (copy / "requirements.txt").write_text("")
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


@pytest.fixture(scope="module")
def operator(checkout, aws):
    def run(*words):
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BROADSHEET_")}
        return subprocess.run(
            [sys.executable, *words],
            cwd=checkout,
            env={**environ, **aws.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return run


def environment(aws, name):
    configuration = aws.client("lambda").get_function_configuration(FunctionName=name)
    return configuration["Environment"]["Variables"]


def parameters(aws, name):
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_what_a_deployment_does_not_name_stays_as_it_was(aws, monkeypatch):
    for name, value in aws.environ.items():
        monkeypatch.setenv(name, value)
    apply_stack("kept", settings={"WithdrawalBurst": "50"})

    apply_stack("kept", settings={"LogRetentionDays": "7"})

    given = parameters(aws, "broadsheet-kept")
    assert (given["WithdrawalBurst"], given["LogRetentionDays"]) == ("50", "7")


def test_a_stage_is_deployed_again_by_chalice_alone_and_destroyed(operator, checkout, aws):
    emails = ("--editors-email", "desk@courier.example", "--operators-email", "ops@courier.example")
    done = operator("-m", "desk", "deploy", "--stage", "staging", *emails, "--json")
    assert done.returncode == 0, done.stderr
    url = json.loads(done.stdout.splitlines()[-1])["url"]

    functions = {f["FunctionName"] for f in aws.client("lambda").list_functions()["Functions"]}
    assert functions == {
        "broadsheet-staging",
        "broadsheet-staging-ingest",
        "broadsheet-staging-refresh_latest",
        "broadsheet-staging-fetch_feeds",
        "broadsheet-staging-reconcile",
    }
    told = environment(aws, "broadsheet-staging")
    assert told["BROADSHEET_TABLE"] == "broadsheet-staging"
    assert told["BROADSHEET_UPLOADS_BUCKET"] == "broadsheet-staging-uploads-123456789012"
    assert told["BROADSHEET_PUBLIC_URL"] == url
    assert told["BROADSHEET_EDITORS_TOPIC"].endswith(":broadsheet-staging-editors")
    assert told["POWERTOOLS_SERVICE_NAME"] == "broadsheet-staging"
    given = parameters(aws, "broadsheet-staging")
    assert given["EditorsEmail"] == "desk@courier.example"
    assert given["OperatorsEmail"] == "ops@courier.example"
    (configured,) = aws.client("s3").get_bucket_notification_configuration(
        Bucket=told["BROADSHEET_UPLOADS_BUCKET"]
    )["LambdaFunctionConfigurations"]
    assert configured["LambdaFunctionArn"].endswith(":broadsheet-staging-ingest")
    for name in functions - {"broadsheet-staging"}:
        config = aws.client("lambda").get_function_event_invoke_config(FunctionName=name)
        destination = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert destination.endswith(":broadsheet-staging-failures")
    policy = aws.client("iam").get_role_policy(
        RoleName="broadsheet-staging-refresh_latest", PolicyName="broadsheet-staging-refresh_latest"
    )["PolicyDocument"]
    assert "table/broadsheet-staging" in json.dumps(policy)
    assert "prod" not in json.dumps(policy)

    again = operator("-c", "from chalice.cli import main; main()", "deploy", "--stage", "staging")
    assert again.returncode == 0, again.stderr
    assert len(aws.client("apigateway").get_rest_apis()["items"]) == 1
    assert environment(aws, "broadsheet-staging") == told

    gone = operator("-m", "desk", "destroy", "--stage", "staging", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert "kept: broadsheet-staging" in gone.stderr
    assert (
        json.loads((checkout / ".chalice" / "config.json").read_text())["stages"]["prod"]
        == (json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["prod"])
    )


def test_a_stack_that_cannot_be_made_is_one_line_and_a_status(operator):
    done = operator("-m", "desk", "deploy", "--stage", "Not A Stage")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("desk deploy: ")
