"""Computes accuracy by group, and reads and writes the tables of the evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow.parquet as pq
from pandas.api.types import is_numeric_dtype

from sketch_classifier.drawings.cells import as_cell, from_cell
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.evaluation.confusion import DIGITS, wilson

CATEGORICAL = {"actual", "predicted", "countrycode"}  # columns that are read as categorical
TEXTS = {"figure", "class", "actual", "predicted", "country", "scaling"}  # text columns


def tallied(groups: pd.Series, correct: pd.Series) -> pd.DataFrame:
    """For each group, its number of drawings (`size`) and of correct predictions (`sum`).

    groups, correct  (n,): the group of each drawing, and whether its prediction is correct
    """
    return correct.groupby(groups).agg(["size", "sum"])


def shares(name: str, totals: pd.DataFrame) -> pd.DataFrame:
    """Accuracy by group: the columns `name`, count, accuracy, and low and high, Wilson's 95 % interval.

    totals  from `tallied`

    Sorted by size, the largest group first, then by name.
    """
    totals = totals.assign(name=totals.index.astype(str)).sort_values(["size", "name"], ascending=[False, True])
    rows = []
    for group, count, right in zip(totals.index, totals["size"], totals["sum"], strict=True):
        rows.append((group, int(count), right / count, *wilson(int(right), int(count))))
    return pd.DataFrame(rows, columns=[name, "count", "accuracy", "low", "high"]).round(DIGITS)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table of the evaluation from its CSV file. Raises UserError if it is missing or damaged."""
    try:
        # NA is the code of Namibia, and a category may be called "null", so only empty numeric fields are missing.
        names = pd.read_csv(path, nrows=0).columns
        missing = {name: [""] for name in names if name not in TEXTS}
        kinds = {name: str for name in names if name in TEXTS}
        return from_cells(pd.read_csv(path, dtype=kinds, na_values=missing, keep_default_na=False))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None


def read_figures(path: str | Path) -> dict[str, Any]:
    """Read metrics.json. Raises UserError if it is missing or damaged."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None


def write_table(table: pd.DataFrame, path: str | Path, index: bool = False) -> None:
    """Write a table as a CSV file, with text escaped that a spreadsheet would take for a formula, see `as_cell`."""
    with replaced_file(path) as partial:
        as_cells(table).to_csv(partial, index=index, lineterminator="\n")


def as_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The table with texts escaped for a CSV file."""
    return _each_text(table, as_cell)


def from_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The inverse of `as_cells`."""
    return _each_text(table, from_cell)


def _each_text(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    def changed(value: Any) -> Any:
        return change(value) if isinstance(value, str) else value

    table = table.rename(index=changed, columns=changed)
    for place in range(table.shape[1]):  # by position, because classes may share a name
        column = table.iloc[:, place]
        if not is_numeric_dtype(column):
            table.isetitem(place, column.map(changed))
    return table


def parse_predictions(file: str | Path | BinaryIO) -> pd.DataFrame:
    """The table of test predictions from its CSV file; exceptions of the parser are passed on."""
    # NA is the code of Namibia, and a category may be called "null", so nothing is read as missing.
    kinds = {"key_id": str, "actual": str, "predicted": str}
    return from_cells(pd.read_csv(file, dtype=kinds, keep_default_na=False))


def read_predictions(path: str | Path) -> pd.DataFrame:
    """The table of the test predictions, from predictions.parquet or the CSV file.

    From the Parquet file, actual, predicted and countrycode are categorical. Raises UserError if the file is missing or
    damaged.
    """
    try:
        if Path(path).suffix == ".parquet":
            names = [name for name in pq.read_schema(path).names if name in CATEGORICAL]
            table = pq.read_table(path, read_dictionary=names).to_pandas()
        else:
            table = parse_predictions(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except (ValueError, OSError) as error:  # includes the errors of both parsers
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None
    missing = {"row", "actual", "predicted", "confidence", "correct"} - set(table.columns)
    if missing:
        raise UserError(f"{path}: damaged (no column {sorted(missing)[0]}); run `dvc repro --force evaluate`")
    return table
