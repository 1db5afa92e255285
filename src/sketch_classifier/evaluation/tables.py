"""The table of test predictions, and accuracy by country and recognition flag."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from sketch_classifier.drawings.cells import as_cell, from_cell
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.evaluation.confusion import DIGITS, wilson

FEWEST = 30  # test drawings a country needs for a row of its own
OTHER = "other"
OTHER_CLASSES = "(other classes)"
TEXTS = {"figure", "class", "actual", "predicted", "country", "scaling"}  # columns that are no numbers


def predictions(
    rows: np.ndarray,
    index: pd.DataFrame,
    labels: np.ndarray,
    predicted: np.ndarray,
    confidence: np.ndarray,
    class_names: Sequence[str],
) -> pd.DataFrame:
    """One row per drawing: row, key_id, actual, predicted, confidence, correct, countrycode, recognized.

    rows        (n,) int64: the drawings' rows in data/processed
    index       the index of the processed dataset, all N rows; key_id, countrycode and recognized are empty where it
                has none
    labels, predicted (n,) int and confidence (n,) float: one for each of `rows`
    """
    names = np.array(class_names, dtype=object)
    about = index.iloc[rows].reset_index(drop=True)
    return pd.DataFrame(
        {
            "row": rows,
            "key_id": about.get("key_id", ""),
            "actual": names[labels],
            "predicted": names[predicted],
            "confidence": np.round(confidence, DIGITS),
            "correct": predicted == labels,
            "countrycode": about.get("countrycode", ""),
            "recognized": about.get("recognized", ""),
        }
    )


def by_country(predictions: pd.DataFrame, fewest: int = FEWEST) -> pd.DataFrame:
    """One row a country, most drawings first: country, count, accuracy, and the ends low and high of its interval.

    The interval is the 95 % score interval (Wilson, Journal of the American Statistical Association 22, 1927).
    Countries with fewer than `fewest` drawings, and drawings without a country, are one row, "other". No rows for
    drawings that have none at all.
    """
    countries = predictions["countrycode"]
    if not (countries != "").any():
        return shares("country", predictions[:0]["countrycode"], predictions[:0]["correct"])
    drawings = countries.map(countries.value_counts())
    return shares("country", countries.where((drawings >= fewest) & (countries != ""), OTHER), predictions["correct"])


def by_recognized(predictions: pd.DataFrame) -> pd.DataFrame:
    """The drawings that the game recognised and those it did not: recognized, and the columns of `by_country`."""
    known = predictions[predictions["recognized"] != ""]
    return shares("recognized", known["recognized"], known["correct"])


def shares(name: str, groups: pd.Series, correct: pd.Series) -> pd.DataFrame:
    """The share that is correct in each group: `name`, count, accuracy, and low and high of Wilson's 95 % interval.

    groups, correct  (n,): the group of each drawing, and whether it is right

    The largest group first, equal ones in the order of their names.
    """
    totals = correct.groupby(groups).agg(["size", "sum"])
    totals = totals.assign(name=totals.index.astype(str)).sort_values(["size", "name"], ascending=[False, True])
    rows = []
    for group, count, right in zip(totals.index, totals["size"], totals["sum"], strict=True):
        rows.append((group, int(count), right / count, *wilson(int(right), int(count))))
    return pd.DataFrame(rows, columns=[name, "count", "accuracy", "low", "high"]).round(DIGITS)


def confusion_sample(predictions: pd.DataFrame, shown: Sequence[str], limit: int = 10_000) -> pd.DataFrame:
    """The columns actual and predicted of at most `limit` drawings of the classes `shown`, the same ones every time.

    A prediction that is none of these classes becomes OTHER_CLASSES. DVC counts rows in the browser, where a page that
    holds them all would not open, and draws all classes in a square of a fixed size, where hundreds cannot be read.
    """
    predictions = predictions[predictions["actual"].isin(shown)]
    if len(predictions) > limit:
        chosen = np.random.default_rng(0).choice(len(predictions), limit, replace=False)
        predictions = predictions.iloc[np.sort(chosen)]
    predicted = predictions["predicted"]
    return predictions[["actual"]].assign(predicted=predicted.where(predicted.isin(shown), OTHER_CLASSES))


def read_table(path: str | Path) -> pd.DataFrame:
    """A table that evaluate wrote, from its CSV file. Raises UserError if it is missing or damaged."""
    try:
        # NA is Namibia here, and a category may be called "null": only an empty field of a number is missing.
        names = pd.read_csv(path, nrows=0).columns
        missing = {name: [""] for name in names if name not in TEXTS}
        kinds = {name: str for name in names if name in TEXTS}
        return from_cells(pd.read_csv(path, dtype=kinds, na_values=missing, keep_default_na=False))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None


def read_figures(path: str | Path) -> dict[str, Any]:
    """metrics.json. Raises UserError if it is missing or damaged."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None


def write_table(table: pd.DataFrame, path: str | Path, index: bool = False) -> None:
    """A table as a CSV file, in which no text is a formula of a spreadsheet: see `as_cell`."""
    with replaced_file(path) as partial:
        _each_text(table, as_cell).to_csv(partial, index=index, lineterminator="\n")


def from_cells(table: pd.DataFrame) -> pd.DataFrame:
    """A table as it was before `write_table`."""
    return _each_text(table, from_cell)


def _each_text(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    def changed(value: Any) -> Any:
        return change(value) if isinstance(value, str) else value

    table = table.rename(index=changed, columns=changed)
    for place in range(table.shape[1]):  # two classes of one name would be two columns of one name
        column = table.iloc[:, place]
        if not is_numeric_dtype(column):
            table.isetitem(place, column.map(changed))
    return table


def read_predictions(path: str | Path) -> pd.DataFrame:
    """The table that `predictions` made, from its CSV file. Raises UserError if it is missing or damaged."""
    try:
        # NA is Namibia here, and a category may be called "null": only what stands in the file.
        kinds = {"key_id": str, "actual": str, "predicted": str}
        table = from_cells(pd.read_csv(path, dtype=kinds, keep_default_na=False))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:  # the parser's errors are ValueErrors too
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None
    missing = {"row", "actual", "predicted", "confidence", "correct"} - set(table.columns)
    if missing:
        raise UserError(f"{path}: damaged (no column {sorted(missing)[0]}); run `dvc repro --force evaluate`")
    return table
