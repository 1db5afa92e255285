"""Metrics of a binary task, and the decision threshold."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from sketch_classifier.evaluation.confusion import DIGITS
from sketch_classifier.evaluation.sums import total, weighted

HALF = 0.5


def choose_threshold(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """The threshold that gives the validation drawings the best balanced accuracy, rounded to DIGITS.

    logits  (n,) float: the network's output, whose sigmoid is the probability of the positive class
    labels  (n,) int, 1 for positive

    A drawing is called positive where its probability is above the threshold. The best balanced accuracy, which is the
    largest of Youden's J (Youden, Index for rating diagnostic tests, Cancer 3, 1950), does not depend on how many
    negative drawings stand against the positive ones, as F1 does: here that number follows from the list of categories.
    Tried are one half and the middles between neighbouring probabilities; of equally good ones the nearest to one half
    is taken. None where a class has no drawing.
    """
    probability, labels = _probability(logits), np.asarray(labels) == 1
    positive, negative = np.sort(probability[labels]), np.sort(probability[~labels])
    if not len(positive) or not len(negative):
        return None
    values = np.unique(probability)
    # Rounded before they are tried: what is written is what was found best.
    candidates = np.unique(np.append((values[:-1] + values[1:]) / 2, HALF).round(DIGITS))
    missed = np.searchsorted(positive, candidates, side="right")
    refused = np.searchsorted(negative, candidates, side="right")
    # Whole numbers, so that equally good is equal: J = refused / negatives − missed / positives.
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
    """The figures of R samples of the same n drawings: name → (R,) float64, NaN where a figure is undefined.

    logits, labels  as of `choose_threshold`
    threshold  as it gives it; None: no figures at a threshold
    counts     (n, R) float64: how often drawing i is in sample r
    groups     (n,) int: of each drawing, where groups are resampled and counts is (G, R): see `sums`

    precision and recall of the positive class where one half is the threshold (a logit of 0), the area under the ROC
    curve, and accuracy, balanced accuracy, precision and recall at `threshold`. Precision is undefined where nothing is
    called positive, recall where nothing is positive, balanced accuracy and ROC AUC where only one class was drawn.
    """
    positive = np.asarray(labels) == 1
    at_half = _at(logits > 0, positive, counts, groups)
    figures = {name: at_half[name] for name in ("precision", "recall")}
    if groups is None:
        figures["roc_auc"] = roc_auc(logits, positive, counts)
    else:  # one sample after the other, for each needs a number for each drawing
        figures["roc_auc"] = np.concatenate([roc_auc(logits, positive, own[groups][:, None]) for own in counts.T])
    if threshold is not None:
        chosen = _at(_probability(logits) > threshold, positive, counts, groups)
        figures |= {f"{name}_at_threshold": values for name, values in chosen.items()}
    return figures


def roc_auc(logits: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(R,) float64: how likely a positive drawing has a higher logit than a negative one; equal ones count half.

    That is the area under the ROC curve (Hanley and McNeil, Radiology 143, 1982). NaN where a sample has no pair.
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
    refused = every - drawn - said + hits  # negative, and not called positive
    recall = _share(hits, drawn)
    return {
        "accuracy": (hits + refused) / every,
        "balanced_accuracy": (recall + _share(refused, every - drawn)) / 2,
        "precision": _share(hits, said),
        "recall": recall,
    }


def _share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    return np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)
