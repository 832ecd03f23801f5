"""From a checked condition to the Python code that decides it. Nothing of the text goes into it, only the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from features.expression.tree import (
    All,
    Arithmetic,
    Call,
    Comparison,
    Holds,
    Labelled,
    Listed,
    Literal,
    Member,
    Missing,
    Negative,
    Not,
    Operand,
    Read,
    Some,
    Truth,
)

# The variables that hold the lists in which an event's values stand, its entities' labels, and its entities.
LISTS, LABELS, ENTITIES = "f.lists", "f.labels", "e"
# What stands for the code that reads a name: itself, or a variable that holds its value already.
Spell = Callable[[str], str]


def plain(code: str) -> str:
    return code


def truth_code(node: Truth, spell: Spell = plain) -> str:
    """Code that is True or False, never anything else; what reads a missing value is False."""
    match node:
        case All(parts):
            return f"({' and '.join(truth_code(part, spell) for part in parts)})"
        case Some(parts):
            return f"({' or '.join(truth_code(part, spell) for part in parts)})"
        case Not(of):
            return f"(not {truth_code(of, spell)})"
        case Holds(Read() as read):
            return f"({spell(read.known.code)} is True)"
        case Listed(name, list_, False):
            # Only what is present stands among the names of a list.
            return _listed(name, list_, False, spell)
        case Labelled(entity, label, False):
            return _labelled(entity, label, False, spell)
        case _:
            needs = dict.fromkeys(_needs(node, spell))
            return f"({' and '.join([*needs, _code(node, spell)])})" if needs else _code(node, spell)


def value_code(node: Operand, spell: Spell = plain) -> str:
    """Code of a value, or None where something that it reads is missing."""
    needs = dict.fromkeys(_needs(node, spell))
    return f"({_code(node, spell)} if {' and '.join(needs)} else None)" if needs else _code(node, spell)


def _code(node: Operand, spell: Spell) -> str:
    """Code that may run only where nothing that it reads is missing."""
    match node:
        case Literal(value):
            return repr(value)
        case Read(_, known):
            return spell(known.code)
        case Negative(of):
            return f"(-{_code(of, spell)})"
        case Arithmetic(left, symbol, right):
            return f"({_code(left, spell)} {symbol} {_code(right, spell)})"
        case Call(function, arguments, _):
            return f"{function}({', '.join(_code(argument, spell) for argument in arguments)})"
        case Holds(value):
            return _code(value, spell)
        case Comparison(first, rest):
            parts = [_code(first, spell), *(f"{symbol} {_code(right, spell)}" for symbol, right in rest)]
            # In parentheses: beside another comparison Python would read a chain.
            return f"({' '.join(parts)})"
        case Member(value, items, negated):
            word = "not in" if negated else "in"
            return f"({_code(value, spell)} {word} {{{', '.join(map(repr, items))}}})"
        case Listed(name, list_, negated):
            return _listed(name, list_, negated, spell)
        case Labelled(entity, label, negated):
            return _labelled(entity, label, negated, spell)
        case Missing(of):
            return f"({spell(of.known.code)} is None)"
        case _:
            return truth_code(node, spell)


def _listed(name: str, list_: str, negated: bool, spell: Spell) -> str:
    return f"({name!r} {'not in' if negated else 'in'} {spell(LISTS)}.get({list_!r}, ()))"


def _labelled(entity: str, label: str, negated: bool, spell: Spell) -> str:
    return f"({label!r} {'not in' if negated else 'in'} {spell(LABELS)}.get({entity!r}, ()))"


def _needs(node: Operand, spell: Spell) -> Iterator[str]:
    """Code for each thing that has to be present; ``and``, ``or`` and ``not`` deal with their own."""
    match node:
        case Read(_, known) if known.optional:
            yield f"{spell(known.code)} is not None"
        case Negative() | Holds() | Member():
            yield from _needs(node.of, spell)
        case Arithmetic(left, _, right):
            yield from _needs(left, spell)
            yield from _needs(right, spell)
        case Call(_, arguments):
            for argument in arguments:
                yield from _needs(argument, spell)
        case Comparison(first, rest):
            yield from _needs(first, spell)
            for _, behind in rest:
                yield from _needs(behind, spell)
        case Listed(name, known=known) if known is None or known.optional:
            ways = [] if known is None else [f"{spell(known.code)} is not None"]
            ways += [f"{name!r} in {ENTITIES}"] if node.is_entity else []
            yield f"({' or '.join(ways)})"
        case Labelled(entity):
            yield f"{entity!r} in {ENTITIES}"
        case _:
            return
