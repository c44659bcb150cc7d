"""The stack: created where moto can, and read where moto ignores what AWS does."""

import re

import pytest
from local_aws import stack_of

from tests.template import read


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
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == ("Ref", name)
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


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


def test_an_alarm_reaches_the_operators(resources):
    alarm = resources["WithdrawalBurstAlarm"]["Properties"]
    (may,) = resources["OperatorsTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert alarm["AlarmActions"] == [("Ref", "OperatorsTopic")]
    assert may["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert may["Resource"] == ("Ref", "OperatorsTopic")


def test_a_burst_is_so_many_withdrawals_in_a_minute_and_silence_is_none(template, resources):
    alarm = resources["WithdrawalBurstAlarm"]["Properties"]

    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 60, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["Threshold"] == ("Ref", "WithdrawalBurst")
    assert template["Parameters"]["WithdrawalBurst"]["Default"] == 20
    assert alarm["TreatMissingData"] == "notBreaching"


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


def test_the_metrics_name_the_stage_as_the_alarm_does(resources, plan):
    (dimension,) = resources["WithdrawalBurstAlarm"]["Properties"]["Dimensions"]

    assert dimension["Value"] == ("Sub", "broadsheet-${Stage}")
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
