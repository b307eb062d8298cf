"""The dashboard and the alert rules name metrics and labels that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from uploadm8.domain.admin.gauges import LABELS
from uploadm8.infra.metrics.catalog import REGISTRY

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "observability"


def known() -> dict[str, set[str]]:
    """Every series name with the labels it may have."""
    found = {name: set(labels) for name, labels in LABELS.items()}
    for collector in set(REGISTRY._names_to_collectors.values()):
        labels = {*getattr(collector, "_labelnames", ()), "process"}
        kind = getattr(collector, "_type", "")
        name = str(getattr(collector, "_name", ""))
        if kind == "histogram":
            found |= {f"{name}_{end}": labels for end in ("count", "sum")}
            found[f"{name}_bucket"] = {*labels, "le"}
        else:
            found[f"{name}_total" if kind == "counter" else name] = labels
    return found


def expressions() -> Iterator[str]:
    dashboard: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    rules: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for group in rules["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_names_series_and_labels_that_exist(expression: str) -> None:
    series = known()
    named = re.findall(r"(uploadm8_\w+)(?:\{([^}]*)\})?", expression)
    assert named
    promql_parser.parse(expression.replace("$__rate_interval", "5m"))
    for name, selector in named:
        assert name in series, name
        picked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert picked <= series[name], (name, picked - series[name])
    grouped = {
        word for part in re.findall(r"by \(([^)]*)\)", expression) for word in part.split(", ")
    }
    for label in grouped:
        assert any(label in series[name] for name, _ in named), (expression, label)


def rules() -> list[dict[str, Any]]:
    told: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_whom_it_wakes_and_names_only_labels_it_keeps(rule: dict[str, Any]) -> None:
    assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
    assert promql_parser.parse_duration(rule["for"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    kept = {label for part in grouped for label in part.split(", ")}
    assert named <= (kept if grouped else {"process"})
    names = [one["alert"] for one in rules()]
    assert names.count(rule["alert"]) == 1


def test_every_metric_stands_in_the_docs() -> None:
    text = (DOCS / "observability.md").read_text()
    names = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known()}
    missing = {name for name in names if name.removeprefix("uploadm8_") not in text}
    assert not missing


def test_every_metric_is_on_the_dashboard() -> None:
    shown = " ".join(expressions())
    names = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known()}
    assert {name for name in names if name not in shown} == set()
