"""The table of test predictions, written a part at a time, and accuracy by country and recognition flag."""

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

MOST_ROWS = 1_000_000  # of predictions.csv
SAMPLED_ROWS = 100_000  # of predictions.csv where there are more
FEWEST = 30  # test drawings a country needs for a row of its own
OTHER = "other"
OTHER_CLASSES = "(other classes)"
ABOUT = ("key_id", "countrycode", "recognized")


def write_predictions(
    out: Path, folder: Path, rows: np.ndarray, answers: Answers, class_names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write predictions.parquet and predictions.csv to `out`; the `tallied` countries and recognition flags.

    folder   of the dataset, for its index
    rows     (n,) int64, ascending: the drawings' rows in the dataset, of which there is at least one
    answers  to these drawings

    Both files have one row per drawing: row, key_id, actual, predicted, confidence, correct, countrycode, recognized.
    Of more than MOST_ROWS drawings the CSV file has SAMPLED_ROWS, the same ones for every model.
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
    """One row a country, most drawings first: country, count, accuracy, and the ends low and high of its interval.

    countries  as `tallied` gives them; "" stands for drawings without a country

    The interval is the 95 % score interval (Wilson, Journal of the American Statistical Association 22, 1927).
    Countries with fewer than `fewest` drawings, and drawings without a country, are one row, "other". No rows where no
    drawing has a country.
    """
    if not (countries.index != "").any():
        return shares("country", countries[:0])
    names = countries.index.to_series()
    large = (countries["size"] >= fewest) & (names != "")
    return shares("country", countries.groupby(names.where(large, OTHER)).sum())


def by_recognized(recognized: pd.DataFrame) -> pd.DataFrame:
    """The drawings that the game recognised and those it did not: recognized, and the columns of `by_country`.

    recognized  as `tallied` gives the flags; "" stands for drawings without one
    """
    return shares("recognized", recognized[[flag != "" for flag in recognized.index]])


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
