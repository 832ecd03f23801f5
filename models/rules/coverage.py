"""What a rule's cases have seen of its condition: each comparison with both outcomes, and the boundary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from features.catalogue import Catalogue
from features.expression.code import value_code
from features.expression.tree import (
    All,
    Atom,
    Comparison,
    Holds,
    Literal,
    Not,
    Operand,
    Read,
    Some,
    Truth,
    atoms,
    written,
)
from models.rules.cases import CaseError, situation
from models.rules.compiled import Compiled
from models.rules.generate import alone, computed
from models.rules.vocabulary import Vocabulary

# How near to its limit a number that is not whole has to be, of the limit, and at most.
_NEAR_SHARE = 0.01
_NEAR = 0.01
_STEPS = {">=": -1, "<=": 1, "==": -1}


@dataclass(frozen=True, slots=True)
class Seen:
    """A comparison of a condition, and with which outcomes some case met it."""

    text: str
    true: bool
    false: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """``has_boundary``: a case that does not fire stands next to one that would."""

    seen: tuple[Seen, ...]
    has_firing: bool
    has_boundary: bool

    @property
    def met(self) -> int:
        """How many outcomes were met; there are two to each comparison."""
        return sum(one.true + one.false for one in self.seen)

    @property
    def percent(self) -> float:
        return 100 * self.met / (2 * len(self.seen)) if self.seen else 100.0


def coverage(compiled: Compiled, catalogue: Catalogue, vocabulary: Vocabulary) -> Coverage:
    """What the cases have seen, whether or not they come out as they are written."""
    tree = compiled.condition.tree
    questions = list(atoms(tree))
    ask, measure = alone(questions), computed(value_code(_term(one)) for one in questions)
    answers: list[tuple[bool, ...]] = []
    has_boundary = False
    for case in compiled.rule.cases:
        try:
            where = situation(case, compiled.condition, catalogue, vocabulary)
            answer, values = where.ask(ask), where.ask(measure)
        except (CaseError, TypeError):
            # Told as a complaint about the case itself.
            continue
        answers.append(answer)
        has_boundary = has_boundary or any(_boundaries(tree, questions, answer, values))
    columns = list(zip(*answers, strict=True)) or [()] * len(questions)
    seen = (
        Seen(written(question), True in column, False in column)
        for question, column in zip(questions, columns, strict=True)
        if not (isinstance(question, Holds) and isinstance(question.of, Literal))
    )
    has_firing = any(_outcome(tree, answer) for answer in answers)
    return Coverage(tuple(seen), has_firing, has_boundary)


def suggestion(tree: Truth) -> str:
    """A value that would stand on the boundary, in words; empty if the condition compares no name with a number."""
    for atom in atoms(tree):
        match atom:
            case Comparison(Read(name, known), ((symbol, Literal(int() | float() as limit)),)):
                step = _STEPS.get(symbol, 0) * (1 if known.whole or limit >= 10 else _NEAR)
                return f", for example with {name} = {limit + step:g}" if not isinstance(limit, bool) else ""
    return ""


def _term(atom: Atom) -> Operand:
    """The value that is compared with a number; else the question itself."""
    match atom:
        case Comparison(left, ((_, Literal()),)):
            return left
        case Comparison(Literal(), ((_, right),)):
            return right
        case _:
            return atom


def _boundaries(
    tree: Truth, questions: Sequence[Atom], answer: tuple[bool, ...], values: tuple[Any, ...]
) -> Iterator[bool]:
    """Whether a single other answer would make the rule fire, for each question that is about its limit."""
    if _outcome(tree, answer):
        return
    for index, question in enumerate(questions):
        if _is_near(question, values[index]):
            other = (*answer[:index], not answer[index], *answer[index + 1 :])
            yield _outcome(tree, other)


def _is_near(atom: Atom, value: Any) -> bool:
    """Whether a number lies at its limit or next to it; of texts and whatever else any value does."""
    match atom:
        case Comparison(Literal(limit), ((_, _),)) | Comparison(_, ((_, Literal(limit)),)):
            if isinstance(limit, (bool, str)):
                return True
        case _:
            return True
    if not isinstance(value, (int, float)):
        return False
    whole = float(value).is_integer() and float(limit).is_integer()
    # A little more, for what decimal fractions are not exactly.
    nearest: float = 1 if whole else max(_NEAR, _NEAR_SHARE * abs(limit)) * (1 + 1e-9)
    return bool(abs(value - limit) <= nearest)


def _outcome(tree: Truth, answers: Sequence[bool]) -> bool:
    """What the condition comes to, given the answer to each of its questions in order."""
    given = iter(answers)

    def holds(node: Truth) -> bool:
        # Every answer is taken, also where the outcome is known already.
        match node:
            case Not(of):
                return not holds(of)
            case All(parts):
                taken = [holds(part) for part in parts]
                return all(taken)
            case Some(parts):
                taken = [holds(part) for part in parts]
                return any(taken)
            case Comparison(rest=rest):
                taken = [next(given) for _ in rest]
                return all(taken)
            case _:
                return next(given)

    return holds(tree)
