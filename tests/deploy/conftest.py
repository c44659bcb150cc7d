import json
import os
import socket
import subprocess
import sys

import pytest
from local_aws import PLAN, REGION, ROOT, Aws, mend_moto

from desk.embedded import EmbeddedAws


@pytest.fixture(scope="session")
def plan():
    """What `chalice deploy --stage prod` of this checkout would make."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BROADSHEET_")}
    done = subprocess.run(
        [sys.executable, "-c", PLAN, "prod"],
        cwd=ROOT,
        env={**environ, "AWS_DEFAULT_REGION": REGION},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def policies(plan):
    """Each function's policy, by the function's name."""
    return {
        name: json.loads((ROOT / ".chalice" / function["policy"]).read_text())["Statement"]
        for name, function in plan["functions"].items()
    }


@pytest.fixture(scope="module")
def aws():
    """moto's server, empty, with what it refuses of Chalice's calls mended."""
    from moto.moto_api._internal import moto_api_backend

    mend_moto()
    listener = socket.create_server(("127.0.0.1", 0))
    server = EmbeddedAws(listener)
    server.start()
    yield Aws(server.endpoint)
    server.stop()
    listener.close()
    moto_api_backend.reset()
