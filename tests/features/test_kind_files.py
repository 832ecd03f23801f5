"""A mistake in a kind's file is told with file, line and remedy, when the file is loaded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from features.errors import KindError
from features.kinds import load_kinds

FILE = """\
from __future__ import annotations
from typing import Annotated
from features import shape
from features.address import ip_address
from features.aggregations import *
from features.entity import everyone
from features.kind import Account, Entity, Fields, Input, Ip, Kind, number, text

def domain(payee: str | None) -> str | None:
    return None if payee is None else payee.partition("@")[2]

class Sale(Fields, frozen=True, kw_only=True):
    account: Account
    payee: Annotated[str, text(longest=64)] | None = None
    ip: Ip | None = None
    cents: Annotated[int, number(least=0, most=10**9)] | None = None
    rate: float | None = None
    total: int | None = None
    tags: list[str] | None = None
    note: Annotated[str, text(private=True)] | None = None

KIND = Kind(
    name="sale",
    fields=Sale,
    partition_key="account",
    inputs=(
        Input("domain", ("payee",), domain),
    ),
    entities=(
        Entity("account", "account"),
        Entity("ip", "ip", ip_address, horizon="7d"),
        Entity("everyone", "account", everyone),
    ),
    features=(
        Count("account.sales", "sales", windows=("1h", "24h")),
        Distinct("account.payees", "payees", of="payee", windows=("1h",)),
        Elsewhere("ip.signups_24h", "signups", kind="signup", feature="ip.signups_24h"),
        Derived("amount", "amount", ("cents",), shape.amount),
    ),
)
"""
COUNT = '        Count("account.sales", "sales", windows=("1h", "24h")),'
INPUT = '        Input("domain", ("payee",), domain),'
ENTITY = '        Entity("ip", "ip", ip_address, horizon="7d"),'


def line_of(text: str) -> int:
    return FILE.splitlines().index(text) + 1


def refusal(folder: Path, text: str) -> str:
    (folder / "sale.py").write_text(text)
    with pytest.raises(KindError) as caught:
        load_kinds([folder])
    return str(caught.value)


def test_the_file_that_is_broken_below_is_a_kind(tmp_path: Path) -> None:
    (tmp_path / "sale.py").write_text(FILE)
    assert "sale" in load_kinds([tmp_path])


FEATURES = {
    'Count("device.sales", "s")': "'device', which is no entity; there are account, ip, everyone",
    'Count("sales", "s")': "must read '<entity>.<measure>'",
    'Count("account.more", "s", windows=("1h", "24h", "1m", "7d"))': "one to three windows, not 4",
    'Count("account.more", "s", windows=("1w",))': "duration '1w' is not a number followed by m, h or d",
    'Count("account.more", "s", windows=("30s",))': "duration '30s' is not a number followed by m, h or d",
    'Count("account.more", "s", windows=("31d",))': "'31d' is outside 1 minute to 30 days",
    'Count("account.more", "s", windows=("1h"))': "write ('1h',)",
    'Count("account.more", "s", windows=("12m", "25m"))': "choose windows that divide one another",
    'Count("ip.more", "s", windows=("30d",))': "lengthen the horizon of entity 'ip'",
    'Count("account.more", "s", where="cent > 1")': "did you mean 'cents'?\n    cent > 1\n    ^^^^",
    'Count("account.more", "s", where="cents >")': "cents >\n           ^",
    'Count("account.more", "s", where="cents == \'a\'")': "a number is compared with a string",
    'Share("account.more", "s")': "not an expression",
    'Count("account.more", "s", where="note == \'x\'")': "unknown name 'note'",
    'Sum("account.more", "s", of="payee")': "sums 'payee', which is no whole-number field",
    'Sum("account.more", "s", of="total")': "declare it with number(least=…, most=…)",
    'Distinct("account.more", "s", of="payeee")': "'payeee', which is no field and no input; there are account",
    'Distinct("account.more", "s", of="rate")': "which are fractions: derive an input that makes them whole",
    'Distinct("account.more", "s", of="payee", cap=0)': "cap is 0, allowed are 1 to 1024",
    'Distinct("account.more", "s", of="payee", windows=("1h", "2h", "3h"), cap=32), '
    'Distinct("account.more2", "s", of="payee", windows=("1h", "4h", "5h"))': "take one out, or give",
    'Novelty("account.more", "s", of="payee", cap=2000)': "cap is 2000, allowed are 1 to 1024",
    'Decayed("account.more", "s", half_life="fast")': "half-life: duration 'fast'",
    'Distance("account.more", "s", of=("cents", "rate"))': "declare number(least=-90, most=90)",
    'LoginRisk("account.more", "s")': "needs groups of parts",
    'LoginRisk("account.more", "s", ((Part("payee", 0),),))': "the weight of 'payee' is 0, and has to be above 0",
    'LoginRisk("account.more", "s", ((Part("payee", 1, "payee"),),))': "about 'payee', which is no entity",
    'LoginRisk("account.more", "s", ((Part("payee", 1),),), everyone="all")': "about 'all', which is no entity",
    'Elsewhere("ip.more", "s", kind="sign", feature="ip.signups_24h")': "'sign', which is not known; there are login",
    'Elsewhere("ip.more", "s", kind="signup", feature="ip.signups")': "no feature of kind signup that can be read",
    'Elsewhere("ip.more", "s", kind="login", feature="account.risk")': "count, sum, share",
    'Elsewhere("ip.more", "s", kind="sale", feature="account.sales_1h")': "kind 'sale', which is not known",
    'Derived("more", "s", ("nothing",), shape.amount)': "'nothing', which is no field and no input",
    'Derived("more", "s", ("cents", "payee"), shape.amount)': "cannot be called with 2 values",
    'Derived("cents", "s", ("cents",), shape.amount)': "is also a field or input: rename the feature",
    'Count("account.1st", "s", windows=("1h",))': "no name that a condition could read",
    'Derived("two words", "s", ("cents",), shape.amount)': "no name that a condition could read",
    'Count("account.sales", "again", windows=("24h",))': "'account.sales_24h' is declared twice: rename one",
}


@pytest.mark.parametrize("declared", FEATURES)
def test_a_wrong_feature_is_told_with_its_line_and_what_would_be_right(declared: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, FILE.replace(COUNT, f"{COUNT}\n\n        {declared},"))
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of(COUNT) + 2}: kind sale: ")
    assert FEATURES[declared] in told


OTHERS = {
    INPUT: {
        'Input("domain", ("iban",), domain)': "made of 'iban', which is no field; fields are account, cents",
        'Input("domain", ("note",), domain)': "made of private text, and inputs are shown",
        'Input("payee", ("payee",), domain)': "has the name of another input or field: rename it",
        'Input("is", ("payee",), domain)': "no name that a condition could read",
        'Input("domain", ("payee", "ip"), domain)': "domain cannot be called with 2 values",
        'Input("domain", ("payee",), lambda payee: payee)': "the return annotation of <lambda> has to be one of",
    },
    ENTITY: {
        'Entity("ip", "address")': "made of 'address', which is no field and no input; there are account",
        'Entity("ip", "note")': "made of private text, and verdicts name entities",
        'Entity("ip", "tags", len)': "made of 'tags', which is no text, whole number or truth value: derive an input",
        'Entity("ip", "rate")': "made of 'rate', which is no text, whole number",
        'Entity("account", "payee")': "is declared twice: rename one",
        'Entity("ip", "ip", horizon="a week")': "horizon: duration 'a week' is not a number followed by m, h or d",
        'Entity("ip", "ip", horizon="500d")': "horizon '500d' is longer than 366d",
        'Entity(by=domain, name="ip", of="addr")': "made of 'addr'",
    },
    '    partition_key="account",': {
        'partition_key="accounts"': "partition key 'accounts' is not one of its fields ['account', 'cents'",
        'partition_key="payee"': "partition key 'payee' must be a required field: give it no default",
        'partition_key="account", target="payee"': "target 'payee' is not one of its entities",
    },
    "    tags: list[str] | None = None": {
        "time_ms: int | None = None": "'time_ms' is the name of the event's own time: rename it",
    },
    '    name="sale",': {
        'name="Sale"': "a name is a lower-case identifier",
    },
}


@pytest.mark.parametrize(("line", "instead"), [(line, instead) for line, all_ in OTHERS.items() for instead in all_])
def test_what_is_wrong_elsewhere_is_told_with_its_line(line: str, instead: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, FILE.replace(line, line[: -len(line.lstrip())] + instead + ","[: line.endswith(",")]))
    at = line_of("KIND = Kind(") if 'name="Sale"' in instead else line_of(line)
    assert told.startswith(f"{tmp_path / 'sale.py'}:{at}: ")
    assert OTHERS[line][instead] in told


def test_of_two_of_one_name_the_later_one_is_told(tmp_path: Path) -> None:
    first = "        Elapsed('account.idle_s', 'idle'),"
    told = refusal(tmp_path, FILE.replace(COUNT, f"{first}\n{COUNT}\n\n{first.replace('idle,', 'other')}"))
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of(COUNT) + 3}: kind sale: feature 'account.idle_s'")


def test_a_single_feature_without_its_comma_is_told(tmp_path: Path) -> None:
    told = refusal(tmp_path, FILE.replace("    inputs=(\n" + INPUT, "    inputs=(\n" + INPUT.rstrip(",")))
    assert (
        f"sale.py:{line_of('KIND = Kind(')}: kind sale: inputs is no tuple: has a single one a comma behind" in told
    )


def test_what_is_no_feature_at_all_is_told_with_the_kinds_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, FILE.replace(COUNT, f"{COUNT}\n        (Age('account.age_s', 'age'),),"))
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of('KIND = Kind(')}: kind sale: number 2 of its features")


def test_a_name_that_is_put_together_is_told_with_the_kinds_line(tmp_path: Path) -> None:
    text = FILE.replace(COUNT, f"{COUNT}\n        *(Count(f'{{e}}.n', 'n', windows=('7w',)) for e in ['ip']),")
    told = refusal(tmp_path, text)
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of('KIND = Kind(')}: kind sale: feature 'ip.n'")


def test_an_unknown_argument_is_told_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, FILE.replace(COUNT, COUNT.replace("windows", "window")))
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of(COUNT)}: TypeError: ")
    assert "unexpected keyword argument 'window'" in told


def test_a_fault_in_a_kind_that_another_reads_is_told_of_its_own_file(tmp_path: Path) -> None:
    # Read first, in the order of names, by a kind that is sound.
    reader = FILE.replace('name="sale"', 'name="buy"').replace(
        COUNT, '        Elsewhere("account.sales", "s", kind="sale", feature="account.payees_1h"),'
    )
    (tmp_path / "buy.py").write_text(reader)
    told = refusal(tmp_path, FILE.replace(COUNT, COUNT.replace('"24h"', '"90m"')))
    assert told.startswith(f"{tmp_path / 'sale.py'}:{line_of(COUNT)}: kind sale: feature 'account.sales'")


def test_a_repaired_file_is_loaded(tmp_path: Path) -> None:
    refusal(tmp_path, FILE.replace(COUNT, COUNT.replace("1h", "1w")))
    (tmp_path / "mended.py").write_text(FILE)
    (tmp_path / "sale.py").unlink()
    assert "sale" in load_kinds([tmp_path])


def test_kinds_are_loaded_again_in_a_moment() -> None:
    load_kinds()
    started_s = time.process_time()
    load_kinds()
    assert time.process_time() - started_s < 1
