"""Calibration: temperature scaling, and accuracy by confidence. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from sketch_classifier.evaluation.confusion import DIGITS
from sketch_classifier.evaluation.outcomes import Answers, blocks

NUM_BINS = 15
TEMPERATURES = (0.05, 20.0)  # the lowest and the highest that is tried


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """The temperature T that makes the log loss of softmax(logits / T) least, rounded to DIGITS.

    logits  (n, C) float, of the validation drawings; labels (n,) int

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2. The loss is convex in 1/T, so the
    least is where its slope is 0. Where there is none within TEMPERATURES (every drawing right, or no better than
    chance), the nearer end. None without a drawing.
    """
    if not len(labels):
        return None
    low, high = np.log(TEMPERATURES)
    if _slope(logits, labels, np.exp(-high)) >= 0:  # flatter would be better still
        return TEMPERATURES[1]
    if _slope(logits, labels, np.exp(-low)) <= 0:  # steeper would be
        return TEMPERATURES[0]
    found = brentq(lambda log: _slope(logits, labels, np.exp(-log)), low, high, xtol=1e-8, rtol=1e-10)
    return round(float(np.exp(found)), DIGITS)


def bins(confidence: np.ndarray) -> tuple[np.ndarray, int]:
    """The bin of each drawing, (n,) int, and their number. Bin m of M, from 1, holds ((m − 1)/M, m/M]."""
    return np.searchsorted(np.arange(1, NUM_BINS) / NUM_BINS, confidence), NUM_BINS


def calibration(before: Answers, after: Answers | None) -> pd.DataFrame:
    """One row a bin, before temperature scaling and, if there is one, after it.

    Columns scaling (before or after), bin_low, bin_high, count, and the means confidence and accuracy, missing in bins
    without a drawing.
    """
    tables = [_bin_table("before", before)] + ([_bin_table("after", after)] if after else [])
    return pd.concat(tables, ignore_index=True)


def curve(table: pd.DataFrame, scaling: str) -> pd.DataFrame:
    """What `calibration` gives of a scaling, as DVC draws it: confidence, ideal (the same) and accuracy, a row a bin.

    Bins without a drawing are left out: DVC would draw an empty field as a 0.
    """
    rows = table[(table["scaling"] == scaling) & (table["count"] > 0)]
    return rows[["confidence", "accuracy"]].assign(ideal=rows["confidence"])


def _slope(logits: np.ndarray, labels: np.ndarray, inverse: float) -> float:
    """The derivative of the mean log loss by 1/T at 1/T = inverse: the expected logit less that of the right class."""
    total = 0.0
    for rows in blocks(len(labels)):
        values = logits[rows].astype(np.float64)
        values -= values.max(axis=1, keepdims=True)
        weights = np.exp(values * inverse)
        right = values[np.arange(len(values)), labels[rows]]
        total += float(((weights * values).sum(axis=1) / weights.sum(axis=1) - right).sum())
    return total / len(labels)


def _bin_table(scaling: str, answers: Answers) -> pd.DataFrame:
    which, num = bins(answers.confidence)
    count = np.bincount(which, minlength=num)
    table = pd.DataFrame(
        {"scaling": scaling, "bin_low": np.arange(num) / num, "bin_high": np.arange(1, num + 1) / num, "count": count}
    )
    for name, values in (("confidence", answers.confidence), ("accuracy", answers.rank == 0)):
        total = np.bincount(which, weights=values, minlength=num)
        table[name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return table.round(DIGITS)
