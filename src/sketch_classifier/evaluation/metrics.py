"""How good the predictions are: the figures, the confusion matrix and the table by class. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix as count_pairs
from sklearn.metrics import f1_score, precision_recall_fscore_support, recall_score

DIGITS = 6  # more would only make noise in a diff


def metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """The figures of n predictions, rounded to DIGITS.

    probabilities  (n, C) float, rows that sum to 1
    labels         (n,) int, each below C; n is at least 1

    Classes without a drawing have no recall, so balanced accuracy is the mean over the others; macro F1 is the mean
    over the classes that occur among labels or predictions. Top-k accuracy is 1 where k ≥ C. Among equal
    probabilities the class that comes first ranks first.
    """
    predicted = probabilities.argmax(axis=1)
    rank = ranks(probabilities, labels)
    drawn = np.unique(labels)
    # Not scikit-learn's log_loss: it holds three float64 copies of (n, C), which is gigabytes with every category.
    confidence = probabilities.max(axis=1).astype(np.float64)
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)[:, 0].astype(np.float64)
    figures = {
        "accuracy": np.mean(rank < 1),
        "balanced_accuracy": recall_score(labels, predicted, labels=drawn, average="macro", zero_division=0),
        "macro_f1": f1_score(labels, predicted, average="macro", zero_division=0),
        "top3_accuracy": np.mean(rank < 3),
        "top5_accuracy": np.mean(rank < 5),
        "map3": np.mean(np.where(rank < 3, 1 / (rank + 1), 0)),
        "log_loss": np.mean(np.log(1 / np.clip(own, np.finfo(np.float64).eps, 1))),
        "expected_calibration_error": expected_calibration_error(confidence, predicted == labels),
    }
    return {name: round(float(value), DIGITS) for name, value in figures.items()} | {"num_test": len(labels)}


def ranks(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) int: how many classes the model puts before the right one. 0 is a hit.

    Counted rather than sorted, so that rank 0 is the same as `argmax` also where probabilities are equal.
    """
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    before = np.arange(probabilities.shape[1]) < labels[:, None]
    return ((probabilities > own) | ((probabilities == own) & before)).sum(axis=1)


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, num_bins: int = 15) -> float:
    """The mean distance of accuracy from confidence over bins of equal width, weighted by the drawings in each.

    confidence  (n,) float, 0–1: the probability of the predicted class
    correct     (n,) bool

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3; bin m holds ((m − 1)/M, m/M].
    """
    bins = np.searchsorted(np.arange(1, num_bins) / num_bins, confidence)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=num_bins)
    return float(np.abs(gaps).sum() / len(confidence))


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, class_names: tuple[str, ...]) -> pd.DataFrame:
    """(C, C) int: how many drawings of the row's class were called the column's class."""
    counts = count_pairs(labels, predicted, labels=np.arange(len(class_names)))
    return pd.DataFrame(counts, index=pd.Index(class_names, name=r"actual\predicted"), columns=list(class_names))


def per_class(labels: np.ndarray, predicted: np.ndarray, class_names: tuple[str, ...]) -> pd.DataFrame:
    """One row a class: class, precision, recall, f1 (0 where there is nothing to divide by), support."""
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(class_names)), zero_division=0
    )
    table = pd.DataFrame({"class": class_names, "precision": precision, "recall": recall, "f1": f1, "support": support})
    return table.round(DIGITS)
