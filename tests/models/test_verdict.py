"""A verdict's bytes carry a digest of themselves."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.verdicts import verdict

from models.verdict import decode, encode, is_intact

RECORD = verdict("1")


def test_what_was_encoded_is_intact_and_reads_back_the_same() -> None:
    assert is_intact(RECORD)
    read = decode(RECORD)
    without = msgspec.structs.replace(read, data=msgspec.structs.replace(read.data, digest=msgspec.UNSET))
    assert encode(without) == RECORD
    assert list(msgspec.json.decode(RECORD)["data"])[-1] == "digest"


@given(st.integers(0, len(RECORD) - 1), st.integers(1, 255))
def test_one_altered_byte_anywhere_is_found(at: int, change: int) -> None:
    altered = bytearray(RECORD)
    altered[at] ^= change
    assert not is_intact(bytes(altered))


@given(st.integers(0, len(RECORD) - 1), st.binary(max_size=3))
def test_bytes_taken_out_or_put_in_are_found(at: int, more: bytes) -> None:
    assert not is_intact(RECORD[:at] + more + b" " + RECORD[at:])
    assert not is_intact(RECORD[:at] + RECORD[at + 1 :])
    assert not is_intact(RECORD[:at])


@given(st.binary(max_size=200))
def test_what_is_no_verdict_is_not_intact(record: bytes) -> None:
    assert not is_intact(record)
    assert not is_intact(record + b',"digest":"' + record + b'"}}')


def test_a_digest_that_the_event_brings_in_its_own_text_is_not_taken_for_the_verdicts() -> None:
    odd = verdict("1", fields={"account": 'x","digest":"00"}}'})
    assert is_intact(odd)
    assert not is_intact(odd.replace(b'x\\"', b'y\\"'))
