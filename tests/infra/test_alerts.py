"""The alerts, as Prometheus' own tool reads them: valid, over metrics that exist, rising where they should."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from infra.local import debian, reach
from infra.local.settings import LocalSettings
from streams import metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "prometheus"
ALERTS = FOLDER / "alerts.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
]


@pytest.fixture(scope="module")
def promtool() -> str:
    """The one on PATH, or Debian's, unpacked into the cache of the services' programs."""
    if found := shutil.which("promtool"):
        return found
    folder = reach.programs_folder(LocalSettings().cache) / "prometheus-debian"
    debian.unpack(("prometheus",), folder)
    return str(folder / "usr/bin/promtool")


def run(promtool: str, *arguments: str, folder: Path) -> None:
    done = subprocess.run([promtool, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_finds_the_alerts_beside_its_configuration(promtool: str, tmp_path: Path) -> None:
    # The image has them where the configuration says.
    config = (FOLDER / "prometheus.yml").read_text().replace("/etc/prometheus/alerts.yml", str(ALERTS))
    assert str(ALERTS) in config
    (tmp_path / "prometheus.yml").write_text(config)
    run(promtool, "check", "config", "prometheus.yml", folder=tmp_path)
    volumes = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["prometheus"]["volumes"]
    assert "./infra/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro" in volumes


def test_each_alert_rises_where_it_should_and_not_beside_it(promtool: str, tmp_path: Path) -> None:
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(Path(__file__).with_name("alerts.test.yml"), tmp_path)
    run(promtool, "test", "rules", "alerts.test.yml", folder=tmp_path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_speaks_of_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    exposed = set()
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            exposed.add(family.name + ("_total" if family.type == "counter" else ""))
    assert set(re.findall(r"\bweir_\w+", rule["expr"])) <= exposed
    assert set(rule["annotations"]) == {"summary", "description", "todo"}
    assert rule["labels"]["severity"] in ("warning", "critical")
