"""A Parquet file whose columns are known only when all rows were seen, with few of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq


class Spool:
    """Tables on disk, each with columns of its own, until the columns of all are known."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, table: pa.Table) -> None:
        with pa.ipc.new_stream(self._file, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
            stream.write_table(table)

    def tables(self) -> Iterator[pa.Table]:
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            with pa.ipc.open_stream(self._file) as stream:
                yield stream.read_all()


def write(spool: Spool, schema: pa.Schema, sink: Any) -> None:
    """One row group for each table, with nulls in columns that it has not; ``sink`` is a binary file."""
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for table in spool.tables():
            has = set(table.column_names)
            columns = [
                table.column(field.name) if field.name in has else pa.nulls(len(table), field.type)
                for field in schema
            ]
            writer.write_table(pa.table(columns, schema=schema))
