"""What a page is: a template, its values, and the style sheets inside it.

Templates and style are read once a process; Jinja2 is loaded by the first `render`, so that an
answer of 304 costs a hash and no template engine. A deployment compiles the templates ahead
(`compile_templates`), which would be a quarter of a cold start. What was compiled is used for the
very text that it was compiled from, and for no other.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

Context = dict[str, object]  # JSON values only: str, int, bool, None, and lists and dicts of them

_CHALICELIB = Path(__file__).parents[2]
STATIC = _CHALICELIB / "static"
COMPILED = _CHALICELIB / "templates" / "compiled"  # in a deployed zip alone
_DIGEST_BYTES = 16  # two pages share an ETag at a chance below one in 10^19


@dataclass(frozen=True, slots=True)
class Page:
    """A page before it is rendered; `render` is a pure function of the two fields."""

    template: str
    context: Context

    def digest(self) -> str:
        """Return what a strong ETag needs: it differs when a single byte of the page may differ."""
        told = json.dumps(
            [_assets_digest(), self.template, self.context], sort_keys=True, separators=(",", ":")
        )
        return hashlib.blake2b(told.encode("ascii"), digest_size=_DIGEST_BYTES).hexdigest()

    def render(self) -> str:
        return _environment().get_template(self.template).render(self.context)


@cache
def content_security_policy() -> str:
    """Return the policy that lets a page load its own images and nothing else in the world.

    `connect-src` is for tools that fetch /robots.txt from the page, `data:` for its icon.
    """
    hashes = (hashlib.sha256(sheet.encode()).digest() for sheet in _styles().values())
    styles = " ".join(f"'sha256-{b64encode(one).decode('ascii')}'" for one in hashes)
    return "; ".join(
        (
            "default-src 'none'",
            "img-src 'self' data:",
            f"style-src {styles}",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def compile_templates(folder: Path) -> None:
    """Compile every template into *folder*, which a deployment has for `COMPILED`."""
    folder.mkdir(parents=True)
    environment = _made_environment(_bytecode(folder, is_written=True))
    for name in _templates():
        environment.get_template(name)


def _bytecode(folder: Path, *, is_written: bool) -> BytecodeCache:
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Compiled(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            path = folder / bucket.key
            if path.exists():
                with path.open("rb") as file:
                    bucket.load_bytecode(file)  # nothing, if it is of another text or Python

        def dump_bytecode(self, bucket: Bucket) -> None:
            if is_written:
                with (folder / bucket.key).open("wb") as file:
                    bucket.write_bytecode(file)

    return Compiled()


@cache
def _environment() -> Environment:
    return _made_environment(_bytecode(COMPILED, is_written=False))


def _made_environment(bytecode: BytecodeCache) -> Environment:
    # Imported here: Jinja2 costs 11 ms of a cold start, and a 304 does not need it.
    from jinja2 import DictLoader, Environment, StrictUndefined

    class OfValues(Environment):
        def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # the base's own
            # Contexts are dicts: to look for an attribute first costs an exception a value.
            if type(obj) is dict and attribute in obj:
                return obj[attribute]
            return super().getattr(obj, attribute)

    environment = OfValues(
        loader=DictLoader(_templates()),
        bytecode_cache=bytecode,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["icon"] = icon()
    return environment


@cache
def _templates() -> dict[str, str]:
    """Return every template by name; a style sheet is one too, so that a page includes it."""
    found = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((_CHALICELIB / "templates").glob("*.html"))
    }
    return found | _styles()


@cache
def _styles() -> dict[str, str]:
    """Return every style sheet by name, without its comments and its indentation."""
    return {
        path.name: _tight(path.read_text(encoding="utf-8")) for path in sorted(STATIC.glob("*.css"))
    }


def _tight(sheet: str) -> str:
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s+", " ", sheet)
    sheet = re.sub(r" ?([{};,>]) ?", r"\1", sheet).replace(": ", ":")
    return sheet.replace(";}", "}").strip()


@cache
def icon() -> str:
    """Return the icon as an address that needs no request."""
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8").strip()
    return "data:image/svg+xml," + quote(drawing, safe="'/:=,;()")


@cache
def _assets_digest() -> str:
    assets = json.dumps([_templates(), icon()], sort_keys=True)
    return hashlib.blake2b(assets.encode("ascii"), digest_size=_DIGEST_BYTES).hexdigest()
