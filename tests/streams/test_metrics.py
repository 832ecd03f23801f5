"""Every metric is named as Prometheus asks for, and has few series."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from streams import metrics

ALL = {name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)}
ROOT = Path(__file__).parents[2]
# What a label may say: all of these are bounded by the code, the rulebook, a setting or what people declare. Of
# bundles only the one in force has a series.
LABELS = {
    "kind",
    "action",
    "rule",
    "how",
    "reason",
    "stage",
    "model",
    "result",
    "budget",
    "list",
    "bundle",
    "threshold",
    "rate",
    "what",
}
UNITS = ("_seconds", "_events", "_auc", "_labels", "_targets", "_entries", "_ratio")
# They are 1 where it is so.
STATES = ("weir_frozen", "weir_budget_tripped", "weir_bundle_info", "weir_drift")


def exposed(metric: MetricWrapperBase) -> str:
    (family,) = metric.describe()
    return family.name + ("_total" if isinstance(metric, Counter) else "")


@pytest.mark.parametrize("name", ALL)
def test_a_metric_is_named_after_its_type_and_unit(name: str) -> None:
    metric, called = ALL[name], exposed(ALL[name])
    assert called.startswith("weir_")
    assert called == called.lower()
    reserved = ("_total", "_count", "_sum", "_bucket", "_info", "_created")
    assert called in STATES or not called.removesuffix("_total").endswith(reserved)
    if isinstance(metric, Histogram):
        assert called.endswith("_seconds")
    elif isinstance(metric, Gauge):
        assert called.endswith(UNITS) or called in STATES
    else:
        assert isinstance(metric, Counter)
    for unit in ("_ms", "_milliseconds", "_minutes", "_kb", "_percent", "counter", "gauge", "histogram"):
        assert unit not in called


@pytest.mark.parametrize("name", ALL)
def test_a_metric_has_help_and_bounded_labels(name: str) -> None:
    (family,) = ALL[name].describe()
    assert family.documentation
    assert not family.documentation.endswith(".")
    assert set(ALL[name]._labelnames) <= LABELS


def test_no_two_metrics_have_one_name() -> None:
    names = [exposed(metric) for metric in ALL.values()]
    assert len(set(names)) == len(names) > 20


def test_every_metric_is_used_somewhere() -> None:
    used = {
        node.attr
        for path in (ROOT / "streams").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert set(ALL) - used == set()
