"""Metrics over all drawings. Pure functions."""

from __future__ import annotations

import numpy as np

from sketch_classifier.evaluation.calibration import bins
from sketch_classifier.evaluation.outcomes import Answers
from sketch_classifier.evaluation.sums import by_class, total, weighted

TOP = (3, 5)


def class_figures(answers: Answers, counts: np.ndarray, groups: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The figures of R samples of the same n drawings: name → (R,) float64, in the order in which they are shown.

    counts  (n, R) float64: how often drawing i is in sample r; a column of ones is the drawings themselves
    groups  (n,) int: of each drawing, where groups are resampled and counts is (G, R): see `sums`

    Balanced accuracy is the mean recall of the classes that have a drawing in the sample, macro F1 the mean over those
    that occur among its labels or its predictions. MAP@3 is that of Kaggle's Doodle Recognition: 1, 1/2 or 1/3 where
    the right class comes first, second or third, else 0. Top-k accuracy, always 1 where there are no more than k
    classes, is left out there, and MAP@3 with fewer than three classes. Among equal logits the class that comes first
    ranks first.
    """
    num_classes, rank = answers.num_classes, answers.rank
    drawn = by_class(answers.labels, num_classes, counts, groups=groups)
    predicted = by_class(answers.predicted, num_classes, counts, groups=groups)
    hits = by_class(answers.labels, num_classes, counts, rank == 0, groups)
    figures = {
        "accuracy": _means(rank == 0, counts, groups),
        "balanced_accuracy": _mean_share(hits, drawn),
        "macro_f1": _mean_share(2 * hits, drawn + predicted),
    }
    figures |= {f"top{k}_accuracy": _means(rank < k, counts, groups) for k in TOP if k < num_classes}
    if num_classes >= 3:
        figures["map3"] = _means(np.where(rank < 3, 1 / (rank + 1), 0), counts, groups)
    return figures | probability_figures(answers, counts, groups=groups)


def probability_figures(
    answers: Answers, counts: np.ndarray, suffix: str = "", groups: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Log loss (natural logarithm) and expected calibration error, as `class_figures` gives its own.

    The calibration error is the mean distance of accuracy from confidence over 15 bins of equal width, weighted by the
    drawings in each (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3).
    """
    gaps = by_class(*bins(answers.confidence), counts, (answers.rank == 0) - answers.confidence, groups)
    return {
        f"log_loss{suffix}": _means(answers.loss, counts, groups),
        f"expected_calibration_error{suffix}": np.abs(gaps).sum(axis=0) / total(counts, groups),
    }


def _means(values: np.ndarray, counts: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """(R,): the mean of values (n,) in each sample."""
    return weighted(values.astype(np.float64), counts, groups) / total(counts, groups)


def _mean_share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """(R,): the mean of parts / wholes, both (C, R), over the classes that have a whole."""
    known = wholes > 0
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=known).sum(axis=0) / known.sum(axis=0)
