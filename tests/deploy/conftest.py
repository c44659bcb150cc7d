import json
import socket
import threading

import pytest
from cloud import Cloud
from local_aws import ROOT, Aws, mend_moto
from operators import Operator, checkout

from desk.planned import planned


@pytest.fixture(scope="session")
def plan():
    """What `chalice deploy --stage prod` of this checkout would make."""
    return planned("prod")


@pytest.fixture(scope="session")
def policies(plan):
    """Each function's policy, by the function's name."""
    return {
        name: json.loads((ROOT / ".chalice" / function["policy"]).read_text())["Statement"]
        for name, function in plan["functions"].items()
    }


@pytest.fixture(scope="module")
def cloud():
    """An empty account, in which what is deployed runs."""
    from moto.moto_api._internal import moto_api_backend

    mend_moto()
    listener = socket.create_server(("127.0.0.1", 0))
    endpoint = "http://{}:{}".format(*listener.getsockname())
    server = Cloud(listener, Aws(endpoint).environ)
    server.start()
    yield server
    server.stop()
    listener.close()
    moto_api_backend.reset()


@pytest.fixture(scope="module")
def aws(cloud):
    return Aws(cloud.endpoint)


@pytest.fixture(scope="module")
def site(cloud):
    """A domain in front of the API that was deployed last."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = cloud.site(listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield "http://{}:{}".format(*listener.getsockname())
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def operator(aws, tmp_path):
    return Operator(aws, checkout(tmp_path / "checkout"))
