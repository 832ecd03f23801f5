"""What is certain about conditions: that they never hold, or hold wherever others do; and that no more is claimed."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import pytest

from features.expression import BOOL, NUMBER, STRING, STRINGS, Live, Name, compile_condition
from features.expression.tree import Truth, written
from models.facts import Facts
from models.rules.generate import alone
from models.rules.guards import conjuncts
from models.rules.reasoning import Reasoned, excluding

NAMES = {
    "n": Name(NUMBER, False, "d.n", least=0, whole=True),
    "k": Name(NUMBER, False, "d.k", least=0, most=4, whole=True),
    "m": Name(NUMBER, True, "d.m", least=0, most=4, whole=True),
    "x": Name(NUMBER, False, "d.x", least=0, most=1),
    "y": Name(NUMBER, True, "d.y"),
    "s": Name(STRING, False, "d.s"),
    "t": Name(STRING, True, "d.t"),
    "way": Name(STRING, True, "d.way", choices=("in", "out")),
    "yes": Name(BOOL, False, "d.yes"),
    "maybe": Name(BOOL, True, "d.maybe"),
    "tags": Name(STRINGS, True, "d.tags"),
}
LIVE = Live(fields=tuple(NAMES), entities=("ip", "s"), lists=None)


def tree(text: str) -> Truth:
    return compile_condition(text, NAMES, LIVE).tree


def reasoned(text: str) -> Reasoned:
    return Reasoned(tree(text))


@pytest.mark.parametrize(
    "text",
    ["n < 0", "n > 5 and n < 5", "n > 5 and n < 6", "5 < n < 6", "k > 4", "k >= 4.5", "x > 1", "x < 0", "n == 2.5",
     "n == 1 and n == 2", "n == 1 and n != 1", "n in [1, 2] and n > 2", "n in [1, 2] and n not in [2, 1]",
     "s == 'a' and s == 'b'", "s == 'a' and s in ['b', 'c']", "s == 'a' and s > 'b'", "s < 'a' and s > 'b'",
     "way == 'up'", "way != 'in' and way != 'out' and not missing(way)", "way not in ['in', 'out']",
     "yes and not yes", "yes and yes == False", "maybe == True and maybe == False", "False", "False and yes",
     "missing(n)", "missing(m) and m > 1", "missing(t) and t != 'a'", "missing(t) and length(t) > 0",
     "n > n", "n != n", "n * 2 > 5 and n * 2 < 5", "n * 2 < 0", "k + k > 8", "k - 4 > 0", "-k > 0", "k * k > 16",
     "k / 2 > 2.5", "x * 2 > 2.5", "abs(n) < 0", "abs(k - 4) > 4", "min(k, n) > 4", "max(k, 5) < 5", "length(s) < 0",
     "length(tags) == 1.5", "n > k and n < k", "n > k and k > n", "n > k and n <= k", "n > k and k > 3 and n < 5",
     "n == k and n > 4", "n < k and k < 1", "n > k + 3 and n <= 3", "s == t and s == 'a' and t == 'b'",
     "(n > 5 or k > 4) and n < 5", "not (n >= 0)", "not (n > 5 or n <= 5)",
     "starts_with(s, 'a') and not starts_with(s, 'a')",
     "s in lists.a and s not in lists.a", "s in lists.a and not s in lists.a",
     "'x' in labels.ip and 'x' not in labels.ip",
     "(n > 1) == yes and (n > 1) != yes and False", "not maybe and maybe", "0 <= n < 0", "2 > n > 1"],
)  # fmt: skip
def test_a_condition_that_can_never_hold_is_known(text: str) -> None:
    assert reasoned(text).is_never_true


@pytest.mark.parametrize(
    "text",
    ["n > 5", "n >= 5 and n <= 5", "n > 5 and n < 7", "x > 0.5 and x < 0.6", "y > 5 and y < 6", "k == 4", "x == 1",
     "not (m > 1) and not (m <= 1)", "missing(m)", "not maybe and not maybe == False", "y * 2 > 5 or y * 2 <= 5",
     "not (y * 2 - y * 2 > 5) and not (y * 2 - y * 2 <= 5)", "t != 'a' and t != 'b'", "way != 'in'",
     "s > 'a' and s < 'b'",
     "s not in lists.a", "s in lists.a and s not in lists.b", "'x' in labels.ip and 'y' not in labels.ip",
     "n > k or k > n",
     "n >= k and k >= n", "contains(tags, 'a') and contains(tags, 'b')", "n * 2 == 4 and n == 2", "True"],
)  # fmt: skip
def test_a_condition_that_can_hold_is_not_called_impossible(text: str) -> None:
    assert not reasoned(text).is_never_true


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("n >= 20", "n >= 10"), ("n > 9", "n >= 10"), ("n >= 10", "n > 9.5"), ("n == 5", "n in [4, 5]"),
        ("n > 5 and s == 'a'", "n > 4"), ("n > 5", "n > 4 or s == 'a'"), ("n > 5 and yes", "yes and n > 5"),
        ("n > 5 or n < 2", "n != 3"), ("s == 'a'", "s != 'b'"), ("s in ['a', 'b']", "s in ['c', 'b', 'a']"),
        ("m > 1", "not missing(m)"), ("missing(m)", "not m > 1"), ("not m > 1", "missing(m) or m <= 1"),
        ("n > 5 and (yes or k > 2)", "yes or k > 1"), ("n * 2 >= 10 and yes", "n * 2 >= 9"), ("n > k", "n >= k"),
        ("k < n", "n > k"), ("n == k", "n <= k"), ("starts_with(s, 'a') and n > 3", "starts_with(s, 'a')"),
        ("s in lists.a and n > 1", "s in lists.a"), ("s not in lists.a", "not s in lists.a"), ("1 < n < 4", "n > 1"),
        ("way == 'in'", "way != 'out'"), ("way != 'out'", "way == 'in'"), ("n > 5", "n >= 0"), ("n > 9", "True"),
        ("n > k and k > 3", "n > 4"), ("x > 0.5", "x > 0.4"), ("yes", "yes == True"), ("not yes", "yes != True"),
    ],
)  # fmt: skip
def test_a_condition_that_holds_wherever_another_does_is_known(one: str, other: str) -> None:
    assert reasoned(one).implies(reasoned(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("n >= 10", "n >= 20"), ("n > 5", "n > 5 and yes"), ("n > 5 or yes", "n > 5"), ("not (m > 1)", "m <= 1"),
        ("s != 'a'", "t != 'a'"), ("t != 'a'", "t == 'b'"), ("not s in lists.a", "subnet not in lists.a"),
        ("not t in lists.a", "t not in lists.a"), ("n * 2 > 10", "n > k"), ("x > 0.4", "x > 0.5"),
        ("not maybe", "maybe == False"), ("length(s) > 3", "length(t) > 3"),
    ],
)  # fmt: skip
def test_nothing_is_claimed_that_is_not_so(one: str, other: str) -> None:
    live = Live(LIVE.fields, ("ip", "s", "subnet"), None)
    a, b = (Reasoned(compile_condition(text, NAMES, live).tree) for text in (one, other))
    assert not a.implies(b)


def test_a_condition_that_always_holds_is_known() -> None:
    assert reasoned("n >= 0").is_always_true
    assert reasoned("m > 1 or m <= 1 or missing(m)").is_always_true
    assert not reasoned("m > 1 or m <= 1").is_always_true


def test_too_many_regions_are_left_undecided() -> None:
    many = " and ".join(f"(n != {i} or starts_with(s, '{i}') or ends_with(s, '{i}'))" for i in range(12))
    assert not reasoned(f"{many} and yes and not yes").is_never_true
    assert reasoned("yes and not yes").is_never_true
    assert not reasoned(many).implies(reasoned("n > 5"))


def test_what_excludes_what_is_named() -> None:
    parts = conjuncts(tree("yes and n > 5 and s == 'a' and n < 3"))
    assert [written(part) for part in excluding(parts)] == ["n > 5", "n < 3"]
    assert [written(part) for part in excluding(conjuncts(tree("yes and k > 5")))] == ["k > 5"]
    assert excluding(conjuncts(tree("yes and k > 1"))) == ()


GRID: dict[str, list[Any]] = {
    "n": [0, 1, 3], "k": [0, 2, 4], "m": [None, 1, 4], "x": [0.0, 0.5, 1], "s": ["a", "b"], "t": [None, "a"],
    "way": [None, "in", "out"], "yes": [True, False],
}  # fmt: skip
POINTS = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]


def random_text(chance: random.Random, depth: int = 2) -> str:
    if depth and chance.random() < 0.55:
        one, two = random_text(chance, depth - 1), random_text(chance, depth - 1)
        return chance.choice([f"({one} and {two})", f"({one} or {two})", f"(not {one})", f"({one} and {two})"])
    symbol = chance.choice(["<", "<=", ">", ">=", "==", "!="])
    return chance.choice(
        [
            f"{chance.choice('nkm')} {symbol} {chance.randrange(5)}",
            f"{chance.choice('nkm')} {symbol} {chance.choice('nkm')}",
            f"{chance.choice('nkm')} * 2 {symbol} {chance.choice('nkm')} + {chance.randrange(5)}",
            f"{chance.choice('nkm')} - {chance.choice('nkm')} {symbol} {chance.randrange(5)}",
            f"x {symbol} {chance.choice(['0', '0.5', '1'])}",
            f"{chance.choice('st')} {symbol} '{chance.choice('ab')}'",
            f"{chance.choice('st')} {chance.choice(['in', 'not in'])} ['a', '{chance.choice('bc')}']",
            f"way {symbol} '{chance.choice(['in', 'out', 'up'])}'",
            f"{chance.randrange(3)} <= {chance.choice('nkm')} < {chance.randrange(5)}",
            f"missing({chance.choice('mt')})", "yes", "yes == True", "s in lists.a", "t not in lists.a",
            "'x' in labels.ip", "min(k, m) > 1", "abs(k - n) >= 2", "length(t) == 1",
        ]
    )  # fmt: skip


def answers(trees: list[Truth], points: list[dict[str, Any]]) -> list[tuple[bool, ...]]:
    questions = alone(trees)
    result = []
    for number, point in enumerate(points):
        there = [name for name in ("s", "t") if point[name] is not None]
        facts = Facts(lists={"a": tuple(there[number % 3 :])}, labels={"ip": ("x",)} if number % 2 else {})
        result.append(questions(SimpleNamespace(**point), [], None, facts, {"ip": "192.0.2.1"}))
    return result


@pytest.mark.parametrize("seed", range(3))
def test_no_claim_is_contradicted_by_a_single_point(seed: int) -> None:
    chance = random.Random(seed)
    texts = [random_text(chance) for _ in range(60)]
    conditions = [Reasoned(tree(text)) for text in texts]
    columns = list(zip(*answers([one.tree for one in conditions], chance.sample(POINTS, 700)), strict=True))
    claims = 0
    for text, one, column in zip(texts, conditions, columns, strict=True):
        assert not (one.is_never_true and any(column)), text
        assert not (one.is_always_true and not all(column)), text
        for other_text, other, other_column in zip(texts, conditions, columns, strict=True):
            if one.implies(other):
                claims += 1
                assert all(b or not a for a, b in zip(column, other_column, strict=True)), (text, other_text)
    assert claims > 100
