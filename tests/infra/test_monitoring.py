"""Prometheus and Grafana, without either: they point at processes that exist and at metrics that these expose."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from streams import metrics

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PROCESSES = ("worker", "learner", "indexer", "enforcer")
GRAFANA = ROOT / "infra" / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def exposed() -> dict[str, set[str]]:
    """Label names by series, of every metric in streams/metrics.py."""
    found = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            for suffix in SUFFIXES[family.type]:
                found[family.name + suffix] = set(metric._labelnames)
    return found


def inside_port(name: str) -> str:
    return str(SERVICES[name]["ports"][0].split(":")[2])


def expressions(dashboard: Path) -> list[str]:
    return [target["expr"] for panel in json.loads(dashboard.read_text())["panels"] for target in panel["targets"]]


def test_prometheus_scrapes_every_process_that_runs_for_ever() -> None:
    config = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())
    targets = {
        target: group["labels"]["process"]
        for job in config["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    assert targets == {f"{name}:{inside_port(name)}": name for name in PROCESSES}


def test_its_file_is_mounted_where_the_image_reads_it() -> None:
    assert "./infra/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro" in SERVICES["prometheus"]["volumes"]


def test_grafana_reads_from_the_prometheus_of_the_stack() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == f"http://prometheus:{inside_port('prometheus')}"
    for dashboard in DASHBOARDS:
        used = {panel["datasource"]["uid"] for panel in json.loads(dashboard.read_text())["panels"]}
        assert used == {source["uid"]}


def test_grafana_finds_the_dashboards_where_they_are_mounted() -> None:
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/weir.yml").read_text())["providers"]
    mounts = {
        target: source for source, target, _ in (volume.split(":") for volume in SERVICES["grafana"]["volumes"])
    }
    assert (ROOT / mounts[provider["options"]["path"]]).resolve() == GRAFANA / "dashboards"
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home.name in {dashboard.name for dashboard in DASHBOARDS}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_only_for_metrics_and_labels_that_exist(dashboard: Path) -> None:
    series = exposed()
    for expression in expressions(dashboard):
        named = re.findall(r"\bweir_\w+", expression)
        assert named
        assert set(named) <= set(series), expression
        labels = {
            label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")
        }
        assert labels - {"le"} <= set.intersection(*(series[name] for name in named)), expression


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    for dashboard in DASHBOARDS:
        panels = json.loads(dashboard.read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
