"""An AWS that takes `chalice deploy`, and what Chalice plans to do there, found out offline."""

import functools
import os
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"

# Run where app.py is imported for the first time, as Chalice does it.
PLAN = """
import json, os, sys
from chalice.cli.factory import CLIFactory
from chalice.deploy import models
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder

config = CLIFactory(os.getcwd(), environ=os.environ).create_config_obj(sys.argv[1])
graph = ApplicationGraphBuilder().build(config, sys.argv[1])
plan = {"functions": {}, "uploads": [], "schedules": {}, "apis": []}
for resource in DependencyBuilder().build_dependencies(graph):
    if isinstance(resource, models.LambdaFunction):
        plan["functions"][resource.resource_name] = {
            "function_name": resource.function_name,
            "handler": resource.handler,
            "memory": resource.memory_size,
            "timeout": resource.timeout,
            "environment": dict(resource.environment_variables),
            "role": resource.role.role_name,
            "policy": os.path.basename(resource.role.policy.filename),
        }
    elif isinstance(resource, models.S3BucketNotification):
        plan["uploads"].append(
            [resource.lambda_function.resource_name, resource.bucket, sorted(resource.events)]
        )
    elif isinstance(resource, models.ScheduledEvent):
        plan["schedules"][resource.lambda_function.resource_name] = resource.schedule_expression
    elif isinstance(resource, models.RestAPI):
        plan["apis"].append([resource.lambda_function.resource_name, resource.api_gateway_stage])
json.dump(plan, sys.stdout)
"""


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
    """Make moto's API Gateway take Chalice's Swagger 2.0 documents, as AWS does.

    moto reads OpenAPI 3 alone, wants a description, and asks an integration without a backend
    (the mock behind OPTIONS) for its address.
    """
    from moto.apigateway.models import APIGatewayBackend

    if hasattr(APIGatewayBackend.import_rest_api, "__wrapped__"):
        return

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
