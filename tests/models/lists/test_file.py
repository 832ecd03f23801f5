"""A list's file: what it may say, and messages that name file and line and repeat no value."""

from __future__ import annotations

import pytest

from models.errors import RuleError
from models.lists import Entry, ListFile, read_list

GOOD = """
of = "ip"
description = "exits of a VPN"

[[entry]]
value = "192.0.2.0/24"
expires = 2026-11-21
author = "ada"
reason = "ticket 7"

[[entry]]
value = "2001:DB8::1"
expires = 2026-11-21T05:00:00+01:00
"""


def test_a_file_has_its_entries_in_order_with_who_why_and_until_when() -> None:
    midnight_ms = 1_795_219_200_000
    assert read_list("vpn_exits", GOOD, "vpn_exits.toml") == ListFile(
        name="vpn_exits",
        of="ip",
        description="exits of a VPN",
        entries=(
            Entry("192.0.2.0/24", midnight_ms, "ada", "ticket 7"),
            Entry("2001:db8::1", midnight_ms + 4 * 3_600_000),
        ),
    )


def test_numbers_are_written_as_numbers_and_protect_needs_no_type() -> None:
    asns = read_list("bad_asns", 'of = "asn"\nentry = [{value = 64500}, {value = "AS64501"}]', "x")
    assert [entry.value for entry in asns.entries] == ["64500", "64501"]
    protect = read_list("protect", '[[entry]]\nvalue = "account=root"\n', "protect.toml")
    assert (protect.of, protect.entries[0].value) == ("entity", "account=root")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x", "of = ", "x.toml: not TOML"),
        ("x", "", "x.toml: write of ="),
        ("x", 'of = "entity"', "x.toml: write of ="),
        ("protect", 'of = "ip"', "x.toml: write of ="),
        ("x", 'of = "ips"', "$.of"),
        ("x", 'of = "ip"\nentrys = []', "unknown key 'entrys': did you mean 'entry'?"),
        ("x", 'of = "ip"\n\n[[entry]]\nvalu = "secret"', "x.toml:3: unknown key 'valu': did you mean 'value'?"),
        ("x", 'of = "ip"\n\n[[entry]]\nauthor = "a"', "x.toml:3: Object missing required field `value`"),
        ("x", 'of = "ip"\n[[entry]]\nvalue = "secret"', "x.toml:2: the value is no address"),
        ("x", 'of = "ip"\n[[entry]]\nvalue = "192.0.2.7"\nexpires = "soon"', "x.toml:2: expires is no date"),
        (
            "x",
            'of = "ip"\n[[entry]]\nvalue = "192.0.2.7"\n[[entry]]\nvalue = "::ffff:192.0.2.7"',
            "x.toml:4: the value stands there twice",
        ),
        ("x", 'of = "ip"\nentry = [{value = "secret"}]', "x.toml:1: the value is no address"),
        ("x", 'of = "ip"\nentry = 7', "$.entry"),
        ("Vpn-Exits", 'of = "ip"', "x.toml: a list's name is lower case"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_without_the_value(name: str, text: str, said: str) -> None:
    with pytest.raises(RuleError) as refused:
        read_list(name, text, "x.toml")
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)
