"""A product is one file: what such a file may say, and that every mistake in it is told with its remedy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from support.events import CATALOGUES, KINDS

from features import shape
from features.address import ip_address, subnet
from features.aggregations import Age, Burst, Count, Derived, Distinct, Elapsed, LoginRisk, Novelty, Part, Sum
from features.catalogue import Catalogue
from features.errors import KindError
from features.event import EventDecoder
from features.kind import Account, Entity, Fields, Ip, Kind, number, text
from features.kinds import load_kinds


class Transfer(Fields, frozen=True, kw_only=True):
    account: Account
    payee: Annotated[str, text(longest=64)] | None = None
    ip: Ip | None = None
    cents: Annotated[int, number(least=0, most=10**9)] | None = None
    rate: float | None = None
    note: Annotated[str, text(private=True)] | None = None


def kind(*features: Any, **changes: Any) -> Kind:
    entities = (Entity("account", "account"), Entity("ip", "ip", ip_address, horizon="7d"))
    return Kind(
        **{
            "name": "transfer",
            "fields": Transfer,
            "partition_key": "account",
            "entities": entities,
            "features": features,
            **changes,
        }
    )


SENT = Count("account.sent", "transfers of this account", windows=("1h", "24h"))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("1", "write for example '1h'"),
        ("1w", "write for example '1h'"),
        ("0h", "write for example '1h'"),
        ("-1h", "write for example '1h'"),
        ("1h ", "write for example '1h'"),
        ("١h", "write for example '1h'"),
        ("", "write for example '1h'"),
        ("31d", "1 minute to 30 days"),
        ("9" * 30 + "d", "1 minute to 30 days"),
    ],
)
def test_a_wrong_window_is_named_with_its_remedy(written: str, says: str) -> None:
    with pytest.raises(KindError) as caught:
        Catalogue(kind(Count("account.sent", "sent", windows=(written,))))
    assert repr(written) in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        (Count("device.sent", "s"), "about 'device', which is no entity; there are account, ip"),
        (Count("sent", "s"), "must read '<entity>.<measure>'"),
        (Count("account.se nt", "s"), "must read '<entity>.<measure>'"),
        (
            Distinct("account.payees", "s", of="payeee"),
            "reads 'payeee', which is no field and no input; there are account, payee",
        ),
        (Novelty("account.new", "s", of="payeee"), "reads 'payeee', which is no field"),
        (Distinct("account.payees", "s", of="payee", cap=1025), "cap is 1025, allowed are 1 to 1024"),
        (Distinct("account.payees", "s", of="payee", cap=0), "cap is 0, allowed are 1 to 1024"),
        (Distinct("account.payees", "s", of="payee", cap=True), "cap is True, allowed are 1 to 1024: write for"),
        (Novelty("account.new", "s", of="payee", cap=2.0), "cap is 2.0, allowed are 1 to 1024"),  # type: ignore[arg-type]
        (Distinct("account.notes", "s", of="note"), "tells values of 'note' apart, which is private text"),
        (Novelty("account.new", "s", of="note"), "private text, and hashes of it would be kept: choose another"),
        (
            LoginRisk("account.risk", "s", groups=((Part("note", 1.0),),), everyone="ip"),
            "tells values of 'note' apart, which is private text",
        ),
        (
            Burst("account.burst", "s", short="24h", long="1h"),
            "the short window '24h' is longer than the long one, '1h': write short='1h', long='24h'",
        ),
        (Burst("account.burst", "s", short="60m", long="1h"), "repeat a length"),
        (Sum("account.cents", "s", of="cent"), "reads 'cent', which is no field"),
        (Sum("account.cents", "s", of="payee"), "sums 'payee', which is no whole-number field"),
        (Sum("account.cents", "s", of="rate"), "sums 'rate', which is no whole-number field"),
        (Derived("long", "s", ("nots",), shape.length), "reads 'nots', which is no field"),
        (Derived("two words", "s", ("cents",), shape.amount), "no name that a condition could read"),
        (Derived("class", "s", ("cents",), shape.amount), "no name that a condition could read"),
        (Age("account.1st", "s"), "no name that a condition could read"),
        (Count("ip.sent", "s", windows=("24h", "30d")), "lengthen the horizon of entity 'ip'"),
        (Count("account.other", "s", where="cents >"), "not an expression"),
        (Count("account.other", "s", where="cent > 1"), "did you mean 'cents'?"),
        (Count("account.other", "s", where="note == 'x'"), "unknown name 'note'"),
        (Count("account.other", "s", where="account.sent_1h > 1"), "unknown name 'account.sent_1h'"),
    ],
)
def test_a_wrong_feature_is_told_with_what_would_be_right(feature: Any, says: str) -> None:
    with pytest.raises(KindError) as caught:
        Catalogue(kind(SENT, feature))
    assert says in str(caught.value)
    assert "kind transfer" in str(caught.value)


@pytest.mark.parametrize(
    ("feature", "what"),
    [
        ("account.sent", "of type str"),
        (None, "of type NoneType"),
        (Count, "the class Count"),
        ((SENT,), "of type tuple"),
        (Entity("payee", "payee"), "of type Entity"),
    ],
)
def test_what_is_no_feature_is_told_with_its_place(feature: Any, what: str) -> None:
    with pytest.raises(KindError) as caught:
        kind(SENT, feature)
    assert f"kind transfer: number 2 of its features is {what} and no feature" in str(caught.value)
    assert "write a call such as Count(" in str(caught.value)


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(KindError, match=r"'account.sent_1h' is declared twice: rename one"):
        Catalogue(kind(SENT, Count("account.sent", "others", windows=("1h",), where="cents > 1")))
    with pytest.raises(KindError, match="'cents' is also a field or input: rename the feature"):
        Catalogue(kind(SENT, Derived("cents", "s", ("cents",), shape.amount)))
    with pytest.raises(KindError, match="'account' is also"):
        Catalogue(kind(SENT, Derived("account", "s", ("cents",), shape.amount)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "Transfer"}, "a name is a lower-case identifier"),
        ({"name": "trans-fer"}, "a name is a lower-case identifier"),
        ({"name": "verdicts"}, "Weir's own records and topics have that name: choose another"),
        ({"partition_key": "payee"}, "partition key 'payee' must be a required field"),
        ({"partition_key": "iban"}, "partition key 'iban' is not one of its fields"),
        ({"target": "payee"}, "target 'payee' is not one of its entities"),
        (
            {"entities": (Entity("account", "iban"),)},
            "made of 'iban', which is no field and no input; there are account, cents",
        ),
        ({"entities": (Entity("account", "account"), Entity("account", "payee"))}, "'account' is declared twice"),
    ],
)
def test_a_wrong_kind_is_told_with_what_would_be_right(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(KindError) as caught:
        kind(SENT, **changes)
    assert says in str(caught.value)


def test_a_feature_reads_entity_measure_and_window() -> None:
    catalogue = Catalogue(
        kind(
            SENT,
            Distinct("account.payees", "s", of="payee", windows=("24h", "1h")),
            Novelty("account.new_payee", "s", of="payee"),
            Elapsed("account.idle_s", "s"),
            Age("ip.age_s", "s"),
            Derived("amount", "s", ("cents",), shape.amount),
        )
    )
    assert catalogue.names == (
        "account.sent_1h", "account.sent_24h", "account.payees_1h", "account.payees_24h", "account.new_payee",
        "account.idle_s", "ip.age_s", "amount",
    )  # fmt: skip
    assert [info.name for info in catalogue.infos] == list(catalogue.names)


@pytest.mark.parametrize("name", KINDS)
def test_every_shipped_feature_is_named_after_its_entity_and_window_and_described(name: str) -> None:
    catalogue = CATALOGUES[name]
    entities = {entity.name for entity in KINDS[name].entities}
    ends = {60: "1m", 600: "10m", 3600: "1h", 86_400: "24h", 604_800: "7d", 2_592_000: "30d"}
    for info in catalogue.infos:
        assert info.sentence
        assert info.entity is None or (info.entity in entities and info.name.startswith(f"{info.entity}."))
        if info.aggregation in ("count", "sum", "share", "distinct"):
            assert info.window_s is not None
            assert info.name.endswith(f"_{ends[info.window_s]}")
        assert info.formula
        assert info.least is None or info.least <= info.default
        assert info.most is None or info.default <= info.most


@pytest.mark.parametrize(("name", "least", "entities"), [("signup", 40, 9), ("login", 50, 6), ("mail", 50, 8)])
def test_a_shipped_catalogue_looks_at_an_event_from_all_sides(name: str, least: int, entities: int) -> None:
    kind = KINDS[name]
    infos = Catalogue(kind, KINDS).infos
    counted = {info.entity for info in infos if info.entity is not None}
    assert len(infos) >= least
    assert counted == {entity.name for entity in kind.entities}
    assert len(counted) >= entities
    assert {info.of_kind for info in infos} > {name}
    read = {of for info in infos for of in info.inputs} | {entity.of for entity in kind.entities}
    assert {declared.name for declared in kind.inputs} <= read


CHANGES: dict[str, Kind] = {
    "window": kind(replace(SENT, windows=("1h", "7d"))),
    "condition": kind(replace(SENT, where="cents > 1")),
    "name": kind(replace(SENT, name="account.outgoing")),
    "entity": kind(replace(SENT, name="ip.sent")),
    "aggregation": kind(Sum("account.sent", SENT.sentence, of="cents", windows=SENT.windows)),
    "one more": kind(SENT, Age("account.age_s", "s")),
    "none": kind(),
    "horizon": kind(SENT, entities=(Entity("account", "account", horizon="7d"),)),
    "what an entity is made of": kind(SENT, entities=(Entity("account", "payee"),)),
    "how an entity is made": kind(SENT, entities=(Entity("account", "account", str.lower),)),
    "how an address is made": kind(SENT, entities=(Entity("account", "account"), Entity("ip", "ip", subnet))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_definition_has_another_schema_hash(change: str) -> None:
    schema = Catalogue(kind(SENT)).schema
    assert Catalogue(kind(SENT)).schema == schema
    assert Catalogue(CHANGES[change]).schema != schema


def test_order_is_part_of_the_schema() -> None:
    age = Age("account.age_s", "s")
    assert Catalogue(kind(SENT, age)).schema != Catalogue(kind(age, SENT)).schema


FILE = """
from __future__ import annotations
from features.aggregations import Count
from features.kind import Account, Entity, Fields, Kind

Price = {price}

class Sale(Fields, frozen=True, kw_only=True):
    account: Account
    price: Price | None = None

KIND = Kind(name="{name}", fields=Sale, partition_key="account", entities=(Entity("account", "account"),),
            features=(Count("account.sales", "sales", windows=("1h",)),))
"""


def write(folder: Path, file: str, name: str, price: str = "int") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(FILE.format(name=name, price=price))
    return folder


def test_kinds_are_loaded_from_further_folders_beside_those_that_ship(tmp_path: Path) -> None:
    kinds = load_kinds([write(tmp_path, "sale.py", "sale")])
    assert set(kinds) == {*KINDS, "sale"}
    assert Catalogue(kinds["sale"]).names == ("account.sales_1h",)
    assert load_kinds([tmp_path])["sale"].fields is kinds["sale"].fields


def test_files_of_one_name_in_two_folders_are_two_kinds(tmp_path: Path) -> None:
    one = write(tmp_path / "one", "sale.py", "sale", "int")
    two = write(tmp_path / "two", "sale.py", "resale", "str")
    kinds = load_kinds([one, two])
    for name, value in (("sale", 5), ("resale", "five")):
        record = {"specversion": "1.0", "id": "1", "source": "s", "type": name, "time": "2026-01-01T00:00:00Z"}
        decoder = EventDecoder(kinds[name], 1000, 300)
        made = decoder.decode(msgspec.json.encode({**record, "data": {"account": "a", "price": value}}))
        assert made.data.price == value


def test_what_begins_with_an_underscore_is_no_kind(tmp_path: Path) -> None:
    (tmp_path / "_helper.py").write_text("raise SystemError")
    assert set(load_kinds([tmp_path])) == set(KINDS)


def test_two_kinds_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KindError, match=r"mine\.py: kind 'login' is already declared in another file"):
        load_kinds([write(tmp_path, "mine.py", "login")])


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("import os\n\nx = 1 / 0\n", 3, "ZeroDivisionError"),
        ("import os\nimport nowhere_at_all\n", 2, "ModuleNotFoundError"),
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("from features.window import seconds\nx = 1\n\ny = seconds('1w')\n", 4, "write for example '1h'"),
    ],
)
def test_a_broken_file_is_named_with_its_line_each_time(tmp_path: Path, text: str, line: int, says: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    for _ in range(2):
        with pytest.raises(KindError) as caught:
            load_kinds([tmp_path])
        assert str(caught.value).startswith(f"{tmp_path / 'broken.py'}:{line}: ")
        assert says in str(caught.value)


def test_a_file_without_a_kind_and_a_folder_that_is_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(KindError, match=r"empty\.py: declares no KIND: end the file with 'KIND = Kind"):
        load_kinds([tmp_path])
    with pytest.raises(KindError, match="nowhere is not a folder of kinds: correct the setting kinds_folders"):
        load_kinds([tmp_path / "nowhere"])
