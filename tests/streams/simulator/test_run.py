"""The simulated week: exact, repeatable, in order, valid, with attacks and late labels in it."""

import doctest
import json
import re
from collections import Counter

import pytest
from support.events import KINDS, LIMIT

import streams.simulator.run
from features.address import ip_address
from features.event import EventDecoder
from streams.simulator.run import DEFAULT_START_MS, LABEL, PERIOD_MS, Simulated, simulate
from streams.wire import decode_label

DECODERS = {name: EventDecoder(kind, LIMIT, 300) for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def week() -> list[Simulated]:
    return list(simulate(5000, seed=7))


def events(records: list[Simulated]) -> list[Simulated]:
    return [one for one in records if one.kind != LABEL]


@pytest.mark.parametrize("number", [0, 1, 2, 7, 100, 1001])
def test_there_are_exactly_as_many_events_as_asked_for(number: int) -> None:
    assert len(events(list(simulate(number, seed=3)))) == number


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(week: list[Simulated]) -> None:
    assert list(simulate(5000, seed=7)) == week
    assert list(simulate(5000, seed=8)) != week


def test_all_is_in_the_order_of_time_and_within_the_week(week: list[Simulated]) -> None:
    times = [one.time_ms for one in week]
    assert times == sorted(times)
    assert times[0] >= DEFAULT_START_MS
    assert times[-1] < DEFAULT_START_MS + PERIOD_MS


def test_every_record_decodes_and_none_has_an_id_of_another(week: list[Simulated]) -> None:
    decoded = [DECODERS[one.kind].decode(one.record) for one in events(week)]
    assert [event.time_ms for event in decoded] == [one.time_ms for one in events(week)]
    assert len({event.decision_id for event in decoded}) == 5000
    assert all(ip_address(event.data.ip) for event in decoded)


def test_no_event_has_a_field_that_its_kind_does_not_know(week: list[Simulated]) -> None:
    decoders = {name: EventDecoder(kind, LIMIT, 300) for name, kind in KINDS.items()}
    for one in events(week):
        decoders[one.kind].decode(one.record)
    assert {name: decoder.unknown_fields for name, decoder in decoders.items()} == dict.fromkeys(KINDS, 0)


def test_a_label_comes_after_its_own_event_and_carries_both_truths_by_all_finders(week: list[Simulated]) -> None:
    seen: set[str] = set()
    values: Counter[tuple[str, str]] = Counter()
    for one in week:
        if one.kind == LABEL:
            label = decode_label(one.record, LIMIT)
            assert label.decision_id in seen
            assert label.time_ms == one.time_ms
            values[label.data.label, label.data.by] += 1
        else:
            seen.add(DECODERS[one.kind].decode(one.record).decision_id)
    assert {label for label, _by in values} == {"abuse", "legit"}
    assert {by for _label, by in values} == {"user", "analyst", "honeypot"}


def test_people_sleep_share_offices_and_use_carriers(week: list[Simulated]) -> None:
    logins = [json.loads(one.record)["data"] for one in week if one.kind == "login"]
    hours = Counter(one.time_ms // 3_600_000 % 24 for one in events(week))
    assert sum(hours[hour] for hour in (1, 2, 3, 4)) < sum(hours[hour] for hour in (9, 10, 11, 12)) / 3
    by_ip: dict[str, set[str]] = {}
    for login in logins:
        by_ip.setdefault(login["ip"], set()).add(login["account"])
    offices = {ip: accounts for ip, accounts in by_ip.items() if re.match(r"100\.(9[6-9]|1\d\d)\.", ip)}
    assert max(map(len, offices.values())) > 10
    assert len({ip.rpartition(".")[0] for ip in offices}) == len(offices)
    assert sum(ip.startswith("100.") for ip in by_ip) > 100


def test_all_five_kinds_of_campaign_are_there(week: list[Simulated]) -> None:
    data = [(one.kind, json.loads(one.record)["data"]) for one in events(week)]
    assert any(kind == "signup" and fields["device"].startswith("b") for kind, fields in data)
    for start in "bst":
        assert any(kind == "login" and fields.get("device", "").startswith(start) for kind, fields in data)
    assert any(kind == "mail" and fields["recipient_count"] >= 10 for kind, fields in data if "recipients" in fields)
    assert any(kind == "mail" and fields["sender"].startswith("notice") for kind, fields in data)


def test_newcomers_come_back_and_people_get_mail(week: list[Simulated]) -> None:
    data = [(one.kind, json.loads(one.record)["data"]) for one in events(week)]
    joined = {fields["account"] for kind, fields in data if kind == "signup" and fields["device"][0] in "dp"}
    assert sum(kind == "login" and fields["account"] in joined for kind, fields in data) > 50
    honest = [fields for kind, fields in data if kind == "mail" and fields.get("dmarc") == "pass"]
    assert {fields["direction"] for fields in honest} == {"inbound"}
    assert len({fields["sender"] for fields in honest}) > 50


def test_without_attackers_there_are_people_only_and_they_are_no_saints() -> None:
    records = list(simulate(20_000, seed=7, attacks=0))
    data = [(one.kind, json.loads(one.record)["data"]) for one in records if one.kind != LABEL]
    logins = [fields for kind, fields in data if kind == "login"]
    assert len(data) == 20_000
    assert {fields["device"][0] for fields in logins if "device" in fields} == {"d", "p"}
    assert {fields["method"] for fields in logins} == {"password", "passkey", "app_password", "recovery"}
    assert 0.05 < sum(not fields["success"] for fields in logins) / len(logins) < 0.12
    signups = [fields for kind, fields in data if kind == "signup"]
    assert any(fields["form_seconds"] < 3 for fields in signups)
    assert any(fields["recovery_email"].endswith("@mailinator.com") for fields in signups)
    mails = [fields for kind, fields in data if kind == "mail"]
    assert any(fields["recipient_count"] > 10 for fields in mails)
    assert any(fields.get("dkim") == "none" for fields in mails)
    assert any("!" in fields["subject"] for fields in mails)


def test_people_do_not_move_faster_than_they_can(week: list[Simulated]) -> None:
    """Around one town a country: what is far apart within an hour is an attacker, or somebody who travels."""
    seen: dict[str, tuple[int, float]] = {}
    leaps = moves = 0
    for one in week:
        fields = json.loads(one.record)["data"] if one.kind == "login" else {}
        if fields.get("device", "-")[0] in "dp" and fields["success"]:
            before = seen.get(fields["account"])
            if before is not None and one.time_ms - before[0] < 3_600_000:
                moves += 1
                leaps += abs(fields["latitude"] - before[1]) > 1
            seen[fields["account"]] = (one.time_ms, fields["latitude"])
    assert moves > 50
    assert leaps < moves / 20


def test_the_docstring_example_runs() -> None:
    assert doctest.testmod(streams.simulator.run).failed == 0
