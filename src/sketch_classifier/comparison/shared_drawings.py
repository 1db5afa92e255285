"""The test drawings that two runs share, and those that only one run classifies correctly. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sketch_classifier.comparison.runs import Run

SAME_ROWS = ("format", "categories", "recognized_only", "max_bad_records")  # with the same files: the same rows

KEY = ["source", "drawing", "copy"]


def identified(run: Run) -> pd.DataFrame:
    """The predictions of a run with the columns source, drawing, copy: equal in two runs for the same drawing alone.

    A drawing is known by its key_id, wherever it comes from; where the dataset has none (bitmaps), by its row, which
    says the same in two runs only where both read the same files in the same way. `copy` numbers the drawings that have
    the same key_id.
    """
    table = run.predictions
    assert table is not None  # `compare` leaves out the others
    if len(table) and (table["key_id"].astype(str) != "").all():
        table = table.assign(source="key_id", drawing=table["key_id"].astype(str))
    else:
        table = table.assign(source=rows_of(run.params, run.data or run.name), drawing=table["row"].astype(str))
    return pooled([table])


def pooled(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of the folds of a cross-validation as one; copies are counted over all of them."""
    table = pd.concat(tables, ignore_index=True)
    return table.assign(copy=table.groupby(["source", "drawing"], sort=False).cumcount())


def rows_of(params: dict, data: str | None) -> str:
    """A text that is equal for two runs where the same row is the same drawing."""
    preset = (params.get("datasets") or {}).get(params.get("dataset")) or {}
    return repr([data, *(preset.get(name) for name in SAME_ROWS)])


def shared(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The drawings that stand in both tables (as `identified` gives them); columns of a end in _a, of b in _b."""
    return a.merge(b, on=KEY, suffixes=("_a", "_b"), validate="one_to_one")


def only_one_right(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The drawings that at least two of the runs were tested on and exactly one of them gets right.

    tables  run name → its predictions as `identified` gives them. Only runs that call the drawing's class by the same
            name are held against each other.

    One row per drawing: source, drawing, copy, row, actual, right (the run's name), confidence (of that run), and for
    each run what it said, under its name (empty where the drawing was none of its test drawings). The most confident
    first within each run.
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
    """The column of what a run said; a revision may be called as another column is."""
    return f"{name}: predicted"


def answers(row: pd.Series, names: Sequence[str]) -> dict[str, str]:
    """Run name → what it said of the drawing of a row of `only_one_right`, for the runs tested on it."""
    return {name: row[_heading(name)] for name in names if row[_heading(name)]}
