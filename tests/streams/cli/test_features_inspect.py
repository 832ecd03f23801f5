"""``weir features inspect`` shows what the store knows, in words, and never a hash."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis
from support.events import CATALOGUES, REFERENCE, T0, event

from features.entity import digest, value_hash
from features.event import Event, to_rfc3339
from features.store.contract import Observation, Position
from features.store.redis import RedisStore
from streams.cli.features import features

AT = to_rfc3339(T0 + 1_800_000)
Inspect = Callable[..., Result]


@pytest.fixture
def inspect(redis_server: str, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """Give it events, then look."""
    namespace = f"t{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("WEIR_REDIS", redis_server)
    monkeypatch.setenv("WEIR_NAMESPACE", namespace)

    def run(events: list[Event], *words: str) -> Result:
        async def fill() -> None:
            store = RedisStore(Redis.from_url(redis_server), namespace=namespace)
            observations = [
                Observation(
                    Position(one.kind.name, offset, T0),
                    one.time_ms,
                    CATALOGUES[one.kind.name].prepare(one, REFERENCE).updates,
                )
                for offset, one in enumerate(events)
            ]
            await store.observe(observations, {one.kind.name: len(events) - 1 for one in events})
            await store.close()

        asyncio.run(fill())
        return CliRunner().invoke(features, ["inspect", *words])

    return run


def kinds(done: Result) -> dict[str, dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return {one["kind"]: one for one in json.loads(done.output)["kinds"]}


def shown(kind: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in kind["features"]}


BERLIN = {"latitude": 52.52, "longitude": 13.405}
LOGINS = [
    event("login", "1", T0 - 86_400_000, account="ada", ip="192.0.2.1", device="d1", country="DE", **BERLIN),
    event("login", "2", T0, account="ada", ip="192.0.2.2", device="d2", country="DE", success=False),
    event("login", "3", T0 + 1000, account="eve", ip="192.0.2.2"),
]


def test_every_stateful_feature_of_the_actor_has_a_value_or_what_it_compares_with(inspect: Inspect) -> None:
    login = kinds(inspect(LOGINS, "account=ada", "--at", AT, "--json"))["login"]
    assert (login["first_seen"], login["last_seen"]) == (to_rfc3339(T0 - 86_400_000), to_rfc3339(T0))
    assert 0 < login["expires_in_s"] <= 31 * 86_400
    assert 300 < login["bytes"] < 2000
    features_ = shown(login)
    own = [i.name for i in CATALOGUES["login"].infos if i.entity == "account" and i.of_kind == "login"]
    assert list(features_) == own
    assert all((one["value"] is None) != (one["compared_with"] is None) for one in features_.values())
    values = {name: one["value"] for name, one in features_.items()}
    assert values["account.ips_7d"] == 2
    assert values["account.countries_7d"] == 1
    assert values["account.logins_1h"] == 1
    assert values["account.idle_s"] == 1800
    assert values["account.since_success_s"] == 88_200
    assert values["account.age_s"] == 88_200
    assert features_["account.new_device"]["compared_with"] == {"device": {"values": 2, "of_at_most": 32}}
    last = features_["account.distance_km"]["compared_with"]["last"]
    assert last == {"time": to_rfc3339(T0 - 86_400_000), **{k: pytest.approx(v) for k, v in BERLIN.items()}}
    # Only successful logins teach it.
    assert features_["account.risk"]["compared_with"]["ip"] == {"values": 1, "of_at_most": 8, "events": 1}


def test_no_hash_is_shown(inspect: Inspect) -> None:
    done = inspect(LOGINS, "account=ada", "--at", AT, "--json")
    for value in ("ada", "192.0.2.1", "d1", "DE"):
        assert str(value_hash(value)) not in done.output
        assert digest(value).hex() not in done.output


def test_an_actor_is_shown_for_each_kind_that_knows_it(inspect: Inspect) -> None:
    signups = [event("signup", "1", T0, account="new", ip="192.0.2.2")]
    both = kinds(inspect([*LOGINS, *signups], "ip=::ffff:192.0.2.2", "--at", AT, "--json"))
    assert set(both) == {"login", "signup"}
    assert {one["value"] for one in both.values()} == {"192.0.2.2"}
    assert shown(both["login"])["ip.logins_24h"]["value"] == 2
    assert shown(both["signup"])["ip.signups_24h"]["value"] == 1
    assert set(kinds(inspect([], "ip=192.0.2.2", "--kind", "signup", "--at", AT, "--json"))) == {"signup"}


def test_a_subnet_is_found_by_its_own_name_and_by_an_address(inspect: Inspect) -> None:
    for value in ("192.0.2.0/24", "192.0.2.77"):
        login = kinds(inspect(LOGINS, f"subnet={value}", "--at", AT, "--json"))["login"]
        assert shown(login)["subnet.logins_24h"]["value"] == 2
        assert login["value"] == "192.0.2.0/24"


def test_a_table_is_read_by_people(inspect: Inspect) -> None:
    done = inspect(LOGINS, "account=ada", "--at", AT)
    assert done.exit_code == 0
    assert "login: account=ada: first seen" in done.output
    assert "signup: account=ada: nothing is known" in done.output
    assert "last at 52.5200, 13.4050 on" in done.output
    assert "2 of at most 32 values of device" in done.output
    assert "failed logins of this account in 24h" in done.output


def test_a_time_before_the_last_event_is_said(inspect: Inspect) -> None:
    done = inspect(LOGINS, "account=ada", "--at", to_rfc3339(T0 - 60_000))
    assert "windows end there" in done.output


def test_nothing_known_ends_with_1(inspect: Inspect) -> None:
    done = inspect(LOGINS, "account=nobody")
    assert done.exit_code == 1
    assert "login: account=nobody: nothing is known" in done.output
    as_json = inspect([], "account=nobody", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.output)["kinds"] == []


def test_beyond_its_horizon_an_actor_is_not_known_though_its_key_stays_for_a_while(inspect: Inspect) -> None:
    done = inspect(LOGINS, "account=ada", "--at", to_rfc3339(T0 + 31 * 86_400_000))
    assert done.exit_code == 1
    assert "not seen for so long" in done.output


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["account"], "account=ada"),
        (["account="], "account=ada"),
        (["phone=1"], "there is no entity 'phone'"),
        (["account=ada", "--at", "noon"], "2026-11-21T05:00:00Z"),
        (["account=ada", "--kind", "sms"], "there is no kind 'sms'"),
    ],
)
def test_what_cannot_be_looked_up_says_what_can(words: list[str], remedy: str) -> None:
    done = CliRunner().invoke(features, ["inspect", *words])
    assert done.exit_code != 0
    assert remedy in done.output + str(done.exception)


def test_a_store_that_is_away_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_REDIS", "redis://127.0.0.1:1/0")
    done = CliRunner().invoke(features, ["inspect", "account=ada"])
    assert done.exit_code == 2
    assert "WEIR_REDIS" in done.output
