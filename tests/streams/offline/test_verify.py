"""Verdicts are made once more: what is as it was made is proven, and one altered byte is found."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.deciding import bundle_of
from support.events import CATALOGUES, REFERENCE, T0, event
from support.served import declared, fresh, served, teach
from support.verdicts import replaced

from models.band import Band
from models.bundle import Bundle
from models.errors import RuleError
from models.facts import Facts
from models.judge import Case, judge
from models.learning.calibration import Calibration
from models.policy import Policy
from models.registry import Manifest, Registry
from models.verdict import Verdict, decode, encode
from streams.offline.verify import Finding, ModelVersions, Verifier
from streams.offline.verify.differences import Difference, differences

LOGIN = CATALOGUES["login"]
CALIBRATION = Calibration(1.5, 0.75, 0.25)
BUNDLE = bundle_of(
    Policy(bands=(Band("review", 0.5),), expires_s={"block": 3600}), ("often", "account.logins_1h >= 10", "block")
)
# What anybody may have written into an input is not found by judging again, if he also made a digest for it.
MADE_ANEW = ("id", "action", "target", "score", "scores", "reasons", "policy", "expires_at", "entities", "text")


def find(kind: str, bundle_hash: str) -> Bundle:
    if bundle_hash != BUNDLE.hash:
        raise RuleError(f"there is no bundle {bundle_hash}")
    return BUNDLE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def records(folder: Path) -> list[bytes]:
    """Verdicts of models that have learned, and stand in the registry."""
    scorers = fresh("login")
    teach(scorers, [[float(number % 3)] * len(LOGIN.names) for number in range(8)], "login")
    registry = Registry(folder)
    versions = {}
    for name, scorer in scorers.items():
        manifest = Manifest(
            model=name,
            kind="login",
            schema=LOGIN.schema,
            learned=scorer.learned,
            made_ms=1,
            calibration=CALIBRATION,
        )
        versions[name] = registry.save(manifest, scorer, b"").version
    models = tuple(replace(model, calibration=CALIBRATION) for model in served("login", scorers, versions))
    made = []
    for number in range(40):
        one = event("login", f"e{number}", T0 + number, ip="192.0.2.1", user_agent="Mozilla/5.0", country="AT")
        vector = [number % 15 if name == "account.logins_1h" else (number * 7) % 5 for name in LOGIN.names]
        facts = Facts(freeze="review", protect=("ip",)) if number % 13 == 5 else Facts()
        case = Case(one, LOGIN.named(LOGIN.prepare(one, REFERENCE)), vector, facts, 3600.5, ("late",))
        made.append(encode(judge([case], LOGIN, BUNDLE, models, REFERENCE.version)[0].verdict))
    assert {decode(one).data.action for one in made} >= {"allow", "block"}
    return made


def verifier(folder: Path) -> Verifier:
    return Verifier(CATALOGUES, find, ModelVersions(folder, declared()), REFERENCE)


def fields_of(finding: Finding | None) -> list[str]:
    assert finding is not None
    return [one.field for one in finding.differences]


def test_what_was_made_by_these_rules_and_models_is_proven_in_full(records: list[bytes], folder: Path) -> None:
    check = verifier(folder)
    assert [check.verify(one) for one in records] == [None] * 40
    assert check.report.proven
    assert (check.report.verdicts, check.report.in_full, check.report.from_scores) == (40, 40, 0)


def test_without_its_models_a_verdict_is_proven_from_its_recorded_scores_on(
    records: list[bytes], tmp_path: Path
) -> None:
    check = verifier(tmp_path / "nothing")
    assert [check.verify(one) for one in records] == [None] * 40
    assert check.report.proven
    assert (check.report.in_full, check.report.from_scores) == (0, 40)
    assert not (tmp_path / "nothing").exists()
    # The score is believed, and what comes of it is not.
    assert fields_of(check.verify(encode(replaced(records[0], score=0.75)))) == ["data.policy[0]"]


def test_one_altered_byte_anywhere_is_found(records: list[bytes], folder: Path) -> None:
    check = verifier(folder)
    record = records[11]
    chance = random.Random(5)
    for at in range(len(record)):
        altered = bytearray(record)
        altered[at] ^= chance.randrange(1, 256)
        finding = check.verify(bytes(altered))
        assert finding is not None, at
        assert not finding.intact
    assert not check.report.proven
    assert check.report.in_full == 0


def test_an_altered_byte_that_got_a_new_digest_is_found_where_judging_comes_to_something_else(
    records: list[bytes], folder: Path
) -> None:
    check = verifier(folder)
    found = tried = 0
    for made in records[10:15]:
        plain = msgspec.json.decode(made)
        for path, value in leaves(plain):
            if path[-1] == "digest" or not set(path) & set(MADE_ANEW) or "event" in path:
                continue
            for other in ("x", 7, 0.123, None, [], "allow", "champion", value * 2 if value else 1):
                if other == value:
                    continue
                try:
                    forged = encode(msgspec.convert(put(plain, path, other), Verdict))
                except msgspec.ValidationError:
                    continue
                tried += 1
                finding = check.verify(forged.replace(b',"digest":null', b""))
                # The version of a model that is not there leaves its score as it is recorded.
                found += finding is not None or path[-1] in ("version", "model")
    assert found == tried > 400


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, (dict, list)) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for name, below in items for leaf in leaves(below, (*path, name))]
    return [(path, value)]


def put(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(whole))
    copy["data"].pop("digest", None)
    node = copy
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value
    return copy


def test_every_difference_is_shown_field_by_field(records: list[bytes], folder: Path) -> None:
    check = verifier(folder)
    record = next(one for one in records if decode(one).data.action == "block")
    (reason,) = decode(record).data.reasons
    score = decode(record).data.score
    forged = encode(
        replaced(
            record,
            action="allow",
            score=None,
            reasons=(msgspec.structs.replace(reason, observed={"account.logins_1h": 9}),),
            expires_at=msgspec.UNSET,
        )
    )
    finding = check.verify(forged)
    assert finding is not None
    assert finding.intact
    assert finding.differences == (
        Difference("data.action", '"allow"', '"block"'),
        Difference("data.score", "null", str(score)),
        Difference(
            "data.reasons[0].observed.account.logins_1h", "9", str(decode(record).data.features["account.logins_1h"])
        ),
        Difference("data.expires_at", "absent", finding.differences[3].recomputed),
    )
    assert (check.report.different, check.report.not_intact) == (1, 0)


def test_a_forged_target_is_found_also_where_other_reference_data_looked_up_the_rest(
    records: list[bytes], folder: Path
) -> None:
    check = verifier(folder)
    entities = decode(records[0]).data.entities
    for reference in (REFERENCE.version, "another"):
        forged = encode(replaced(records[0], reference=reference, entities={**entities, "account": "eve"}))
        assert fields_of(check.verify(forged)) == ["data.entities.account"]
        looked_up = encode(replaced(records[0], reference=reference, entities={**entities, "agent": "Odd/OS"}))
        assert (check.verify(looked_up) is None) is (reference == "another")


def test_a_verdict_of_other_feature_definitions_needs_only_what_it_records(
    records: list[bytes], folder: Path
) -> None:
    check = verifier(folder)
    features = {**decode(records[0]).data.features, "account.given_up": 3}
    assert check.verify(encode(replaced(records[0], schema="older", features=features))) is None
    assert (check.report.other_schema, check.report.in_full) == (1, 1)


def test_verdicts_whose_rules_are_gone_are_not_proven(records: list[bytes], folder: Path) -> None:
    check = verifier(folder)
    other = encode(replaced(records[0], bundle="gone"))
    kindless = encode(
        replaced(records[0], event=msgspec.structs.replace(decode(records[0]).data.event, kind="parcel"))
    )
    for one in (other, other, kindless):
        finding = check.verify(one)
        assert finding is not None
        assert finding.unverified
    assert check.verify(b"{}") is not None
    assert check.verify(b"\xff") is not None
    assert (check.report.broken, check.report.unverified.total()) == (2, 3)
    assert check.report.unverified["there is no bundle gone"] == 2
    assert not check.report.proven


def test_a_correction_is_proven_by_itself(records: list[bytes], folder: Path) -> None:
    check = verifier(folder)
    record = next(one for one in records if decode(one).data.action == "block")
    before = decode(record)
    allowed = replaced(
        record, corrects=before.id, facts=Facts(snoozed=("often",)), action="review", reasons=(),
        policy=before.data.policy[1:], expires_at=msgspec.UNSET,
    )  # fmt: skip
    correction = encode(msgspec.structs.replace(allowed, id="0" * 32))
    assert check.verify(correction) is None
    assert check.report.corrections == 1
    other = replaced(correction, corrects="1" * 32)
    assert fields_of(check.verify(encode(other))) == ["data.corrects"]


def test_an_altered_model_is_not_used_and_is_named(records: list[bytes], folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "registry"
    shutil.copytree(folder, copy)
    for path in copy.glob("weights/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    versions = ModelVersions(copy, declared())
    check = Verifier(CATALOGUES, find, versions, REFERENCE)
    assert check.verify(records[0]) is None
    assert check.report.from_scores == 1
    assert any("was altered" in why for why in versions.faults.values())


@given(st.binary(max_size=300))
def test_no_record_stops_verifying(record: bytes) -> None:
    assert Verifier({}, find, ModelVersions(Path("/nonexistent"), declared()), REFERENCE).verify(record) is not None


json_ = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(json_, json_)
def test_records_without_a_difference_are_the_same_bytes(one: Any, other: Any) -> None:
    first, second = msgspec.json.encode({"data": one}), msgspec.json.encode({"data": other})
    assert bool(differences(first, second)) is (first != second)
    assert differences(first, first) == []


def test_the_same_content_in_another_spelling_differs_at_a_byte() -> None:
    assert differences(b'{"a":1,"b":2}', b'{"a":1, "b":2}') == [
        Difference("byte 7", '"{\\"a\\":1,\\"b\\":2}"', '"{\\"a\\":1, \\"b\\":2}"')
    ]
