"""One function from all conditions of a kind: what cannot fire on an event costs it one comparison for many rules.

A rule is guarded by one of its own comparisons that is false for most events. Rules whose guards read the same value
stand together, from the loosest limit to the strictest, behind one comparison with the loosest. Code is compiled in
pieces, so that other threads are not kept waiting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from features.expression.code import LABELS, LISTS, truth_code
from features.expression.functions import FUNCTIONS
from features.expression.tree import Labelled, Listed, Read, Truth, parts_of
from features.expression.types import Name
from models.rules.compiled import VARIABLES
from models.rules.guards import Guard, cheapest_first, conjuncts, guards_of
from models.rules.vocabulary import SCORE

Fired = tuple[int, ...]
Function = Callable[..., Fired]
# Rules behind one guard, and in one piece of code: a piece takes some 5 ms to compile, in which no other thread runs.
_TOGETHER = 8
_IN_A_PIECE = 128
# A value that more rules of a piece read is read once.
_SHARED = 3


@dataclass(slots=True)
class _Block:
    """Rules behind one guard: by position, each with its condition."""

    guard: Guard | None
    rules: list[tuple[int, Truth]] = field(default_factory=list)


def fired_function(conditions: Sequence[Truth], defaults: Sequence[float]) -> Function:
    """``fired(d, v, score, f, e)``: the positions of the conditions that hold, ascending.

    ``defaults``: the vector of an event about which nothing is known, by which guards are chosen.
    """
    blocks = _blocks(conditions, defaults)
    space: dict[str, Any] = {name: function.implementation for name, function in FUNCTIONS.items()}
    space |= {"__builtins__": {}, "sorted": sorted, "tuple": tuple}
    pieces = list(_pieces(blocks))
    for number, piece in enumerate(pieces):
        text = "\n".join(_piece(f"piece{number}", piece, defaults))
        exec(compile(text, "<rules>", "exec"), space)
    calls = [f"    piece{number}({VARIABLES}, out)" for number in range(len(pieces))]
    lines = [f"def fired({VARIABLES}):", "    out = []", *calls]
    lines += ["    return () if not out else tuple(sorted(out))"]
    exec(compile("\n".join(lines), "<rules>", "exec"), space)
    function: Function = space["fired"]
    return function


def alone(conditions: Iterable[Truth]) -> Callable[..., tuple[bool, ...]]:
    """The same variables to a truth value each: for cases, where speed is no matter."""
    return computed(map(truth_code, conditions))


def computed(codes: Iterable[str]) -> Callable[..., tuple[Any, ...]]:
    """The same variables to what each piece of generated code comes to."""
    space = {name: function.implementation for name, function in FUNCTIONS.items()}
    text = "".join(f"{code}, " for code in codes)
    function: Callable[..., tuple[Any, ...]] = eval(f"lambda {VARIABLES}: ({text})", {"__builtins__": {}, **space})
    return function


def _blocks(conditions: Sequence[Truth], defaults: Sequence[float]) -> list[_Block]:
    possible = [guards_of(condition, defaults) for condition in conditions]
    popular = Counter(guard.key for guards in possible for guard in {g.key: g for g in guards}.values())
    chosen: dict[Any, list[tuple[Guard, int]]] = {}
    unguarded = _Block(None)
    for position, guards in enumerate(possible):
        if not guards:
            unguarded.rules.append((position, conditions[position]))
            continue
        # The rarer it holds the better; then the more rules it stands for.
        best = min(guards, key=lambda guard: (guard.rank, -popular[guard.key]))
        chosen.setdefault(best.key, []).append((best, position))
    blocks = []
    for members in chosen.values():
        members.sort(key=lambda one: one[0].looseness)
        for start in range(0, len(members), _TOGETHER):
            some = members[start : start + _TOGETHER]
            blocks.append(_Block(some[0][0], [(position, conditions[position]) for _, position in some]))
    return [*blocks, *([unguarded] if unguarded.rules else [])]


def _pieces(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    rules_before = 0
    numbered = []
    for block in blocks:
        numbered.append((rules_before // _IN_A_PIECE, block))
        rules_before += len(block.rules)
    for _, some in groupby(numbered, key=lambda one: one[0]):
        yield [block for _, block in some]


def _piece(name: str, blocks: Sequence[_Block], defaults: Sequence[float]) -> Iterator[str]:
    yield f"def {name}({VARIABLES}, out):"
    codes = Counter(code for block in blocks for _, tree in block.rules for code in _read_codes(tree))
    held = {code: f"x{number}" for number, code in enumerate(codes) if code.startswith("v[")}
    if held:
        targets = (held.get(f"v[{index}]", "_") for index in range(len(defaults)))
        yield f"    {', '.join(targets)}, = v"
    for code, count in codes.items():
        if count > _SHARED and code not in held:
            held[code] = f"y{len(held)}"
            yield f"    {held[code]} = {code}"

    def spell(code: str) -> str:
        return held.get(code, code)

    for block in blocks:
        indent = "    "
        if block.guard is not None:
            yield f"    if {block.guard.code(spell)}:"
            indent = "        "
        for position, tree in block.rules:
            parts = cheapest_first(conjuncts(tree), defaults)
            yield f"{indent}if {' and '.join(truth_code(part, spell) for part in parts)}: out.append({position})"


def _read_codes(tree: Truth) -> Iterator[str]:
    """The code of each value that is read, but for what is a variable anyway."""
    for part in parts_of(tree):
        match part:
            case Read(_, known) | Listed(known=Name() as known):
                if known.code != SCORE:
                    yield known.code
        match part:
            case Listed():
                yield LISTS
            case Labelled():
                yield LABELS
