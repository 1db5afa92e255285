"""plots/look_alikes.png: classes that are confused more often than chance explains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform
from scipy.stats import binom

from sketch_classifier.analysis.centroids import say
from sketch_classifier.analysis.style import BLUE, TOP, new_figure, quiet
from sketch_classifier.analysis.typefaces import short
from sketch_classifier.evaluation.confusion import LEGIBLE, SHOWN

FEWEST = 5  # minimum number of errors between a pair of classes, in both directions together
SIGNIFICANCE = 0.05  # family-wise, for all pairs together
RULE = (
    f"Two classes count as commonly confused if there are at least {FEWEST} errors between them, and significantly "
    f"more than if their errors were spread evenly over the other classes (binomial test, {SIGNIFICANCE:.0%} level "
    "with Bonferroni correction)."
)
ROW = 0.2  # inches per class
LEAST = 1e-4  # position at which groups that are never confused join
TICKS = (0.0001, 0.0003, 0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def confused_pairs(confusion: pd.DataFrame) -> np.ndarray:
    """(C, C) bool, symmetric: the pairs of classes that are confused significantly more often than by chance.

    confusion  (C, C) counts, rows actual and columns predicted

    Under the null hypothesis that the e_i + e_j errors of classes i and j are distributed evenly over the C − 1 other
    classes, the number of errors between the two is binomial with p = 1/(C − 1). A pair is included if it has at least
    FEWEST errors and a p-value of at most SIGNIFICANCE / (C (C − 1) / 2), the Bonferroni correction. With only two
    classes, no pair is included.
    """
    counts = confusion.to_numpy(np.int64)
    num_classes = len(counts)
    if num_classes < 3:
        return np.zeros((num_classes, num_classes), bool)
    mistakes = counts - np.diag(np.diag(counts))
    pair, errors = mistakes + mistakes.T, mistakes.sum(axis=1)
    chance = binom.sf(pair - 1, errors[:, None] + errors, 1 / (num_classes - 1))
    return (pair >= FEWEST) & (chance * num_classes * (num_classes - 1) / 2 <= SIGNIFICANCE)


def confusion_rates(confusion: pd.DataFrame) -> np.ndarray:
    """(C, C) float64, symmetric: how often two classes are confused.

    The mean of the share of i predicted as j and the share of j predicted as i. A class without drawings counts as
    never confused.
    """
    counts = confusion.to_numpy(np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return (shares + shares.T) / 2


def merges(rates: np.ndarray) -> np.ndarray:
    """(C − 1, 4): scipy's average linkage of classes, with heights 1 − the mean of `rates` (C, C)."""
    distances = 1 - rates
    np.fill_diagonal(distances, 0)
    return linkage(squareform(distances, checks=False), "average", optimal_ordering=len(rates) <= 100)


def look_alikes_figure(confusion: pd.DataFrame, model: str) -> Figure:
    """A dendrogram of the classes of `confused_pairs`, from the (C, C) confusion matrix; C ≥ 2.

    If there are more than LEGIBLE classes, only SHOWN classes of the most frequent pairs.
    """
    title, detail = "Commonly confused classes", f"{model}, {confusion.to_numpy().sum():,} test drawings"
    supported = confused_pairs(confusion)
    found = int(supported.any(axis=1).sum())
    shown = _most_frequent(confusion, supported)
    if not len(shown):
        figure = new_figure(8, TOP + 1, title, detail)
        say(figure.add_subplot(), "No two classes are confused significantly more often than by chance")
        return figure
    detail += (
        f"; {len(shown)} of {len(confusion)} classes, from the most frequent of {int(supported.sum()) // 2:,} pairs"
        if len(shown) < found
        else f"; {found} of {len(confusion)} classes are in such a pair"
    )
    part = np.ix_(shown, shown)
    rates = np.where(supported, confusion_rates(confusion), 0)[part]
    tree = dendrogram(merges(rates), no_plot=True, labels=list(confusion.columns[shown]))
    figure = new_figure(8, TOP + 0.9 + ROW * max(len(shown), 4), title, detail, tree["ivl"])
    _draw(figure, tree)
    return figure


def _most_frequent(confusion: pd.DataFrame, supported: np.ndarray) -> np.ndarray:
    """(k,) int, ascending: the classes of the supported pairs; if there are many, of the pairs with the most errors."""
    classes = np.flatnonzero(supported.any(axis=1))
    if len(classes) <= LEGIBLE:
        return classes
    counts = confusion.to_numpy()
    first, second = np.nonzero(np.triu(supported))
    order = np.argsort(-(counts + counts.T)[first, second], kind="stable")
    chosen: set[int] = set()
    for pair in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if len(chosen.union(pair)) <= SHOWN:
            chosen.update(pair)
    return np.array(sorted(chosen))


def _draw(figure: Figure, tree: dict) -> None:
    names = list(map(short, tree["ivl"]))
    rates = np.clip(1 - np.array(tree["dcoord"]), LEAST, 1)
    joined = rates[rates < 1]
    edge = max(joined.max(initial=LEAST) * 2, 10 * LEAST)  # position of the leaves
    # Groups that are not connected by any pair are not joined.
    apart = (rates <= LEAST).any(axis=1)
    end = joined[joined > LEAST].min(initial=edge) / 1.5
    axes = figure.add_subplot()
    places = (np.array(tree["icoord"]) - 5) / 10
    lines = np.stack([np.minimum(rates, edge), places], axis=-1)[~apart]
    axes.add_collection(LineCollection(lines, colors=BLUE, linewidths=1.2))
    axes.set_xscale("log")
    axes.set(xlim=(edge, end), ylim=(len(names) - 0.4, -0.6))  # the most confused join first, on the left
    ticks = [tick for tick in TICKS if end <= tick <= edge]
    axes.set_xticks(ticks, [f"{tick:.2%}".replace(".00%", "%") for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("mean share of drawings predicted as the other class", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    quiet(axes)
