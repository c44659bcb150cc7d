"""DynamoDB's expressions, as far as this project writes them: read once, then asked.

Anything else is refused as DynamoDB refuses what it does not understand, so that a form that
nobody has looked at never passes for one that works.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

Item = Mapping[str, Mapping[str, Any]]
Names = Mapping[str, str]
Values = Mapping[str, Mapping[str, Any]]
Test = Callable[[Item, Names, Values], bool]

_TOKEN = re.compile(r"\s*(?:([#:]?[A-Za-z_][\w-]*)|(<>|<=|>=|[=<>(),]))")
_RESERVED = frozenset(ReservedKeywords.get_reserved_keywords())
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Malformed(Exception):
    """An expression that DynamoDB refuses, and why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that an expression says: `operator` of `operands`, which are terms or words."""

    operator: str
    operands: tuple[Any, ...]


class _Reader:
    """The words of one expression, taken from the left."""

    def __init__(self, text: str) -> None:
        self._words: list[str] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                message = f"Syntax error; token: {text[at:]!r}"
                raise Malformed(message)
            self._words.append(found[1] or found[2])
            at = found.end()
        self._at = 0

    def is_done(self) -> bool:
        return self._at == len(self._words)

    def has(self, *words: str) -> bool:
        """True if the next word is one of these, in any case: it is taken."""
        if not self.is_done() and self._words[self._at].upper() in words:
            self._at += 1
            return True
        return False

    def take(self, *expected: str) -> str:
        if self.is_done() or (expected and self._words[self._at] not in expected):
            there = "<EOF>" if self.is_done() else self._words[self._at]
            message = f"Syntax error; token: {there!r}"
            raise Malformed(message)
        self._at += 1
        return self._words[self._at - 1]

    def path(self) -> str:
        word = self.take()
        if word.startswith(":") or not (word[0] == "#" or word[0].isalpha()):
            message = f"Syntax error; token: {word!r}"
            raise Malformed(message)
        if word.upper() in _RESERVED:
            message = f"Attribute name is a reserved keyword; reserved keyword: {word}"
            raise Malformed(message)
        return word

    def operand(self) -> str:
        if not self.is_done() and self._words[self._at].startswith(":"):
            return self.take()
        return self.path()


def _either(words: _Reader) -> Term:
    term = _both(words)
    while words.has("OR"):
        term = Term("or", (term, _both(words)))
    return term


def _both(words: _Reader) -> Term:
    term = _one(words)
    while words.has("AND"):
        term = Term("and", (term, _one(words)))
    return term


def _one(words: _Reader) -> Term:
    if words.has("NOT"):
        return Term("not", (_one(words),))
    if words.has("("):
        term = _either(words)
        words.take(")")
        return term
    for name in ("attribute_exists", "attribute_not_exists"):
        if words.has(name.upper()):
            words.take("(")
            term = Term(name, (words.path(),))
            words.take(")")
            return term
    if words.has("BEGINS_WITH"):
        words.take("(")
        path = words.path()
        words.take(",")
        term = Term("begins_with", (path, words.operand()))
        words.take(")")
        return term
    left = words.operand()
    if words.has("BETWEEN"):
        low = words.operand()
        if not words.has("AND"):
            words.take("AND")
        return Term("between", (left, low, words.operand()))
    operator = words.take("=", "<>", "<", "<=", ">", ">=")
    return Term(operator, (left, words.operand()))


@cache
def condition(text: str) -> Term:
    """Read a condition, a filter, or a key's condition."""
    words = _Reader(text)
    term = _either(words)
    if not words.is_done():
        words.take("<EOF>")
    return term


@cache
def projection(text: str) -> tuple[str, ...]:
    """Read which attributes are wanted."""
    words = _Reader(text)
    paths = [words.path()]
    while words.has(","):
        paths.append(words.path())
    if not words.is_done():
        words.take("<EOF>")
    return tuple(paths)


@cache
def update(text: str) -> tuple[Term, ...]:
    """Read an update: SET path = operand, REMOVE path, ADD and DELETE path :value."""
    words, actions = _Reader(text), []
    while not words.is_done():
        clause = words.take().upper()
        while True:
            if clause == "SET":
                path = words.path()
                words.take("=")
                actions.append(Term("SET", (path, words.operand())))
            elif clause == "REMOVE":
                actions.append(Term("REMOVE", (words.path(),)))
            elif clause in ("ADD", "DELETE"):
                actions.append(Term(clause, (words.path(), words.operand())))
            else:
                message = f"Syntax error; token: {clause!r}"
                raise Malformed(message)
            if not words.has(","):
                break
    return tuple(actions)


def words_of(*terms: Any) -> Iterator[str]:
    """Yield the names (#…) and values (:…) that terms make use of."""
    for term in terms:
        if isinstance(term, Term):
            yield from words_of(*term.operands)
        elif term[0] in "#:":
            yield term


def paths_of(names: Names, *terms: Any) -> Iterator[str]:
    """Yield the attributes that terms look at."""
    for term in terms:
        if isinstance(term, Term):
            yield from paths_of(names, *term.operands)
        elif term[0] != ":":
            yield name(term, names)


def holds(term: Term, item: Item, names: Names, values: Values) -> bool:
    """True if the condition *term* holds for *item*, {} for one that is not there."""
    operator, operands = term.operator, term.operands
    if operator == "and":
        return all(holds(one, item, names, values) for one in operands)
    if operator == "or":
        return any(holds(one, item, names, values) for one in operands)
    if operator == "not":
        return not holds(operands[0], item, names, values)
    found = [operand(one, item, names, values) for one in operands]
    if operator == "attribute_exists":
        return found[0] is not None
    if operator == "attribute_not_exists":
        return found[0] is None
    kinds = {kind for one in found if one is not None for kind in one}
    if operator in ("=", "<>"):
        is_same = None not in found and len(kinds) == 1 and _plain(found[0]) == _plain(found[1])
        return is_same == (operator == "=")
    if None in found or len(kinds) != 1:
        return False  # what is not there, or of another type, is not compared
    plain = [_plain(one) for one in found]
    if operator == "begins_with":
        return bool(plain[0].startswith(plain[1]))
    if operator == "between":
        return bool(plain[1] <= plain[0] <= plain[2])
    return _COMPARED[operator](*plain)


def operand(word: str, item: Item, names: Names, values: Values) -> Mapping[str, Any] | None:
    """Return the value that *word* stands for, None for an attribute that is not there."""
    if word[0] == ":":
        return values[word]
    return item.get(name(word, names))


def name(word: str, names: Names) -> str:
    return names[word] if word[0] == "#" else word


def _plain(value: Mapping[str, Any] | None) -> Any:
    """Return a typed value as Python compares it."""
    assert value is not None
    ((kind, plain),) = value.items()
    if kind == "N":
        return Decimal(plain)
    if kind in ("SS", "NS", "BS"):
        return frozenset(plain)
    return plain
