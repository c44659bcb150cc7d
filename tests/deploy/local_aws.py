"""An AWS that takes a whole deployment, in the test's own process."""

import contextvars
import functools
import os
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"


class Aws:
    def __init__(self, endpoint):
        self.environ = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        self._endpoint = endpoint

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(proxies={}),
        )


def mend_moto():
    """Make moto take what AWS takes of a deployment; once a process."""
    from moto.apigateway.models import APIGatewayBackend

    if not hasattr(APIGatewayBackend.import_rest_api, "__wrapped__"):
        _read_swagger()
        _import_what_exists()
        _remember_what_it_cannot_update()
        _call_no_docker()


def _read_swagger():
    """Make moto's API Gateway take Chalice's Swagger 2.0 documents, as AWS does.

    moto reads OpenAPI 3 alone, wants a description, and asks an integration without a backend
    (the mock behind OPTIONS) for its address.
    """
    from moto.apigateway.models import APIGatewayBackend

    def readable(document):
        document = dict(document)
        if document.pop("swagger", None):
            document["openapi"] = "3.0.1"
        document["info"] = {"description": "-", **document.get("info", {})}
        for methods in document.get("paths", {}).values():
            for method in methods.values():
                integration = method.get("x-amazon-apigateway-integration", {})
                integration.setdefault("uri", "")
                integration.setdefault("httpMethod", "POST")
        return document

    def imports(method, place):
        @functools.wraps(method)
        def mended(self, *words, **named):
            words = list(words)
            if "api_doc" in named:
                named["api_doc"] = readable(named["api_doc"])
            else:
                words[place] = readable(words[place])
            return method(self, *words, **named)

        return mended

    backend = APIGatewayBackend
    backend.import_rest_api = imports(backend.import_rest_api, 0)
    backend.put_rest_api = imports(backend.put_rest_api, 1)


def _remember_what_it_cannot_update():
    """Make an updated stack own what moto can only make: else it is not deleted with the stack."""
    from moto.cloudformation import parsing

    update = parsing.parse_and_update_resource

    def remembering(logical_id, resource, resources, *rest, **named):
        return update(logical_id, resource, resources, *rest, **named) or resources[logical_id]

    parsing.parse_and_update_resource = remembering


def _call_no_docker():
    """Keep moto from looking for a Docker to run functions in: the tests run them themselves."""
    from moto.s3 import notifications

    notifications._invoke_awslambda = lambda *_: None


def _import_what_exists():
    """Make a change set that asks for it take over the tables and buckets that are there.

    moto knows no import: it would make each of them again, which is refused, or loses it.
    """
    from moto.cloudformation.models import CloudFormationBackend
    from moto.cloudformation.responses import CloudFormationResponse
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.table import Table
    from moto.s3.models import FakeBucket, s3_backends

    importing = set()  # the ids of the change sets that ask for it
    is_importing = contextvars.ContextVar("is_importing", default=False)
    create, execute = (
        CloudFormationResponse.create_change_set,
        CloudFormationBackend.execute_change_set,
    )

    def create_change_set(self):
        answer = create(self)
        if self._get_bool_param("ImportExistingResources"):
            importing.add(answer.result["Id"])
        return answer

    def execute_change_set(self, change_set_name, stack_name=None):
        token = is_importing.set(change_set_name in importing)
        try:
            return execute(self, change_set_name, stack_name)
        finally:
            is_importing.reset(token)

    def adopting(kind, found):
        make = kind.create_from_cloudformation_json.__func__

        def create_from_cloudformation_json(cls, resource_name, json, account_id, region, **rest):
            there = found(resource_name, account_id, region) if is_importing.get() else None
            return there or make(cls, resource_name, json, account_id, region, **rest)

        kind.create_from_cloudformation_json = classmethod(create_from_cloudformation_json)

    CloudFormationResponse.create_change_set = create_change_set
    CloudFormationBackend.execute_change_set = execute_change_set
    adopting(
        Table, lambda name, account, region: dynamodb_backends[account][region].tables.get(name)
    )
    adopting(FakeBucket, lambda name, account, _: s3_backends[account]["aws"].buckets.get(name))


def stack_of(aws, stage):
    """Create a stage's stack from the template that is deployed, and return its outputs."""
    client = aws.client("cloudformation")
    client.create_stack(
        StackName=f"broadsheet-{stage}",
        TemplateBody=(ROOT / "infra" / "broadsheet.yaml").read_text(),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
    )
    (stack,) = client.describe_stacks(StackName=f"broadsheet-{stage}")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def settle_what_moto_ignores(aws, stage):
    """Set what CloudFormation sets from the template and moto's leaves as it was."""
    from tests import template

    resources = template.read()["Resources"]
    name, account = f"broadsheet-{stage}", "123456789012"
    table = resources["Table"]["Properties"]
    dynamodb = aws.client("dynamodb")
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification=table["TimeToLiveSpecification"]
    )
    dynamodb.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification=table["PointInTimeRecoverySpecification"],
    )
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
    s3 = aws.client("s3")
    for logical in ("Uploads", "Receipts"):
        bucket = f"{name}-{logical.lower()}-{account}"
        told = resources[logical]["Properties"]
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration=told["PublicAccessBlockConfiguration"],
        )
        if versioning := told.get("VersioningConfiguration"):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    sns = aws.client("sns")
    for who in ("editors", "operators"):
        topic = f"arn:aws:sns:{REGION}:{account}:{name}-{who}"
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{who}@courier.example")
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            _, alarm = resource["Properties"]["AlarmName"]
            aws.client("cloudwatch").put_metric_alarm(
                AlarmName=alarm.replace("${Stage}", stage),
                AlarmActions=[f"arn:aws:sns:{REGION}:{account}:{name}-operators"],
                # That it looks at the right metric is told of the template itself.
                MetricName="any", Namespace="any", Statistic="Sum", Period=60,
                EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
            )  # fmt: skip
