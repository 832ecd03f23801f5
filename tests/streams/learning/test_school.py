"""Models that learn side by side: one that fails is set back, then left out, and the others go on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import REGISTRY

from models.learning.decisions import Decision
from models.learning.labels import GivenLabel
from models.learning.learner import ModelLearner
from models.scorers import Batch, Scorer, Text
from streams.learning.school import School


class Pupil(Scorer):
    """Raises on a lesson in which an ``a`` is above its limit."""

    inputs = ("a",)

    def __init__(self, limit: float = 1000.0) -> None:
        self._limit = limit
        self.seen: list[float] = []

    @property
    def ready(self) -> bool:
        return True

    @property
    def learned(self) -> int:
        return len(self.seen)

    def score_many(self, batch: Batch) -> list[float]:
        return [0.5] * len(batch)

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        for (value,) in batch.matrix.tolist():
            if value > self._limit:
                raise ValueError("too large")
            self.seen.append(value)


class Reader(Pupil):
    reads_text = True
    inputs = ()

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        self.seen += [len(text.body) for text in batch.texts if text is not None]


class Class:
    """A school with labels one by one; who goes back gets a new ``Pupil``, if there is a checkpoint."""

    def __init__(self, scorers: Mapping[str, Scorer], checkpoint: bool = True) -> None:
        learners = {name: ModelLearner(name, "mail", scorer) for name, scorer in scorers.items()}
        self.school = School(learners, self.read, self.go_back)
        self.read_for: list[list[str]] = []
        self._checkpoint = checkpoint
        self._offset = 0

    def read(self, decisions: Iterable[Decision]) -> dict[str, Text | None]:
        names = [decision.id for decision in decisions]
        self.read_for.append(names)
        return {name: Text("", name) for name in names}

    def go_back(self, learner: ModelLearner) -> bool:
        if self._checkpoint:
            learner.use(Pupil(5.0))
        return self._checkpoint

    def lesson(self, *values: float) -> None:
        for value in values:
            decision = Decision(f"d{self._offset}", "mail", ("a",), array("d", [value]), (), array("d"))
            given = GivenLabel("abuse", "analyst", 0, "ann")
            self.school.label("L:0", self._offset, "mail", decision.id, given, decision)
            self._offset += 1
        self.school.learn()

    def __getitem__(self, name: str) -> ModelLearner:
        return self.school.learners[name]


def faults(model: str) -> float:
    return REGISTRY.get_sample_value("weir_model_faults_total", {"model": model}) or 0.0


def counted(model: str, result: str) -> float:
    labels = {"kind": "mail", "model": model, "result": result}
    return REGISTRY.get_sample_value("weir_labels_total", labels) or 0.0


def test_a_model_that_fails_costs_the_others_nothing() -> None:
    pupils = Class({"mail.weak": Pupil(5.0), "mail.strong": Pupil()})
    before = faults("mail.weak"), counted("mail.weak", "fault"), counted("mail.strong", "learned")
    pupils.lesson(1, 9, 2)
    pupils.lesson(3)
    assert pupils["mail.strong"].scorer.learned == 4
    assert pupils["mail.weak"].scorer.learned == 2
    assert pupils["mail.weak"].faults == 0
    assert faults("mail.weak") == before[0] + 1
    assert counted("mail.weak", "fault") == before[1] + 3
    assert counted("mail.strong", "learned") == before[2] + 4


def test_three_faults_in_a_row_set_a_model_back_and_three_more_leave_it_out() -> None:
    pupils = Class({"mail.back": Pupil(5.0)})
    first = pupils["mail.back"].scorer
    for _ in range(3):
        pupils.lesson(9)
    second = pupils["mail.back"].scorer
    assert second is not first
    assert (pupils["mail.back"].faults, pupils["mail.back"].left_out) == (0, False)
    pupils.lesson(1)
    for _ in range(3):
        pupils.lesson(9)
    assert pupils["mail.back"].left_out
    # What it was set back to is good: it can be stored with positions that move on.
    assert pupils["mail.back"].faults == 0
    pupils.lesson(1)
    assert pupils["mail.back"].scorer.learned == 0
    assert pupils["mail.back"].state.positions == {"L:0": 8}


def test_without_a_checkpoint_what_may_be_broken_is_not_stored() -> None:
    pupils = Class({"mail.never": Pupil(5.0)}, checkpoint=False)
    for _ in range(4):
        pupils.lesson(9)
    assert pupils["mail.never"].left_out
    assert pupils["mail.never"].faults


def test_texts_are_read_once_for_all_models_of_a_lesson() -> None:
    pupils = Class({"mail.one": Reader(), "mail.two": Reader(), "mail.plain": Pupil()})
    pupils.lesson(1, 2)
    pupils.lesson(3)
    assert pupils.read_for == [["d0", "d1"], ["d2"]]
    assert pupils["mail.one"].scorer.learned == pupils["mail.two"].scorer.learned == 3


def test_where_no_model_reads_texts_none_are_read() -> None:
    pupils = Class({"mail.plain": Pupil()})
    pupils.lesson(1)
    assert pupils.read_for == []
