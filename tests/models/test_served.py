"""Models side by side: whatever one of them does, it harms neither the decision nor another model's score."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from support.served import Fixed

from models.column import Late
from models.scorers import Batch
from models.served import SHADOW, Scored, Served, reads_text, score_batch, serve

NAMES = ("x", "y")
IDS = [hashlib.sha256(bytes([n])).hexdigest() for n in range(40)]
BATCH = Batch.of(NAMES, [(float(n), 1.0) for n in range(len(IDS))])


def fixed(answer: Any, stacks: tuple[str, ...] = ()) -> Fixed:
    scorer = Fixed(answer, stacks=stacks)
    scorer.inputs = NAMES
    return scorer


def model(name: str, answer: Any, stacks: tuple[str, ...] = (), share: float = 1.0) -> Served:
    return Served(name, "1", SHADOW, fixed(answer, stacks), share=share)


def by_x(batch: Batch) -> list[float]:
    return [float(x) / 100 for x in batch.matrix[:, 0]]


def scored(*models: Served, champion: str = "m", batch: Batch = BATCH) -> list[Scored]:
    return score_batch(serve(models, champion), batch, IDS[: len(batch)])


def of(name: str, rows: list[Scored]) -> list[float | None]:
    return [next((one.score for one in row.scores if one.model == name), None) for row in rows]


HOW_MANY = len(IDS)


@pytest.mark.parametrize(
    "answer",
    [
        "0" * HOW_MANY,
        ["0.5"] * HOW_MANY,
        [True] * HOW_MANY,
        np.ones(HOW_MANY, dtype=bool),
        np.full((HOW_MANY, 1), 0.5),
        np.full((HOW_MANY, 2), 0.5),
        np.full(HOW_MANY, "0.5"),
        np.full(HOW_MANY, 0.5 + 0j),
        np.full(HOW_MANY, 0.5, dtype=object),
        {n / 100: 0 for n in range(HOW_MANY)}.items(),
        np.float64(0.5),
    ],
    ids=lambda answer: repr(answer)[:16],
)
def test_what_only_passes_for_numbers_is_no_score(answer: Any) -> None:
    rows = scored(model("m", lambda _: answer), model("n", 0.25))
    assert [row.failed for row in rows] == [("m",)] * HOW_MANY
    assert of("n", rows) == [0.25] * HOW_MANY


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int64])
def test_numbers_of_every_width_are_scores(kind: Any) -> None:
    rows = scored(model("m", lambda batch: np.ones(len(batch), dtype=kind)))
    assert of("m", rows) == [1.0] * HOW_MANY
    assert {type(one) for one in of("m", rows)} == {float}
    assert of("m", scored(model("m", lambda batch: [kind(1)] * len(batch)))) == [1.0] * HOW_MANY


def test_a_model_that_changes_or_keeps_what_it_was_given_changes_it_for_nobody_else() -> None:
    kept: list[Batch] = []

    def spoils(batch: Batch) -> list[float]:
        kept.append(batch)
        batch.matrix[:] = 99.0
        for values in batch.scores.values():
            values[:] = 1.0
        return [0.5] * len(batch)

    rows = scored(model("a", spoils), model("k", spoils, ("a", "z")), model("m", by_x, ("a",)), model("z", by_x))
    assert of("m", rows) == of("z", rows) == by_x(BATCH)
    assert of("a", rows) == [0.5] * HOW_MANY
    kept[0].matrix[:] = 7.0
    assert BATCH.matrix[3].tolist() == [3.0, 1.0]


def test_an_event_that_a_model_spoils_before_it_fails_is_whole_when_it_is_asked_again() -> None:
    def spoils(batch: Batch) -> list[float]:
        found = by_x(batch)
        batch.matrix[:] = 99.0
        return found if len(batch) == 1 else found[:-1]

    assert of("m", scored(model("m", spoils))) == by_x(BATCH)


class Lying(Fixed):
    """Raises when it is asked for ``trait``."""

    def __init__(self, trait: str, raised: BaseException) -> None:
        super().__init__(0.5)
        self.inputs = NAMES
        self.raised = raised
        self.trait = trait

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "__dict__").get("trait"):
            raise self.raised
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("trait", ["inputs", "stacks", "reads_text", "ready"])
@pytest.mark.parametrize("raised", [ValueError("x"), SystemExit(3)], ids=["raises", "exits"])
@pytest.mark.parametrize("champion", ["m", "n"])
def test_a_model_that_cannot_say_what_it_is_is_left_out_and_named(
    trait: str, raised: BaseException, champion: str
) -> None:
    lying = Served("m", "1", SHADOW, Lying(trait, raised))
    assert not reads_text([lying])
    rows = scored(lying, model("n", 0.25), champion=champion)
    assert [row.failed for row in rows] == [("m",)] * HOW_MANY
    assert of("n", rows) == [0.25] * HOW_MANY


@pytest.mark.parametrize("raised", [SystemExit(1), GeneratorExit(), type("Panic", (BaseException,), {})()])
def test_no_model_ends_the_process(raised: BaseException) -> None:
    def ends(_: Batch) -> list[float]:
        raise raised

    rows = scored(model("m", ends), model("n", 0.25))
    assert [row.failed for row in rows] == [("m",)] * HOW_MANY


def test_people_can_still_interrupt() -> None:
    def interrupted(_: Batch) -> list[float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scored(model("m", interrupted))


def test_a_stack_of_stacks_reads_what_was_just_made_whatever_their_names() -> None:
    def half_of(name: str) -> Any:
        return lambda batch: batch.scores[name] / 2

    rows = scored(model("a", half_of("b"), ("b",)), model("b", half_of("c"), ("c",)), model("c", by_x), champion="a")
    assert of("a", rows) == [x / 4 for x in by_x(BATCH)]
    assert all(not row.failed for row in rows)


@pytest.mark.parametrize("circle", [("m",), ("m", "k")], ids=["itself", "another that stacks it"])
def test_a_model_that_stacks_itself_in_the_end_is_left_out_and_named(circle: tuple[str, ...]) -> None:
    around = [model(one, 0.5, (circle[number - 1],)) for number, one in enumerate(circle)]
    rows = scored(*around, model("n", 0.25))
    assert [set(row.failed) for row in rows] == [set(circle)] * HOW_MANY
    assert of("n", rows) == [0.25] * HOW_MANY


def test_what_a_model_stacks_scores_every_event_that_the_model_scores() -> None:
    below = [model("b", 0.5, ("c",), share=0.1), model("c", 0.5, share=0.1)]
    served = serve([model("a", 0.5, ("b",), share=0.5), *below, model("m", 0.5), model("z", 0.5, share=0.1)], "m")
    assert {one.name: one.share for one in served} == {"m": 1.0, "a": 0.5, "b": 0.5, "c": 0.5, "z": 0.1}
    served = serve([model("a", 0.5, ("b",), share=0.5), *below], "a")
    assert {one.share for one in served} == {1.0}


def test_a_batch_is_its_events_one_by_one_also_with_faults_shares_and_stacks() -> None:
    def picky(batch: Batch) -> Any:
        if 7.0 in batch.matrix[:, 0]:
            raise ValueError
        return [True if x == 9.0 else 2.0 if x == 11.0 else x / 100 for x in batch.matrix[:, 0]]

    def mean(batch: Batch) -> Any:
        return np.nanmean([batch.scores["picky"], batch.scores["some"]], axis=0)

    served = serve([model("m", mean, ("picky", "some")), model("picky", picky), model("some", by_x, share=0.5)], "m")
    alone = [
        score_batch(served, Batch.of(NAMES, [row]), [one])[0] for row, one in zip(BATCH.matrix, IDS, strict=True)
    ]
    together = score_batch(served, BATCH, IDS)
    assert together == alone
    assert [row.failed for row in together].count(("picky",)) == 3


def test_a_batch_of_no_events_has_no_scores_and_asks_nobody() -> None:
    def asked(_: Batch) -> list[float]:
        raise AssertionError("asked")

    assert scored(model("m", asked), batch=Batch.of(NAMES, [])) == []


def test_a_model_that_has_had_its_time_is_not_asked_event_by_event() -> None:
    asked: list[int] = []

    def fails(batch: Batch) -> list[float]:
        asked.append(len(batch))
        raise ValueError

    @contextmanager
    def watch(_: Served) -> Iterator[Late]:
        yield lambda: len(asked) >= 3

    served = serve([model("m", fails)], "m")
    rows = score_batch(served, BATCH, IDS, watch)
    assert asked == [HOW_MANY, 1, 1]
    assert [row.failed for row in rows] == [("m",)] * HOW_MANY
    asked.clear()
    score_batch(served, Batch.of(NAMES, [(1.0, 1.0)]), IDS[:1])
    assert asked == [1]


def test_a_model_that_calls_itself_without_end_is_left_out() -> None:
    def deep(batch: Batch) -> list[float]:
        return deep(batch)

    rows = scored(model("m", deep), batch=Batch.of(NAMES, [(1.0, 1.0)]))
    assert rows[0].failed == ("m",)
