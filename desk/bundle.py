"""The zip that Lambda gets: Chalice's own, made before anything is changed, and looked into.

Chalice packs `requirements.txt`, `vendor/`, `app.py` and `chalicelib/`, and goes on where a wheel
for Lambda is missing, with one built on this machine, for this machine's libraries, or with none.
Here that is an error. A zip that was cut off while it was written is removed, since Chalice would
take it for a finished one.

Lambda's folder is read-only: without bytecode in the zip every cold start compiles everything.
So the bytecode is shipped, in `chalicelib/` and, for all else, in `vendor/`, that of the templates
too. It is checked against its source by content when it is loaded (PEP 552; Jinja2 does alike), so
over a stale `vendor/` a start is slow, never wrong.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.errors import DeskError
from desk.venv import ROOT

MAX_ZIP_BYTES = 50 * 1024 * 1024  # what Lambda takes in one call
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?: ; (?P<where>[^\\\n]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One top-level package of the zip; `packed` and `unpacked` are bytes."""

    name: str
    packed: int
    unpacked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A finished zip."""

    path: Path
    packages: tuple[Package, ...]  # the largest first

    def __str__(self) -> str:
        unpacked = sum(package.unpacked for package in self.packages)
        return f"{_mb(self.path.stat().st_size)} MB, {_mb(unpacked)} MB unpacked"

    def table(self) -> str:
        """Return the packages, one a line, in megabytes."""
        rows = [f"{_mb(p.packed):>8}  {_mb(p.unpacked):>8}  {p.name}" for p in self.packages]
        return "\n".join([f"{'PACKED':>8}  {'UNPACKED':>8}  PACKAGE", *rows])


def build(*, root: Path = ROOT) -> Bundle:
    """Make the zip of this checkout, or find it made, and refuse one that Lambda cannot run."""
    name = runtime()
    _compile(root)
    _remove_torn(root / ".chalice" / "deployments")
    path = pack(root, name)
    with zipfile.ZipFile(path) as packed:
        _refuse_what_is_missing(packed, root / "requirements.txt")
        packages = _packages(packed)
    if path.stat().st_size > MAX_ZIP_BYTES:
        largest = ", ".join(package.name for package in packages[:5])
        raise DeskError(f"the zip has {_mb(path.stat().st_size)} MB, Lambda takes 50: {largest}")
    return Bundle(path=path, packages=packages)


def runtime(version: tuple[int, int] = sys.version_info[:2]) -> str:
    """Return Lambda's name for a version of Python: the deployed one is that of .venv."""
    import botocore.session

    name = f"python{version[0]}.{version[1]}"
    model = botocore.session.get_session().get_service_model("lambda")
    known: Any = model.shape_for("Runtime")
    if name not in known.enum:
        mend = "remove .venv and name an older one, as in `make deploy PYTHON=python3.13 ...`"
        raise DeskError(f"Lambda has no {name}, and .venv is of that Python: {mend}")
    return name


def pack(root: Path, runtime_name: str) -> Path:
    """Have Chalice make the zip of a project, as `chalice deploy` makes it."""
    from chalice.deploy import packager
    from chalice.utils import UI, OSUtils

    osutils, said = OSUtils(), io.StringIO()
    pip = packager.PipRunner(pip=packager.SubprocessPip(osutils=osutils), osutils=osutils)
    maker = packager.LambdaDeploymentPackager(
        osutils=osutils,
        dependency_builder=packager.DependencyBuilder(osutils=osutils, pip_runner=pip),
        ui=UI(out=said, err=said),
    )
    try:
        return Path(maker.create_deployment_package(str(root), runtime_name))
    except (packager.PackageDownloadError, packager.NoSuchPackageError) as error:
        raise DeskError(f"the zip cannot be made: {' '.join(str(error).split())}") from None


def _compile(root: Path) -> None:
    """Put the bytecode of what the zip will hold where Chalice packs it from."""
    import compileall
    import py_compile
    from importlib import metadata

    import chalice.app

    from chalicelib.core.pages.page import COMPILED, compile_templates

    checked = py_compile.PycInvalidationMode.CHECKED_HASH
    for stale in (root / "chalicelib").rglob("__pycache__"):
        shutil.rmtree(stale)
    compileall.compile_dir(root / "chalicelib", quiet=2, invalidation_mode=checked)
    vendor = root / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    compile_templates(vendor / COMPILED.relative_to(ROOT))
    chalices = Path(chalice.app.__file__).parent
    sources = [(root / "app.py", Path("app.py"))]
    sources += [(chalices / name, Path("chalice", name)) for name in ("app.py", "__init__.py")]
    for name, _ in pins(root / "requirements.txt"):
        for file in metadata.files(name) or ():
            if file.suffix == ".py" and ".." not in file.parts:
                sources.append((Path(str(file.locate())), Path(file)))
    for source, place in sources:
        made = vendor / place.parent / "__pycache__" / _bytecode(place)
        try:
            py_compile.compile(
                str(source), cfile=str(made), dfile=str(place), doraise=True,
                invalidation_mode=checked,
            )  # fmt: skip
        except py_compile.PyCompileError:
            continue  # a package may hold files for other Pythons


def _bytecode(source: Path) -> str:
    return f"{source.stem}.{sys.implementation.cache_tag}.pyc"


def pins(requirements: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and versions that a file of requirements pins for this Python."""
    from packaging.markers import Marker

    for line in requirements.read_text(encoding="utf-8").splitlines():
        found = _PIN.match(line)
        if found and (not found["where"] or Marker(found["where"]).evaluate()):
            yield found["name"], found["version"]


def _remove_torn(folder: Path) -> None:
    for path in folder.glob("*.zip") if folder.exists() else ():
        if not zipfile.is_zipfile(path):
            path.unlink()


def _refuse_what_is_missing(packed: zipfile.ZipFile, requirements: Path) -> None:
    """Refuse a zip without one of the pinned packages, or with one that was built here."""
    wheels = {
        _plain(name.removesuffix(".dist-info/WHEEL")): packed.read(name).decode()
        for name in packed.namelist()
        if name.count("/") == 1 and name.endswith(".dist-info/WHEEL")
    }
    for name, version in pins(requirements):
        wheel = wheels.get(_plain(f"{name}-{version}"), "")
        if not wheel or re.search(r"^Tag: .*-linux_\w+$", wheel, re.MULTILINE):
            python = f"{sys.version_info.major}.{sys.version_info.minor}"
            mend = "pin a version that has one in requirements.txt"
            raise DeskError(f"{name} {version} has no wheel for Lambda's Python {python}: {mend}")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _packages(packed: zipfile.ZipFile) -> tuple[Package, ...]:
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for file in packed.infolist():
        name = file.filename.partition("/")[0]
        small[name] += file.compress_size
        large[name] += file.file_size
    return tuple(Package(name=n, packed=size, unpacked=large[n]) for n, size in small.most_common())


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}"
