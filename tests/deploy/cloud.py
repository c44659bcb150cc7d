"""A cloud that runs what is deployed to it: moto's account, with a Lambda and a public site.

What a bucket's notification names is called with what happens in the bucket, and what the API's
integration names answers its requests: the code is unpacked from the function's own zip, and
runs in a process of its own, in the function's own environment. Only Python's packages are those
of the tests, since the zip of a test holds none.
"""

import fnmatch
import io
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import traceback
import zipfile
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from desk.archive import Archive
from desk.embedded import ACCOUNT, REGION, EmbeddedAws
from desk.gateway import Gateway, SiteServer, problem

# A function's process: an event a line comes in, an answer a line goes out.
WORKER = """
import importlib, json, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
module, _, name = sys.argv[1].rpartition(".")

class Context:
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version, memory_limit_in_mb = "$LATEST", 512
    invoked_function_arn = aws_request_id = log_group_name = log_stream_name = function_name
    def get_remaining_time_in_millis(self):
        return 60_000

handler = getattr(importlib.import_module(module), name)
for line in sys.stdin:
    try:
        answer = {"ok": handler(json.loads(line), Context())}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": repr(error)}
    print(json.dumps(answer), file=answers, flush=True)
"""


class Cloud(EmbeddedAws):
    """`calls` are the names of the calls that may have changed something, in order.

    `after_call` is told of each when its effect is there and its answer is not yet sent.
    """

    def __init__(self, listener, environ):
        super().__init__(listener)
        self.calls = []
        self.after_call = lambda _name: None
        self._lambda = Lambda(environ)
        self.run_functions(self._lambda.call_later)
        self._watched_name = None

    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET":
            name = _name(environ)
            self.calls.append(name)
            self.after_call(name)
            self._watch_what_calls_a_function()
        return answer

    def stop(self):
        self._lambda.stop()
        super().stop()

    def site(self, listener):
        """Return a server of the deployed API, as a domain in front of it is one."""
        return SiteServer(listener, _Front(self._lambda))

    def _watch_what_calls_a_function(self):
        for bucket in _buckets():
            if _notifications(bucket) and bucket != self._watched_name:
                self._watched_name = bucket
                folder = Path(self._lambda.folder(), bucket)
                self.watch(
                    bucket, Archive(folder), lambda records, b=bucket: self._tell(b, records)
                )

    def _tell(self, bucket, records):
        for record in records:
            for notification in _notifications(bucket):
                kinds = [kind.removeprefix("s3:") for kind in notification.events]
                if any(fnmatch.fnmatch(record["eventName"], kind) for kind in kinds):
                    name = notification.arn.rpartition(":")[2]
                    self._lambda.call_later(name, {"Records": [record]})


class Lambda:
    """Runs the functions of moto's account, one call at a time."""

    def __init__(self, environ):
        self._environ = environ
        self._opened = ExitStack()
        self._folder = None
        self._workers = {}  # by function and code
        self._waiting = queue.SimpleQueue()
        self._one_at_a_time = threading.Lock()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def folder(self):
        if self._folder is None:
            self._folder = self._opened.enter_context(tempfile.TemporaryDirectory())
        return self._folder

    def call(self, name, event):
        function = _function(name)
        with self._one_at_a_time:
            worker = self._worker(function)
            worker.stdin.write(json.dumps(event) + "\n")
            worker.stdin.flush()
            answer = json.loads(worker.stdout.readline())
        assert "ok" in answer, answer
        return answer["ok"]

    def call_later(self, name, event):
        self._waiting.put((name, event))

    def stop(self):
        self._waiting.put(None)
        self._thread.join(10)
        for worker in self._workers.values():
            worker.stdin.close()
            worker.wait(10)
            worker.stdout.close()
        self._opened.close()

    def _work(self):
        while waiting := self._waiting.get():
            try:
                self.call(*waiting)
            except AssertionError:  # an event's fault is in the failure queue, and nobody's end
                traceback.print_exc()

    def _worker(self, function):
        told = dict(function.environment_vars)
        key = (function.function_name, function.code_sha_256, json.dumps(told))
        if key not in self._workers:
            code = Path(self.folder(), f"code-{len(self._workers)}")
            zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(code)
            environ = {name: v for name, v in os.environ.items() if "BROADSHEET" not in name}
            self._workers[key] = subprocess.Popen(
                [sys.executable, "-c", WORKER, function.handler],
                cwd=code,
                env={
                    **environ,
                    **self._environ,
                    **told,
                    "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
                    "POWERTOOLS_METRICS_DISABLED": "true",
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._workers[key]


class _Front:
    """The API that was deployed last, and the function behind each of its routes."""

    def __init__(self, functions):
        self._functions = functions

    def answer(self, request):
        from moto.apigateway.models import apigateway_backends

        apis = list(apigateway_backends[ACCOUNT][REGION].apis.values())
        self.routes = {
            resource.get_path(): {
                name: None for name in resource.resource_methods if name != "OPTIONS"
            }
            for api in apis[-1:]
            for resource in api.resources.values()
        }
        self._behind = {
            resource.get_path(): method.method_integration.uri
            for api in apis[-1:]
            for resource in api.resources.values()
            for method in resource.resource_methods.values()
            if method.method_integration and method.method_integration.uri
        }
        return Gateway(self, not_found=_no_route).answer(request)

    def __call__(self, event, _context):
        uri = self._behind[event["resource"]]
        name = re.search(r":function:([\w-]+)/invocations", uri)[1]
        return self._functions.call(name, event)


def _no_route(path):
    return problem(HTTPStatus.FORBIDDEN, f"{path} is no route of the API.")


def _name(environ):
    """Return what a call is called by AWS, or how it is spelled where only that says it."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2]
    body = environ["wsgi.input"]
    if isinstance(body, io.BytesIO) and (action := re.match(rb"Action=(\w+)&", body.getvalue())):
        return action[1].decode()
    return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _buckets():
    from moto.s3.models import s3_backends

    return list(s3_backends[ACCOUNT]["aws"].buckets)


def _notifications(bucket):
    from moto.s3.models import s3_backends

    configured = s3_backends[ACCOUNT]["aws"].buckets[bucket].notification_configuration
    return configured.cloud_function if configured else []


def _function(name):
    from moto.awslambda.models import lambda_backends

    return lambda_backends[ACCOUNT][REGION].get_function(name)
