"""What a kind's bundle asks of live state, made ready once a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from models.bundle import Bundle
from models.lists import PROTECT, EntityList, ListFile, list_of
from models.rules.engine import RuleEngine


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """``memberships``: the (name, list) pairs of its rules; ``lists``: those of its own files; ``rules``: their ids.

    A name is a field's, an entity's, or both: then it stands in a list if either value does.
    """

    memberships: frozenset[tuple[str, str]] = frozenset()
    lists: Mapping[str, EntityList] = field(default_factory=dict)
    rules: frozenset[str] = frozenset()
    by_list: tuple[tuple[str, tuple[str, ...]], ...] = field(init=False)
    protect: EntityList | None = field(init=False)

    def __post_init__(self) -> None:
        names = sorted({name for _, name in self.memberships})
        by_list = ((list_, tuple(sorted(name for name, of in self.memberships if of == list_))) for list_ in names)
        object.__setattr__(self, "by_list", tuple(by_list))
        object.__setattr__(self, "protect", self.lists.get(PROTECT))


def asked_of(bundle: Bundle) -> Asked:
    """What the rules of a bundle ask, and the lists that stand in its own files; made once a bundle."""
    made = _made.get(bundle.engine)
    if made is None or made[0] is not bundle.lists:
        made = _made[bundle.engine] = bundle.lists, _ask(bundle)
    return made[1]


def _ask(bundle: Bundle) -> Asked:
    lists = {name: list_of(file.of, file.entries) for name, file in bundle.lists.items()}
    return Asked(bundle.engine.memberships, lists, frozenset(rule.id for rule in bundle.engine.rules))


NOTHING_ASKED = Asked()
# A replay asks anew for every event, and lists may be long.
_made: WeakKeyDictionary[RuleEngine, tuple[Mapping[str, ListFile], Asked]] = WeakKeyDictionary()
