"""What each answer of Elasticsearch means for a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from elastic_transport import ApiResponseMeta, ConnectionTimeout, HttpHeaders, NodeConfig
from elasticsearch import ApiError, Elasticsearch

from streams.sinks import bulk
from streams.sinks.document import Document

DOCUMENTS = [Document("weir-verdicts-2026.11.21", f"id-{number}", b'{"n":1}') for number in range(4)]


def api_error(status: int) -> ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "localhost", 9200))
    return ApiError("some_exception", meta, {})


class Fake:
    """Answers each request as told; ``sizes`` counts the documents of each."""

    def __init__(self, answer: Callable[[int], list[dict[str, Any]]]) -> None:
        self.answer = answer
        self.sizes: list[int] = []

    def bulk(self, operations: bytes, filter_path: object) -> dict[str, Any]:
        self.sizes.append(operations.count(b"\n") // 2)
        return {"items": [{"create": item} for item in self.answer(self.sizes[-1])]}


def write(fake: Fake, **options: int) -> bulk.Outcome:
    return bulk.write(cast(Elasticsearch, fake), DOCUMENTS, **options)


def one(status: int, kind: str = "", reason: str = "") -> bulk.Answer:
    item = {"status": status, "error": {"type": kind, "reason": reason}}
    return write(Fake(lambda size: [item] * size)).answers[0]


def test_created_and_already_there_are_both_in() -> None:
    assert one(201).created
    assert one(409, "version_conflict_engine_exception").repeated


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, "es_rejected_execution_exception"),
        (503, "unavailable_shards_exception"),
        (500, "exception"),
        (403, "cluster_block_exception"),
        (403, "security_exception"),
        (404, "index_not_found_exception"),
        (400, "validation_exception"),
        (400, "index_closed_exception"),
    ],
)
def test_what_is_not_the_documents_fault_is_waited_for(status: int, kind: str) -> None:
    answer = one(status, kind)
    assert answer.wait == f"{status} {kind}"
    assert answer.refused is None


@pytest.mark.parametrize(
    ("kind", "reason", "detail"),
    [
        (
            "document_parsing_exception",
            "[1:15] failed to parse field [source.ip] of type [ip] in document with id 'x'. "
            "Preview of field's value: 'secret [secret]'",
            "document_parsing_exception at field source.ip",
        ),
        (
            "strict_dynamic_mapping_exception",
            "[1:12] mapping set to strict, dynamic introduction of [odd] within [_doc] is not allowed",
            "strict_dynamic_mapping_exception at field odd",
        ),
        ("illegal_argument_exception", "secret", "illegal_argument_exception"),
        ("document_parsing_exception", "failed to parse field [a secret] of", "document_parsing_exception"),
    ],
)
def test_a_refusal_names_the_error_and_the_field_but_no_value(kind: str, reason: str, detail: str) -> None:
    answer = one(400, kind, reason)
    assert answer.refused is not None
    assert answer.refused.reason == "document"
    assert answer.refused.detail == detail


def test_a_request_too_large_is_halved_and_one_document_too_large_is_refused() -> None:
    def answer(size: int) -> list[dict[str, Any]]:
        if size > 1:
            raise api_error(413)
        return [{"status": 201}]

    fake = Fake(answer)
    assert all(each.created for each in write(fake).answers)
    assert fake.sizes == [4, 2, 1, 1, 2, 1, 1]

    def never(_size: int) -> list[dict[str, Any]]:
        raise api_error(413)

    assert all(each.refused is not None for each in write(Fake(never)).answers)


def test_what_went_in_before_the_connection_broke_stays_in() -> None:
    def answer(size: int) -> list[dict[str, Any]]:
        if len(fake.sizes) == 2:
            raise ConnectionTimeout("secret host")
        return [{"status": 201}] * size

    fake = Fake(answer)
    outcome = write(fake, most_bytes=14)
    assert not outcome.reached
    assert [each.created for each in outcome.answers] == [True, True, False, False]
    assert [each.wait for each in outcome.answers[2:]] == ["ConnectionTimeout"] * 2


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
def test_a_refusal_of_the_whole_request_that_passes_is_waited_for(status: int) -> None:
    def answer(_size: int) -> list[dict[str, Any]]:
        raise api_error(status)

    assert all(each.wait for each in write(Fake(answer)).answers)


def test_a_request_that_elasticsearch_does_not_understand_is_raised() -> None:
    def answer(_size: int) -> list[dict[str, Any]]:
        raise api_error(400)

    with pytest.raises(ApiError):
        write(Fake(answer))
