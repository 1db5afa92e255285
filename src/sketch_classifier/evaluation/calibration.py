"""Calibration of confidences: temperature scaling and reliability curves. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from sketch_classifier.evaluation.confusion import DIGITS
from sketch_classifier.evaluation.outcomes import Answers, blocks

NUM_BINS = 15
TEMPERATURES = (0.05, 20.0)  # search range


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """The temperature T that minimises the log loss of softmax(logits / T), rounded to DIGITS.

    logits  (n, C) float, of the validation drawings
    labels  (n,) int

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2. The loss is convex in 1/T, so the
    minimum is where its derivative is 0. If there is none within TEMPERATURES (every prediction is correct, or the
    model is no better than chance), the nearer bound is returned. None without drawings.
    """
    if not len(labels):
        return None
    low, high = np.log(TEMPERATURES)
    if _slope(logits, labels, np.exp(-high)) >= 0:  # a higher temperature would be better still
        return TEMPERATURES[1]
    if _slope(logits, labels, np.exp(-low)) <= 0:  # a lower one would
        return TEMPERATURES[0]
    found = brentq(lambda log: _slope(logits, labels, np.exp(-log)), low, high, xtol=1e-8, rtol=1e-10)
    return round(float(np.exp(found)), DIGITS)


def bins(confidence: np.ndarray) -> tuple[np.ndarray, int]:
    """The bin of each drawing, (n,) int, and the number of bins. Bin m of M, counted from 1, is ((m − 1)/M, m/M]."""
    return np.searchsorted(np.arange(1, NUM_BINS) / NUM_BINS, confidence), NUM_BINS


def calibration(before: Answers, after: Answers | None) -> pd.DataFrame:
    """The reliability curve before temperature scaling and, if `after` is given, after it, with one row per bin.

    Columns: scaling (before or after), bin_low, bin_high, count, and the means confidence and accuracy, which are
    missing in empty bins.
    """
    tables = [_bin_table("before", before)] + ([_bin_table("after", after)] if after else [])
    return pd.concat(tables, ignore_index=True)


def curve(table: pd.DataFrame, scaling: str) -> pd.DataFrame:
    """One reliability curve of `calibration` for DVC's plots: confidence, accuracy and ideal (= confidence) per bin.

    Empty bins are left out, because DVC would plot an empty field as 0.
    """
    rows = table[(table["scaling"] == scaling) & (table["count"] > 0)]
    return rows[["confidence", "accuracy"]].assign(ideal=rows["confidence"])


def _slope(logits: np.ndarray, labels: np.ndarray, inverse: float) -> float:
    """The derivative of the mean log loss with respect to 1/T, at 1/T = inverse.

    This is the mean difference between the expected logit and the logit of the true class.
    """
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
