"""An actor as people spell it, and its value as verdicts show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from features import shape
from features.address import email_domain, registrable_domain
from features.expression.types import STRING, STRINGS, field_names
from features.kind import Entity, Input, Kind

Maker = Callable[[Any], Any]
# What these make is a registrable domain, but what they take is an address, or a list.
_OF_DOMAINS: tuple[Maker | None, ...] = (email_domain, shape.first_domain, shape.first_recipient_domain)


def canonical(kind: Kind, entity: Entity, text: str) -> str:
    """The entity's value as verdicts show it: by the functions that make it, if they take the text, else the text.

    A subnet is therefore found both by one of its addresses and by its own name, a mailbox by each of its spellings,
    and a domain by its hosts. What is made of reference data or of several fields is taken as it is written.
    """
    for make in _makers(kind, entity):
        made = _taken(make, text)
        # Who makes yet another value of its own cannot tell a spelling from a value.
        if made is not None and _taken(make, made) in (None, made):
            return made
    return text


def stands_for_itself(entity: Entity, value: str) -> bool:
    """Whether what an entity is made of is but a spelling of its value: an address is, of a subnet it is not."""
    return entity.by is None or _taken(entity.by, value) == value


def _makers(kind: Kind, entity: Entity) -> Iterator[Maker]:
    """What may make the value of a text: first all that makes it of a field, then less and less."""
    derived = _derived(kind, entity)
    if derived is not None:
        yield derived if entity.by is None else _both(derived, entity.by)
    if entity.by is not None:
        yield entity.by
    made_by = {declared.by for declared in kind.inputs if declared.name == entity.of}
    if any(maker in _OF_DOMAINS for maker in (entity.by, *made_by)):
        yield registrable_domain


def _derived(kind: Kind, entity: Entity) -> Maker | None:
    """The function of the input that the entity is made of, if that takes one field that holds a text, or texts."""
    fields = field_names(kind.fields)
    for declared in kind.inputs:
        if declared.name == entity.of and isinstance(declared, Input) and len(declared.of) == 1:
            field = fields.get(declared.of[0])
            if field is not None and field.type == STRINGS:
                return _of_one(declared.by)
            return declared.by if field is not None and field.type == STRING else None
    return None


def _of_one(function: Maker) -> Maker:
    return lambda text: function([text])


def _both(first: Maker, then: Maker) -> Maker:
    def make(text: str) -> Any:
        made = first(text)
        return None if made is None else then(made)

    return make


def _taken(make: Maker, text: str) -> str | None:
    """What a function makes of a text; None if it does not take it."""
    try:
        made = make(text)
    except (TypeError, ValueError, AttributeError, LookupError):
        # Made for another type than text: of such entities only the value as it is shown can be given.
        return None
    return made if isinstance(made, str) and made else None
