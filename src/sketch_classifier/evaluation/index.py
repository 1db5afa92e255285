"""Reads selected rows and columns of a dataset's index, which may have 50 million rows, without loading all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

ROWS = 2**17  # to read at a time


def index_rows(folder: str | Path, rows: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """The rows `rows`, (n,) int in any order, of index.parquet in the folder of a dataset.

    Of the columns `names`, those that do not exist are left out.
    """
    order = np.argsort(rows, kind="stable")
    parts = [part for _, part in index_parts(folder, rows[order], names)]
    if not parts:
        with pq.ParquetFile(Path(folder) / "index.parquet") as file:
            return file.schema_arrow.empty_table().select(_present(file, names)).to_pandas()
    found = pd.concat(parts, ignore_index=True)
    return found.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def index_parts(folder: str | Path, rows: np.ndarray, names: Sequence[str]) -> Iterator[tuple[slice, pd.DataFrame]]:
    """As `index_rows`, for ascending rows and in parts: (slice of `rows`, their table)."""
    with pq.ParquetFile(Path(folder) / "index.parquet") as file:
        columns, start, taken = _present(file, names), 0, 0
        for batch in file.iter_batches(ROWS, columns=columns or file.schema_arrow.names[:1]):
            end = taken + int(np.searchsorted(rows[taken:], start + batch.num_rows))
            if end > taken:
                table = batch.take(rows[taken:end] - start).to_pandas(ignore_metadata=True)
                yield slice(taken, end), table[columns]
            start, taken = start + batch.num_rows, end
            if taken == len(rows):
                return


def _present(file: pq.ParquetFile, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in file.schema_arrow.names]
