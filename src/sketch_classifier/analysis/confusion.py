"""plots/confusion_matrix.png and plots/look_alikes.png: which classes are taken for which, and in which groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from sketch_classifier.analysis.style import BLUE, INK, TOP, new_figure, quiet
from sketch_classifier.analysis.typefaces import short

ANNOTATED = 40  # classes up to which a number fits in a cell


def confusion_figure(confusion: pd.DataFrame, model: str) -> Figure:
    """A (C, C) table of counts, rows actual and columns predicted, coloured by the share of the row; C from 2."""
    counts, names = confusion.to_numpy(), list(map(short, confusion.columns))
    num_classes = len(names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cell = np.clip(8 / num_classes, 0.085, 1.4)  # inches
    font = np.clip(cell * 72 * 0.8, 4.5, 9)
    longest = max(map(len, names)) * font * 0.6 / 72
    side = num_classes * cell + longest * (1 if num_classes <= ANNOTATED else 2)
    right = np.trace(counts) / max(counts.sum(), 1)
    detail = f"{model}, {counts.sum():,} test drawings, {right:.1%} right"
    figure = new_figure(max(side + 1.5, 5), max(side + TOP + 0.4, 3.6), "What is taken for what", detail, names)
    figure.set_layout_engine("compressed", rect=(0, 0, 1, 1 - TOP / figure.get_figheight()))  # the cells stay square
    axes = figure.add_subplot()
    # A cell of 2 % is worth seeing beside one of 95 %, so the colours follow the square root.
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1), interpolation="nearest")
    axes.set_xticks(range(num_classes), names, fontsize=font, rotation=90 if longest > cell else 0)
    axes.set_yticks(range(num_classes), names, fontsize=font)
    axes.tick_params(length=0)
    axes.set(xlabel="predicted", ylabel="actual")
    if num_classes <= ANNOTATED:
        _write_numbers(axes, counts, shares, cell)
    else:
        axes.tick_params(labeltop=True, labelright=True)
    ticks = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1]
    share = 0.6 / figure.get_figwidth()  # of the width: a bar that does not grow with the matrix
    bar = figure.colorbar(image, ax=axes, ticks=ticks, aspect=25, fraction=share, shrink=0.6)
    bar.set_label("share of the actual class", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.outline.set_visible(False)
    return figure


def _write_numbers(axes, counts: np.ndarray, shares: np.ndarray, cell: float) -> None:
    """The count in every cell that has one, and its share of the row where there is room."""
    roomy = cell >= 0.6
    widest = max(len(str(counts.max())), 5 if roomy else 1)
    font = min(10, cell * 72 / (0.75 * widest))
    for row, column in np.argwhere(counts):
        text = f"{counts[row, column]:,}\n{shares[row, column]:.1%}" if roomy else str(counts[row, column])
        colour = "white" if shares[row, column] > 0.3 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=font, color=colour)


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
    names = list(map(short, tree["ivl"]))
    rates = np.clip(1 - np.array(tree["dcoord"]), LEAST, 1)
    joined = rates[rates < 1]
    edge = max(joined.max(initial=LEAST) * 2, 10 * LEAST)  # where the leaves begin
    never = joined.min(initial=edge) <= LEAST
    end = LEAST if never else joined.min(initial=edge) / 1.5
    detail = f"{model}, {confusion.to_numpy().sum():,} test drawings; joined by how often they are mistaken"
    figure = new_figure(8, TOP + 0.9 + ROW * len(names), "Classes that look alike", detail, names)
    axes = figure.add_subplot()
    places = (np.array(tree["icoord"]) - 5) / 10
    lines = np.stack([np.minimum(rates, edge), places], axis=-1)
    axes.add_collection(LineCollection(list(lines), colors=BLUE, linewidths=1.2))
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
