"""Every test drawing with what the model said of it, as a table. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sketch_classifier.errors import UserError, one_line
from sketch_classifier.evaluation.metrics import DIGITS


def predictions(
    rows: np.ndarray, index: pd.DataFrame, labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> pd.DataFrame:
    """One row a drawing: row, key_id, actual, predicted, confidence, correct, and countrycode and recognized.

    rows           (n,) int64: the drawings' rows in data/processed
    index          the index of the processed dataset, all N rows. Bitmaps have no key_id there (it stays empty), no
                   countrycode and no recognized (the columns are left out)
    labels         (n,) int, probabilities (n, C) float: one row for each of `rows`
    """
    predicted = probabilities.argmax(axis=1)
    names = np.array(class_names, dtype=object)
    about = index.iloc[rows].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "row": rows,
            "key_id": about.get("key_id", ""),
            "actual": names[labels],
            "predicted": names[predicted],
            "confidence": probabilities.max(axis=1).astype(np.float64).round(DIGITS),
            "correct": predicted == labels,
        }
    )
    known = [name for name in ("countrycode", "recognized") if name in about]
    return pd.concat([table, about[known]], axis=1)


def confusion_sample(predictions: pd.DataFrame, limit: int = 10_000) -> pd.DataFrame:
    """The columns actual and predicted of at most `limit` drawings, the same ones every time.

    DVC's `confusion` template counts rows in the browser, and a page that holds them all would not open.
    """
    if len(predictions) > limit:
        chosen = np.random.default_rng(0).choice(len(predictions), limit, replace=False)
        predictions = predictions.iloc[np.sort(chosen)]
    return predictions[["actual", "predicted"]]


def read_predictions(path: str | Path) -> pd.DataFrame:
    """The table that `predictions` made, from its CSV file. Raises UserError where it is missing or damaged."""
    try:
        # NA is Namibia here, and a category may be called "null": only what stands in the file.
        table = pd.read_csv(path, dtype={"key_id": str, "actual": str, "predicted": str}, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro evaluate` first") from None
    except ValueError as error:  # the parser's errors are ValueErrors too
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force evaluate`") from None
    missing = {"row", "actual", "predicted", "confidence", "correct"} - set(table.columns)
    if missing:
        raise UserError(f"{path}: damaged (no column {sorted(missing)[0]}); run `dvc repro --force evaluate`")
    return table
