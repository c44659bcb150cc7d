"""A signature is right if AWS's own library makes the same one."""

from __future__ import annotations

import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws.signing import Signer

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(
    body=st.binary(),
    target=WORDS,
    path=st.lists(st.text("ab-", min_size=1)).map("/".join).map("/{}".format),
    access_key=st.text("ABCDEFGHIJ0123456789", min_size=16, max_size=20),
    secret_key=WORDS,
    session_token=st.just("") | WORDS,
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    at_s=st.integers(0, 4_000_000_000),
)
def test_whatever_is_sent_is_signed_as_botocore_signs_it(
    body, target, path, access_key, secret_key, session_token, region, at_s
):
    headers = {"Host": "dynamodb.example:8000", "X-Amz-Target": target}
    signer = Signer(
        access_key=access_key,
        secret_key=secret_key,
        session_token=session_token,
        region=region,
        service="dynamodb",
    )
    theirs = AWSRequest("POST", f"https://dynamodb.example:8000{path}", headers, body)
    keys = Credentials(access_key, secret_key, session_token or None)

    ours = signer.headers("POST", path, body, headers, at_s=at_s)
    with time_machine.travel(at_s, tick=False):
        SigV4Auth(keys, "dynamodb", region).add_auth(theirs)

    assert ours == dict(theirs.headers)


def test_no_key_shows_where_a_signer_is_shown():
    signer = Signer(
        access_key="AKIA", secret_key="hidden", session_token="hidden", region="x", service="y"
    )

    assert "hidden" not in repr(signer)
