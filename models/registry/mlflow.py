"""Export to an MLflow tracking store, for teams that have one: a run a version, with its card and its archive."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from models.errors import ModelError
from models.registry.card import card
from models.registry.manifest import Manifest
from models.registry.registry import Registry

# What MLflow does not let stand in a metric's name.
_STRANGE = re.compile(r"[^\w./ -]")
_USERINFO = re.compile(r"(?<=://)[^/@]*@")
_MOST_TAG, _MOST_PARAM = 5000, 500
_SIGNATURE = "weir.signature"


def export_to_mlflow(registry: Registry, manifest: Manifest, tracking_uri: str, experiment: str) -> str:
    """The id of the run, with parameters, figures as metrics, tags, the manifest, the card, and the archive that
    `weir models import` takes in. A version that is there already is not exported again. Raises ModelError.
    """
    registry.verify(manifest)
    shown = _USERINFO.sub("…@", tracking_uri)
    # It would tell its makers of its use, and try an address that does not answer for minutes.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise ModelError("MLflow is not installed: install weir[mlflow]") from None
    try:
        client = MlflowClient(tracking_uri=tracking_uri)
        found = client.get_experiment_by_name(experiment)
        place = client.create_experiment(experiment) if found is None else found.experiment_id
        same = f"tags.`{_SIGNATURE}` = '{manifest.signature}' and attributes.status = 'FINISHED'"
        if there := client.search_runs([place], same, max_results=1):
            return str(there[0].info.run_id)
        return _run(client, place, registry, manifest)
    except ModelError:
        raise
    except Exception as error:
        said = _USERINFO.sub("…@", (str(error).splitlines() or [""])[0])
        raise ModelError(f"MLflow at {shown} did not take the model: {type(error).__name__}: {said}") from error


def _run(client: Any, experiment_id: str, registry: Registry, manifest: Manifest) -> str:
    name = f"{manifest.model}@{manifest.version[:12]}"
    text = card(manifest)
    tags = {**_tags(manifest), "mlflow.note.content": text[:_MOST_TAG]}
    run = client.create_run(experiment_id, start_time=manifest.made_ms, tags=tags, run_name=name)
    run_id, status = str(run.info.run_id), "FAILED"
    try:
        for parameter, value in _parameters(manifest):
            client.log_param(run_id, parameter, value[:_MOST_PARAM])
        for metric, number in _metrics(manifest):
            client.log_metric(run_id, _STRANGE.sub("_", metric), number, timestamp=manifest.made_ms)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "card.md").write_text(text)
            (folder / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
            registry.export(manifest, folder / "model.zip")
            client.log_artifacts(run_id, scratch)
        status = "FINISHED"
    finally:
        client.set_terminated(run_id, status)
    return run_id


def _tags(one: Manifest) -> dict[str, str]:
    told = {
        "model": one.model,
        "kind": one.kind,
        "spec": one.spec,
        "version": one.version,
        "parent": one.parent,
        "weights": one.weights,
        "schema": one.schema,
        "code": one.code,
    }
    return {f"weir.{name}": value for name, value in told.items() if value} | {_SIGNATURE: one.signature}


def _parameters(one: Manifest) -> Iterator[tuple[str, str]]:
    yield "estimator", one.estimator or "not told"
    yield "inputs", str(len(one.inputs))
    yield "calibration.a", repr(one.calibration.a)
    yield "calibration.b", repr(one.calibration.b)
    yield "calibration.c", repr(one.calibration.c)
    for name, version in one.libraries.items():
        yield f"library.{name}", version
    for name, version in one.stacked.items():
        yield f"stacks.{name}", version


def _metrics(one: Manifest) -> Iterator[tuple[str, float]]:
    """Those that are known: MLflow has no word for what is not."""
    yield "learned", one.learned
    for rate, threshold in one.thresholds.items():
        yield f"threshold/{rate}", threshold.value
        if threshold.achieved is not None:
            yield f"achieved_false_positive_rate/{rate}", threshold.achieved
    if one.cost_us is not None:
        yield "cost_us", one.cost_us
    if one.figures is None:
        return
    for name, value in msgspec.structs.asdict(one.figures).items():
        if isinstance(value, int | float) and not name.endswith("_ms"):
            yield name, value
    for rate, at in one.figures.at_rate.items():
        yield f"recall/{rate}", at.recall
        yield f"false_positive_rate/{rate}", at.false_positive_rate
        if at.precision is not None:
            yield f"precision/{rate}", at.precision
