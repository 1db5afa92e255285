"""Writes the table of test predictions in parts, and computes the accuracy by country and by recognition flag."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.evaluation.confusion import DIGITS
from sketch_classifier.evaluation.index import index_parts
from sketch_classifier.evaluation.outcomes import Answers
from sketch_classifier.evaluation.tables import as_cells, shares, tallied

MOST_ROWS = 1_000_000  # maximum of predictions.csv
SAMPLED_ROWS = 100_000  # rows of predictions.csv if there are more drawings
FEWEST = 30  # test drawings that a country needs for its own row
OTHER = "other"
OTHER_CLASSES = "(other classes)"
ABOUT = ("key_id", "countrycode", "recognized")


def write_predictions(
    out: Path, folder: Path, rows: np.ndarray, answers: Answers, class_names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write predictions.parquet and predictions.csv to `out`; returns the `tallied` countries and recognition flags.

    folder   the dataset's folder, which has its index
    rows     (n,) int64, ascending: the rows of the drawings in the dataset; at least one
    answers  for these drawings

    Both files have one row per drawing: row, key_id, actual, predicted, confidence, correct, countrycode, recognized.
    For more than MOST_ROWS drawings, the CSV file has a sample of SAMPLED_ROWS, which is the same for every model.
    """
    sample = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        sample = np.sort(np.random.default_rng(0).choice(len(rows), SAMPLED_ROWS, replace=False))
    names = np.array(class_names, dtype=object)
    tallies: dict[str, list[pd.DataFrame]] = {"countrycode": [], "recognized": []}
    with ExitStack() as stack:
        text = stack.enter_context(
            stack.enter_context(replaced_file(out / "predictions.csv")).open("w", encoding="utf-8", newline="")
        )
        path = stack.enter_context(replaced_file(out / "predictions.parquet"))
        writer = None
        for part, about in index_parts(folder, rows, ABOUT):
            table = _table(rows[part], about, answers, part, names)
            chosen = sample[slice(*np.searchsorted(sample, [part.start, part.stop]))] - part.start
            as_cells(table.iloc[chosen]).to_csv(text, index=False, header=writer is None, lineterminator="\n")
            arrow = pa.Table.from_pandas(table, preserve_index=False)
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(path, arrow.schema))
            writer.write_table(arrow)
            for name, found in tallies.items():
                found.append(tallied(table[name], table["correct"]))
    countries, recognized = (pd.concat(found).groupby(level=0).sum() for found in tallies.values())
    return countries, recognized


def _table(rows: np.ndarray, about: pd.DataFrame, answers: Answers, part: slice, names: np.ndarray) -> pd.DataFrame:
    labels, predicted = answers.labels[part], answers.predicted[part]
    return pd.DataFrame(
        {
            "row": rows,
            "key_id": about.get("key_id", ""),
            "actual": names[labels],
            "predicted": names[predicted],
            "confidence": np.round(answers.confidence[part], DIGITS),
            "correct": predicted == labels,
            "countrycode": about.get("countrycode", ""),
            "recognized": about.get("recognized", ""),
        }
    )


def by_country(countries: pd.DataFrame, fewest: int = FEWEST) -> pd.DataFrame:
    """Accuracy by country, one row each, most drawings first: country, count, accuracy, low and high.

    countries  from `tallied`; "" stands for drawings without a country

    low and high are the bounds of the 95 % score interval (Wilson, Journal of the American Statistical Association 22,
    1927). Countries with fewer than `fewest` drawings, and drawings without a country, are combined in one row,
    "other". Without any country there are no rows.
    """
    if not (countries.index != "").any():
        return shares("country", countries[:0])
    names = countries.index.to_series()
    large = (countries["size"] >= fewest) & (names != "")
    return shares("country", countries.groupby(names.where(large, OTHER)).sum())


def by_recognized(recognized: pd.DataFrame) -> pd.DataFrame:
    """Accuracy on drawings that the game did and did not recognise: recognized, and the columns of `by_country`.

    recognized  from `tallied`; "" stands for drawings without the flag
    """
    return shares("recognized", recognized[[flag != "" for flag in recognized.index]])


def confusion_sample(predictions: pd.DataFrame, shown: Sequence[str], limit: int = 10_000) -> pd.DataFrame:
    """The columns actual and predicted for a fixed sample of at most `limit` drawings of the classes `shown`.

    Predictions of other classes become OTHER_CLASSES. The sample is for DVC, whose plots count the rows in the browser,
    which cannot load millions of them, and draw all classes in a square of fixed size, where hundreds are illegible.
    """
    predictions = predictions[predictions["actual"].isin(shown)]
    if len(predictions) > limit:
        chosen = np.random.default_rng(0).choice(len(predictions), limit, replace=False)
        predictions = predictions.iloc[np.sort(chosen)]
    predicted = predictions["predicted"]
    return predictions[["actual"]].assign(predicted=predicted.where(predicted.isin(shown), OTHER_CLASSES))
