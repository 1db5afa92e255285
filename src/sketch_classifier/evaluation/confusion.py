"""The confusion matrix, per-class metrics and the most confused pairs of classes. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix as count_pairs
from sklearn.metrics import precision_recall_fscore_support

DIGITS = 6  # of written numbers; more would only add noise to diffs
LEGIBLE = 60  # number of classes up to which a figure shows all of them
SHOWN = 30  # number of classes that it shows otherwise


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson, Journal of the American Statistical Association 22, 1927)."""
    interval = binomtest(right, total).proportion_ci(0.95, method="wilson")
    return interval.low, interval.high


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, class_names: tuple[str, ...]) -> pd.DataFrame:
    """(C, C) int: how many drawings of the row's class were classified as the column's class."""
    counts = count_pairs(labels, predicted, labels=np.arange(len(class_names)))
    return pd.DataFrame(counts, index=pd.Index(class_names, name=r"actual\predicted"), columns=list(class_names))


def per_class(labels: np.ndarray, predicted: np.ndarray, class_names: tuple[str, ...]) -> pd.DataFrame:
    """One row per class: class, precision, recall, f1, support (number of drawings).

    Undefined values are missing: the precision of a class that was never predicted, the recall of one without drawings,
    and F1 if both apply.
    """
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(class_names)), zero_division=np.nan
    )
    table = pd.DataFrame({"class": class_names, "precision": precision, "recall": recall, "f1": f1, "support": support})
    return table.round(DIGITS)


def classes_to_show(confusion: pd.DataFrame) -> np.ndarray:
    """(k,) int, ascending: the classes of a `confusion_matrix` that a figure shows.

    All of them if there are at most LEGIBLE, otherwise the SHOWN classes with the most errors. An error counts for both
    the true and the predicted class. Ties are resolved in favour of the class that comes first.
    """
    counts = confusion.to_numpy()
    if len(counts) <= LEGIBLE:
        return np.arange(len(counts))
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return np.sort(np.argsort(-mistakes, kind="stable")[:SHOWN])


def most_confused(confusion: pd.DataFrame) -> pd.DataFrame:
    """The pairs of classes that are confused in a `confusion_matrix`, the most frequent pair first.

    Each pair has two rows, one per direction, the more frequent one first, with the columns actual, predicted, count,
    share (of the drawings of the actual class; missing if it has none) and pair_count (both directions together).
    Pairs that are never confused are left out.
    """
    counts, names = confusion.to_numpy(), np.array(confusion.columns, dtype=object)
    both = counts + counts.T
    first, second = np.nonzero(np.triu(both, k=1))
    actual, predicted = np.concatenate([first, second]), np.concatenate([second, first])
    count, pair_count, drawn = counts[actual, predicted], both[actual, predicted], counts.sum(axis=1)[actual]
    # Sort by the count of the pair, then by its classes, then by the count of the direction.
    low, high = np.minimum(actual, predicted), np.maximum(actual, predicted)
    order = np.lexsort((actual, -count, high, low, -pair_count))
    share = np.where(drawn > 0, count / np.maximum(drawn, 1), np.nan)
    table = pd.DataFrame(
        {
            "actual": names[actual],
            "predicted": names[predicted],
            "count": count,
            "share": share.round(DIGITS),
            "pair_count": pair_count,
        }
    )
    return table.iloc[order].reset_index(drop=True)
