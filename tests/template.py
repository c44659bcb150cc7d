"""The deployed template as it stands in its file: what moto does not make is read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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


def read(name: str = "broadsheet") -> dict[str, Any]:
    """Return the template."""
    text = (ROOT / "infra" / f"{name}.yaml").read_text(encoding="utf-8")
    template: dict[str, Any] = yaml.load(text, _Reader)
    return template


def resources(type_: str, *, of: str = "broadsheet") -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of this type, by its logical name."""
    found = read(of)["Resources"].items()
    return {name: one["Properties"] for name, one in found if one["Type"] == f"AWS::{type_}"}


def alarms() -> dict[str, dict[str, Any]]:
    """Return the alarms by their names without the stage's."""
    found = resources("CloudWatch::Alarm").values()
    return {alarm["AlarmName"][1].removeprefix("broadsheet-${Stage}-"): alarm for alarm in found}


def dashboard() -> list[dict[str, Any]]:
    """Return the dashboard's widgets, each its properties, with the stage's name unapplied."""
    (one,) = resources("CloudWatch::Dashboard").values()
    return [widget["properties"] for widget in json.loads(one["DashboardBody"][1])["widgets"]]


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """What CloudWatch knows a metric by. Another dimension is another metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


def watched() -> set[Metric]:
    """Return every metric that an alarm reads or the dashboard shows, as the local stage's."""
    stats = [one for alarm in alarms().values() for one in (alarm, *_parts(alarm))]
    found = {
        Metric(
            stat["Namespace"],
            _local(stat["MetricName"]),
            tuple((d["Name"], _local(d["Value"])) for d in stat.get("Dimensions", ())),
        )
        for stat in stats
        if "MetricName" in stat
    }
    for widget in dashboard():
        for namespace, name, *rest in widget.get("metrics", ()):
            words = [_local(word) for word in rest if isinstance(word, str)]
            pairs = tuple(zip(words[::2], words[1::2], strict=True))
            found.add(Metric(namespace, _local(name), pairs))
    return found


def _parts(alarm: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm's expression is made of."""
    return [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]


def _local(value: Any) -> str:
    """Return a value as CloudFormation makes it for the stage `local`."""
    if value == ("GetAtt", "Failures.QueueName"):
        value = resources("SQS::Queue")["Failures"]["QueueName"]
    text = value[1] if isinstance(value, tuple) else value
    return str(text).replace("${Stage}", "local")
