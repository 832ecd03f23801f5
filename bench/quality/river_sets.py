"""River's Phishing and SMTP sets: its published figures first, to the last digit that is published; then Weir's.

Published are accuracy and F1 of test-then-train at a threshold of one half (River's ``benchmarks/config.py`` has the
models, ``Binary classification.csv`` the figures). AUC and average precision are of the same scores.
"""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from river import datasets, linear_model, metrics, optim, preprocessing, tree

from models.scorers.base import Batch, Scorer, Vector
from models.scorers.forest import Forest
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic
from quality.figures import Truth, auc, average_precision

_SMTP = Path(__file__).parents[3] / "shared" / "data" / "river_smtp.zip"
PHISHING, SMTP = "Phishing", "SMTP"
NO_SMTP = (
    "SMTP is left out: its file is not here. Where there is a network, "
    "`python -c 'from river import datasets; datasets.SMTP().download()'` brings it."
)


@dataclass(frozen=True, slots=True)
class Set:
    """``matrix``: shape (n, d), in the order of ``names``."""

    name: str
    names: tuple[str, ...]
    matrix: Vector
    abuse: Truth


@dataclass(frozen=True, slots=True)
class Result:
    """``published``: accuracy and F1 as River tells them, None where it tells nothing. ``us``: CPU an event.

    ``accuracy``, ``f1`` are None for an anomaly model, which has no threshold.
    """

    set: str
    model: str
    accuracy: float | None
    f1: float | None
    auc: float
    average_precision: float
    us: float
    published: tuple[str, str] | None = None

    @property
    def reproduced(self) -> bool:
        """Whether what is published is what came out, rounded to as many digits."""
        if self.published is None or self.accuracy is None or self.f1 is None:
            return self.published is None
        return (_rounded(self.accuracy, self.published[0]), _rounded(self.f1, self.published[1])) == self.published


def _rounded(value: float, like: str) -> str:
    return f"{value:.{len(like.partition('.')[2])}f}"


PUBLISHED: dict[tuple[str, str], tuple[Callable[[], Any], tuple[str, str]]] = {
    (PHISHING, "River StandardScaler | LogisticRegression(SGD(0.005))"): (
        lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optimizer=optim.SGD(0.005)),
        ("0.8872", "0.8712"),
    ),
    (PHISHING, "River HoeffdingTreeClassifier"): (tree.HoeffdingTreeClassifier, ("0.8799", "0.8606")),
    (SMTP, "River StandardScaler | LogisticRegression(SGD(0.005))"): (
        lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optimizer=optim.SGD(0.005)),
        ("0.999769", "0.4211"),
    ),
}
OURS: dict[str, Callable[[tuple[str, ...]], Scorer]] = {
    "Weir Logistic": lambda names: Logistic(names, 1),
    "Weir HalfSpace (no labels)": HalfSpace,
    "Weir Forest": lambda names: Forest(names, 1),
}
# A millisecond an event: of SMTP's 95,156 it would be minutes.
_DEAR = "Weir Forest"


def phishing() -> Set:
    return _set(PHISHING, [(x, bool(y)) for x, y in datasets.Phishing()])


def smtp() -> Set | None:
    """None where the file is neither in ../shared/data nor where River keeps its downloads."""
    if _SMTP.is_file():
        with zipfile.ZipFile(_SMTP) as packed, packed.open("smtp.csv") as file:
            rows = list(csv.DictReader(io.TextIOWrapper(file)))
    else:
        known = datasets.SMTP()
        if not known.is_downloaded:
            return None
        with Path(known.path).open() as text:
            rows = list(csv.DictReader(text))
    label = "service"
    return _set(
        SMTP, [({name: float(v) for name, v in row.items() if name != label}, row[label] == "1") for row in rows]
    )


def _set(name: str, rows: Sequence[tuple[dict[str, Any], bool]]) -> Set:
    names = tuple(rows[0][0])
    matrix = np.array([[row[one] for one in names] for row, _ in rows], dtype=np.float64)
    return Set(name, names, matrix, np.array([label for _, label in rows], dtype=np.bool_))


def river_results(one: Set) -> list[Result]:
    """What River publishes, by its own calls, its own metrics and its own way to pass over what has no answer yet."""
    return [
        _by_river(one, model, make(), published)
        for (name, model), (make, published) in PUBLISHED.items()
        if name == one.name
    ]


def _by_river(one: Set, name: str, model: Any, published: tuple[str, str]) -> Result:
    accuracy, f1 = metrics.Accuracy(), metrics.F1()
    scores = np.zeros(len(one.matrix))
    begun_s = time.thread_time()
    for number, (row, label) in enumerate(zip(one.matrix.tolist(), one.abuse.tolist(), strict=True)):
        x = dict(zip(one.names, row, strict=True))
        said = model.predict_proba_one(x)
        scores[number] = said.get(True, 0.0)
        if said:
            predicted = max(said, key=said.get)
            accuracy.update(label, predicted)
            f1.update(label, predicted)
        model.learn_one(x, label)
    us = (time.thread_time() - begun_s) * 1e6 / len(scores)
    found = auc(scores, one.abuse), average_precision(scores, one.abuse)
    return Result(one.name, name, accuracy.get(), f1.get(), *found, us, published)


def our_results(one: Set) -> list[Result]:
    """Weir's tabular models on the same events, in the same order, each scored before it is learned."""
    return [_by_us(one, name, make(one.names)) for name, make in OURS.items() if name != _DEAR or one.name != SMTP]


def _by_us(one: Set, name: str, scorer: Scorer) -> Result:
    scores = np.zeros(len(one.matrix))
    learns_labels = scorer.learns_from == "labels"
    begun_s = time.thread_time()
    for number in range(len(scores)):
        batch = Batch(one.names, one.matrix[number : number + 1])
        scores[number] = scorer.score_many(batch)[0]
        scorer.learn(batch, [bool(one.abuse[number])] if learns_labels else None)
    us = (time.thread_time() - begun_s) * 1e6 / len(scores)
    found = auc(scores, one.abuse), average_precision(scores, one.abuse)
    if not learns_labels:
        return Result(one.name, name, None, None, *found, us)
    said = scores >= 0.5
    hits = int(np.count_nonzero(said & one.abuse))
    f1 = 2 * hits / max(1, int(np.count_nonzero(said)) + int(np.count_nonzero(one.abuse)))
    return Result(one.name, name, float(np.mean(said == one.abuse)), f1, *found, us)
