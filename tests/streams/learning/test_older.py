"""Decisions that are not remembered, from a real Elasticsearch: as they were, and never waited for long."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from support.verdicts import T0, headers, verdict

from features.event import decision_id
from features.kinds import load_kinds
from models.learning.decisions import Origin, decode_decision
from streams.learning import older as module
from streams.learning.older import Older
from streams.settings import Settings
from streams.sinks.document import Documents
from streams.sinks.template import install

LATER = T0 + 1_000_000


class Indexed:
    """Verdicts in indices of their own."""

    def __init__(self, services: Any) -> None:
        namespace = f"older{uuid.uuid4().hex[:8]}"
        self.settings = Settings(namespace=namespace, elasticsearch=services.elasticsearch)
        self.elastic = Elasticsearch(services.elasticsearch)
        install(self.elastic, self.settings, load_kinds())

    def add(self, *names: str, **data: Any) -> None:
        documents = Documents(self.settings.namespace, load_kinds())
        for name in names:
            document = documents.build(verdict(name, **data), headers(), T0)
            self.elastic.index(index=document.index_name, id=document.id, document=json.loads(document.body))
        self.elastic.indices.refresh(index=f"{self.settings.namespace}-*")


@pytest.fixture
def indexed(services: Any) -> Indexed:
    return Indexed(services)


@pytest.mark.services
def test_a_decision_comes_back_as_its_verdict_has_it(indexed: Indexed) -> None:
    features = {"ip.failures_1h": 30.0, "account.share_7d": 0.1 + 0.2, "succeeded": 1.0}
    indexed.add("a", features=features)
    name = decision_id("login", "test", "a")
    (found,) = Older(indexed.settings, []).find([name], LATER).values()
    expected = decode_decision(verdict("a", features=features), Origin("login", "", 3, 7))
    assert found == expected
    assert found.warming == ("login.logistic",)


@pytest.mark.services
def test_what_was_appended_later_than_the_log_reaches_back_is_left_to_the_log(indexed: Indexed) -> None:
    indexed.add("a", "b")
    names = [decision_id("login", "test", name) for name in ("a", "b", "unknown")]
    older = Older(indexed.settings, [])
    assert older.find(names, T0) == {}
    assert set(older.find(names, T0 + 1)) == set(names[:2])
    assert set(older.find(names, None)) == set(names[:2])


@pytest.mark.services
def test_where_nothing_was_ever_indexed_nothing_is_found(services: Any) -> None:
    settings = Settings(namespace="nobody", elasticsearch=services.elasticsearch)
    assert Older(settings, []).find(["0" * 32], None) == {}


def test_an_elasticsearch_that_is_away_is_left_alone_for_a_while() -> None:
    settings = Settings(namespace="away", elasticsearch="http://127.0.0.1:9")
    older = Older(settings, [])
    begun_s = time.monotonic()
    for _ in range(100):
        assert older.find(["0" * 32], None) == {}
    assert time.monotonic() - begun_s < 5


@pytest.mark.services
def test_who_waits_is_asked_about_again_until_he_is_found(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_AGAIN_S", 0.05)
    name, gone = decision_id("login", "test", "late"), "0" * 32
    older = Older(indexed.settings, [gone])
    older.wait_for(name)
    waiting: list[dict[str, Any]] = [{name: []}]
    assert older.again(waiting, LATER) == []
    time.sleep(0.1)
    assert older.again(waiting, LATER) == []
    indexed.add("late")
    found: list[str] = []
    deadline_s = time.monotonic() + 10
    while not found and time.monotonic() < deadline_s:
        found += [one.id for one in older.again(waiting, LATER)]
    assert found == [name]
    # Nobody is asked about twice once he was found, nor when nothing waits for him any more.
    time.sleep(0.5)
    assert older.again(waiting, LATER) == []
