"""Imports point one way, I/O stands in one place, the clock and the environment in few."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "chalicelib"
MODULES = sorted(PACKAGE.rglob("*.py"))
# What each part may import of ours, from the outside in. `newsroom`, `ingesting` and `placing`
# see aws for types only.
MAY_IMPORT = {
    "core": {"core"},
    "aws": {"core"},
    "newsroom": {"core", "ingesting", "listing"},
    "listing": {"core"},
    "ingesting": {"core", "placing"},
    "placing": {"core"},
    "settings": {"core"},
    "fetching": {"core"},  # I/O as aws is, with other publishers' servers
    "wiring": {"core", "aws", "fetching", "settings"},
    "telemetry": set(),
    "web": {"core", "newsroom", "wiring", "chalicelib"},
    "events": {"core", "newsroom", "wiring", "settings", "telemetry"},
    "chalicelib": set(),
}
CLOCKS = {
    "events.py", "web/serving.py",  # a moment is taken once a request or event, and handed on
    "aws/dynamodb.py",  # a signature is of the moment in which it is sent
}  # fmt: skip


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "chalicelib" if first == "__init__.py" else first.removesuffix(".py")


def imports(path: Path, *, with_types: bool = False) -> Iterator[str]:
    """Yield the modules that a file imports, those for the type checker only on demand."""

    def walk(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if for_types and not with_types:
                continue
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
            yield from walk(child)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")))


def at_import(path: Path) -> set[str]:
    """The modules loaded by importing a file: what stands at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    for name in imports(path):
        if name.startswith("chalicelib"):
            parts = name.split(".")
            other = parts[1] if len(parts) > 1 else "chalicelib"
            other = other if other in MAY_IMPORT else "chalicelib"
            assert other in MAY_IMPORT[part] | {part}, f"{part} imports {name}"


def test_every_module_can_be_the_first_to_be_imported() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
    ]
    program = """
import importlib, os, sys
os.environ["BROADSHEET_UPLOADS_BUCKET"] = "broadsheet-local-uploads"
for name in sys.argv[1:]:
    for loaded in [module for module in sys.modules if module.startswith("chalicelib")]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(name, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )

    assert done.stdout == ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_kind_of_io_stands_in_its_place(path: Path) -> None:
    part, source = part_of(path), path.read_text(encoding="utf-8")
    names = {name.partition(".")[0] for name in imports(path)}

    if part not in ("aws", "wiring"):
        assert not names & {"boto3", "botocore"}
    if part != "fetching":
        # The client of the table speaks HTTPS by the standard library alone.
        is_client = path.relative_to(PACKAGE).as_posix() == "aws/dynamodb.py"
        assert not names & {"socket", "urllib3", "requests", *(() if is_client else ("ssl",))}
    if part != "settings":
        assert "os.environ" not in source
        assert "getenv" not in source
    if path.relative_to(PACKAGE).as_posix() not in CLOCKS:
        assert ".now(" not in source
        assert "utcnow" not in source
        assert "date.today" not in source
        assert "time.time(" not in source
    if part == "core":
        assert not names & {"socket", "urllib3", "requests", "http", "subprocess", "chalice"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_are_loaded_where_they_are_used(path: Path) -> None:
    heavy = {"boto3", "botocore", "jinja2", "lxml", "nh3", "trafilatura", "PIL", "yaml", "mammoth"}
    heavy |= {"markdown_it", "mdit_py_plugins", "sentencex", "anyascii", "feedparser"}

    assert not {name.partition(".")[0] for name in at_import(path)} & heavy
