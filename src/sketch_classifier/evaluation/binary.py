"""Metrics of a binary task, and the choice of its decision threshold."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from sketch_classifier.evaluation.confusion import DIGITS
from sketch_classifier.evaluation.sums import total, weighted

HALF = 0.5


def choose_threshold(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """The threshold with the best balanced accuracy on the validation drawings, rounded to DIGITS.

    logits  (n,) float: the network's output, whose sigmoid is the probability of the positive class
    labels  (n,) int, 1 for positive

    A drawing is classified as positive if its probability is above the threshold. Maximising balanced accuracy is
    equivalent to maximising Youden's J (Youden, Index for rating diagnostic tests, Cancer 3, 1950). Unlike F1, it does
    not depend on the ratio of negative to positive drawings, which here follows from the list of categories. The
    candidates are one half and the midpoints between adjacent probabilities; ties are resolved in favour of the one
    nearest to one half. None if a class has no drawings.
    """
    probability, labels = _probability(logits), np.asarray(labels) == 1
    positive, negative = np.sort(probability[labels]), np.sort(probability[~labels])
    if not len(positive) or not len(negative):
        return None
    values = np.unique(probability)
    # Rounded first, so that the best candidate is exactly the value that is written.
    candidates = np.unique(np.append((values[:-1] + values[1:]) / 2, HALF).round(DIGITS))
    missed = np.searchsorted(positive, candidates, side="right")
    refused = np.searchsorted(negative, candidates, side="right")
    # In integers, so that ties are exact: J = refused / negatives − missed / positives.
    youden = refused * len(positive) - missed * len(negative)
    best = candidates[youden == youden.max()]
    return float(best[np.argmin(np.abs(best - HALF))])


def binary_figures(
    logits: np.ndarray,
    labels: np.ndarray,
    threshold: float | None,
    counts: np.ndarray,
    groups: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """The metrics on R resamples of the same n drawings: name → (R,) float64, NaN where a metric is undefined.

    logits, labels  as in `choose_threshold`
    threshold  the result of `choose_threshold`; if None, the metrics at the threshold are omitted
    counts     (n, R) float64: how often drawing i is in resample r
    groups     (n,) int: the group of each drawing if groups are resampled and counts is (G, R), see `sums`

    The metrics are precision and recall of the positive class at a threshold of one half (a logit of 0), the area under
    the ROC curve, and accuracy, balanced accuracy, precision and recall at `threshold`. Precision is undefined if
    nothing is classified as positive, recall if nothing is positive, balanced accuracy and ROC AUC if only one class
    occurs.
    """
    positive = np.asarray(labels) == 1
    at_half = _at(logits > 0, positive, counts, groups)
    figures = {name: at_half[name] for name in ("precision", "recall")}
    if groups is None:
        figures["roc_auc"] = roc_auc(logits, positive, counts)
    else:  # one resample at a time, because each needs its counts by drawing
        figures["roc_auc"] = np.concatenate([roc_auc(logits, positive, own[groups][:, None]) for own in counts.T])
    if threshold is not None:
        chosen = _at(_probability(logits) > threshold, positive, counts, groups)
        figures |= {f"{name}_at_threshold": values for name, values in chosen.items()}
    return figures


def roc_auc(logits: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(R,) float64: the area under the ROC curve on each resample; NaN if a class does not occur.

    Computed as the probability that a positive drawing has a higher logit than a negative one, where ties count half
    (Hanley and McNeil, Radiology 143, 1982).
    """
    order = np.argsort(logits, kind="stable")
    ordered = logits[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts, positive = counts[order], positive[order, None]
    above = np.add.reduceat(counts * positive, starts, axis=0)
    below = np.add.reduceat(counts * ~positive, starts, axis=0)
    pairs = (above * (below.cumsum(axis=0) - below / 2)).sum(axis=0)
    return _share(pairs, above.sum(axis=0) * below.sum(axis=0))


def _probability(logits: np.ndarray) -> np.ndarray:
    return expit(np.asarray(logits, np.float64))


def _at(
    called: np.ndarray, positive: np.ndarray, counts: np.ndarray, groups: np.ndarray | None
) -> dict[str, np.ndarray]:
    every, drawn, said = total(counts, groups), weighted(positive, counts, groups), weighted(called, counts, groups)
    hits = weighted(called & positive, counts, groups)
    refused = every - drawn - said + hits  # true negatives
    recall = _share(hits, drawn)
    return {
        "accuracy": (hits + refused) / every,
        "balanced_accuracy": (recall + _share(refused, every - drawn)) / 2,
        "precision": _share(hits, said),
        "recall": recall,
    }


def _share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    return np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)
