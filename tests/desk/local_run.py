"""A local run as a process of its own, and the S3 client that an editor would use on it."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 60  # seconds are usual; other tests share the machine


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(proxies={}),
    )


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fetch(url, method="GET", **headers):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Unfollowed)
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with opener.open(request, timeout=20) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


@dataclass
class Run:
    """A started `python -m desk run`; `lines` is what it has printed so far."""

    process: subprocess.Popen
    lines: list = field(default_factory=list)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, wanted, within_s=START_WITHIN_S):
        until = time.monotonic() + within_s
        while not any(wanted(line) for line in self.lines):
            assert time.monotonic() < until, f"waited in vain: {self.lines}"
            if self.process.poll() is not None:
                time.sleep(0.2)  # its last lines are on the way
                assert any(map(wanted, self.lines)), f"ended: {self.lines} {self.errors()}"
            time.sleep(0.02)

    def errors(self):
        return self.process.stderr.read() if self.process.poll() is not None else ""

    def said(self, name):
        (line,) = [line for line in self.lines if line.startswith(f"{name}: ")]
        return line.partition(": ")[2]

    @property
    def site(self):
        return self.said("site").rstrip("/")

    @property
    def s3(self):
        return client("s3", self.said("s3"))

    def end(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)
        return self.process.wait(15)


def desk(*words, cwd=ROOT, **environ):
    """Run a command of the desk to its end."""
    return subprocess.run(
        [sys.executable, "-m", "desk", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start_run(data_dir, *words, port=0, aws_port=0):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "desk", "run", "--data-dir", str(data_dir)),
            *("--port", str(port), "--aws-port", str(aws_port), *words),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    run = Run(process)
    threading.Thread(target=run.read, daemon=True).start()
    return run


def close(run):
    if run.process.poll() is None:
        run.process.kill()
    run.process.wait(10)
    for stream in (run.process.stdout, run.process.stderr):
        stream.close()


STORY = """\
---
headline: {headline}
published_at: {published_at}
---

The harbour ferry will run again on Monday, the port of Vess said on Friday. Engineers have
replaced both rudder bearings, and a trial run on Thursday took the ship past Tarrow light and
back without a fault. The company expects to carry 400 passengers on the first day.

"We would not sail if we had a doubt," said the master, Ines Calder. The inspection cost 120,000
crowns. The council paid half of it, and the company will pay the rest by the end of the year.
"""
