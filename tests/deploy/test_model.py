"""Which model a stage's functions may call: the one that the stage names, and no other."""

import json
import shutil

import pytest
from local_aws import ROOT

from desk import configured
from desk.errors import WrongWords

OUTPUTS = {
    "Table": "t",
    "UploadsBucket": "u",
    "ReceiptsBucket": "r",
    "EditorsTopic": "arn:aws:sns:us-east-1:123456789012:editors",
}
MODEL = "example.writer-v1:0"


@pytest.fixture
def stage(tmp_path):
    """Record a stage with these settings; return the resources of each function's model calls."""
    hidden = shutil.ignore_patterns("deployed", "deployments")
    shutil.copytree(ROOT / ".chalice", tmp_path / ".chalice", ignore=hidden)
    path = tmp_path / ".chalice" / "config.json"

    def record(name, **settings):
        config = json.loads(path.read_text())
        for told in config["stages"].values():
            told["environment_variables"].update(settings)
        path.write_text(json.dumps(config))
        configured.record(name, OUTPUTS, root=tmp_path)
        functions = json.loads(path.read_text())["stages"][name]["lambda_functions"]
        policies = {
            function: json.loads((tmp_path / ".chalice" / told["iam_policy_file"]).read_text())
            for function, told in functions.items()
        }
        return {
            function: [
                statement["Resource"]
                for statement in policy["Statement"]
                if statement["Action"] == ["bedrock:InvokeModel"]
            ]
            for function, policy in policies.items()
        }

    return record


def test_without_a_model_no_function_may_call_one(stage):
    assert not any(stage("prod").values())


@pytest.mark.parametrize("name", ["prod", "staging"])
def test_the_functions_that_summarise_may_call_the_model_that_the_stage_names(stage, name):
    settings = {"BROADSHEET_SUMMARISER": "bedrock", "BROADSHEET_BEDROCK_MODEL_ID": MODEL}

    calls = stage(name, **settings)

    named = [f"arn:aws:bedrock:*::foundation-model/{MODEL}"]
    assert {function for function, resources in calls.items() if resources} == {
        "ingest",
        "reconcile",
    }
    assert calls["ingest"] == calls["reconcile"] == named
    assert stage(name, **settings) == calls
    assert not any(stage(name, BROADSHEET_SUMMARISER="extractive").values())


def test_a_stage_that_names_no_model_is_told_so(stage):
    with pytest.raises(WrongWords, match="BROADSHEET_BEDROCK_MODEL_ID"):
        stage("prod", BROADSHEET_SUMMARISER="bedrock")


@pytest.mark.parametrize(
    ("model_id", "resources"),
    [
        ("zai.glm-4.7", ["arn:aws:bedrock:*::foundation-model/zai.glm-4.7"]),
        (
            "eu.example.writer-v1:0",
            [
                "arn:aws:bedrock:*:*:inference-profile/eu.example.writer-v1:0",
                "arn:aws:bedrock:*::foundation-model/example.writer-v1:0",
            ],
        ),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/a.b",
            ["arn:aws:bedrock:us-east-1::foundation-model/a.b"],
        ),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b",
            [
                "arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b",
                "arn:aws:bedrock:*::foundation-model/a.b",
            ],
        ),
        (
            "arn:aws:bedrock:us-east-1:1:application-inference-profile/x1",
            [
                "arn:aws:bedrock:us-east-1:1:application-inference-profile/x1",
                "arn:aws:bedrock:*::foundation-model/*",
            ],
        ),
    ],
)
def test_a_profile_is_called_by_its_name_and_its_model_through_it_alone(model_id, resources):
    statements = configured.model_statements(model_id)

    assert [statement["Resource"] for statement in statements] == resources
    assert all(statement["Action"] == ["bedrock:InvokeModel"] for statement in statements)
    for behind in statements[1:]:
        condition = behind["Condition"]["StringLike"]
        assert condition == {"bedrock:InferenceProfileArn": resources[0]}
