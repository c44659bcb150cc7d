"""What a page is: what it is made from, how, by which template, and the style sheets inside it.

Templates and style are read once a process; values are made and Jinja2 is loaded by `render`, so
that an answer of 304 costs a hash and neither of them. A deployment compiles the templates ahead
(`compile_templates`), which would be a quarter of a cold start. What was compiled is used for the
very text that it was compiled from, and for no other.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from chalicelib.core.codec import encode

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

Context = dict[str, object]  # JSON values only: str, int, bool, None, and lists and dicts of them

_CHALICELIB = Path(__file__).parents[2]
STATIC = _CHALICELIB / "static"
COMPILED = _CHALICELIB / "templates" / "compiled"  # in a deployed zip alone
_DIGEST_BYTES = 16  # two pages share an ETag at a chance below one in 10^19


@dataclass(frozen=True, slots=True)
class Page:
    """A page before it is made: a pure function with all that it is given, and a template's name.

    Whoever gives it the time gives it `parts.unchanged_since`: the page is then the same, and so
    is its digest, until something on it reads differently.
    """

    template: str
    values: partial[Context]
    older: str | None = None  # the address of the page that goes on, as the page itself tells it

    @classmethod
    def of(cls, template: str, context: Context) -> Self:
        """Return the page of values that are made already."""
        return cls(template, partial(dict, context))

    @property
    def context(self) -> Context:
        return self.values()

    def digest(self) -> str:
        """Return what a strong ETag needs: it differs when a single byte of the page may differ.

        It is that of what the page is given and of the code and the templates that make it.
        """
        made = self.values
        given = encode([self.template, made.func.__qualname__, made.args, made.keywords])
        digest = hashlib.blake2b(release(), digest_size=_DIGEST_BYTES)
        digest.update(given)
        return digest.hexdigest()

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
def release(core: Path = _CHALICELIB / "core") -> bytes:
    """Return the digest of all that makes pages of what they are given.

    Of the whole core, needed or not: that a release makes every page new once costs nothing.
    """
    digest = hashlib.blake2b(json.dumps([_templates(), icon()]).encode("ascii"), digest_size=32)
    for path in sorted(core.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()
