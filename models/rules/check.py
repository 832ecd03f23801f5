"""What must not be shipped: all that is wrong with the rules of all kinds, at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from features.catalogue import Catalogue
from features.expression import NUMBER
from features.expression.tree import Missing, Read, Truth, parts_of, written
from models.policy import Policy
from models.rules.cases import complaints
from models.rules.compiled import Compiled, compile_rule
from models.rules.coverage import coverage, suggestion
from models.rules.finding import Finding, Refusal, in_order
from models.rules.guards import conjuncts
from models.rules.place import RuleFile
from models.rules.reasoning import Reasoned, excluding
from models.rules.rule import Rule, read_all
from models.rules.vocabulary import Vocabulary, vocabulary


@dataclass(frozen=True, slots=True)
class KindRules:
    """A kind's rule files by the path that messages name, the policy they are for, and each list's type by name.

    ``shipped``: the paths of files that are not their author's to change.
    """

    catalogue: Catalogue
    files: Mapping[str, str]
    policy: Policy
    lists: Mapping[str, str]
    shipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """``rules``: those that compile, by kind, with the vocabulary in which they do."""

    findings: list[Finding]
    rules: dict[str, tuple[Vocabulary, list[Compiled]]]


def check(kinds: Sequence[KindRules], now_ms: int) -> Checked:
    """Findings by file and line. ``now_ms``: when rules count as expired."""
    findings: list[Finding] = []
    rules: dict[str, tuple[Vocabulary, list[Compiled]]] = {}
    seen: dict[str, RuleFile] = {}
    for kind in kinds:
        read, mistakes = read_all(kind.files)
        findings += mistakes
        words = vocabulary(kind.catalogue, kind.lists)
        compiled: list[Compiled] = []
        for rule, place in read:
            findings += _of_file(rule, place, kind, seen)
            try:
                compiled.append(compile_rule(rule, place, words))
            except Refusal as refusal:
                findings.append(refusal.finding)
        for one in compiled:
            findings += _of_rule(one, kind.catalogue, words, now_ms)
        findings += _shadowed(compiled, kind, now_ms)
        rules[kind.catalogue.kind.name] = (words, compiled)
    return Checked(in_order(findings), rules)


def _of_file(rule: Rule, place: RuleFile, kind: KindRules, seen: dict[str, RuleFile]) -> Iterator[Finding]:
    name, actions = kind.catalogue.kind.name, kind.policy.actions
    first = seen.setdefault(rule.id, place)
    if first is not place:
        yield place.finding(f"rule {rule.id!r} already stands in {first.path}:{first.line}", key="id")
    if rule.kind != name:
        yield place.finding(f"kind is {rule.kind!r}, its folder's is {name!r}", rule=rule.id, key="kind")
    if rule.action not in actions:
        message = f"action {rule.action!r} is none of the policy's: {', '.join(actions)}"
        yield place.finding(message, rule=rule.id, key="action")


def _of_rule(compiled: Compiled, catalogue: Catalogue, words: Vocabulary, now_ms: int) -> Iterator[Finding]:
    rule, place, tree = compiled.rule, compiled.place, compiled.condition.tree
    expires_ms = rule.expires_ms
    if expires_ms is not None and expires_ms <= now_ms:
        yield place.finding("it has expired: remove it", rule=rule.id, key="expires", level="warning")
    reasoned = Reasoned(tree)
    if reasoned.is_never_true:
        yield place.finding(f"it can never fire{_because(compiled)}", rule=rule.id, key="when")
        return
    if reasoned.is_always_true:
        yield place.finding("it fires on every event", rule=rule.id, key="when", level="warning")
    wrong = list(complaints(compiled, catalogue, words))
    yield from wrong
    if not wrong:
        yield from _without_cases(compiled, catalogue, words, reasoned.is_always_true)


def _without_cases(
    compiled: Compiled, catalogue: Catalogue, words: Vocabulary, is_always_true: bool
) -> Iterator[Finding]:
    rule, seen = compiled.rule, coverage(compiled, catalogue, words)
    missing = []
    if not seen.has_firing:
        missing.append("one in which it fires")
    if not seen.has_boundary and not is_always_true:
        missing.append(f"one on its boundary, that just does not fire{suggestion(compiled.condition.tree)}")
    if missing:
        what = "it has no cases" if not rule.cases else "its cases are not enough"
        yield compiled.place.finding(f"{what}: add {' and '.join(missing)}", rule=rule.id, key="cases")


def _because(compiled: Compiled) -> str:
    """Which part of the condition makes it impossible, where that is one or two."""
    parts = excluding(conjuncts(compiled.condition.tree))
    if len(parts) == 2:
        return f": '{written(parts[0])}' and '{written(parts[1])}' exclude each other"
    return f": '{written(parts[0])}' is never so{_declared(parts[0])}" if parts else ""


def _declared(part: Truth) -> str:
    """What is declared of the names in it, where that is the reason."""
    told = []
    for read in parts_of(part):
        if isinstance(read, Read):
            known = read.known
            if isinstance(part, Missing):
                told.append(f"{read.name} is required")
            elif known.choices is not None:
                told.append(f"{read.name} is one of {', '.join(known.choices)}")
            elif known.type == NUMBER and (known.least is not None or known.most is not None):
                bounds = (("at least", known.least), ("at most", known.most))
                words = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
                told.append(f"{read.name} is {', '.join([*(['whole'] if known.whole else []), *words])}")
    return f", as {' and '.join(dict.fromkeys(told))}" if told else ""


@dataclass(frozen=True, slots=True)
class _Live:
    compiled: Compiled
    reasoned: Reasoned
    rank: int
    expires_ms: float


def _shadowed(compiled: Sequence[Compiled], kind: KindRules, now_ms: int) -> Iterator[Finding]:
    """Rules that change nothing, because a live one that asks for as much fires whenever they do.

    A broad rule of one's own may do that to rules that ship, as in an attack: then it is warned, once.
    """
    policy = kind.policy
    outdone: dict[str, tuple[Compiled, list[str]]] = {}
    live = [
        _Live(one, reasoned, policy.rank(one.rule.action), expires_ms)
        for one in compiled
        if one.rule.mode == "live"
        and one.rule.action in policy.actions
        and (expires_ms := math.inf if one.rule.expires_ms is None else one.rule.expires_ms) > now_ms
        and not (reasoned := Reasoned(one.condition.tree)).is_never_true
    ]
    for number, one in enumerate(live):
        for other_number, other in enumerate(live):
            if other is one or other.rank < one.rank or other.expires_ms < one.expires_ms:
                continue
            if not one.reasoned.implies(other.reasoned):
                continue
            # Of two that say the same the first stays.
            as_strong = (other.rank, other.expires_ms) == (one.rank, one.expires_ms)
            if as_strong and number < other_number and other.reasoned.implies(one.reasoned):
                continue
            rule, place = other.compiled.rule, other.compiled.place
            if one.compiled.place.path in kind.shipped and place.path not in kind.shipped:
                outdone.setdefault(rule.id, (other.compiled, []))[1].append(one.compiled.rule.id)
                break
            message = (
                f"it changes nothing: {rule.id!r} ({place.path}:{place.line}) fires whenever it does, "
                f"and asks for {rule.action}"
            )
            yield one.compiled.place.finding(message, rule=one.compiled.rule.id, key="when")
            break
    for by, superfluous in outdone.values():
        message = f"of the rules that ship, these change nothing beside it: {', '.join(superfluous)}"
        yield by.place.finding(message, rule=by.rule.id, key="when", level="warning")
