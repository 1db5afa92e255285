"""Metrics over all drawings. Pure functions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sketch_classifier.evaluation.calibration import bins
from sketch_classifier.evaluation.outcomes import Answers

TOP = (3, 5)


def class_figures(answers: Answers, counts: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of R samples of the same n drawings: name → (R,) float64, in the order in which they are shown.

    counts  (n, R) float64: how often drawing i is in sample r; a column of ones is the drawings themselves

    Balanced accuracy is the mean recall of the classes that have a drawing in the sample, macro F1 the mean over those
    that occur among its labels or its predictions. MAP@3 is that of Kaggle's Doodle Recognition: 1, 1/2 or 1/3 where
    the right class comes first, second or third, else 0. Top-k accuracy, always 1 where there are no more than k
    classes, is left out there, and MAP@3 with fewer than three classes. Among equal logits the class that comes first
    ranks first.
    """
    num_classes, rank = answers.num_classes, answers.rank
    drawn = _sums(answers.labels, num_classes, counts)
    predicted = _sums(answers.predicted, num_classes, counts)
    hits = _sums(answers.labels, num_classes, counts, rank == 0)
    figures = {
        "accuracy": _means(rank == 0, counts),
        "balanced_accuracy": _mean_share(hits, drawn),
        "macro_f1": _mean_share(2 * hits, drawn + predicted),
    }
    figures |= {f"top{k}_accuracy": _means(rank < k, counts) for k in TOP if k < num_classes}
    if num_classes >= 3:
        figures["map3"] = _means(np.where(rank < 3, 1 / (rank + 1), 0), counts)
    return figures | probability_figures(answers, counts)


def probability_figures(answers: Answers, counts: np.ndarray, suffix: str = "") -> dict[str, np.ndarray]:
    """Log loss (natural logarithm) and expected calibration error, as `class_figures` gives its own.

    The calibration error is the mean distance of accuracy from confidence over 15 bins of equal width, weighted by the
    drawings in each (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3).
    """
    gaps = _sums(*bins(answers.confidence), counts, (answers.rank == 0) - answers.confidence)
    return {
        f"log_loss{suffix}": _means(answers.loss, counts),
        f"expected_calibration_error{suffix}": np.abs(gaps).sum(axis=0) / counts.sum(axis=0),
    }


def _means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(R,): the mean of values (n,) in each sample."""
    return values.astype(np.float64) @ counts / counts.sum(axis=0)


def _sums(groups: np.ndarray, num_groups: int, counts: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
    """(num_groups, R): the sum of values (n,), or the number, of the drawings of each group (n,) in each sample."""
    values = np.ones(len(groups)) if values is None else values.astype(np.float64)
    one_hot = csr_array((values, (groups, np.arange(len(groups)))), shape=(num_groups, len(groups)))
    return one_hot @ counts


def _mean_share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """(R,): the mean of parts / wholes, both (C, R), over the classes that have a whole."""
    known = wholes > 0
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=known).sum(axis=0) / known.sum(axis=0)
