"""plots/look_alikes.png: which classes are taken for one another, and in which groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from sketch_classifier.analysis.style import BLUE, TOP, new_figure, quiet

ROW = 0.2  # inches a class
LEAST = 1e-4  # where pairs that are never confused join
TICKS = (0.0001, 0.0003, 0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def confusion_rates(confusion: pd.DataFrame) -> np.ndarray:
    """(C, C) float64, symmetric: how often two classes are taken for each other.

    The mean of two shares: of the drawings of i that are called j, and of those of j that are called i. A class
    without drawings counts as never taken for another.
    """
    counts = confusion.to_numpy(np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return (shares + shares.T) / 2


def merges(confusion: pd.DataFrame) -> np.ndarray:
    """(C − 1, 4): scipy's linkage of the classes by average linkage, whose heights are 1 − the mean confusion rate."""
    rates = confusion_rates(confusion)
    distances = 1 - rates
    np.fill_diagonal(distances, 0)
    return linkage(squareform(distances, checks=False), "average", optimal_ordering=len(rates) <= 100)


def look_alikes_figure(confusion: pd.DataFrame, model: str) -> Figure:
    """A dendrogram of C classes from their (C, C) confusion matrix; C from 2 to 345."""
    tree = dendrogram(merges(confusion), no_plot=True, labels=list(confusion.columns))
    names = tree["ivl"]
    rates = np.clip(1 - np.array(tree["dcoord"]), LEAST, 1)
    joined = rates[rates < 1]
    edge = max(joined.max(initial=LEAST) * 2, 10 * LEAST)  # where the leaves begin
    never = joined.min(initial=edge) <= LEAST
    end = LEAST if never else joined.min(initial=edge) / 1.5
    detail = f"{model}, {confusion.to_numpy().sum():,} test drawings; joined by how often they are mistaken"
    figure = new_figure(8, TOP + 0.9 + ROW * len(names), "Classes that look alike", detail)
    axes = figure.add_subplot()
    places = (np.array(tree["icoord"]) - 5) / 10
    lines = np.stack([np.minimum(rates, edge), places], axis=-1)
    axes.add_collection(LineCollection(lines, colors=BLUE, linewidths=1.2))
    axes.set_xscale("log")
    axes.set(xlim=(edge, end), ylim=(len(names) - 0.4, -0.6))  # the most alike join first, on the left
    ticks = [tick for tick in TICKS if end <= tick <= edge]
    axes.set_xticks(ticks, [f"{tick:.2%}".replace(".00%", "%") for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    hint = ", never at the right edge" if never else ""
    axes.set_xlabel(f"mistaken for each other (mean share of drawings{hint})", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    quiet(axes)
    return figure
