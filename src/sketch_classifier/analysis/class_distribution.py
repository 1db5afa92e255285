"""plots/class_distribution.png: how many drawings of each class each split holds."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.figure import Figure

from sketch_classifier.analysis.style import BLUE, GREEN, ORANGE, QUIET, TOP, new_figure, quiet
from sketch_classifier.analysis.typefaces import short
from sketch_classifier.data.dataset import SPLITS

COLOURS = (BLUE, ORANGE, GREEN)
ROW = 0.24  # inches a class


def distribution_figure(counts: np.ndarray, class_names: Sequence[str]) -> Figure:
    """(C, 3) int counts of train, validation and test drawings, as one stacked bar a class; C from 2 to 345."""
    num_classes = len(class_names)
    columns = 1 if num_classes <= 45 else ceil(num_classes / 70)
    rows = ceil(num_classes / columns)
    totals = zip(SPLITS, counts.sum(axis=0), strict=True)
    detail = f"{num_classes} classes: " + ", ".join(f"{name} {total:,}" for name, total in totals)
    width, height = 8 if columns == 1 else 4.4 * columns, max(rows * ROW, 0.8) + TOP + 0.6
    figure = new_figure(width, height, "Drawings of each class in each split", detail, class_names)
    panels = figure.subplots(1, columns, squeeze=False)[0]
    longest = counts.sum(axis=1).max()
    for number, axes in enumerate(panels):
        part = slice(number * rows, min((number + 1) * rows, num_classes))
        _bars(axes, counts[part], class_names[part], rows)
        axes.set_xlim(0, longest * (1.3 if columns == 1 else 1.75))
        axes.set_ylim(rows - 0.4, -0.6)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="upper right", ncols=3, frameon=False, fontsize=9)
    return figure


def _bars(axes, counts: np.ndarray, names: Sequence[str], rows: int) -> None:
    places = np.arange(len(names))
    left = np.zeros(len(names))
    for split, colour in enumerate(COLOURS):
        axes.barh(places, counts[:, split], left=left, height=0.75, color=colour, label=SPLITS[split])
        left += counts[:, split]
    for place, (row, end) in enumerate(zip(counts, left, strict=True)):
        text = "  " + " + ".join(f"{count:,}" for count in row)
        axes.text(end, place, text, va="center", fontsize=7, color=QUIET)
    axes.set_yticks(places, list(map(short, names)), fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("drawings", fontsize=9)
    quiet(axes)
