"""What a reader's first click costs elsewhere: the usual Chalice application, to measure beside.

Logger, Metrics, a boto3 client and Jinja2, all made at import as their own guides show it; a page
of one row, and one row as it is.
"""

import os

import boto3
from aws_lambda_powertools import Logger, Metrics
from chalice.app import Chalice, Response
from jinja2 import DictLoader, Environment

PAGE = """<!doctype html><html lang="en"><title>{{ headline }}</title>
<h1>{{ headline }}</h1>{% for paragraph in text %}<p>{{ paragraph }}</p>{% endfor %}"""

app = Chalice(app_name="baseline")
logger = Logger(service="baseline")
metrics = Metrics(namespace="Baseline", service="baseline")
dynamodb = boto3.client("dynamodb")
templates = Environment(autoescape=True, loader=DictLoader({"page": PAGE}))


def _row() -> dict[str, str]:
    answer = dynamodb.get_item(
        TableName=os.environ["BASELINE_TABLE"], Key={"pk": {"S": "page"}, "sk": {"S": "page"}}
    )
    return {name: value["S"] for name, value in answer["Item"].items()}


@app.route("/")
def page() -> Response:
    """Answer with the row as a page."""
    row = _row()
    body = templates.get_template("page").render(headline=row["headline"], text=[row["text"]])
    return Response(body, headers={"Content-Type": "text/html; charset=utf-8"})


@app.route("/row")
def row() -> dict[str, str]:
    """Answer with the row, one kilobyte, as JSON."""
    return _row()
