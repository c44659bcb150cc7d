"""What of a stage's functions an AWS account holds, whoever put it there.

Chalice remembers what it deployed in a file, written at the end of a deployment, on one machine:
after a deployment that was cut off, or on another machine, it would make a second API. But all
of it can be seen in the account: functions by the tag that Chalice gives them, roles and rules by
their names, the API by a tag of ours or by the function that it calls. So the account is asked
before every deployment, and Chalice's file is written from its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from desk.venv import ROOT

APP = "broadsheet"
API_HANDLER = "api_handler"
STAGE_TAG = "broadsheet-stage"

_UNKNOWN_PATH = json.dumps(
    {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "This address leads nowhere.",
    }
)

Resource = dict[str, str]  # as Chalice records it


def is_an_apis_own(url: str) -> bool:
    """Tell whether an address is one that API Gateway gave, which goes when its API goes."""
    return ".execute-api." in url


class Holdings:
    """The functions, roles, rules and the API of *stage* in the account of these credentials."""

    def __init__(self, stage: str) -> None:
        import boto3

        self._stage = stage
        self._prefix = f"{APP}-{stage}"
        self._session = boto3.Session()
        self._lambda = self._session.client("lambda")

    def resources(self, names: Iterable[str], uploads: str | None) -> list[Resource]:
        """Return what there is of the functions *names* and of any other of this stage.

        In Chalice's order: what is deleted first comes last.
        """
        functions = self._functions()
        found: list[Resource] = []
        for name in dict.fromkeys([*names, *functions]):
            found += self._role(name)
            if arn := functions.get(name):
                found.append({"name": name, "resource_type": "lambda_function", "lambda_arn": arn})
                found += self._notification(name, arn, uploads)
            found += self._rule(name)
        if apis := self._apis():
            found.append({"name": "rest_api", "resource_type": "rest_api", "rest_api_id": apis[0]})
        return found

    def api(self) -> str:
        """Return the id of the stage's API, made here where there is none yet.

        So its address is known before the functions are told of it, and from its first moment
        it bears the tag by which the next deployment finds it.
        """
        client = self._session.client("apigateway")
        if apis := self._apis():
            return apis[0]
        made = client.create_rest_api(name=APP, tags={STAGE_TAG: self._stage})
        return str(made["id"])

    def spare_apis(self) -> list[str]:
        """Return the APIs that call this stage's function besides its own."""
        return self._apis()[1:]

    def address(self, api_id: str, path: str) -> str:
        """Return the address of the API's stage *path*."""
        import botocore.session
        from chalice.awsclient import TypedAWSClient

        region = self._session.region_name
        names = TypedAWSClient(botocore.session.get_session())
        suffix = names.endpoint_dns_suffix("apigateway", region)
        return f"https://{api_id}.execute-api.{region}.{suffix}/{path}"

    def domain(self) -> str:
        """Return the address in front of the API that was deployed last, "" for the API's own."""
        try:
            told = self._lambda.get_function_configuration(FunctionName=self._prefix)
        except self._lambda.exceptions.ResourceNotFoundException:
            return ""
        url = told.get("Environment", {}).get("Variables", {}).get("BROADSHEET_PUBLIC_URL", "")
        return "" if is_an_apis_own(url) else url

    def send_failures_to(self, queue_arn: str, *, repeats: int, age_s: int) -> None:
        """Send what a function could not handle to the queue: Chalice has no word for it."""
        for name, arn in self._functions().items():
            if name != API_HANDLER:  # which nobody calls without waiting for the answer
                self._lambda.put_function_event_invoke_config(
                    FunctionName=arn,
                    MaximumRetryAttempts=repeats,
                    MaximumEventAgeInSeconds=age_s,
                    DestinationConfig={"OnFailure": {"Destination": queue_arn}},
                )

    def answer_unknown_paths(self, api_id: str, path: str) -> None:
        """Make the API answer 404 where it has no route, and not 403 as API Gateway does.

        It is part of no document that Chalice writes, and goes whenever Chalice deploys.
        """
        client = self._session.client("apigateway")
        client.put_gateway_response(
            restApiId=api_id,
            responseType="MISSING_AUTHENTICATION_TOKEN",  # API Gateway's name for an unknown path
            statusCode="404",
            responseParameters={
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
                "gatewayresponse.header.Cache-Control": "'no-store'",
            },
            responseTemplates={"application/json": _UNKNOWN_PATH},
        )
        client.create_deployment(restApiId=api_id, stageName=path)

    def _functions(self) -> dict[str, str]:
        """Return the ARNs of the stage's functions by Chalice's names for them."""
        found: dict[str, str] = {}
        for page in self._lambda.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                name, arn = function["FunctionName"], function["FunctionArn"]
                if not name.startswith(self._prefix):
                    continue
                tag = self._lambda.list_tags(Resource=arn)["Tags"].get("aws-chalice", "")
                if tag.endswith(f":stage={self._stage}:app={APP}"):
                    found[name[len(self._prefix) + 1 :] or API_HANDLER] = arn
        return found

    def _role(self, name: str) -> Iterator[Resource]:
        client = self._session.client("iam")
        role_name = f"{self._prefix}-{name}"
        try:
            arn = client.get_role(RoleName=role_name)["Role"]["Arn"]
        except client.exceptions.NoSuchEntityException:
            return
        yield {
            "name": f"{name}_role",
            "resource_type": "iam_role",
            "role_arn": arn,
            "role_name": role_name,
        }

    def _rule(self, name: str) -> Iterator[Resource]:
        client = self._session.client("events")
        rule_name = f"{self._prefix}-{name}-event"
        try:
            client.describe_rule(Name=rule_name)
        except client.exceptions.ResourceNotFoundException:
            return
        yield {
            "name": f"{name}-event",
            "resource_type": "cloudwatch_event",
            "rule_name": rule_name,
        }

    def _notification(self, name: str, arn: str, uploads: str | None) -> Iterator[Resource]:
        if uploads is None:
            return
        told = self._session.client("s3").get_bucket_notification_configuration(Bucket=uploads)
        calls = [each["LambdaFunctionArn"] for each in told.get("LambdaFunctionConfigurations", [])]
        if arn in calls:
            yield {
                "name": f"{name}-s3event",
                "resource_type": "s3_event",
                "bucket": uploads,
                "lambda_arn": arn,
            }

    def _apis(self) -> list[str]:
        """Return the ids of the APIs that are this stage's, the oldest first: readers know it."""
        client = self._session.client("apigateway")
        found = [
            (api["createdDate"], api["id"])
            for page in client.get_paginator("get_rest_apis").paginate()
            for api in page["items"]
            if api["name"] == APP
            and (api.get("tags", {}).get(STAGE_TAG) == self._stage or self._is_called_by(api["id"]))
        ]
        return [api_id for _, api_id in sorted(found)]

    def _is_called_by(self, api_id: str) -> bool:
        client = self._session.client("apigateway")
        pages = client.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
        return any(
            f":function:{self._prefix}/invocations"
            in method.get("methodIntegration", {}).get("uri", "")
            for page in pages
            for resource in page["items"]
            for method in resource.get("resourceMethods", {}).values()
        )


def remember(stage: str, resources: list[Resource]) -> None:
    """Write *resources* where Chalice looks for what it deployed."""
    path = ROOT / ".chalice" / "deployed" / f"{stage}.json"
    if not resources:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    told = {"resources": resources, "schema_version": "2.0", "backend": "api"}
    path.write_text(json.dumps(told, indent=2) + "\n")
