"""Input in blocks: no line is cut or lost, whatever files and blocks are like."""

from __future__ import annotations

import gzip
import os
import random
import threading
from pathlib import Path

import pytest

from streams.files import InputError
from streams.offline.backtest.blocks import block_lines, input_files, read_blocks

LINES = [bytes([97 + n % 26]) * (n * 7 % 40) for n in range(200)]


@pytest.mark.parametrize("block_bytes", [1, 2, 39, 40, 41, 1000, 10_000_000])
@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_blocks_are_whole_lines_and_together_the_file(
    tmp_path: Path, block_bytes: int, ending: bytes, packed: bool
) -> None:
    content = b"\n".join(LINES) + ending
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    blocks = list(read_blocks([path], block_bytes))
    read = [block.read() for block in blocks]
    assert b"".join(read) == content
    assert all(one.endswith(b"\n") for one in read[:-1])
    assert [block.is_first for block in blocks] == [number == 0 for number in range(len(blocks))]
    assert blocks[-1].position == path.stat().st_size
    assert all(len(one) <= block_bytes + 41 for one in read)


def test_a_folder_is_read_in_the_order_of_names_below_it_too_and_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/2.ndjson", "a.ndjson", "b/10.ndjson", ".draft", ".git/x", "c.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(b"c") if name.endswith(".gz") else name.encode() + b"\n")
    files = input_files(tmp_path)
    assert [block.read().strip() for block in read_blocks(files)] == [
        b"a.ndjson",
        b"b/10.ndjson",
        b"b/2.ndjson",
        b"c",
    ]


def test_an_empty_folder_and_a_broken_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no files"):
        input_files(tmp_path)
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 100_000)[:60])
    with pytest.raises(InputError, match=r"broken\.gz cannot be read"):
        list(read_blocks(input_files(tmp_path)))


def test_a_pipe_is_read_as_it_flows(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"\n".join(LINES),))
    writer.start()
    read = b"".join(block.read() for block in read_blocks([path], 100))
    writer.join()
    assert read == b"\n".join(LINES)


def test_records_that_are_made_on_the_way_are_lines_too() -> None:
    draw = random.Random(1)
    records = [b"x" * draw.randrange(50) for _ in range(300)]
    blocks = list(block_lines("topic", records, 200))
    assert b"".join(block.read() for block in blocks) == b"".join(record + b"\n" for record in records)
    assert len(blocks) > 20
