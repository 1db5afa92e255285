"""Finds test drawings that two runs share, and those that only one run classifies correctly. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sketch_classifier.comparison.runs import Run

SAME_ROWS = (
    "format",
    "categories",
    "recognized_only",
    "max_bad_records",
)  # if equal, with the same files, rows are equal

KEY = ["source", "drawing", "copy"]


def identified(run: Run) -> pd.DataFrame:
    """The predictions of a run with the columns source, drawing and copy, which identify a drawing across runs.

    A drawing is identified by its key_id, whatever its source. If the dataset has none (bitmaps), it is identified by
    its row, which is comparable only between runs that read the same files in the same way. `copy` numbers the drawings
    with the same key_id.
    """
    table = run.predictions
    assert table is not None  # `compare` leaves out runs without predictions
    if len(table) and (table["key_id"].astype(str) != "").all():
        table = table.assign(source="key_id", drawing=table["key_id"].astype(str))
    else:
        table = table.assign(source=rows_of(run.params, run.data or run.name), drawing=table["row"].astype(str))
    return pooled([table])


def pooled(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The concatenated tables of the folds of a cross-validation; copies are numbered over all of them."""
    table = pd.concat(tables, ignore_index=True)
    return table.assign(copy=table.groupby(["source", "drawing"], sort=False).cumcount())


def rows_of(params: dict, data: str | None) -> str:
    """A string that is equal for two runs only if the same row is the same drawing in both."""
    preset = (params.get("datasets") or {}).get(params.get("dataset")) or {}
    return repr([data, *(preset.get(name) for name in SAME_ROWS)])


def shared(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The drawings that are in both tables (from `identified`), with column suffixes _a and _b."""
    return a.merge(b, on=KEY, suffixes=("_a", "_b"), validate="one_to_one")


def only_one_right(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The drawings that at least two runs were tested on and that exactly one of them classifies correctly.

    tables  run name → its predictions from `identified`; runs are compared on a drawing only if its true class has the
            same name in them

    One row per drawing: source, drawing, copy, row, actual, right (the name of the run), confidence (of that run), and
    a column with the prediction of each run (empty if the drawing was not in its test set). Sorted by run, then by
    descending confidence.
    """
    columns = [*KEY, "actual", "row", "predicted", "confidence", "correct"]
    parts = [table[columns].assign(right=name) for name, table in tables.items()]
    everything = pd.concat(parts, ignore_index=True)
    by_drawing = everything.groupby([*KEY, "actual"], sort=False)["correct"]
    alone = (by_drawing.transform("size") > 1) & (by_drawing.transform("sum") == 1)
    right = everything[alone & everything["correct"]].drop(columns=["correct", "predicted"])
    for name, part in zip(tables, parts, strict=True):
        said = part[[*KEY, "actual", "predicted"]].rename(columns={"predicted": _heading(name)})
        right = right.merge(said, on=[*KEY, "actual"], how="left")
    order = {name: place for place, name in enumerate(tables)}
    right = right.assign(order=right["right"].map(order))
    right = right.sort_values(["order", "confidence"], ascending=[True, False], kind="stable").drop(columns="order")
    return right.fillna({_heading(name): "" for name in tables}).reset_index(drop=True)


def _heading(name: str) -> str:
    """The column of a run's predictions; the suffix avoids a clash of a revision's name with another column."""
    return f"{name}: predicted"


def answers(row: pd.Series, names: Sequence[str]) -> dict[str, str]:
    """Run name → its prediction for the drawing in a row of `only_one_right`, for the runs that were tested on it."""
    return {name: row[_heading(name)] for name in names if row[_heading(name)]}
