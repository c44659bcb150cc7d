"""The stack: created where moto can, and read where moto ignores what AWS does."""

import re

import pytest
from local_aws import stack_of

from chalicelib.core.ranking import FRESH_FOR
from tests.conftest import ROOT
from tests.template import alarms, dashboard, read


@pytest.fixture(scope="module")
def template():
    return read()


@pytest.fixture(scope="module")
def resources(template):
    return template["Resources"]


@pytest.fixture(scope="module")
def local(aws):
    return stack_of(aws, "local")


@pytest.fixture(scope="module")
def prod(aws):
    return stack_of(aws, "prod")


def test_the_local_stage_has_the_names_of_the_contract(local):
    assert local["Table"] == "broadsheet-local"
    assert local["UploadsBucket"] == "broadsheet-local-uploads"
    assert local["ReceiptsBucket"] == "broadsheet-local-receipts"


def test_a_real_stage_has_bucket_names_that_no_other_account_took(prod):
    assert prod["Table"] == "broadsheet-prod"
    assert prod["UploadsBucket"] == "broadsheet-prod-uploads-123456789012"
    assert prod["ReceiptsBucket"] == "broadsheet-prod-receipts-123456789012"
    assert prod["FailuresArn"].endswith(":broadsheet-prod-failures")


def test_the_table_has_the_keys_that_the_store_writes_and_costs_nothing_idle(aws, local):
    table = aws.client("dynamodb").describe_table(TableName=local["Table"])["Table"]

    assert {(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]} == {
        ("pk", "HASH"),
        ("sk", "RANGE"),
    }
    assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert not table.get("GlobalSecondaryIndexes")


def test_the_table_can_be_restored_forgets_what_expired_and_is_not_deleted_by_mistake(resources):
    table = resources["Table"]["Properties"]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["DeletionProtectionEnabled"] == ("Ref", "DeletionProtection")


@pytest.mark.parametrize("name", ["Table", "Uploads", "Receipts"])
def test_what_holds_data_outlives_the_stack(resources, name):
    assert resources[name]["DeletionPolicy"] == "Retain"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ["Uploads", "Receipts"])
def test_a_bucket_is_private_encrypted_and_keeps_no_halves(resources, name):
    bucket = resources[name]["Properties"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (lifecycle,) = bucket["LifecycleConfiguration"]["Rules"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert lifecycle["Status"] == "Enabled"
    assert lifecycle["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7
    assert set(lifecycle) == {"Id", "Status", "AbortIncompleteMultipartUpload"}, "nothing expires"


@pytest.mark.parametrize("name", ["Uploads", "Receipts"])
def test_a_bucket_is_reached_by_tls_alone(resources, name):
    policy = resources[f"{name}Policy"]["Properties"]
    by_tls, *_ = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == ("Ref", name)
    assert (by_tls["Effect"], by_tls["Principal"]) == ("Deny", "*")
    assert by_tls["Action"] == "s3:*"
    assert by_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(by_tls["Resource"]) == 2


def test_nobody_is_let_into_a_bucket_but_own_distributions_to_what_readers_see(resources):
    (served,) = [
        statement
        for name in ("Uploads", "Receipts")
        for statement in resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert served["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert served["Action"] == "s3:GetObject"
    assert served["Resource"][1].endswith(":::${Receipts}/public-media/*")
    (_, source) = served["Condition"]["ArnLike"]["aws:SourceArn"]
    assert source.endswith(":cloudfront::${AWS::AccountId}:distribution/*")


def test_the_uploads_keep_every_version(resources):
    uploads = resources["Uploads"]["Properties"]

    assert uploads["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "VersioningConfiguration" not in resources["Receipts"]["Properties"]


def test_failed_events_are_kept_as_long_as_can_be(aws, prod):
    attributes = aws.client("sqs").get_queue_attributes(
        QueueUrl=prod["FailuresUrl"], AttributeNames=["All"]
    )["Attributes"]

    assert attributes["MessageRetentionPeriod"] == str(14 * 24 * 3600)


def test_notices_are_encrypted_and_pushed_by_those_functions_alone_that_fold(resources, plan):
    topic = resources["EditorsTopic"]["Properties"]
    policy = resources["EditorsTopicPolicy"]["Properties"]
    alone, by_tls = policy["PolicyDocument"]["Statement"]

    assert topic["KmsMasterKeyId"] == "alias/aws/sns"
    assert policy["Topics"] == [("Ref", "EditorsTopic")]
    assert (alone["Effect"], alone["Principal"], alone["Action"]) == ("Deny", "*", "sns:Publish")
    roles = {
        role.rpartition("/")[2]
        for _, role in alone["Condition"]["ArnNotEquals"].pop("aws:PrincipalArn")
    }
    assert roles == {
        plan["functions"][name]["role"].replace("prod", "${Stage}")
        for name in ("ingest", "reconcile")
    }
    assert by_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", alarms())
def test_an_alarm_reaches_the_operators_says_what_it_means_and_names_its_runbook(name):
    alarm = alarms()[name]
    meaning, _, runbook = alarm["AlarmDescription"].rpartition(" Runbook: ")

    assert alarm["AlarmActions"] == [("Ref", "OperatorsTopic")]
    assert runbook == f"docs/operations.md#{name}"
    assert len(meaning) > 60


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("\n## Alarms\n")
    runbooks = re.findall(r"^### (.+)$", rest.partition("\n## ")[0], re.MULTILINE)

    assert sorted(runbooks) == sorted(alarms())


@pytest.mark.parametrize("name", ["broadsheet", "cdn"])
def test_a_template_is_small_enough_to_be_sent_in_the_call(name):
    assert (ROOT / "infra" / f"{name}.yaml").stat().st_size < 51_200


def test_only_of_the_latest_list_silence_is_a_fault():
    silent = {name for name, one in alarms().items() if one["TreatMissingData"] != "notBreaching"}

    assert silent == {"latest-stale"}
    assert alarms()["latest-stale"]["TreatMissingData"] == "breaching"


def test_the_list_is_stale_for_the_alarm_when_it_is_for_readers():
    alarm = alarms()["latest-stale"]

    assert alarm["Threshold"] == FRESH_FOR.total_seconds()
    assert alarm["Period"] * alarm["EvaluationPeriods"] == FRESH_FOR.total_seconds()


def test_the_errors_of_every_function_are_watched(plan):
    (_, by_readers) = alarms()["requests-failed"]["Metrics"][2]["MetricStat"]["Metric"][
        "Dimensions"
    ][0]["Value"]
    watched = {by_readers} | {
        alarm["Dimensions"][0]["Value"][1]
        for name, alarm in alarms().items()
        if name.endswith("-errors")
    }

    named = {function["function_name"] for function in plan["functions"].values()}
    assert {name.replace("${Stage}", "prod") for name in watched} == named


def test_failures_are_told_of_days_before_the_queue_forgets_them(resources):
    kept_s = resources["Failures"]["Properties"]["MessageRetentionPeriod"]

    assert kept_s - alarms()["failures-expiring"]["Threshold"] == 3 * 24 * 3600


def test_the_alarms_cost_less_than_two_dollars_a_month():
    metrics = sum(
        sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1
        for alarm in alarms().values()
    )

    assert metrics * 0.10 < 2


def test_a_burst_is_so_many_withdrawals_in_a_minute_and_silence_is_none(template):
    alarm = alarms()["withdrawal-burst"]

    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 60, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["Threshold"] == ("Ref", "WithdrawalBurst")
    assert template["Parameters"]["WithdrawalBurst"]["Default"] == 20


def test_the_dashboard_shows_every_alarm_on_one_screen():
    (shown,) = [widget["alarms"] for widget in dashboard() if "alarms" in widget]
    names = [arn.rpartition(":broadsheet-${Stage}-")[2] for arn in shown]

    assert sorted(names) == sorted(alarms())
    assert len(dashboard()) <= 10


def test_alarms_and_budgets_of_the_account_may_reach_the_operators_and_nobody_else(resources):
    policy = resources["OperatorsTopicPolicy"]["Properties"]["PolicyDocument"]
    *may, by_tls = policy["Statement"]

    assert [one["Principal"]["Service"].partition(".")[0] for one in may] == [
        "cloudwatch",
        "budgets",
    ]
    for one in may:
        assert one["Resource"] == ("Ref", "OperatorsTopic")
        assert "AWS::AccountId" in str(one["Condition"])
    assert by_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_budget_is_there_if_a_sum_is_given_and_warns_before_it_is_spent(template, resources):
    budget = resources["Budget"]
    spent, foreseen = budget["Properties"]["NotificationsWithSubscribers"]

    assert template["Parameters"]["MonthlyBudget"]["Default"] == 0
    assert budget["Condition"] == "HasBudget"
    assert spent["Notification"]["Threshold"] < 100
    assert foreseen["Notification"]["NotificationType"] == "FORECASTED"
    for told in (spent, foreseen):
        assert told["Subscribers"] == [
            {"SubscriptionType": "SNS", "Address": ("Ref", "OperatorsTopic")}
        ]


POLICIES = ["EditorsPolicy", "SectionEditorsPolicy"]


@pytest.mark.parametrize("name", POLICIES)
def test_editors_put_delete_and_read_but_no_version_ever_goes(resources, name):
    statements = resources[name]["Properties"]["PolicyDocument"]["Statement"]
    allowed = {s["Sid"]: s for s in statements if s["Effect"] == "Allow"}
    denied = {s["Sid"]: s for s in statements if s["Effect"] == "Deny"}

    assert {sid: s["Action"] for sid, s in allowed.items()} == {
        "Upload": ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        "ReadReceipts": "s3:GetObject",
        "List": ["s3:ListBucket", "s3:ListBucketVersions"],
    }
    assert {"s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning"} <= (
        set(denied["VersionsStay"]["Action"])
    )
    assert denied["TakedownsAreOperators"]["Resource"][1].endswith("${Uploads}/takedowns/*")


def test_editors_of_a_section_reach_its_uploads_its_images_and_its_receipts_alone(resources):
    statements = resources["SectionEditorsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = {s["Sid"]: s for s in statements if s["Effect"] == "Allow"}
    theirs = "${!aws:PrincipalTag/broadsheet-prefix}*"

    for sid, bucket in (("Upload", "Uploads"), ("ReadReceipts", "Receipts")):
        reached = [text.partition(":::")[2] for _, text in allowed[sid]["Resource"]]
        assert reached == [f"${{{bucket}}}/{theirs}", f"${{{bucket}}}/media/{theirs}"]
    assert allowed["List"]["Condition"]["StringLike"]["s3:prefix"] == [
        theirs.replace("!", ""),
        "media/" + theirs.replace("!", ""),
    ]


@pytest.mark.parametrize("name", ["Editors", "Operators"])
def test_an_address_is_subscribed_if_one_is_given(template, resources, name):
    subscription = resources[f"{name}Subscription"]

    assert template["Parameters"][f"{name}Email"]["Default"] == ""
    assert subscription["Condition"] == f"Has{name}Email"
    assert subscription["Properties"] == {
        "TopicArn": ("Ref", f"{name}Topic"),
        "Protocol": "email",
        "Endpoint": ("Ref", f"{name}Email"),
    }


def test_the_functions_name_the_stage_in_their_metrics(plan):
    for function in plan["functions"].values():
        assert function["environment"]["POWERTOOLS_SERVICE_NAME"] == "broadsheet-prod"


def test_each_function_has_a_log_group_under_its_real_name_that_forgets(aws, prod, plan):
    assert prod
    groups = {
        group["logGroupName"]: group.get("retentionInDays")
        for group in aws.client("logs").describe_log_groups()["logGroups"]
    }

    for function in plan["functions"].values():
        assert groups[f"/aws/lambda/{function['function_name']}"] == 30


def test_the_outputs_are_what_the_functions_are_told(template, plan):
    told = {output["Description"] for output in template["Outputs"].values()}
    named = {name for name in told if re.fullmatch(r"BROADSHEET_\w+", name)}

    for function in plan["functions"].values():
        assert named <= set(function["environment"])
