"""plots/confusion_matrix.png: counts of test drawings by actual and predicted class."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sketch_classifier.analysis.style import INK, TOP, new_figure
from sketch_classifier.analysis.typefaces import short
from sketch_classifier.evaluation.confusion import classes_to_show

ANNOTATED = 40  # maximum number of classes at which a number fits in a cell


def confusion_figure(confusion: pd.DataFrame, model: str) -> Figure:
    """A heat map of a (C, C) table of counts, rows actual and columns predicted, normalised by row; C ≥ 2.

    If there are many classes, only those of `classes_to_show`, with shares of all drawings in the row.
    """
    counts, names = confusion.to_numpy(), list(map(short, confusion.columns))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    accuracy = np.trace(counts) / max(counts.sum(), 1)
    title, detail = "Confusion matrix", f"{model}, {counts.sum():,} test drawings, accuracy {accuracy:.1%}"
    shown = classes_to_show(confusion)
    if len(shown) < len(names):
        title += f" of the {len(shown)} of {len(names)} classes with the most errors"
        detail += "; all classes are in metrics/confusion_matrix.csv"
    counts, shares, names = counts[np.ix_(shown, shown)], shares[np.ix_(shown, shown)], [names[code] for code in shown]
    num_classes = len(names)
    cell = np.clip(8 / num_classes, 0.085, 1.4)  # inches
    font = np.clip(cell * 72 * 0.8, 4.5, 9)
    longest = max(map(len, names)) * font * 0.6 / 72
    side = num_classes * cell + longest * (1 if num_classes <= ANNOTATED else 2)
    figure = new_figure(max(side + 1.5, 5), max(side + TOP + 0.4, 3.6), title, detail, names)
    figure.set_layout_engine("compressed", rect=(0, 0, 1, 1 - TOP / figure.get_figheight()))  # keeps the cells square
    axes = figure.add_subplot()
    # A square-root colour scale, so that a cell of 2% is visible beside one of 95%.
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
    share = 0.6 / figure.get_figwidth()  # fraction of the width, so that the colour bar has a constant width
    bar = figure.colorbar(image, ax=axes, ticks=ticks, aspect=25, fraction=share, shrink=0.6)
    bar.set_label("share of actual class", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.outline.set_visible(False)
    return figure


def _write_numbers(axes, counts: np.ndarray, shares: np.ndarray, cell: float) -> None:
    """Write the count in every non-zero cell, and its share of the row if there is room."""
    roomy = cell >= 0.6
    widest = max(len(str(counts.max())), 5 if roomy else 1)
    font = min(10, cell * 72 / (0.75 * widest))
    for row, column in np.argwhere(counts):
        text = f"{counts[row, column]:,}\n{shares[row, column]:.1%}" if roomy else str(counts[row, column])
        colour = "white" if shares[row, column] > 0.3 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=font, color=colour)
