"""Distances of misclassified drawings to the centroids of their true and their predicted class in feature space."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sketch_classifier.analysis.style import BLUE, INK, QUIET, VERMILLION, new_figure, quiet
from sketch_classifier.evaluation.confusion import DIGITS

Batches = Iterable[tuple[slice | np.ndarray, np.ndarray]]  # indices of drawings, and their features (b, D) float
CHUNK = 2**20  # drawings processed at a time
COLUMNS = ["row", "key_id", "actual", "predicted", "confidence", "distance_actual", "distance_predicted", "nearer_to"]


def choose_per_class(rows: np.ndarray, labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """A random sample of at most `most` rows per class, from `rows` (n,) int with labels (n,) int, ascending."""
    order = np.random.default_rng(seed).permutation(len(rows))
    missing = np.minimum(np.bincount(labels), most)  # still to be chosen, per class
    chosen = []
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        own = labels[part]
        number = pd.Series(own).groupby(own).cumcount().to_numpy()
        chosen.append(part[number < missing[own]])
        missing -= np.bincount(labels[chosen[-1]], minlength=len(missing))
        if not missing.any():
            break
    return np.sort(rows[np.concatenate(chosen)])


def centroids(batches: Batches, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """(C, D) float64: the mean features of each class; NaN for a class without drawings.

    batches  features of n ≥ 1 drawings; labels (n,) int
    """
    sums = None
    for part, features in batches:
        if sums is None:
            sums = np.zeros((num_classes, features.shape[1]))
        own = labels[part]
        for label in np.unique(own):
            sums[label] += features[own == label].sum(axis=0, dtype=np.float64)
    assert sums is not None  # there is at least one batch
    counts = np.bincount(labels, minlength=num_classes)[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def centroid_distances(
    wrong: pd.DataFrame, batches: Batches, centres: np.ndarray, class_names: Sequence[str]
) -> pd.DataFrame:
    """A table with COLUMNS and one row per misclassified drawing, most confident first.

    wrong    the n rows of misclassified drawings in evaluate's predictions
    batches  features of these drawings
    centres  (C, D), from `centroids`

    Both distances are Euclidean (in the network's feature space); nearer_to is "actual" or "predicted", and "actual" if
    they are equal.
    """
    codes = {name: code for code, name in enumerate(class_names)}
    table = wrong[["row", "key_id", "actual", "predicted", "confidence"]].copy()
    classes = np.stack([table[which].map(codes).to_numpy(np.int64) for which in ("actual", "predicted")])
    distances = np.empty(classes.shape)
    for part, features in batches:
        for which, own in zip(distances, classes, strict=True):
            which[part] = np.linalg.norm(features - centres[own[part]], axis=1)
    table["distance_actual"], table["distance_predicted"] = distances
    nearer = table["distance_predicted"] < table["distance_actual"]
    table["nearer_to"] = np.where(nearer, "predicted", "actual")
    table = table.sort_values("confidence", ascending=False, kind="stable").reset_index(drop=True)
    return table.round({"distance_actual": DIGITS, "distance_predicted": DIGITS})


def distances_figure(table: pd.DataFrame, model: str, drawings: str, num_wrong: int | None = None) -> Figure:
    """One point per misclassified drawing of `centroid_distances`: above the diagonal it is closer to the true class.

    drawings   description of the drawings that define the centroids, such as "500 training drawings of each class"
    num_wrong  total number of misclassified drawings; None: those of the table
    """
    wrong = (table["nearer_to"] == "predicted").to_numpy()
    number = f"{len(table):,}" if num_wrong in (None, len(table)) else f"{len(table):,} of {num_wrong:,}"
    detail = f"{model}, {number} misclassified test drawings, centroids of {drawings}"
    figure = new_figure(7.2, 6.6, "Misclassified drawings: distance to class centroids", detail)
    axes = figure.add_subplot()
    if table.empty:
        say(axes, "No drawings were misclassified")
        return figure
    x, y = table["distance_actual"].to_numpy(), table["distance_predicted"].to_numpy()
    for chosen, colour, text in ((wrong, VERMILLION, "predicted"), (~wrong, BLUE, "true")):
        label = f"closer to the {text} class: {chosen.sum():,} ({chosen.mean():.0%})"
        axes.scatter(x[chosen], y[chosen], s=16, alpha=0.6, linewidths=0, color=colour, label=label)
    both = np.concatenate([x, y])
    both = both[np.isfinite(both)]
    room = 0.03 * np.ptp(both) or 0.5
    ends = both.min() - room, both.max() + room
    axes.plot(ends, ends, color=QUIET, linewidth=1, linestyle="--")
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel("distance to the centroid of the true class", color=INK)
    axes.set_ylabel("distance to the centroid of the predicted class", color=INK)
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    quiet(axes)
    return figure


def say(axes, text: str) -> None:
    """Write a message in place of a diagram without data."""
    axes.axis("off")
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, color=QUIET, transform=axes.transAxes)
