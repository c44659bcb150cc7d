"""`make deploy` and `make destroy`, run by operators against an account that runs what it gets."""

import json

import pytest
from local_aws import ROOT, Aws
from operators import CHALICE, Operator, checkout, snapshot

from desk import configured, smoke
from desk.errors import DeskError
from desk.stack import Stack

FUNCTIONS = {
    "broadsheet-staging",
    "broadsheet-staging-ingest",
    "broadsheet-staging-refresh_latest",
    "broadsheet-staging-fetch_feeds",
    "broadsheet-staging-reconcile",
}


def parameters(aws, name):
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def rows(aws, table):
    items = aws.client("dynamodb").scan(TableName=table)["Items"]
    return [item["pk"]["S"] for item in items if not item["pk"]["S"].startswith("OBSERVED#")]


@pytest.fixture
def at_aws(aws, monkeypatch):
    """This process, with an operator's credentials."""
    for name, value in aws.environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def deployed(aws, site, tmp_path_factory):
    """A stage that is deployed, with its smoke test, behind a domain; and its operator."""
    operator = Operator(aws, checkout(tmp_path_factory.mktemp("operator") / "checkout"))
    operator.names_domain("staging", site)
    emails = ("--editors-email", "desk@courier.example", "--operators-email", "ops@courier.example")
    operator.said = operator.run("-m", "desk", "deploy", "--stage", "staging", *emails, "--json")
    return operator


@pytest.fixture
def stage(deployed, at_aws):
    return configured.recorded("staging", root=deployed.at)


def test_what_a_deployment_does_not_name_stays_as_it_was(aws, at_aws):
    Stack("kept").apply({"WithdrawalBurst": "50"})

    Stack("kept").apply({"LogRetentionDays": "7"})

    given = parameters(aws, "broadsheet-kept")
    assert (given["WithdrawalBurst"], given["LogRetentionDays"]) == ("50", "7")


def test_a_stage_is_deployed_with_names_of_its_own(deployed, aws, site):
    found = snapshot(aws)
    functions = found["functions"]
    told = functions["broadsheet-staging-ingest"]["environment"]
    given = parameters(aws, "broadsheet-staging")

    assert json.loads(deployed.said.stdout.splitlines()[-1])["url"] == site
    assert set(functions) == FUNCTIONS
    assert told["BROADSHEET_TABLE"] == "broadsheet-staging"
    assert told["BROADSHEET_UPLOADS_BUCKET"] == "broadsheet-staging-uploads-123456789012"
    assert told["BROADSHEET_PUBLIC_URL"] == site
    assert told["BROADSHEET_EDITORS_TOPIC"].endswith(":broadsheet-staging-editors")
    assert told["POWERTOOLS_SERVICE_NAME"] == "broadsheet-staging"
    assert given["EditorsEmail"] == "desk@courier.example"
    assert given["OperatorsEmail"] == "ops@courier.example"
    ((called, _),) = found["buckets"][told["BROADSHEET_UPLOADS_BUCKET"]]
    assert called.endswith(":broadsheet-staging-ingest")
    for name in FUNCTIONS - {"broadsheet-staging"}:
        queue, repeats, age_s = functions[name]["failures"]
        assert queue.endswith(":broadsheet-staging-failures")
        assert (repeats, age_s) == (2, 21600)
    assert functions["broadsheet-staging"]["failures"] is None
    (api,) = found["apis"].values()
    assert api["responses"] == {"MISSING_AUTHENTICATION_TOKEN": "404"}
    policies = json.dumps(found["roles"])
    assert "table/broadsheet-staging" in policies
    assert "prod" not in policies


def test_the_smoke_test_leaves_nothing_behind(deployed, aws, stage):
    s3 = aws.client("s3")

    smoke.smoke(stage)

    assert "smoke test ..." in deployed.said.stderr
    assert "Versions" not in s3.list_object_versions(Bucket=stage.uploads)
    assert "Contents" not in s3.list_objects_v2(Bucket=stage.receipts)
    assert rows(aws, stage.table) == []


def test_the_smoke_test_takes_nothing_away_but_its_own_draft(aws, stage):
    key = f"{smoke.KEY}.bak"
    aws.client("s3").put_object(Bucket=stage.uploads, Key=key, Body=b"somebody's")

    smoke.smoke(stage)

    assert stage.versions().forget(key) == 1
    stage.kept_receipts().forget([f"{key}.json", f"{key}.html"])


def test_a_smoke_test_says_what_did_not_come_and_where_to_look(aws, stage):
    s3 = aws.client("s3")
    configured = s3.get_bucket_notification_configuration(Bucket=stage.uploads)
    configured.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=stage.uploads, NotificationConfiguration={})

    with pytest.raises(DeskError) as told:
        smoke.smoke(stage, max_wait_s=0.5)

    s3.put_bucket_notification_configuration(
        Bucket=stage.uploads, NotificationConfiguration=configured
    )
    assert "no receipt of smoke-test/deploy.md" in str(told.value)
    assert "/aws/lambda/broadsheet-staging-ingest" in str(told.value)
    assert "Versions" not in s3.list_object_versions(Bucket=stage.uploads)


def test_a_page_that_does_not_come_is_told_with_its_address_and_its_log(aws, site, stage):
    client = aws.client("apigateway")
    other = client.create_rest_api(name="another")["id"]  # where the domain now leads

    with pytest.raises(DeskError) as told:
        smoke.smoke(stage, max_wait_s=5)

    client.delete_rest_api(restApiId=other)
    assert str(told.value).startswith(f"the page {site}/preview/")
    assert " answers 403 and not with the draft: " in str(told.value)
    assert "the log group /aws/lambda/broadsheet-staging," in str(told.value)
    assert "Versions" not in aws.client("s3").list_object_versions(Bucket=stage.uploads)


def test_a_dry_run_says_what_would_change_and_changes_nothing(deployed, aws, operator):
    before, files = snapshot(aws), (operator.at / ".chalice" / "config.json").read_text()

    new = operator.deploy("planned", "--dry-run").stdout.splitlines()
    same = operator.deploy("staging", "--dry-run").stdout.splitlines()

    assert "stack: add Table (AWS::DynamoDB::Table)" in new
    assert "functions: make ingest (1769 MB, 300 s)" in new
    assert "functions: make rest_api (api)" in new
    (updates,) = [line for line in same if line.startswith("functions: ")]
    assert updates.startswith("functions: update ingest, ")
    assert updates.endswith(", rest_api")
    assert snapshot(aws) == before
    assert (operator.at / ".chalice" / "config.json").read_text() == files


def test_an_address_that_is_set_to_nothing_unsubscribes_nobody(deployed, aws, monkeypatch):
    monkeypatch.setenv("EDITORS_EMAIL", "")  # as a pipeline without the secret has it
    before = snapshot(aws)["stacks"]

    deployed.deploy("staging")

    assert snapshot(aws)["stacks"] == before


def test_deploying_again_from_anywhere_changes_nothing(deployed, aws, operator):
    before = snapshot(aws)

    deployed.deploy("staging")
    assert snapshot(aws) == before
    operator.deploy("staging")  # from a clone that knows nothing of the first
    assert snapshot(aws) == before
    deployed.run(*CHALICE, "deploy", "--stage", "staging")
    assert snapshot(aws) == before


def test_an_api_that_chalice_made_by_itself_is_adopted(deployed, aws, operator):
    (first,) = snapshot(aws)["apis"]
    aws.client("apigateway").delete_rest_api(restApiId=first)
    deployed.run(*CHALICE, "deploy", "--stage", "staging")
    (second,) = snapshot(aws)["apis"]

    operator.deploy("staging")

    assert list(snapshot(aws)["apis"]) == [second]


def test_an_address_of_an_apis_own_goes_with_that_api(deployed, aws, operator):
    staging = snapshot(aws)["apis"].keys()
    operator.deploy("prod")
    (first,) = snapshot(aws)["apis"].keys() - staging
    aws.client("apigateway").delete_rest_api(restApiId=first)

    operator.deploy("prod")

    after = snapshot(aws)
    operator.destroy("prod")
    (second,) = after["apis"].keys() - staging
    told = after["functions"]["broadsheet-prod-ingest"]["environment"]
    assert told["BROADSHEET_PUBLIC_URL"].startswith(f"https://{second}.execute-api.")


def test_a_function_that_a_former_commit_does_not_have_goes_when_that_one_is_deployed(
    deployed, aws, operator
):
    """Whoever rolls back deploys an older clone: it need not know what is deployed now."""
    before = snapshot(aws)
    events = operator.at / "chalicelib" / "events.py"
    code = events.read_text()
    start = code.index("@functions.schedule(Rate(15")
    events.write_text(code[:start] + code[code.index("@functions.schedule(Rate(1,", start) :])

    told = operator.deploy("staging")

    older = snapshot(aws)
    assert "functions: delete fetch_feeds" in told.stderr.splitlines()
    assert set(before["functions"]) - set(older["functions"]) == {"broadsheet-staging-fetch_feeds"}
    assert "broadsheet-staging-fetch_feeds-event" not in older["rules"]
    assert "broadsheet-staging-fetch_feeds" not in older["roles"]
    deployed.deploy("staging")
    assert snapshot(aws) == before


def test_stages_stand_side_by_side(deployed, aws, operator):
    before = snapshot(aws)

    operator.deploy("prod")
    both = snapshot(aws)
    (api,) = both["apis"].keys() - before["apis"].keys()
    own = f"https://{api}.execute-api.us-east-1.amazonaws.com/api"
    assert both["functions"]["broadsheet-prod"]["environment"]["BROADSHEET_PUBLIC_URL"] == own
    operator.destroy("prod")

    assert len(both["functions"]) == 2 * len(FUNCTIONS)
    assert len(both["apis"]) == 2
    after = snapshot(aws)
    for kind in ("stacks", "functions", "roles", "rules", "apis"):
        assert after[kind] == before[kind], kind
        assert both[kind].items() > before[kind].items(), kind


def test_a_stage_that_was_destroyed_comes_back_with_its_data(deployed, aws, stage):
    aws.client("s3").put_object(Bucket=stage.receipts, Key="kept.json", Body=b"{}")
    aws.client("dynamodb").put_item(
        TableName=stage.table, Item={"pk": {"S": "ARTICLE#kept"}, "sk": {"S": "ARTICLE"}}
    )

    gone = deployed.destroy("staging")

    kept = [line for line in gone.stderr.splitlines() if line.startswith("kept: ")]
    assert kept == [f"kept: {name}" for name in (stage.table, stage.uploads, stage.receipts)]
    after = snapshot(aws)
    assert "broadsheet-staging" not in after["stacks"]
    assert not any(after[kind] for kind in ("functions", "roles", "rules", "apis"))
    deployed.deploy("staging")
    assert set(snapshot(aws)["functions"]) == FUNCTIONS
    assert rows(aws, stage.table) == ["ARTICLE#kept"]
    smoke.smoke(stage)


def test_the_data_goes_when_it_is_asked_for_and_typed(deployed, aws, stage):
    before = snapshot(aws)

    refused = deployed.destroy("staging", "--data", types="staging\n", succeeds=False)
    assert "nothing was done" in refused.stderr
    assert snapshot(aws) == before
    deployed.destroy("staging", "--data", types="delete staging\n")

    after = snapshot(aws)
    assert stage.table not in after["tables"]
    assert not {stage.uploads, stage.receipts} & set(after["buckets"])
    deployed.destroy("staging", "--data", types="delete staging\n")  # nothing is there: no error


def test_an_aws_that_does_not_answer_is_one_line_and_a_status(tmp_path):
    nowhere = Aws("http://127.0.0.1:9")
    nowhere.environ["AWS_MAX_ATTEMPTS"] = "1"

    done = Operator(nowhere, checkout(tmp_path / "checkout")).deploy("prod", succeeds=False)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("desk deploy: AWS: Could not connect")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("prod-ingest", "prod-ingest: ingest is a function's name"),
        ("local", "local: that is what `make run` makes"),
        ("Not A Stage", "'Not A Stage', but 1 to 20 lower-case letters, digits and hyphens"),
    ],
)
def test_no_stage_takes_a_name_that_means_something_else(aws, operator, name, why):
    before = snapshot(aws)

    done = operator.deploy(name, succeeds=False)

    assert done.stderr.startswith(f"desk deploy: a stage cannot be called {why}")
    assert snapshot(aws) == before


def test_deploying_another_stage_leaves_prods_configuration_alone(deployed):
    config = json.loads((deployed.at / ".chalice" / "config.json").read_text())

    committed = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert config["stages"]["prod"] == committed["stages"]["prod"]


def test_a_stages_policies_follow_prods(tmp_path):
    at = checkout(tmp_path / "checkout")
    outputs = recorded_outputs("aws")
    configured.record("staging", outputs, root=at)
    newer = at / ".chalice" / "policy-fetch_feeds.json"
    newer.write_text(newer.read_text().replace("dynamodb:PutItem", "dynamodb:GetItem"))

    configured.record("staging", outputs, root=at)

    followed = (at / ".chalice" / "policy-fetch_feeds-staging.json").read_text()
    assert followed == newer.read_text().replace("broadsheet-prod", "broadsheet-staging")


def test_a_stages_policies_name_what_is_in_its_own_partition(tmp_path):
    at = checkout(tmp_path / "checkout")

    configured.record("staging", recorded_outputs("aws-us-gov"), root=at)

    copies = [path.read_text() for path in (at / ".chalice").glob("policy-*-staging.json")]
    assert len(copies) == len(configured.functions(root=at))
    assert all("arn:aws-us-gov:" in text and "arn:aws:" not in text for text in copies)


def recorded_outputs(partition):
    topic = f"arn:{partition}:sns:eu-north-1:123456789012:broadsheet-staging-editors"
    return {"Table": "t", "UploadsBucket": "u", "ReceiptsBucket": "r", "EditorsTopic": topic}
