"""A verdict is explained in words, from a file and from Elasticsearch alike."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch
from river import tree
from support.deciding import bundle_of
from support.events import CATALOGUES, KINDS, REFERENCE, T0, event, record
from support.served import declared, fresh, served
from support.verdicts import headers

from features.event import to_rfc3339
from models.band import Band
from models.bundle import Bundle, compile_bundle, load_bundle
from models.errors import RuleError
from models.facts import Facts
from models.judge import Case, judge
from models.policy import Escalation, Policy
from models.registry import Manifest, Registry
from models.scorers import Batch
from models.scorers.river import as_scorer
from models.verdict import Verdict, decode, encode
from streams.cli.main import weir
from streams.explain.elastic import ElasticRecords, verdict_of
from streams.explain.explanation import explain
from streams.explain.file import FileRecords
from streams.explain.records import Records, moment_of, nearest
from streams.explain.told import Explanation
from streams.explain.words import lines
from streams.offline.verify import ModelVersions
from streams.settings import Settings
from streams.sinks import bulk
from streams.sinks.document import Documents
from streams.sinks.ecs import ecs_paths
from streams.sinks.template import install

LOGIN = CATALOGUES["login"]
HOUR_MS = 3_600_000
GOLDEN = Path(__file__).parent / "golden" / "explanation.txt"
POLICY = Policy(
    bands=(Band("review", 0.5),),
    expires_s={"block": 86_400},
    escalation=(Escalation("challenge", 3, "24h", "block"),),
)


def a_bundle() -> Bundle:
    bundle = bundle_of(
        POLICY,
        ("failures", "account.failures_1h >= 10 and not success", "challenge"),
        ("abroad", "country != 'AT'", "block"),
        ("many", "account.logins_1h >= 30 and not success", "throttle"),
        ("some", "ip.accounts_1h >= 8", "review"),
        ("compromised", "'compromised' in labels.account", "block"),
    )
    ((path, text),) = bundle.text.rules.items()
    text = text.replace('reason = "as told"', 'reason = "{account.failures_1h} failures in an hour"', 1)
    text = text.replace('id = "compromised"', 'id = "compromised"\nmode = "shadow"')
    return replace(compile_bundle(msgspec.structs.replace(bundle.text, rules={path: text}), LOGIN), policy=POLICY)


BUNDLE = a_bundle()
FACTS = Facts(
    labels={"account": ("compromised",)},
    snoozed=("abroad",),
    escalation={"challenge": ("0" * 31 + "1", "0" * 31 + "2")},
)
VALUES = {"account.failures_1h": 12, "account.logins_1h": 24, "ip.accounts_1h": 6}


def find(kind: str, bundle_hash: str) -> Bundle:
    if bundle_hash != BUNDLE.hash:
        raise RuleError(f"there is no bundle {bundle_hash}")
    return BUNDLE


def made(name: str, time_ms: int, models: Any = (), facts: Facts | None = None, **data: Any) -> bytes:
    fields = {"success": False, "country": "DE", "ip": "192.0.2.1", "latitude": 48.2, "longitude": 16.4} | data
    one = event("login", name, time_ms, **fields)
    vector = [VALUES.get(column, 0) for column in LOGIN.names]
    case = Case(one, LOGIN.named(LOGIN.prepare(one, REFERENCE)), vector, facts or Facts(), 60.5, ("late",))
    return encode(judge([case], LOGIN, BUNDLE, models, "ref")[0].verdict)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def story(registry: Path) -> list[bytes]:
    """One decision of interest, its correction, and others about the same account and about another one."""
    scorers = fresh("login", min_labels=1)
    rows = [[float(number) if name == "account.failures_1h" else 1.0 for name in LOGIN.names] for number in range(10)]
    batch = Batch.of(LOGIN.names, rows)
    versions = {}
    for name, scorer in scorers.items():
        scorer.learn(batch, [number > 4 for number in range(10)] if scorer.learns_from == "labels" else None)
        manifest = Manifest(model=name, kind="login", schema=LOGIN.schema, learned=10, made_ms=1)
        versions[name] = Registry(registry).save(manifest, scorer, b"").version
    main = made("main", T0, served("login", scorers, versions), FACTS)
    verdict = decode(main)
    corrected = msgspec.structs.replace(
        verdict.data, action="allow", reasons=(), policy=(), corrects=verdict.id,
        facts=msgspec.structs.replace(FACTS, snoozed=("abroad", "failures")), digest=msgspec.UNSET,
    )  # fmt: skip
    return [
        made("long-before", T0 - 25 * HOUR_MS),
        made("before", T0 - HOUR_MS, country="AT"),
        main,
        made("other", T0 + 1000, account="bob"),
        made("after", T0 + 2 * HOUR_MS, success=True, country="AT"),
        encode(msgspec.structs.replace(verdict, id="c" * 32, data=corrected)),
        made("long-after", T0 + 25 * HOUR_MS),
    ]


@pytest.fixture(params=["file", pytest.param("elastic", marks=pytest.mark.services)])
def records(request: pytest.FixtureRequest, story: list[bytes], tmp_path: Path) -> Iterator[Records]:
    if request.param == "file":
        path = tmp_path / "verdicts.ndjson"
        path.write_bytes(b"\n".join([b"{no verdict}", *story, story[2]]))
        yield FileRecords(path)
        return
    services = request.getfixturevalue("services")
    settings = Settings(elasticsearch=services.elasticsearch, namespace=f"t{uuid.uuid4().hex[:8]}")
    with Elasticsearch(services.elasticsearch) as client:
        fill(client, settings, story)
        yield ElasticRecords(client, settings, KINDS)


def fill(client: Elasticsearch, settings: Settings, story: Sequence[bytes]) -> None:
    install(client, settings, KINDS)
    documents = Documents(settings.namespace, KINDS)
    outcome = bulk.write(client, [documents.build(one, headers(number), T0) for number, one in enumerate(story)])
    assert all(answer.created for answer in outcome.answers)
    client.indices.refresh(index=f"{settings.namespace}-*")


def main_of(story: list[bytes]) -> Verdict:
    return decode(story[2])


def test_a_decision_is_found_by_its_id_and_by_its_events(records: Records, story: list[bytes]) -> None:
    main = main_of(story)
    assert plain(records.by_decision(main.id)) == plain(main)
    (by_event,) = records.by_event("main", None, None)
    assert plain(by_event) == plain(main)
    assert len(records.by_event("main", "test", "login")) == 1
    assert records.by_event("main", "elsewhere", None) == []
    assert records.by_event("main", None, "mail") == []
    assert records.by_decision("f" * 32) is None
    assert [one.id for one in records.corrections(main.id)] == ["c" * 32]


def plain(verdict: Verdict | None) -> Any:
    """The order of an event's fields is not kept in a document, nor is the digest read."""
    assert verdict is not None
    whole = msgspec.to_builtins(verdict)
    whole["data"].pop("digest", None)
    return whole


def test_history_is_what_was_decided_about_the_same_target_within_a_day(records: Records, story: list[bytes]) -> None:
    history = records.history(main_of(story), 24 * HOUR_MS, 10)
    assert history.total == 4
    told = [(one.time, one.action, one.reason, bool(one.corrects)) for one in history.moments]
    assert sorted(told) == sorted(
        [
            (to_rfc3339(T0 - HOUR_MS), "challenge", "12 failures in an hour", False),
            (to_rfc3339(T0), "block", "12 failures in an hour", False),
            (to_rfc3339(T0), "allow", "", True),
            (to_rfc3339(T0 + 2 * HOUR_MS), "allow", "", False),
        ]
    )
    assert [one.time for one in history.moments] == sorted(one.time for one in history.moments)
    few = records.history(main_of(story), 24 * HOUR_MS, 2)
    assert (few.total, len(few.moments)) == (4, 2)


def explanation(records: Records, verdict: Verdict, registry: Path) -> Explanation:
    return explain(verdict, records, CATALOGUES, find, ModelVersions(registry, declared(1)))


def test_everything_that_explains_a_decision_is_said_in_words(
    records: Records, story: list[bytes], registry: Path
) -> None:
    told = explanation(records, main_of(story), registry)
    text = "\n".join(lines(told)) + "\n"
    for score in told.scores:
        text = text.replace(score.score.version, "<version>")
    same = {"\n  > " + to_rfc3339(T0), "\n    " + to_rfc3339(T0)}
    ours = [line for line in text.splitlines() if not any(line.startswith(one.strip("\n")) for one in same)]
    golden = GOLDEN.read_text().splitlines()
    assert ours == [line for line in golden if not any(line.startswith(one.strip("\n")) for one in same)]
    # At one moment there is no order.
    assert sorted(text.splitlines()) == sorted(golden)
    assert msgspec.json.decode(msgspec.json.encode(told), type=Explanation) == told


def test_a_correction_says_what_it_takes_the_place_of(records: Records, story: list[bytes], registry: Path) -> None:
    correction = records.by_decision("c" * 32)
    assert correction is not None
    text = "\n".join(lines(explanation(records, correction, registry)))
    assert f"takes the place of the decision {main_of(story).id}" in text
    assert (
        "rule failures would ask for challenge, and is silent: it was snoozed for one of the entities, or reverted"
        in text
    )


def test_without_rules_and_models_the_rest_is_explained(records: Records, story: list[bytes], tmp_path: Path) -> None:
    verdict = main_of(story)
    gone = msgspec.structs.replace(verdict, data=msgspec.structs.replace(verdict.data, bundle="gone"))
    text = "\n".join(lines(explanation(records, gone, tmp_path / "nothing")))
    assert "not known: there is no bundle gone" in text
    assert text.count("its version is not in this registry") == 2
    assert "rule failures asks for challenge: 12 failures in an hour" in text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_document_is_its_verdict_again(kind: str) -> None:
    catalogue = CATALOGUES[kind]
    one = event(kind, "e", T0, ip="192.0.2.1")
    case = Case(one, catalogue.named(catalogue.prepare(one, REFERENCE)), [1] * len(catalogue.names), FACTS, 1.5, ())
    bundle = load_bundle(catalogue)
    verdict = decode(encode(judge([case], catalogue, bundle, (), "r")[0].verdict))
    body = Documents("weir", KINDS).build(encode(verdict_without_digest(verdict)), headers(), 0).body
    paths = {name: ecs_paths(each) for name, each in KINDS.items()}
    assert plain(verdict_of(msgspec.json.decode(body), paths)) == plain(verdict)


def verdict_without_digest(verdict: Verdict) -> Verdict:
    return msgspec.structs.replace(verdict, data=msgspec.structs.replace(verdict.data, digest=msgspec.UNSET))


def test_the_nearest_moments_are_taken_from_both_sides(story: list[bytes]) -> None:
    template = moment_of(main_of(story))
    moments = [msgspec.structs.replace(template, time=to_rfc3339(T0 + n * 1000)) for n in range(10)]
    for at, most, expected in (
        (4, 4, [3, 4, 5, 6]),
        (0, 4, [0, 1, 2, 3]),
        (9, 4, [6, 7, 8, 9]),
        (1, 100, list(range(10))),
    ):
        found = nearest(moments, to_rfc3339(T0 + at * 1000), most)
        assert [moments.index(one) for one in found] == expected


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIR_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("WEIR_ELASTICSEARCH", "http://127.0.0.1:1")
    monkeypatch.setenv("WEIR_REGISTRY", str(tmp_path / "registry"))
    events, verdicts = tmp_path / "events.ndjson", tmp_path / "verdicts.ndjson"
    made_ = [record("login", f"e{n}", T0 + n * 1000, success=False, account="ada\x1b[2J") for n in range(15)]
    events.write_bytes(b"\n".join([*made_, record("signup", "e3", T0, account="ada\x1b[2J")]))
    done = CliRunner().invoke(weir, ["replay", "--events", str(events), "--out", str(verdicts)])
    assert done.exit_code == 0, done.output
    return verdicts


def test_the_command_explains_by_decision_or_event_and_says_which_there_are(file: Path) -> None:
    ids = [decode(line).id for line in file.read_bytes().splitlines()]
    for words in ([ids[14]], ["e14"], ["e14", "--source", "test", "--kind", "login"]):
        done = CliRunner().invoke(weir, ["explain", *words, "--file", str(file)])
        assert done.exit_code == 0, done.output
        assert f"decision {ids[14]}: " in done.stdout
        assert "16 verdicts about account=ada" in done.stdout
        assert "\x1b" not in done.stdout
    told = json.loads(CliRunner().invoke(weir, ["explain", ids[14], "--file", str(file), "--json"]).stdout)
    assert (told["id"], told["history"]["total"]) == (ids[14], 16)

    several = CliRunner().invoke(weir, ["explain", "e3", "--file", str(file)])
    assert several.exit_code == 1
    assert "--kind login --source test; --kind signup --source test" in several.stderr
    assert CliRunner().invoke(weir, ["explain", "e3", "--kind", "signup", "--file", str(file)]).exit_code == 0
    nothing = CliRunner().invoke(weir, ["explain", "f" * 32, "--file", str(file)])
    assert nothing.exit_code == 1
    assert "has no verdict of this id" in nothing.stderr


def test_an_elasticsearch_that_is_away_is_said(file: Path) -> None:
    done = CliRunner().invoke(weir, ["explain", "e3"])
    assert done.exit_code == 2
    assert "is WEIR_ELASTICSEARCH right? A file of verdicts does too: --file" in done.stderr


def test_a_model_that_has_learned_and_reads_nothing_that_matters_here_is_not_called_untaught(tmp_path: Path) -> None:
    scorer = as_scorer(tree.HoeffdingTreeClassifier(), LOGIN.names, 1)
    scorer.learn(Batch.of(LOGIN.names, [[1.0] * len(LOGIN.names)] * 4), [True, False, True, False])
    manifest = Manifest(model="login.logistic", kind="login", schema=LOGIN.schema, learned=4, made_ms=1)
    versions = {"login.logistic": Registry(tmp_path).save(manifest, scorer, b"").version}
    path = tmp_path / "verdicts.ndjson"
    path.write_bytes(made("main", T0, served("login", {"login.logistic": scorer}, versions)))
    told = explain(
        decode(path.read_bytes()), FileRecords(path), CATALOGUES, find, ModelVersions(tmp_path, declared(1))
    )
    assert "nothing that it reads changes this score" in "\n".join(lines(told))
