"""A deployment that is killed anywhere is finished by the next one, as if nothing had happened."""

import os
import random
import re
import signal

import pytest
from operators import Operator, checkout, snapshot

# After the first, the second … of such calls in a run: each run gets further than the one before.
CUTS = [
    (1, "ExecuteChangeSet"),
    (1, "POST /restapis"),
    (2, "POST /2015-03-31/functions"),
    (1, "PutRule"),
    (1, r"PUT /restapis/\w+"),
]
RUNS = 5  # of the long test, each cut off at another random call


@pytest.fixture(scope="module")
def somebody(aws, tmp_path_factory):
    return Operator(aws, checkout(tmp_path_factory.mktemp("somebody") / "checkout"))


@pytest.fixture(scope="module")
def undisturbed(cloud, aws, somebody):
    """What a deployment makes that nobody cuts off, and how many calls it takes."""
    before = len(cloud.calls)
    somebody.deploy("prod")
    calls = len(cloud.calls) - before
    made = seen(aws)
    take_down(somebody)
    return made, calls


def seen(aws):
    """Return a snapshot with one word in place of what AWS chooses: ids of APIs, ends of names."""
    found = snapshot(aws)
    text = repr(found)
    for number, api in enumerate(found["apis"]):
        text = text.replace(api, f"api-{number}")
    text = re.sub(r"(:policy/[\w-]+Policy)-\w+", r"\1", text)
    return eval(text)  # noqa: S307 - our own repr


def take_down(operator):
    operator.destroy("prod", "--data", types="delete prod\n")


def cut_off(cloud, process, count, pattern):
    """Kill *process* after so many of its calls, when they have had their effect."""
    left = count

    def after_call(name):
        nonlocal left
        left -= bool(re.fullmatch(pattern, name))
        if left == 0:
            os.killpg(process.pid, signal.SIGKILL)

    cloud.after_call = after_call
    process.communicate(timeout=120)
    cloud.after_call = lambda _name: None
    assert process.returncode == -signal.SIGKILL


def test_a_deployment_cut_off_again_and_again_is_finished_by_the_next(
    undisturbed, cloud, aws, somebody, operator
):
    made, _ = undisturbed
    for count, pattern in CUTS:
        cut_off(cloud, start(somebody), count, pattern)

    operator.deploy("prod")  # on another machine than the one that was cut off

    assert seen(aws) == made


def test_a_stage_half_taken_down_is_taken_down_by_the_next_try(cloud, aws, somebody):
    somebody.deploy("prod")
    half = somebody.start("-m", "desk", "destroy", "--stage", "prod", "--yes")
    cut_off(cloud, half, 2, "DeleteRole")

    take_down(somebody)

    assert not any(snapshot(aws).values())


@pytest.mark.long
def test_a_deployment_cut_off_at_any_call_is_finished_by_the_next(
    undisturbed, cloud, aws, somebody
):
    made, calls = undisturbed
    seed = random.randrange(10**6)
    for count in random.Random(seed).sample(range(1, calls), RUNS):
        cut_off(cloud, start(somebody), count, ".*")
        somebody.deploy("prod")
        assert seen(aws) == made, f"cut off after call {count}, seed {seed}"
        take_down(somebody)


def start(operator):
    return operator.start("-m", "desk", "deploy", "--stage", "prod", "--no-smoke")
