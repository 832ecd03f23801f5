"""One bulk request: documents in, one answer for each out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from features.errors import InvalidEvent
from streams.elastic import reason_to_wait
from streams.sinks.document import Document

MOST_BYTES = 8 * 2**20
_ANSWER = ["items.*.status", "items.*.error.type", "items.*.error.reason"]
# Refusals with status 400 that tell of the cluster (too many shards, a closed index), not of the document.
_CLUSTER_WIDE = ("validation_exception", "index_closed_exception", "cluster_block_exception")
# Elasticsearch's reasons quote values; only the field's name may be repeated.
_FIELD = re.compile(r"(?:field|introduction of|mapping for) \[([\w.@-]{1,200})\]")


class Answer(NamedTuple):
    """What became of a document. Exactly one of the three is true or set.

    ``wait``: why it is not in yet; ``refused``: why it never will be.
    """

    created: bool = False
    repeated: bool = False
    wait: str | None = None
    refused: InvalidEvent | None = None


class Outcome(NamedTuple):
    """``answers`` stand in the order of the documents. ``reached``: every request got to Elasticsearch."""

    answers: list[Answer]
    reached: bool


_CREATED = Answer(created=True)
_REPEATED = Answer(repeated=True)


def write(client: Elasticsearch, documents: Sequence[Document], most_bytes: int = MOST_BYTES) -> Outcome:
    """Create the documents; one that is already there is left as it is.

    Errors that pass by waiting are answers; others (a request that Elasticsearch does not understand) are raised.
    """
    answers: list[Answer] = []
    for chunk in _chunks(documents, most_bytes):
        try:
            answers += _request(client, chunk)
        except (ApiError, TransportError) as error:
            reason = reason_to_wait(error)
            if reason is None:
                raise
            return Outcome(answers + [Answer(wait=reason)] * (len(documents) - len(answers)), reached=False)
    return Outcome(answers, reached=True)


def _chunks(documents: Sequence[Document], most_bytes: int) -> Iterator[list[Document]]:
    """Consecutive parts of at most so many bytes, and at least one document."""
    chunk: list[Document] = []
    size = 0
    for document in documents:
        if chunk and size + len(document.body) > most_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(document)
        size += len(document.body)
    if chunk:
        yield chunk


def _request(client: Elasticsearch, chunk: list[Document]) -> list[Answer]:
    lines = []
    for document in chunk:
        lines.append(_encoder.encode({"create": {"_index": document.index_name, "_id": document.id}}))
        lines.append(document.body)
    # The client takes a finished body too, although it does not say so; as a list it would join it slowly.
    body: Any = b"\n".join([*lines, b""])
    try:
        response = client.bulk(operations=body, filter_path=_ANSWER)
    except ApiError as error:
        if error.meta.status != 413:
            raise
        if len(chunk) == 1:
            return [Answer(refused=InvalidEvent("document", "larger than Elasticsearch accepts"))]
        middle = len(chunk) // 2
        return _request(client, chunk[:middle]) + _request(client, chunk[middle:])
    items = response["items"]
    if len(items) != len(chunk):
        raise RuntimeError(f"a bulk request of {len(chunk)} documents was answered for {len(items)}")
    return [_answer(item["create"]) for item in items]


def _answer(item: dict[str, Any]) -> Answer:
    status = item["status"]
    if status < 300:
        return _CREATED
    if status == 409:
        return _REPEATED
    error = item.get("error", {})
    kind = str(error.get("type", "unknown"))
    if status == 400 and kind not in _CLUSTER_WIDE:
        field = _FIELD.search(str(error.get("reason", "")))
        detail = f"{kind} at field {field[1]}" if field else kind
        return Answer(refused=InvalidEvent("document", detail))
    return Answer(wait=f"{status} {kind}")


_encoder = msgspec.json.Encoder()
