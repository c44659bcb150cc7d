"""No regular expression takes long over a text that was written to make it.

A pattern that can match one run of letters in many ways tries them all where the match fails at
last. Each is given texts that are made of itself: what its repetitions repeat, again and again,
after what leads to them and before what nothing matches.
"""

from __future__ import annotations

import ast
import builtins
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from re import _compiler, _parser  # what a pattern consists of, no other way tells
from typing import Any

import chalicelib
from chalicelib.core.summary import prose

ROOT = Path(chalicelib.__file__).parents[1]
LENGTH = 4_000  # characters; what is quadratic takes some 30 ms for them
SOON_S = 0.004
MANY = 20  # repetitions; below, a pattern is as good as written out
ORDINARY = "a0 .-\n"
UNMATCHED = "\n\0"
TRUSTED = {"chalicelib.core.pages.page"}  # what is read there is our own style sheet
BOUNDED = dict.fromkeys(prose.DATELINES, prose.DATELINE_REACH)  # characters that are read

METHODS: dict[str, Callable[[re.Pattern[Any], str | bytes], object]] = {
    "match": re.Pattern.match,
    "fullmatch": re.Pattern.fullmatch,
    "search": re.Pattern.search,
    **dict.fromkeys(
        ("findall", "finditer", "split", "sub", "subn"), lambda one, text: [*one.finditer(text)]
    ),
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression where it is written, and how it is used."""

    module: str
    line: int
    compiled: re.Pattern[Any]
    methods: frozenset[str]


def patterns() -> Iterator[Pattern]:
    """Every pattern of chalicelib, as a call of `re` or of `prose.pattern` makes it."""
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "chalicelib").rglob("*.py"))
    }
    methods = _methods(trees.values())
    for path, tree in trees.items():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        known = _Known(module, tree)
        names = {
            id(node.value): node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for call in ast.walk(tree):
            method = _method(call)
            if not isinstance(call, ast.Call) or method is None:
                continue
            used = methods[names.get(id(call), "")] | methods[ast.dump(call)] or {"search"}
            for compiled in known.compiled(call, has_flags=method == "compile"):
                wanted = used if method == "compile" else {method}
                yield Pattern(module, call.lineno, compiled, frozenset(wanted))


def _method(call: ast.AST) -> str | None:
    """How a call uses the pattern that it is given; "compile" where another call will."""
    if not isinstance(call, ast.Call):
        return None
    match call.func:
        case ast.Attribute(value=ast.Name(id="re"), attr=name) if name in (*METHODS, "compile"):
            return name
        case ast.Name(id="pattern") | ast.Attribute(attr="pattern"):
            return "compile"
    return None


def _methods(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    """The methods by which a name is used, or the pattern that a call makes on the spot."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                match node.value:
                    case ast.Name(id=name) | ast.Attribute(attr=name):
                        found[name].add(node.attr)
                    case ast.Call():
                        found[ast.dump(node.value)].add(node.attr)
    return found


class _Known:
    """The values of a module, and of names that its functions go through."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self._module = module
        self._loops = {
            node.target.id: node.iter
            for node in ast.walk(tree)
            if isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.target, ast.Name)
        }

    @cached_property
    def _globals(self) -> dict[str, Any]:
        return vars(import_module(self._module))

    def compiled(self, call: ast.Call, *, has_flags: bool) -> Iterator[re.Pattern[Any]]:
        flags = call.args[1] if has_flags and len(call.args) > 1 else None
        flags = next((one.value for one in call.keywords if one.arg == "flags"), flags)
        source = call.args[0]
        if isinstance(source, ast.Name) and source.id not in self._globals:
            sources = self._value(self._loops[source.id]) if source.id in self._loops else ()
        else:
            sources = [self._value(source)]
        for one in sources:
            yield re.compile(one, self._value(flags) if flags else 0)

    def _value(self, node: ast.expr) -> Any:
        code = compile(ast.Expression(node), "", "eval")
        return eval(code, self._globals, _Names(self._globals))  # noqa: S307  # of our own source


class _Names(dict[str, object]):
    """Names with their values. What a function puts into a pattern is quoted, or a word."""

    def __init__(self, known: dict[str, object]) -> None:
        super().__init__({**vars(builtins), **known})

    def __missing__(self, name: str) -> object:
        return "ferry"


@dataclass(frozen=True, slots=True)
class Attack:
    """A text of any length: what leads to a repetition, what is repeated, what nothing matches."""

    lead: str
    pump: str

    def text(self, length: int) -> str:
        return self.lead + self.pump * (length // len(self.pump)) + UNMATCHED


class _Parts:
    """A pattern taken apart."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self._flags = pattern.flags
        self._tree = _parser.parse(pattern.pattern, pattern.flags)
        written = "".join(dict.fromkeys(_literals(self._tree)))
        self._letters = dict.fromkeys(ORDINARY + written[:20])
        self._groups: dict[int, str] = {}

    def attacks(self) -> dict[Attack, None]:
        """What each repetition is attacked by, also where all that leads to it is repeated too."""
        return {
            Attack(lead, pump): None
            for before, repeated in self._repeats(self._tree, "")
            for again in (*self._matching(repeated), self._sample(repeated))
            for lead, pump in ((before, again), ("", again), ("", before + again))
            if pump
        }

    def _repeats(self, tree: Any, before: str) -> Iterator[tuple[str, Any]]:
        """Every part that may stand many times, and what may stand before it."""
        for kind, told in tree:
            if "REPEAT" in str(kind):
                yield from self._repeats(told[2], before)
                if told[1] > MANY:
                    yield before, told[2]
            else:
                for part in _inside(told):
                    yield from self._repeats(part, before)
            before += self._sample_of(kind, told)

    def _sample(self, tree: Any) -> str:
        return "".join(self._sample_of(kind, told) for kind, told in tree)

    def _sample_of(self, kind: Any, told: Any) -> str:
        """A text that the part matches; "" for what matches a place, and not always that."""
        match str(kind):
            case "LITERAL":
                return chr(told)
            case "IN" | "NOT_LITERAL" | "ANY":
                return next(iter(self._matching([(kind, told)])), "")
            case "SUBPATTERN":
                self._groups[told[0]] = self._sample(told[3])
                return self._groups[told[0]]
            case "GROUPREF":
                return self._groups.get(told, "")
            case "BRANCH":
                return self._sample(told[1][0])
            case "ATOMIC_GROUP":
                return self._sample(told)
            case name if "REPEAT" in name:
                return self._sample(told[2]) * max(told[0], 1)
        return ""

    def _matching(self, tree: Any) -> list[str]:
        """The letters that the part matches, each by itself."""
        part = _parser.SubPattern(self._tree.state, list(tree))
        one = _compiler.compile(part, self._flags)
        return [letter for letter in self._letters if one.fullmatch(letter)]


def _inside(told: Any) -> Iterator[Any]:
    for part in told if isinstance(told, (tuple, list)) else (told,):
        if isinstance(part, _parser.SubPattern):
            yield part
        elif isinstance(part, list):
            yield from (one for one in part if isinstance(one, _parser.SubPattern))


def _literals(tree: Any) -> Iterator[str]:
    for kind, told in tree:
        if str(kind) in ("LITERAL", "NOT_LITERAL"):
            yield chr(told)
        elif str(kind) == "IN":
            yield from _literals(told)
        elif str(kind) == "RANGE":
            yield chr(told[0])
        for part in _inside(told) if str(kind) != "IN" else ():
            yield from _literals(part)


def seconds(method: str, pattern: re.Pattern[Any], text: str) -> float:
    given = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    before = time.process_time()
    METHODS[method](pattern, given)
    return time.process_time() - before


def is_slow(method: str, pattern: re.Pattern[Any], attack: Attack, length: int) -> bool:
    """True where a text of four times the length takes far more than four times as long."""
    for tried in (20, 28, 40, length // 10, length):  # what doubles with a letter shows at once
        if seconds(method, pattern, attack.text(tried)) > SOON_S:
            whole, part = (
                min(seconds(method, pattern, attack.text(one)) for _ in range(3))
                for one in (tried, tried // 4)
            )
            if whole > SOON_S and whole > 8 * part:
                return True
    return False


def attacked(one: Pattern) -> str:
    """How the pattern is made to take long, "" where nothing does."""
    length = BOUNDED.get(one.compiled.pattern, LENGTH)
    for attack in _Parts(one.compiled).attacks():
        for method in one.methods:
            if is_slow(method, one.compiled, attack, length):
                return f"{method} of {one} with {attack}"
    return ""


def test_no_pattern_takes_long_over_a_text_that_is_made_to_make_it() -> None:
    ours = [one for one in patterns() if one.module not in TRUSTED]

    assert len(ours) > 200  # all that are written, not those that are easily found
    assert list(filter(None, map(attacked, ours))) == []


def test_a_pattern_that_takes_long_is_found() -> None:
    for slow in (r"\s+$", r"(a+)+b", r"x*y*x*z", r"<a.*?>", r"(?:a|aa)+$", rb"\s+$"):
        assert attacked(Pattern("here", 1, re.compile(slow), frozenset({"search"})))
