"""AWS's signature of a request, version 4, in its Authorization header.

Pure. `tests/aws/test_signing.py` holds it to botocore's own, whatever is signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import gmtime, strftime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who asks, and which service of which region is asked."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)  # of keys that last for some hours
    region: str
    service: str

    def headers(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, at_s: float
    ) -> dict[str, str]:
        """Return *headers*, which must name the host, with what proves them ours at *at_s*.

        That is in seconds since 1970; AWS takes a signature for five minutes. *path* is as it is
        sent, and there is no query.
        """
        moment = strftime("%Y%m%dT%H%M%SZ", gmtime(at_s))
        told = {**headers, "X-Amz-Date": moment}
        if self.session_token:
            told["X-Amz-Security-Token"] = self.session_token
        plain = sorted((name.lower(), " ".join(value.split())) for name, value in told.items())
        names = ";".join(name for name, _ in plain)
        lines = [method, path, "", *(f"{name}:{value}" for name, value in plain), "", names]
        asked = "\n".join([*lines, hashlib.sha256(body).hexdigest()])
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = _hmac(key, part).digest()
        digest = hashlib.sha256(asked.encode()).hexdigest()
        proof = _hmac(key, f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}").hexdigest()
        by = f"{_ALGORITHM} Credential={self.access_key}/{scope}"
        return {**told, "Authorization": f"{by}, SignedHeaders={names}, Signature={proof}"}


def _hmac(key: bytes, text: str) -> hmac.HMAC:
    return hmac.new(key, text.encode(), hashlib.sha256)
