"""Would a test notice? One small mistake at a time is planted in the code, and its tests run.

    python -m tests.mutants --sample 500 --seed 1
    python -m tests.mutants --survived .mutants --budget 40 --outcomes .mutants-left

Every mistake that can be made in FULL, and a seeded sample of those in SAMPLED. One run of the
tests notes which of them reach which line. Then a child is forked for every mistake; it gives the
live function the code with the mistake in it and runs those tests up to the first that fails: what
found others in the same function, then the file's own tests and the fastest of the others, each up
to the budget. A test that fails in a child without any mistake counts for nothing. What is survived
is told; what takes far longer than its tests did has timed out, which is noticed too.

Only what is inside functions is changed, and no text that people read: no message, no log line.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import inspect
import os
import random
import resource
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TextIO

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[1]
FULL = {
    "chalicelib/ingesting.py": None,
    "chalicelib/core/lifecycle.py": None,
    "chalicelib/core/fold.py": None,
    "chalicelib/core/summary/gate.py": None,
    "chalicelib/newsroom.py": ("ingest", "rebuild", "_spread", "version_of", "reconcile"),
}
SAMPLED = ("chalicelib/core/**/*.py", "chalicelib/newsroom.py")
TESTS = (
    "tests/core",
    "tests/simulation",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("tests/test_*.py")),
)
BUDGET_S = 4.0  # of processor time, of a file's own tests of one mistake, and of the others
MANY = 3  # times what its tests took, from which a mistake has timed out
START_S = 10.0  # more, for what each child loads anew

SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
WIDE = 90  # letters of a mistake that are told
EXAMPLES = 10  # of a property
EVERY = 50  # mistakes
CACHING = ("chalicelib.core", "chalicelib.newsroom")
READ_BY_PEOPLE = {"message", "fix", "detail", "title"}


@dataclass(frozen=True, order=True)
class Mistake:
    """One node of a file that is another: found again by its number among the file's."""

    path: str
    function: str  # as in Class.method, the outermost that runs
    number: int
    line: int
    was: str
    made: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {self.was}  ->  {self.made}"


def mistakes(path: str, functions: Sequence[str] | None = None) -> Iterator[Mistake]:
    """Give every mistake in a file, or in some of its functions."""
    for number, (function, place, made) in enumerate(_places(_parsed(path))):
        if functions is None or function in functions:
            was = place.node
            yield Mistake(path, function, number, was.lineno, _shown(was), _shown(made))


def code_with(mistake: Mistake) -> CodeType:
    """Compile the mistake's file with it, and return the code of its function."""
    tree = _parsed(mistake.path)
    _, place, made = next(islice(_places(tree), mistake.number, None))
    place.put(made)
    ast.fix_missing_locations(tree)
    code = compile(tree, str(ROOT / mistake.path), "exec", dont_inherit=True)
    for name in mistake.function.split("."):
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


@dataclass(frozen=True)
class Place:
    """Where a node stands in its parent."""

    parent: ast.AST
    field: str
    index: int | None
    node: Any  # ast.expr or ast.stmt, which both have a line

    def put(self, made: ast.AST | None) -> None:
        """Put another node there; none: a name of a call's arguments is left out."""
        if self.index is None:
            setattr(self.parent, self.field, made)
        elif made is None:
            del getattr(self.parent, self.field)[self.index]
        else:
            getattr(self.parent, self.field)[self.index] = made


def _parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _places(tree: ast.Module) -> Iterator[tuple[str, Place, ast.AST | None]]:
    for name, function in _functions(tree, ""):
        for index, statement in enumerate(function.body):
            if index or not _is_text(statement):
                for place in _below(Place(function, "body", index, statement)):
                    for made in _instead(place):
                        yield name, place, made


def _functions(tree: ast.AST, within: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _below(place: Place) -> Iterator[Place]:
    """Give a place and all below it but what people read, and what is never run."""
    node = place.node
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom):
        if isinstance(node, ast.Raise):
            yield place
        return
    if isinstance(node, ast.keyword) and node.arg in READ_BY_PEOPLE:
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
        return
    yield place
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "ctx", "decorator_list", "func"} and not (
            field == "func" and isinstance(value, ast.Attribute)
        ):
            continue
        nodes = value if isinstance(value, list) else [value]
        for index, child in enumerate(nodes):
            if isinstance(
                child, ast.expr | ast.stmt | ast.keyword | ast.comprehension | ast.ExceptHandler
            ):
                at = index if isinstance(value, list) else None
                yield from _below(Place(node, field, at, child))


def _instead(place: Place) -> Iterator[ast.AST | None]:  # noqa: C901, PLR0912  # one case a kind
    """Give what a tired colleague might have written in a place."""
    node = place.node
    if place.field in {"test", "ifs"} and not _is_negated_anyway(node):
        yield ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                swapped = [*ops[:index], SWAPPED[type(op)](), *ops[index + 1 :]]
                yield ast.Compare(node.left, swapped, node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(SWAPPED[type(op)](), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in SWAPPED:
            yield ast.BinOp(left, SWAPPED[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in SWAPPED:
            yield ast.AugAssign(target, SWAPPED[type(op)](), value)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield ast.Constant("" if value else "x")
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() as call) if not ast.unparse(call.func).startswith("log."):
            yield ast.Pass()
        case ast.Raise() | ast.Break():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.keyword(arg=str()):
            yield None


def _is_negated_anyway(test: ast.expr) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(
            ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot() | ast.In() | ast.NotIn()]
        ):
            return True
    return False


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _shown(node: ast.AST | None) -> str:
    if node is None:
        return "nothing"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= WIDE else f"{text[:WIDE]}…"


def planted(mistake: Mistake) -> None:
    """Give the live function the code with the mistake, and forget what it has answered."""
    code = code_with(mistake)
    module = importlib.import_module(
        mistake.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    )
    *classes, name = mistake.function.split(".")
    holder: Any = module
    for one in classes:
        holder = getattr(holder, one)
    found = vars(holder)[name]
    for within in ("fget", "func", "__func__"):  # of a property, a cached one, a method of classes
        found = getattr(found, within, found)
    inspect.unwrap(found).__code__ = code


def forget_answers() -> None:
    """Empty the caches of the core, which hold what was answered without the mistake."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith(CACHING):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


class Run:
    """A run of pytest whose tests are run over every mistake."""

    def __init__(
        self, chosen: Sequence[Mistake], *, workers: int, budget_s: float, told: TextIO
    ) -> None:
        self.chosen = chosen
        self.budget_s = budget_s
        self.workers = workers
        self.told = told
        self.files = {str(ROOT / one.path) for one in chosen}
        self.reached: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.took_s: dict[int, float] = {}
        self.finders: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self.sound: dict[int, bool] = {}  # whether a test passes in a child without a mistake
        self.outcomes: dict[Mistake, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Draw the same examples in each child, fewer than usual, and do not make them small."""
        import hypothesis  # after pytest, which would look into what it imports

        hypothesis.settings.register_profile(
            "mutants",
            deadline=None,
            database=None,
            derandomize=True,
            max_examples=EXAMPLES,
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        for number, item in enumerate(self.items):
            following = self.items[number + 1 : number + 2]
            self._note(number, item, following[0] if following else None)
        _say(f"{len(self.took_s)} tests reach {len(self.reached)} lines")
        self._plant_all()
        return True

    def _note(self, number: int, item: pytest.Item, following: pytest.Item | None) -> None:
        lines: set[tuple[str, int]] = set()
        files = self.files

        def trace(frame: FrameType, event: str, _arg: object) -> Any:
            code = frame.f_code
            if code.co_filename not in files:
                return None
            if event == "line":
                lines.add((code.co_filename, frame.f_lineno))
            return trace

        began = time.process_time()
        threading.settrace(trace)
        sys.settrace(trace)
        try:
            reports = runtestprotocol(item, nextitem=following, log=False)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
        if all(report.passed for report in reports):
            self.took_s[number] = time.process_time() - began
            for line in lines:
                self.reached[line].append(number)
        elif any(report.failed for report in reports):
            _say(f"does not pass without a mistake: {item.nodeid}")

    def _plant_all(self) -> None:
        gc.collect()
        gc.freeze()
        waiting = list(reversed(self.chosen))
        running: dict[int, tuple[Mistake, list[int], int]] = {}
        while waiting or running:
            while waiting and len(running) < self.workers:
                mistake = waiting.pop()
                tests = self._tests(mistake)
                if not tests:
                    self._end(mistake, "survived: no test reaches it")
                    continue
                pid, answer = self._forked(tests, mistake)
                running[pid] = (mistake, tests, answer)
            if not running:
                continue
            pid, status = os.wait()
            mistake, tests, answer = running.pop(pid)
            with os.fdopen(answer) as told:
                text = told.read()
            if os.WIFSIGNALED(status):
                self._end(mistake, "timed out")
            elif not text:
                self._end(mistake, "survived")
            elif self._is_sound(int(text)):
                self.finders[mistake.path, mistake.function][int(text)] += 1
                self._end(mistake, f"killed by {self.items[int(text)].nodeid}")
            else:
                waiting.append(mistake)

    def _tests(self, mistake: Mistake) -> list[int]:
        """Give the numbers of the tests that reach it, in the order in which to run them.

        Of those of the file's own tests, and of the others, the fastest: others reach a function
        by the hundred, and say little of it.
        """
        found = self.finders[mistake.path, mistake.function]
        reaching = self.reached[str(ROOT / mistake.path), mistake.line]
        own_name = f"test_{Path(mistake.path).stem}.py"
        chosen: list[int] = []
        for is_own in (True, False):
            some = (test for test in reaching if self.sound.get(test, True))
            some = (test for test in some if (self.items[test].path.name == own_name) is is_own)
            fastest = sorted(some, key=self.took_s.__getitem__)
            so_far = accumulate(map(self.took_s.__getitem__, fastest))
            chosen += [t for t, s in zip(fastest, so_far, strict=True) if s < self.budget_s]
        return sorted(chosen, key=lambda test: -found[test])

    def _is_sound(self, test: int) -> bool:
        if test not in self.sound:
            pid, answer = self._forked([test], None)
            _, status = os.waitpid(pid, 0)
            with os.fdopen(answer) as told:
                self.sound[test] = status == 0 and not told.read()
            if not self.sound[test]:
                _say(f"does not pass in a child without a mistake: {self.items[test].nodeid}")
        return self.sound[test]

    def _forked(self, tests: Sequence[int], mistake: Mistake | None) -> tuple[int, int]:
        """Start a child that writes the number of the first test that fails, if one does."""
        answer, told = os.pipe()
        pid = os.fork()
        if pid:
            os.close(told)
            return pid, answer
        took_s = sum(self.took_s[test] for test in tests)
        limit_s = int(START_S + MANY * took_s)
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        signal.alarm(10 * limit_s)  # where it waits for ever
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            if mistake is not None:
                planted(mistake)
            forget_answers()
            for test in tests:
                if any(
                    r.failed for r in runtestprotocol(self.items[test], nextitem=None, log=False)
                ):
                    os.write(told, str(test).encode())
                    break
        finally:
            os._exit(0)

    def _end(self, mistake: Mistake, outcome: str) -> None:
        self.outcomes[mistake] = outcome
        print(outcome, mistake, sep="\t", file=self.told, flush=True)
        if len(self.outcomes) % EVERY == 0:
            _say(f"{len(self.outcomes)} of {len(self.chosen)}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _table(outcomes: dict[Mistake, str]) -> Iterator[str]:
    """Give the figures of each file, and of all, as rows."""
    figures: dict[str, Counter[str]] = defaultdict(Counter)
    for mistake, outcome in outcomes.items():
        for row in (mistake.path, "all"):
            figures[row][outcome.split()[0].rstrip(":")] += 1
    yield f"{'':44}   made killed timed-out survived"
    for row, counted in sorted(figures.items(), key=lambda one: (one[0] == "all", one[0])):
        made = sum(counted.values())
        noticed = counted["killed"] + counted["timed"]
        yield (
            f"{row:44} {made:6} {counted['killed']:6} {counted['timed']:9} "
            f"{counted['survived']:8}  {noticed / made:.1%}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Plant mistakes and see which the tests notice.")
    parser.add_argument("--sample", type=int, default=500, help="how many outside of FULL")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", nargs="*", help="files of FULL, not all of them")
    parser.add_argument("--tests", nargs="*", default=TESTS, help="what pytest is to run")
    parser.add_argument("--survived", type=Path, help="only what survived a run, of its outcomes")
    parser.add_argument("--engine", default="memory", help="where the table stands; moto has all")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds of each's tests")
    parser.add_argument("--workers", type=int, default=2, help="children at a time")
    parser.add_argument(
        "--outcomes", type=Path, default=ROOT / ".mutants", help="what becomes of each mistake"
    )
    asked = parser.parse_args()
    full = {mistake for path, functions in FULL.items() for mistake in mistakes(path, functions)}
    chosen = [one for one in sorted(full) if not asked.only or one.path in asked.only]
    others = [one for path in _sampled() for one in mistakes(path) if one not in full]
    chosen += random.Random(asked.seed).sample(others, min(asked.sample, len(others)))
    if asked.survived:
        lines = asked.survived.read_text(encoding="utf-8").splitlines()
        left = {line.split("\t")[1] for line in lines if line.startswith("survived")}
        chosen = [one for one in chosen if str(one) in left]
    options = ["-p", "no:xdist", "--engine", asked.engine, "--capture=no", "--tb=no"]
    options += ["-o", "addopts=-q -m 'not long'"]
    with asked.outcomes.open("w", encoding="utf-8") as told:
        run = Run(chosen, workers=asked.workers, budget_s=asked.budget, told=told)
        pytest.main([*options, *asked.tests], plugins=[run])
    print(*_table(run.outcomes), sep="\n")
    return 0


def _sampled() -> list[str]:
    paths = {path for pattern in SAMPLED for path in ROOT.glob(pattern)}
    return sorted(str(path.relative_to(ROOT)) for path in paths)


if __name__ == "__main__":
    sys.exit(main())
