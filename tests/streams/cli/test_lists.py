"""``weir lists``: what is added is what workers know, with who, why and until when; mistakes change nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.control import Control, control_topic
from support.events import event

from streams.cli.lists import lists
from streams.standing import Asked

VPN = """
of = "ip"
description = "exits of VPNs"
[[entry]]
value = "198.51.100.0/24"
author = "eve"
reason = "public list"
"""


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "vpn_exits.toml").write_text(VPN)
    with control_topic(WEIR_RULEBOOK_FOLDERS=str(tmp_path)) as control:
        yield control


def is_in(control: Control, name: str, ip: str, in_ms: int = 0) -> bool:
    """Whether a worker finds a login's address in the list, so long from now."""
    at_ms = int(time.time() * 1000) + in_ms
    asked = Asked(frozenset({("ip", name)}))
    return bool(control.standing().facts(event("login", "1", at_ms, ip=ip), {"ip": ip}, asked).lists)


def test_what_is_added_is_known_to_workers_until_it_expires_or_is_removed(control: Control) -> None:
    words = ("--expires", "7d", "--reason", "ticket 7", "--author", "ada")
    said = control.ok(lists, "add", "vpn_exits", "192.0.2.0/24", "::ffff:203.0.113.9", *words)
    assert "2 added, 0 renewed" in said
    assert is_in(control, "vpn_exits", "192.0.2.77")
    assert is_in(control, "vpn_exits", "203.0.113.9")
    assert not is_in(control, "vpn_exits", "192.0.2.77", 8 * 86_400_000)
    assert "0 added, 1 renewed" in control.ok(lists, "add", "vpn_exits", "192.0.2.0/24")
    assert is_in(control, "vpn_exits", "192.0.2.77", 8 * 86_400_000)
    assert "1 removed" in control.ok(lists, "remove", "vpn_exits", "192.0.2.0/24")
    assert not is_in(control, "vpn_exits", "192.0.2.77")
    assert is_in(control, "vpn_exits", "203.0.113.9")


def test_one_list_is_shown_with_the_files_entries_and_those_added_live(control: Control) -> None:
    control.ok(lists, "add", "vpn_exits", "192.0.2.7", "--author", "ada", "--reason", "r7", "--expires", "2999-01-01")
    told = control.json(lists, "show", "vpn_exits")
    assert (told["list"], told["of"], told["description"]) == ("vpn_exits", "ip", "exits of VPNs")
    live, file = told["entries"]
    assert {name: live[name] for name in ("value", "from", "author", "reason", "expired")} == {
        "value": "192.0.2.7",
        "from": "live",
        "author": "ada",
        "reason": "r7",
        "expired": False,
    }
    assert live["expires_ms"] == 32_472_144_000_000
    assert (file["value"], file["from"], file["author"]) == ("198.51.100.0/24", "file", "eve")
    assert set(file["kinds"]) == {"login", "mail", "signup"}
    table = control.ok(lists, "show", "vpn_exits")
    assert "2999-01-01T00:00:00Z" in table
    assert "public list" in table


def test_all_lists_are_shown_protect_among_them(control: Control) -> None:
    control.ok(lists, "add", "bad_texts", "buy now", "--of", "text", "--description", "spam")
    listed = {one["list"]: one for one in control.json(lists, "show")}
    assert listed["protect"]["of"] == "entity"
    assert (listed["vpn_exits"]["entries"], listed["bad_texts"]["entries"]) == (1, 1)
    assert listed["bad_texts"]["description"] == "spam"
    assert "bad_texts" in control.ok(lists, "show")


def test_a_new_list_needs_its_type_and_keeps_it(control: Control) -> None:
    assert "say what it holds, as in --of ip" in control.refused(lists, "add", "bad_asns", "64500")
    control.ok(lists, "add", "bad_asns", "AS64500", "--of", "asn")
    assert "leave out --of text" in control.refused(lists, "add", "bad_asns", "x", "--of", "text")
    assert "is no number of an autonomous system" in control.refused(lists, "add", "bad_asns", "x")
    assert "leave out --of text" in control.refused(lists, "add", "vpn_exits", "x", "--of", "text")
    control.ok(lists, "remove", "bad_asns", "64500")
    assert control.json(lists, "show", "bad_asns")["of"] == "asn"
    control.ok(lists, "add", "bad_asns", "64501")
    control.ok(lists, "remove", "bad_asns", "--all")
    assert "there is no list 'bad_asns'" in control.refused(lists, "show", "bad_asns")
    assert control.now() == {}


def test_protect_takes_entities_in_any_spelling_of_theirs(control: Control) -> None:
    control.ok(lists, "add", "protect", "recovery=Jane.Doe+x@GoogleMail.com", "ip=2001:DB8::1", "ip=192.0.2.0/24")
    standing = control.standing()
    entities = {"recovery": "janedoe@gmail.com", "ip": "192.0.2.9", "account": "janedoe@gmail.com"}
    assert standing.facts(event("signup", "1"), entities, Asked()).protect == ("ip", "recovery")
    assert "there is no entity 'acount'" in control.refused(lists, "add", "protect", "acount=ada")
    assert "stands for all events" in control.refused(lists, "add", "protect", "everyone=*")
    assert "names no entity" in control.refused(lists, "add", "protect", "ada")
    assert "holds entities, as in account=root" in control.refused(lists, "add", "protect", "x=1", "--of", "ip")


def test_ten_thousand_lines_of_a_file_are_one_quick_change(control: Control, tmp_path: Path) -> None:
    file = tmp_path / "exits.txt"
    lines = [f"10.0.{n >> 8}.{n & 255} # exit {n}" for n in range(10_000)]
    file.write_text("\ufeff# exits\n\n" + "\r\n".join(lines) + "\n; end\n", encoding="utf-8")
    start_s = time.monotonic()
    assert "10000 added" in control.ok(lists, "add", "vpn_exits", "--from-file", str(file))
    assert time.monotonic() - start_s < 20
    assert is_in(control, "vpn_exits", "10.0.39.15")
    assert not is_in(control, "vpn_exits", "10.0.39.16")
    assert "10000 removed" in control.ok(lists, "remove", "vpn_exits", "--from-file", str(file))
    assert control.now() == {}


def test_a_file_with_faults_changes_nothing_and_no_line_of_it_is_repeated(control: Control, tmp_path: Path) -> None:
    file = tmp_path / "exits.txt"
    file.write_bytes(b"192.0.2.1\nsecret\n192.0.2.7/24\n\xff\n" + b"secret\n" * 9)
    said = control.refused(lists, "add", "vpn_exits", "--from-file", str(file))
    assert f"{file}:2: the value is no address" in said
    assert f"{file}:3: the value is an address within a network of /24" in said
    assert f"{file}:4: the value is no UTF-8" in said
    assert "and 7 more" in said
    assert "secret" not in said
    assert control.now() == {}


def test_texts_and_accounts_keep_what_looks_like_a_remark(control: Control) -> None:
    stdin = b"#1 seller\nbuy #now\n"
    control.ok(lists, "add", "bad_texts", "--of", "text", "--from-file", "-", stdin=stdin)
    assert [one["value"] for one in control.json(lists, "show", "bad_texts")["entries"]] == ["buy #now"]
    control.ok(lists, "add", "bad_texts", "#1 seller")
    assert len(control.json(lists, "show", "bad_texts")["entries"]) == 2


def test_removing_what_is_not_there_or_stands_in_a_file_is_said(control: Control) -> None:
    done = control.run(lists, "remove", "vpn_exits", "192.0.2.1", "198.51.100.0/24")
    assert done.exit_code == 1
    assert "0 removed" in done.stdout
    assert "1 of them still count, for they stand in the rulebook's file" in done.stderr
    assert "1 of them did not stand in the list" in done.stderr
    assert "there is no list 'vpn'" in control.refused(lists, "remove", "vpn", "192.0.2.1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("vpn_exits",), "no values"),
        (("vpn_exits", "192.0.2"), "'192.0.2' is no address and no network"),
        (("Vpn-Exits", "192.0.2.1", "--of", "ip"), "a list's name is lower case"),
        (("vpn_exits", "192.0.2.1", "--expires", "soon"), "'soon' is no duration such as 7d"),
        (("vpn_exits", "192.0.2.1", "--expires", "2020-01-01"), "2020-01-01 is past"),
        (("vpn_exits", "192.0.2.1", "--expires", "9999999d"), "beyond the year 9999"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(control: Control, words: tuple[str, ...], said: str) -> None:
    assert said in control.refused(lists, "add", *words)
    assert control.now() == {}
