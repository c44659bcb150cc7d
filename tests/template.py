"""The deployed template as it stands in its file: what moto does not make is read here."""

from __future__ import annotations

from typing import Any

import yaml

from tests.conftest import ROOT


class _Reader(yaml.SafeLoader):
    """Reads `!Ref x` as ("Ref", x), and so on: the functions of CloudFormation, unapplied."""


def _function(loader: Any, name: str, node: Any) -> tuple[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return (name, node.value)
    if isinstance(node, yaml.SequenceNode):
        return (name, loader.construct_sequence(node, deep=True))
    return (name, loader.construct_mapping(node, deep=True))


_Reader.add_multi_constructor("!", _function)


def read() -> dict[str, Any]:
    """Return the template."""
    text = (ROOT / "infra" / "broadsheet.yaml").read_text(encoding="utf-8")
    template: dict[str, Any] = yaml.load(text, _Reader)
    return template
