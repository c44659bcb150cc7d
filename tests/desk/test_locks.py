"""What is installed is what was locked: each package at one version, each file by its digest."""

import re

import pytest
from local_run import ROOT
from packaging.requirements import Requirement

LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-audit.txt",
    "requirements-fuzz.txt",
)
SHA_256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name):
    """Each package that a lock names, with its version and the digests of its files."""
    starts = [*re.finditer(r"^([\w.-]+)==([\w.]+)", text(name), re.MULTILINE)]
    ends = [*(found.start() for found in starts[1:]), len(text(name))]
    return {
        plain(found[1]): (found[2], SHA_256.findall(text(name)[found.start() : end]))
        for found, end in zip(starts, ends, strict=True)
    }


def wanted(name):
    """The packages that people name: the lines of a `.in` but its comments and options."""
    lines = (line.partition("#")[0].strip() for line in text(name).splitlines())
    return {plain(Requirement(line).name) for line in lines if line and not line.startswith("-")}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_held_to_the_digests_of_its_files(lock):
    pins = locked(lock)

    assert wanted(lock.replace(".txt", ".in")) <= pins.keys()
    assert [name for name, (_, digests) in pins.items() if not digests] == []


def test_tests_run_on_the_very_files_that_are_shipped():
    shipped, tested = locked("requirements.txt"), locked("requirements-dev.txt")

    assert {name: tested[name] for name in shipped} == shipped


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_leaves_it_to_each_machine_where_packages_come_from(lock):
    assert not re.search(r"https?://|file:|--(?:extra-)?index-url|--find-links", text(lock))
