"""A model is exported to a real MLflow tracking store, and is found there with all that MLflow shows."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.local.draft import draft_of
from infra.local.settings import LocalSettings
from models.errors import ModelError
from models.learning.calibration import Calibration
from models.learning.figures import At, Figures
from models.learning.threshold import Threshold
from models.registry import Manifest, Registry
from models.registry.mlflow import export_to_mlflow
from models.scorers import Logistic

ROOT = Path(__file__).parents[3]
WANTED = ROOT / "tests" / "support" / "mlflow_store" / "requirements.txt"
EMPTY = "empty.db"
FIGURES = Figures(abuse=40, legit=900, auc=0.93, brier=0.1, at_rate={"0.01": At(0.8, 0.009, None)})
# What a person sees in MLflow, asked of its own client, by a process that has MLflow.
SCRIPT = """
import json, sys
from pathlib import Path
import msgspec
from mlflow import MlflowClient
from models.errors import ModelError
from models.registry import Manifest, Registry
from models.registry.mlflow import export_to_mlflow
folder, uri = Path(sys.argv[1]), sys.argv[2]
registry = Registry(folder / "registry")
manifests = [msgspec.json.decode(one, type=Manifest) for one in json.loads((folder / "manifests.json").read_bytes())]
ids = [export_to_mlflow(registry, one, uri, "abuse") for one in manifests]
client = MlflowClient(tracking_uri=uri)
told = []
for run_id in ids:
    run = client.get_run(run_id)
    here = client.download_artifacts(run_id, "", str(folder / "got"))
    told.append({
        "id": run_id, "name": run.info.run_name, "status": run.info.status, "started": run.info.start_time,
        "metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags, "files": here,
    })
runs = len(client.search_runs([client.get_experiment_by_name("abuse").experiment_id]))
for path in (folder / "registry" / "weights").iterdir():
    path.write_bytes(b"")
try:
    spoiled = msgspec.json.decode((folder / "spoiled.json").read_bytes(), type=Manifest)
    fault = export_to_mlflow(registry, spoiled, uri, "x")
except ModelError as error:
    fault = str(error)
left = [run.info.status for run in client.search_runs([client.get_experiment_by_name("x").experiment_id])]
(folder / "told.json").write_text(json.dumps({"runs": runs, "told": told, "fault": fault, "left": left}))
"""


@pytest.fixture(scope="module")
def mlflow_folder() -> Path:
    """MLflow apart from what the other tests use: it wants an older library than they do."""
    name = f"mlflow-{hashlib.sha256(WANTED.read_bytes()).hexdigest()[:12]}"
    target = LocalSettings().cache / name
    with draft_of(target) as draft:
        if draft is not None:
            command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--require-hashes"]
            command += ["--python", sys.executable, "--target", str(draft), "--requirement", str(WANTED)]
            subprocess.run(command, check=True, timeout=500)
            # Making the tables takes it longer than all else.
            made = f"import mlflow; mlflow.MlflowClient('sqlite:///{draft / EMPTY}').search_experiments()"
            env = {**os.environ, "PYTHONPATH": str(draft), "MLFLOW_DISABLE_TELEMETRY": "true"}
            subprocess.run([sys.executable, "-c", made], check=True, timeout=500, env=env, cwd=draft)
    return target


def manifest(**more: Any) -> Manifest:
    return Manifest(
        model="login.logistic", kind="login", schema="s", learned=940, made_ms=1_790_000_000_000,
        estimator="logistic regression", code="0.1.0", libraries={"river": "0.26.1"}, figures=FIGURES,
        inputs={"account.logins_1h": "0123456789abcdef"}, calibration=Calibration(1.5, 0.9, 0.1),
        thresholds={"0.01": Threshold(0.91, 0.9, 0.93, 0.008, 900, 300)}, **more,
    )  # fmt: skip


def test_a_run_a_version_holds_figures_tags_card_and_an_archive_that_can_be_taken_in(
    mlflow_folder: Path, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "registry")
    saved = registry.save(manifest(), Logistic(("account.logins_1h",), 1), b"")
    bare = registry.save(
        Manifest(model="login.halfspace", kind="login", schema="s", learned=1, made_ms=5), Logistic((), 1), b""
    )
    spoiled = registry.save(manifest(parent="x"), Logistic(("a",), 7), b"")
    encoded = [msgspec.json.encode(one).decode() for one in (saved, bare, saved)]
    (tmp_path / "manifests.json").write_text(json.dumps(encoded))
    (tmp_path / "spoiled.json").write_bytes(msgspec.json.encode(spoiled))
    shutil.copy(mlflow_folder / EMPTY, tmp_path / "mlflow.db")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(mlflow_folder), str(ROOT)])}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), f"sqlite:///{tmp_path / 'mlflow.db'}"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads((tmp_path / "told.json").read_text())
    first, second, again = answer["told"]
    assert (first["id"], answer["runs"]) == (again["id"], 2)
    assert (first["status"], first["started"]) == ("FINISHED", 1_790_000_000_000)
    assert first["name"] == f"login.logistic@{saved.version[:12]}"
    metrics = {"learned": 940, "abuse": 40, "legit": 900, "auc": 0.93, "brier": 0.1, "calibration_noise": 0}
    at = {"threshold/0.01": 0.91, "recall/0.01": 0.8, "false_positive_rate/0.01": 0.009}
    assert first["metrics"] == {**metrics, **at, "achieved_false_positive_rate/0.01": 0.008}
    assert first["params"]["estimator"] == "logistic regression"
    assert (first["params"]["inputs"], first["params"]["library.river"]) == ("1", "0.26.1")
    assert (first["tags"]["weir.version"], first["tags"]["weir.signature"]) == (saved.version, saved.signature)
    assert first["tags"]["mlflow.note.content"].startswith("# Model login.logistic")
    assert second["metrics"] == {"learned": 1}
    assert (answer["left"], "was altered" in answer["fault"]) == (["FAILED"], True)
    got = Path(first["files"])
    assert (got / "card.md").read_text().startswith("# Model ")
    taken = Registry(tmp_path / "other").import_archive(got / "model.zip", tmp_path / "registry" / "signing.key")
    assert taken.version in (saved.version, bare.version)


def test_without_mlflow_the_words_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    registry = Registry(tmp_path / "registry")
    saved = registry.save(manifest(), Logistic(("a",), 1), b"")
    with pytest.raises(ModelError, match=r"install weir\[mlflow\]"):
        export_to_mlflow(registry, saved, f"sqlite:///{tmp_path / 'db'}", "abuse")
    with pytest.raises(ModelError, match="not by this registry's key"):
        export_to_mlflow(registry, msgspec.structs.replace(saved, learned=1), "http://127.0.0.1:1", "abuse")
