"""Classification metrics over resamples of the drawings. Pure functions."""

from __future__ import annotations

import numpy as np

from sketch_classifier.evaluation.calibration import bins
from sketch_classifier.evaluation.outcomes import Answers
from sketch_classifier.evaluation.sums import by_class, total, weighted

TOP = (3, 5)


def class_figures(answers: Answers, counts: np.ndarray, groups: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The metrics on R resamples of the same n drawings: name → (R,) float64, in the order in which they are shown.

    counts  (n, R) float64: how often drawing i is in resample r; a column of ones stands for the drawings themselves
    groups  (n,) int: the group of each drawing if groups are resampled and counts is (G, R), see `sums`

    Balanced accuracy is the mean recall of the classes that occur in the resample, macro F1 the mean over the classes
    that occur among its labels or its predictions. MAP@3 is the metric of Kaggle's Doodle Recognition challenge: 1, 1/2
    or 1/3 if the true class is ranked first, second or third, else 0. Top-k accuracy is left out for at most k classes,
    where it would always be 1, and MAP@3 for fewer than three classes. Among equal logits, the class that comes first
    is ranked first.
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
    """Log loss (natural logarithm) and expected calibration error, with arguments and result as in `class_figures`.

    The expected calibration error is the mean absolute difference of accuracy and confidence over 15 bins of equal
    width, weighted by their numbers of drawings (Guo et al., On Calibration of Modern Neural Networks, ICML 2017,
    equation 3).
    """
    gaps = by_class(*bins(answers.confidence), counts, (answers.rank == 0) - answers.confidence, groups)
    return {
        f"log_loss{suffix}": _means(answers.loss, counts, groups),
        f"expected_calibration_error{suffix}": np.abs(gaps).sum(axis=0) / total(counts, groups),
    }


def _means(values: np.ndarray, counts: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """(R,): the mean of values (n,) over each resample."""
    return weighted(values.astype(np.float64), counts, groups) / total(counts, groups)


def _mean_share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """(R,): the mean of parts / wholes, both (C, R), over the classes whose whole is not 0."""
    known = wholes > 0
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=known).sum(axis=0) / known.sum(axis=0)
