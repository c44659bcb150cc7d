"""The zip that Lambda gets: what is in it, what is not, and what is refused."""

import re
import subprocess
import sys
import zipfile
from importlib import metadata

import pytest
from local_aws import ROOT
from operators import checkout
from packaging.requirements import Requirement

from desk import bundle
from desk.errors import DeskError

REQUIREMENTS = ROOT / "requirements.txt"
DEVELOPMENT = {
    "boto3",
    "botocore",
    "chalice",
    "hypothesis",
    "moto",
    "mypy",
    "pip",
    "pytest",
    "ruff",
}
PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name, found):
    """Add to *found* what a package brings along, with the versions that the tests run on."""
    if plain(name) in found:
        return found
    about = metadata.distribution(name)
    found[plain(name)] = about.version
    for requirement in map(Requirement, about.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed(requirement.name, found)
    return found


@pytest.fixture
def at(tmp_path):
    return checkout(tmp_path / "checkout")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index of packages that has none yet; returns where to put wheels."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheel(folder, tag):
    """Make a wheel of six for *tag*."""
    about = "six-1.17.0.dist-info"
    path = folder / f"six-1.17.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("six.py", "")
        made.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n")
        made.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        made.writestr(f"{about}/RECORD", "")


def test_all_that_the_zip_takes_with_it_is_pinned_to_what_the_tests_run_on():
    pinned = {plain(name): version for name, version in bundle.pins(REQUIREMENTS)}
    found = {}
    for name in pinned:
        needed(name, found)

    assert pinned == found


def test_nothing_of_development_is_in_the_zip():
    pinned = {plain(name) for name, _ in bundle.pins(REQUIREMENTS)}

    assert not pinned & DEVELOPMENT


def test_the_zip_holds_the_application_and_chalices_runtime_alone(at):
    made = bundle.build(root=at)

    with zipfile.ZipFile(made.path) as packed:
        names = [name for name in packed.namelist() if not name.endswith(".pyc")]
    outside = {name for name in names if not name.startswith("chalicelib/")}
    inside = {
        path.relative_to(at).as_posix()
        for path in (at / "chalicelib").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert outside == {"app.py", "chalice/__init__.py", "chalice/app.py"}
    compiled = {name for name in names if name.startswith("chalicelib/templates/compiled/")}
    assert set(names) - outside - compiled == inside
    assert {package.name for package in made.packages} == {
        "app.py",
        "chalice",
        "chalicelib",
        "__pycache__",
    }
    assert "chalicelib" in made.table()


def test_every_module_has_bytecode_that_is_checked_against_its_source(at):
    (at / "chalicelib" / "__pycache__").mkdir()
    (at / "chalicelib" / "__pycache__" / "old.cpython-310.pyc").write_bytes(b"of long ago")

    with zipfile.ZipFile(bundle.build(root=at).path) as packed:
        names = packed.namelist()
        flags = {
            int.from_bytes(packed.read(name)[4:8], "little")
            for name in names
            if name.endswith(".pyc")
        }

    modules = {name for name in names if name.endswith(".py")}
    compiled = {
        re.sub(r"__pycache__/(\w+)\.[\w-]+\.pyc$", r"\1.py", name)
        for name in names
        if name.endswith(".pyc")
    }
    assert compiled == modules
    assert len(names) == len(set(names))
    assert flags == {0b11}  # by hash, checked: PEP 552


# Renders a page, and says how many templates were compiled for it.
RENDER = """
from datetime import UTC, datetime
import jinja2.environment
from chalicelib.core import pages
from chalicelib.core.site import Site

compiled, generate = [], jinja2.environment.generate

def counted(*words, **named):
    compiled.append(1)
    return generate(*words, **named)

jinja2.environment.generate = counted
now = datetime(2026, 3, 24, 12, tzinfo=UTC)
page = pages.problem(status=404, title="No", detail="No.", latest=None, site=Site(), now=now)
length = len(page.render())
print(len(compiled), length)
"""


@pytest.fixture
def unpacked(at, tmp_path):
    with zipfile.ZipFile(bundle.build(root=at).path) as packed:
        packed.extractall(tmp_path / "task")
    return tmp_path / "task"


def rendered(task):
    done = subprocess.run(
        [sys.executable, "-c", RENDER], cwd=task, capture_output=True, check=True, text=True
    )
    compiled, length = map(int, done.stdout.split())
    return compiled, length


def test_the_templates_are_compiled_before_a_function_starts(unpacked):
    compiled, length = rendered(unpacked)

    assert compiled == 0
    assert length > 1_000


def test_a_template_that_was_changed_afterwards_is_compiled_again(unpacked):
    _, before = rendered(unpacked)
    template = unpacked / "chalicelib" / "templates" / "base.html"
    template.write_text(template.read_text() + "changed")

    compiled, after = rendered(unpacked)

    assert compiled == 1
    assert after > before


def test_a_zip_that_was_cut_off_while_it_was_written_is_written_again(at):
    path = bundle.build(root=at).path
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    assert zipfile.is_zipfile(bundle.build(root=at).path)


def test_a_package_that_has_a_wheel_for_lambda_is_in_the_zip(at, index):
    (at / "requirements.txt").write_text("six==1.17.0\n")
    wheel(index, "py3-none-any")

    assert "six.py" in {package.name for package in bundle.build(root=at).packages}


def test_a_package_that_only_this_machine_can_load_is_refused(at, index):
    (at / "requirements.txt").write_text("six==1.17.0\n")
    wheel(index, f"{PYTHON}-{PYTHON}-linux_x86_64")

    with pytest.raises(DeskError, match=r"^six 1\.17\.0 has no wheel for Lambda's Python 3\.\d+: "):
        bundle.build(root=at)


def test_an_index_that_has_not_what_is_needed_is_told_in_one_line(at, index):
    (at / "requirements.txt").write_text("six==1.17.0\n")

    with pytest.raises(DeskError, match=r"^the zip cannot be made: .*six"):
        bundle.build(root=at)


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_lambda_runs_the_pythons_that_the_project_supports(minor):
    assert bundle.runtime((3, minor)) == f"python3.{minor}"


def test_a_python_that_lambda_does_not_run_is_told_with_its_mend():
    with pytest.raises(DeskError, match=r"^Lambda has no python3\.99, .*`make deploy PYTHON="):
        bundle.runtime((3, 99))
