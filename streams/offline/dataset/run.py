"""Making a data set: labels, then verdicts, row by row onto disk, and one file in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from features.catalogue import Catalogue
from features.event import to_rfc3339
from models.backtest.truth import Held
from models.verdict import Verdict
from streams.offline.dataset.columns import Columns, column_of
from streams.offline.dataset.parquet import Spool, write
from streams.offline.dataset.rows import Counts, Wanted, batches


def make(
    verdicts: Iterable[Verdict],
    truth: Mapping[str, Held],
    wanted: Wanted,
    catalogue: Catalogue,
    sink: Any,
    folder: Path,
    on_rows: Callable[[int], None],
) -> tuple[Counts, int]:
    """Write the data set; what became of the verdicts, and how many fields' values did not fit their type.

    ``folder``: has room for the rows until the columns of all are known. ``on_rows``: told of how many there are.
    """
    counts, columns = Counts(), Columns(catalogue.kind)
    with tempfile.TemporaryFile(dir=folder) as file:
        spool = Spool(file)
        for rows in batches(verdicts, wanted, truth, counts):
            if rows:
                spool.add(columns.table(rows))
            on_rows(counts.rows)
        write(spool, columns.schema(catalogue.infos, _notes(wanted, catalogue, counts)), sink)
    return counts, columns.unlike


def _notes(wanted: Wanted, catalogue: Catalogue, counts: Counts) -> dict[str, Any]:
    """What a file says about itself. Features are described as they are defined by ``definitions_of``."""
    return {
        "kind": wanted.kind,
        "from": None if wanted.from_ms is None else to_rfc3339(wanted.from_ms),
        "to": None if wanted.to_ms is None else to_rfc3339(wanted.to_ms),
        "rows": counts.rows,
        "schemas": dict(sorted(counts.schemas.items())),
        "definitions_of": catalogue.schema,
        "features": [
            {
                "name": info.name,
                "column": column_of(info.name),
                "sentence": info.sentence,
                "unit": info.unit,
                "condition": info.condition,
                "formula": info.formula,
            }
            for info in catalogue.infos
        ],
    }
