"""The table's client says what boto3's says, and is not put off by what passes."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws import dynamodb
from tests.conftest import ROOT
from tests.publishers import certificate

TABLE = "broadsheet-local"
KEYS = {"region": "us-east-1", "access_key": "local", "secret_key": "local"}


def key(sk):
    return {"pk": {"S": "ferry"}, "sk": {"S": sk}}


ROWS = [
    {
        **key(f"{number}"),
        "B": {"S": "an attribute may be named as a type"},
        "body": {"B": bytes(range(256))},
        "held": {"M": {"list": {"L": [{"B": b""}, {"N": "1.50"}, {"NULL": True}]}}},
        "set": {"BS": [b"\x00", b"\xff"]},
        "text": {"S": "Fähre – 渡し船"},
    }
    for number in range(5)
]
QUERY = {
    "TableName": TABLE,
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "ferry"}},
}
HAS_NONE = {"ConditionExpression": "attribute_not_exists(pk)"}
PUT = {"TableName": TABLE, "Item": ROWS[0]}
CALLS = {
    "put": lambda client: client.put_item(**PUT, ReturnValues="ALL_OLD"),
    "get": lambda client: client.get_item(TableName=TABLE, Key=key("1"), ConsistentRead=True),
    "get nothing": lambda client: client.get_item(TableName=TABLE, Key=key("none")),
    "query": lambda client: client.query(**QUERY),
    "query a part": lambda client: client.query(**QUERY, Limit=2, ScanIndexForward=False),
    "update": lambda client: client.update_item(
        TableName=TABLE,
        Key=key("1"),
        UpdateExpression="SET body = :b",
        ExpressionAttributeValues={":b": {"B": b"\x01"}},
        ReturnValues="ALL_NEW",
    ),
    "delete": lambda client: client.delete_item(
        TableName=TABLE, Key=key("1"), ReturnValues="ALL_OLD"
    ),
    "batch get": lambda client: client.batch_get_item(
        RequestItems={TABLE: {"Keys": [key("1"), key("none")], "ConsistentRead": True}}
    ),
    "batch write": lambda client: client.batch_write_item(
        RequestItems={TABLE: [{"DeleteRequest": {"Key": key("1")}}]}
    ),
    "transact get": lambda client: client.transact_get_items(
        TransactItems=[{"Get": {"TableName": TABLE, "Key": key("1")}}]
    ),
    "transact write": lambda client: client.transact_write_items(TransactItems=[{"Put": PUT}]),
}
REFUSED = {
    "a condition": (
        "ConditionalCheckFailedException",
        lambda client: client.put_item(**PUT, **HAS_NONE),
    ),
    "a transaction": (
        "TransactionCanceledException",
        lambda client: client.transact_write_items(TransactItems=[{"Put": {**PUT, **HAS_NONE}}]),
    ),
    "no table": (
        "ResourceNotFoundException",
        lambda client: client.get_item(TableName="none", Key=key("1")),
    ),
    "a wrong key": (
        "ClientError",  # ValidationException has no class of its own with boto3
        lambda client: client.get_item(TableName=TABLE, Key={"pk": {"S": "ferry"}}),
    ),
}


@pytest.fixture
def ours(aws, tables):
    return dynamodb.client(**KEYS, endpoint=tables.address)


@pytest.fixture
def theirs(aws):
    client = boto3.client("dynamodb", region_name="us-east-1")
    for row in ROWS:
        client.put_item(TableName=TABLE, Item=row)
    return client


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_is_answered_as_boto3_answers_it(ours, theirs, call):
    told = call(ours)
    for row in ROWS:
        theirs.put_item(TableName=TABLE, Item=row)
    expected = call(theirs)

    expected.pop("ResponseMetadata")
    assert told == expected


@pytest.mark.parametrize(("kind", "call"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_is_the_error_that_boto3_raises(ours, theirs, kind, call):
    told, expected = [], []
    for client, seen in ((ours, told), (theirs, expected)):
        with pytest.raises(getattr(client.exceptions, kind, ClientError)) as caught:
            call(client)
        answer = caught.value.response
        reasons = answer.get("CancellationReasons")
        seen += [str(caught.value), answer["Error"], reasons]
        seen += [answer["ResponseMetadata"]["HTTPStatusCode"]]

    assert told == expected


def test_it_finds_dynamodb_in_every_region_that_boto3_knows():
    session = botocore.session.get_session()
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        for region in session.get_available_regions("dynamodb", partition):
            client = session.create_client(
                "dynamodb", region, aws_access_key_id="x", aws_secret_access_key="x",
                endpoint_url=None,
            )  # fmt: skip
            assert dynamodb.regional_endpoint(region) == client.meta.endpoint_url


# What passes


class Script(HTTPServer):
    """Answers each request with the next of *answers*: a status and a body, or nothing at all."""

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Scripted)
        self.answers, self.asked, self.connections = list(answers), [], 0
        self.address = "http://{}:{}".format(*self.server_address)

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), json.loads(body)))
        answer = self.server.answers.pop(0)
        if answer is None:
            self.close_connection = True
            return
        status, told, *headers = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(told)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told)
        # The server may hang up at any time, and does not say so before.
        self.close_connection = True

    def log_message(self, *words):
        pass


@pytest.fixture
def scripted():
    """Make a client, of three attempts, for a server that answers so; and give the server."""
    running = []

    def make(*answers):
        server = Script(answers)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return dynamodb.client(**KEYS, endpoint=server.address, longest_pause_s=0), server

    yield make
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


FOUND = (200, b'{"Item":{"pk":{"S":"ferry"}}}')
THROTTLED = (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}')
PASSING = {
    "a fault of DynamoDB's": (500, b'{"__type":"x#InternalServerError"}'),
    "a gateway's page": (503, b"<html>Busy</html>"),
    "a gateway's word": (503, b'"Busy"'),
    "too many calls": THROTTLED,
    "a connection that breaks": None,
    "half an answer": (200, b'{"Item":', ("Content-Length", "100")),
    "a damaged answer": (*FOUND, ("x-amz-crc32", "1")),
    "a damaged checksum": (*FOUND, ("x-amz-crc32", "none")),
}


@pytest.mark.parametrize("passing", PASSING.values(), ids=PASSING)
def test_what_passes_is_waited_for(scripted, passing):
    client, server = scripted(passing, passing, FOUND)

    assert client.get_item(TableName=TABLE, Key=key("1")) == json.loads(FOUND[1])
    assert len(server.asked) == 3


def test_what_does_not_pass_is_told_after_three_attempts(scripted):
    client, server = scripted(THROTTLED, THROTTLED, THROTTLED)

    with pytest.raises(ClientError, match="ThrottlingException"):
        client.get_item(TableName=TABLE, Key=key("1"))
    assert server.answers == []


def test_a_mistake_is_not_made_again(scripted):
    client, server = scripted((400, b'{"__type":"x#ValidationException","message":"No key."}'))

    with pytest.raises(ClientError, match="No key"):
        client.get_item(TableName=TABLE, Key=key("1"))
    assert len(server.asked) == 1


def test_nobody_at_the_address_is_an_error_of_botocores():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = dynamodb.client(**KEYS, endpoint=f"http://127.0.0.1:{port}", longest_pause_s=0)

    with pytest.raises(EndpointConnectionError, match=f"127.0.0.1:{port}"):
        client.get_item(TableName=TABLE, Key=key("1"))


def test_a_table_that_hangs_is_an_error_when_the_call_s_own_time_is_over():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "http://{}:{}".format(*silent.getsockname())
        client = dynamodb.client(**KEYS, endpoint=address, longest_call_s=0.2)
        began_s = time.monotonic()

        with pytest.raises(EndpointConnectionError):
            client.get_item(TableName=TABLE, Key=key("1"))

        assert 0.2 <= time.monotonic() - began_s < dynamodb.READ_S


def test_who_reads_a_table_that_hangs_is_told_so_before_the_function_s_time_is_over():
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    api = config["stages"]["prod"]["lambda_functions"]["api_handler"]

    assert api["lambda_timeout"] > dynamodb.CALL_S + dynamodb.CONNECT_S


def test_an_answer_with_the_right_checksum_is_taken(scripted):
    client, server = scripted((*FOUND, ("x-amz-crc32", str(zlib.crc32(FOUND[1])))))

    client.get_item(TableName=TABLE, Key=key("1"))

    assert len(server.asked) == 1


def test_a_connection_that_the_server_closed_is_not_used_again(scripted):
    client, server = scripted(FOUND, FOUND)

    for _ in range(2):
        client.get_item(TableName=TABLE, Key=key("1"))

    assert server.connections == len(server.asked) == 2


def test_a_connection_that_is_open_is_used_again(ours, tables):
    for _ in range(3):
        ours.get_item(TableName=TABLE, Key=key("1"))

    assert len(ours._idle) == 1


def test_a_transaction_that_is_repeated_is_the_same_transaction(scripted):
    client, server = scripted(None, (200, b"{}"))

    client.transact_write_items(TransactItems=[{"Put": PUT}])

    (_, first), (_, second) = server.asked
    assert first["ClientRequestToken"] == second["ClientRequestToken"] != ""


def test_the_token_of_keys_that_expire_is_sent_along(scripted):
    _, server = scripted(FOUND)
    client = dynamodb.client(**KEYS, session_token="for a day", endpoint=server.address)

    client.get_item(TableName=TABLE, Key=key("1"))

    ((headers, _),) = server.asked
    assert headers["X-Amz-Security-Token"] == "for a day"
    assert "x-amz-security-token" in headers["Authorization"]


# Between threads


def test_what_one_thread_raises_another_catches():
    client = dynamodb.client(**KEYS)
    threads, codes = 8, [f"Code{number}" for number in range(200)]
    start = threading.Barrier(threads)

    def classes(_):
        start.wait()
        return [getattr(client.exceptions, code) for code in codes]

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            seen = list(pool.map(classes, range(threads)))
    finally:
        sys.setswitchinterval(usual)

    assert all(each == seen[0] for each in seen)


# Whom it trusts


@pytest.fixture
def over_tls(scripted, tmp_path):
    """Make a server, with the certificate of *host*, at an address of localhost's."""

    def make(host):
        _, server = scripted(FOUND)
        path = certificate(tmp_path, host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return f"https://localhost:{server.server_port}", path

    return make


def test_it_speaks_with_whom_the_authorities_vouch_for(over_tls, monkeypatch):
    endpoint, path = over_tls("localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    client = dynamodb.client(**KEYS, endpoint=endpoint)

    assert client.get_item(TableName=TABLE, Key=key("1")) == json.loads(FOUND[1])


@pytest.mark.parametrize(("host", "is_trusted"), [("localhost", False), ("elsewhere", True)])
def test_it_tells_nothing_to_whom_nobody_vouches_for(over_tls, monkeypatch, host, is_trusted):
    endpoint, path = over_tls(host)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    client = dynamodb.client(**KEYS, endpoint=endpoint, longest_pause_s=0)

    with pytest.raises(EndpointConnectionError) as caught:
        client.get_item(TableName=TABLE, Key=key("1"))
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
