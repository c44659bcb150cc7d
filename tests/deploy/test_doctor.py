"""What `desk doctor` finds in a stage in which one thing at a time is wrong."""

import json
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from local_aws import settle_what_moto_ignores
from operators import Operator, checkout

from chalicelib import newsroom
from desk import configured
from desk.doctor import examine

NAME = "broadsheet-staging"
UPLOADS = f"{NAME}-uploads-123456789012"
RECEIPTS = f"{NAME}-receipts-123456789012"


class Ward:
    """A deployed stage that an operator looks after."""

    def __init__(self, aws, operator, site):
        self.aws, self.operator, self.site = aws, operator, site

    def client(self, service):
        return self.aws.client(service)

    def faults(self, *, later=timedelta()):
        stage = configured.recorded("staging", root=self.operator.at)
        found = examine(stage, now=datetime.now(UTC) + later, root=self.operator.at)
        return [fault for _, faults in found for fault in faults]

    def found(self, **words):
        return {fault.check: fault.what for fault in self.faults(**words)}


@pytest.fixture(scope="module")
def hospital(aws, site, tmp_path_factory):
    operator = Operator(aws, checkout(tmp_path_factory.mktemp("operator") / "checkout"))
    operator.names_domain("staging", site)
    emails = ("--editors-email", "desk@courier.example", "--operators-email", "ops@courier.example")
    operator.run("-m", "desk", "deploy", "--stage", "staging", *emails, "--no-smoke")
    return Ward(aws, operator, site)


@pytest.fixture
def ward(hospital, monkeypatch):
    """The stage, well, for a test that plants a fault in it."""
    for name, value in hospital.aws.environ.items():
        monkeypatch.setenv(name, value)
    settle_what_moto_ignores(hospital.aws, "staging")
    store = configured.recorded("staging", root=hospital.operator.at).store()
    newsroom.refresh_latest(store=store, now=datetime.now(UTC))
    return hospital


def test_a_stage_that_is_well_has_no_fault(ward):
    assert ward.faults() == []


# Each fault is planted by calls to AWS, as a hand or a script would do it, and undone again.


@contextmanager
def uploads_without_versions(ward):
    s3 = ward.client("s3")
    s3.put_bucket_versioning(Bucket=UPLOADS, VersioningConfiguration={"Status": "Suspended"})
    yield  # the next test's stage has them again


@contextmanager
def a_bucket_that_may_be_opened(ward):
    ward.client("s3").delete_public_access_block(Bucket=RECEIPTS)
    yield


@contextmanager
def versions_that_expire(ward):
    s3 = ward.client("s3")
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration={"Rules": [rule]})
    yield
    s3.delete_bucket_lifecycle(Bucket=UPLOADS)


@contextmanager
def links_that_never_expire(ward):
    dynamodb = ward.client("dynamodb")
    off = {"AttributeName": "ttl", "Enabled": False}
    dynamodb.update_time_to_live(TableName=NAME, TimeToLiveSpecification=off)
    yield


@contextmanager
def no_way_back_in_time(ward):
    ward.client("dynamodb").update_continuous_backups(
        TableName=NAME,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    yield


@contextmanager
def a_table_without_protection(ward):
    ward.client("dynamodb").update_table(TableName=NAME, DeletionProtectionEnabled=False)
    yield


@contextmanager
def a_wrong_environment(ward):
    client, name = ward.client("lambda"), f"{NAME}-ingest"
    right = client.get_function_configuration(FunctionName=name)["Environment"]
    wrong = {**right["Variables"], "BROADSHEET_TABLE": "broadsheet-prod"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": wrong})
    yield
    client.update_function_configuration(FunctionName=name, Environment=right)


@contextmanager
def a_function_with_too_little_time(ward):
    client, name = ward.client("lambda"), f"{NAME}-reconcile"
    right = client.get_function_configuration(FunctionName=name)["Timeout"]
    client.update_function_configuration(FunctionName=name, Timeout=3)
    yield
    client.update_function_configuration(FunctionName=name, Timeout=right)


@contextmanager
def a_role_that_may_do_more(ward):
    iam, role = ward.client("iam"), f"{NAME}-api_handler"
    iam.put_role_policy(RoleName=role, PolicyName="just-for-today", PolicyDocument=EVERYTHING)
    yield
    iam.delete_role_policy(RoleName=role, PolicyName="just-for-today")


@contextmanager
def a_role_that_may_do_less(ward):
    iam, role = ward.client("iam"), f"{NAME}-refresh_latest"
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    right = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    less = {**right, "Statement": right["Statement"][1:]}
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(less))
    yield
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(right))


@contextmanager
def a_schedule_that_is_off(ward):
    events, rule = ward.client("events"), f"{NAME}-refresh_latest-event"
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)


@contextmanager
def uploads_that_tell_nobody(ward):
    s3 = ward.client("s3")
    told = s3.get_bucket_notification_configuration(Bucket=UPLOADS)
    right = {"LambdaFunctionConfigurations": told["LambdaFunctionConfigurations"]}
    created = [{**one, "Events": ["s3:ObjectCreated:*"]} for one in right[LAMBDAS]]
    s3.put_bucket_notification_configuration(
        Bucket=UPLOADS, NotificationConfiguration={LAMBDAS: created}
    )
    yield
    s3.put_bucket_notification_configuration(Bucket=UPLOADS, NotificationConfiguration=right)


@contextmanager
def failures_that_are_lost(ward):
    client, name = ward.client("lambda"), f"{NAME}-ingest"
    right = client.get_function_event_invoke_config(FunctionName=name)
    client.delete_function_event_invoke_config(FunctionName=name)
    yield
    client.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=right["MaximumRetryAttempts"],
        MaximumEventAgeInSeconds=right["MaximumEventAgeInSeconds"],
        DestinationConfig=right["DestinationConfig"],
    )


@contextmanager
def a_missing_alarm(ward):
    ward.client("cloudwatch").delete_alarms(AlarmNames=[f"{NAME}-withdrawal-burst"])
    yield


@contextmanager
def an_alarm_that_is_muted(ward):
    ward.client("cloudwatch").disable_alarm_actions(AlarmNames=[f"{NAME}-withdrawal-burst"])
    yield


@contextmanager
def an_alarm_that_has_gone_off(ward):
    ward.client("cloudwatch").set_alarm_state(
        AlarmName=f"{NAME}-withdrawal-burst", StateValue="ALARM", StateReason="31 in a minute"
    )
    yield


@contextmanager
def nobody_to_tell(ward):
    sns = ward.client("sns")
    topic = f"arn:aws:sns:us-east-1:123456789012:{NAME}-operators"
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    yield


@contextmanager
def logs_that_are_kept_for_ever(ward):
    logs, group = ward.client("logs"), f"/aws/lambda/{NAME}-ingest"
    logs.delete_retention_policy(logGroupName=group)
    yield
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)


@contextmanager
def an_event_that_failed(ward):
    sqs = ward.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{NAME}-failures")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    yield
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def an_upload_that_nothing_was_made_of(ward, key="world/lost.md"):
    s3 = ward.client("s3")
    right = s3.get_bucket_notification_configuration(Bucket=UPLOADS)
    s3.put_bucket_notification_configuration(Bucket=UPLOADS, NotificationConfiguration={})
    version = s3.put_object(Bucket=UPLOADS, Key=key, Body=b"A text.")["VersionId"]
    s3.put_bucket_notification_configuration(
        Bucket=UPLOADS, NotificationConfiguration={LAMBDAS: right[LAMBDAS]}
    )
    yield
    s3.delete_object(Bucket=UPLOADS, Key=key, VersionId=version)


@contextmanager
def a_domain_that_leads_nowhere(ward):
    ward.operator.names_domain("staging", "http://127.0.0.1:9")
    yield
    ward.operator.names_domain("staging", ward.site)


@contextmanager
def a_newer_template(ward):
    template = ward.operator.at / "infra" / "broadsheet.yaml"
    deployed = template.read_text()
    template.write_text(deployed + "# something new\n")
    yield
    template.write_text(deployed)


LAMBDAS = "LambdaFunctionConfigurations"
EVERYTHING = json.dumps(
    {"Version": "2012-10-17",
     "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        (uploads_without_versions, "buckets", "keeps no versions"),
        (a_bucket_that_may_be_opened, "buckets", f"{RECEIPTS} may be opened"),
        (versions_that_expire, "buckets", "its lifecycle rule tidy"),
        (links_that_never_expire, "table", "TTL is off"),
        (no_way_back_in_time, "table", "PITR is off"),
        (a_table_without_protection, "table", "protection is off"),
        (a_wrong_environment, "functions", "told another BROADSHEET_TABLE"),
        (a_function_with_too_little_time, "functions", "1024 MB and 3 s"),
        (a_role_that_may_do_more, "permissions", f"{NAME}-api_handler may do other things"),
        (a_role_that_may_do_less, "permissions", f"{NAME}-refresh_latest may do other things"),
        (a_schedule_that_is_off, "triggers", "-refresh_latest-event is DISABLED"),
        (uploads_that_tell_nobody, "triggers", "not told of s3:ObjectRemoved:*"),
        (failures_that_are_lost, "failure destinations", f"{NAME}-ingest cannot handle is lost"),
        (a_missing_alarm, "alarms", "withdrawal-burst is not there"),
        (an_alarm_that_is_muted, "alarms", "withdrawal-burst tells nobody"),
        (an_alarm_that_has_gone_off, "alarms", "has gone off: 31 in a minute"),
        (nobody_to_tell, "subscriptions", "the topic for operators has no subscription"),
        (logs_that_are_kept_for_ever, "logs", f"/aws/lambda/{NAME}-ingest are kept"),
        (an_event_that_failed, "failure queue", "1 events failed"),
        (a_newer_template, "stack", "another template"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_the_doctor_finds_one_fault_and_nothing_else(ward, fault, check, words):
    with fault(ward):
        (fault,) = ward.faults()

    assert fault.check == check
    assert words in fault.what
    assert fault.mend


def test_an_upload_counts_as_lost_after_five_minutes(ward):
    with an_upload_that_nothing_was_made_of(ward):
        assert ward.faults() == []
        found = ward.found(later=timedelta(minutes=6))

    assert found["uploads"] == "not ingested: world/lost.md"


def test_a_key_cannot_move_the_terminal(ward):
    with an_upload_that_nothing_was_made_of(ward, key="a\x1b[2J\n.md"):
        found = ward.found(later=timedelta(minutes=6))

    assert found["uploads"] == r"not ingested: a\x1b[2J\n.md"


def test_a_list_that_nobody_prepares_is_found_by_its_age_and_a_wrong_clock_by_aws(ward):
    began = time.monotonic()
    found = ward.found(later=timedelta(minutes=20))
    took_s = time.monotonic() - began

    assert found == {
        "latest list": "the latest list is 20 minutes old",
        "clock": found["clock"],
    }
    (away,) = re.findall(r"clock is (\d+) s away", found["clock"])
    assert 1199 <= int(away) <= 1201 + took_s  # AWS is asked at some moment of the visit


def test_a_site_that_does_not_answer_is_found_and_so_is_who_was_told_of_another(ward):
    with a_domain_that_leads_nowhere(ward):
        found = ward.found()

    assert found["site"].startswith("http://127.0.0.1:9/v1/health does not answer")
    assert set(found) == {"site", "functions"}  # which still name the domain that was
    assert "BROADSHEET_PUBLIC_URL" in found["functions"]


def test_a_stage_that_is_gone_is_told_part_by_part(ward, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")  # where nothing was ever deployed

    faults = ward.faults()

    assert {"stack", "functions", "alarms", "failure queue", "logs"} <= {
        fault.check for fault in faults
    }
    assert all(fault.mend for fault in faults)


def test_the_command_says_what_is_well_and_fails_when_something_is_not(ward):
    assert ward.operator.run("-m", "desk", "doctor", "--stage", "staging").returncode == 0
    with an_event_that_failed(ward):
        done = ward.operator.start("-m", "desk", "doctor", "--stage", "staging", "--json")
        said, _ = done.communicate()

    assert done.returncode == 1
    assert [json.loads(line)["check"] for line in said.splitlines()] == ["failure queue"]
