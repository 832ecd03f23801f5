"""Whoever asks for an actor by another spelling gets the value that its events have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.events import CATALOGUES, KINDS, REFERENCE, T0, event
from support.traffic import traffic

from features.address import email_domain
from features.event import EventDecoder, open_envelope
from features.kind import Entity, Input, Kind
from features.spelling import canonical

MAILBOX = "Jane.Doe+shop@GoogleMail.com"


def entity_of(kind: Kind, name: str) -> Entity:
    return next(entity for entity in kind.entities if entity.name == name)


@pytest.mark.parametrize(
    ("kind", "entity", "written", "data"),
    [
        ("signup", "recovery", MAILBOX, {"recovery_email": MAILBOX}),
        ("signup", "domain", "mail.EXAMPLE.co.uk", {"recovery_email": "ada@mail.EXAMPLE.co.uk"}),
        ("signup", "domain", "Ada@EXAMPLE.com", {"recovery_email": "Ada@EXAMPLE.com"}),
        ("mail", "domain", "EXAMPLE.com", {"sender": "ada@EXAMPLE.com"}),
        ("mail", "sender", "Ada@EXAMPLE.com", {"sender": "Ada@EXAMPLE.com"}),
        ("mail", "url_domain", "www.a.com", {"url_domains": ["www.a.com", "b.com"]}),
        ("mail", "url_domain", "bücher.example", {"url_domains": ["bücher.example"]}),
        ("mail", "recipient_domain", "Mail.EXAMPLE.com", {"recipients": ["eve@Mail.EXAMPLE.com"]}),
        ("mail", "recipient_domain", "eve@Mail.EXAMPLE.com", {"recipients": ["eve@Mail.EXAMPLE.com"]}),
        ("mail", "subject", "Re: Invoice 4711!", {"subject": "Re: Invoice 4711!"}),
        ("login", "ip", "::ffff:192.0.2.7", {"ip": "::ffff:192.0.2.7"}),
        ("login", "subnet", "192.0.2.7", {"ip": "192.0.2.7"}),
        ("login", "account", "Ada", {"account": "Ada"}),
    ],
)
def test_a_spelling_is_taken_as_an_event_that_has_it(kind: str, entity: str, written: str, data: Any) -> None:
    made = CATALOGUES[kind].prepare(event(kind, "1", T0, **data), REFERENCE).entities[entity]
    assert canonical(KINDS[kind], entity_of(KINDS[kind], entity), written) == made


def test_every_value_that_verdicts_show_is_taken_as_it_is() -> None:
    met = set()
    decoders = {name: EventDecoder(kind, 2**20, 10**12) for name, kind in KINDS.items()}
    for line in traffic(5, 500, T0):
        kind = open_envelope(line, 2**20).type
        if kind in KINDS:
            entities = CATALOGUES[kind].prepare(decoders[kind].decode(line), REFERENCE).entities
            for name, value in entities.items():
                assert canonical(KINDS[kind], entity_of(KINDS[kind], name), value) == value
                met.add((kind, name))
    assert {("signup", "recovery"), ("mail", "domain"), ("mail", "url_domain"), ("login", "subnet")} < met


def reversed_text(text: str | None) -> str | None:
    return None if text is None else text[::-1]


def test_a_function_that_would_change_its_own_values_is_left_aside() -> None:
    made = Entity("device", "backwards")
    kind = replace(KINDS["login"], inputs=(Input("backwards", ("device",), reversed_text),), entities=(made,),
                   features=(), target="device")  # fmt: skip
    assert canonical(kind, made, "abc") == "abc"


def test_an_entity_of_an_input_that_has_a_function_too_goes_through_both() -> None:
    mailbox = Input("mailbox", ("device",), str.strip)
    made = Entity("host", "mailbox", email_domain)
    kind = replace(KINDS["login"], inputs=(mailbox,), entities=(made,), features=(), target="host")
    assert canonical(kind, made, " ada@Mail.EXAMPLE.com ") == "example.com"
    assert canonical(kind, made, "Mail.EXAMPLE.com") == "example.com"
