"""plots/class_distribution.png: number of drawings of each class by split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from sketch_classifier.analysis.style import BLUE, GREEN, QUIET, TOP, VERMILLION, new_figure, quiet
from sketch_classifier.analysis.typefaces import short
from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.evaluation.confusion import LEGIBLE, SHOWN

COLOURS = (BLUE, VERMILLION, GREEN)
ROW = 0.24  # inches per class


def distribution_figure(counts: np.ndarray, class_names: Sequence[str]) -> Figure:
    """A stacked bar per class, from (C, 3) int counts of train, validation and test drawings; C ≥ 2.

    If there are more than LEGIBLE classes, only the SHOWN with the fewest drawings, fewest first.
    """
    num_classes, totals = len(class_names), counts.sum(axis=1)
    sums = zip(SPLITS, counts.sum(axis=0), strict=True)
    title, detail = (
        "Class distribution",
        f"{num_classes} classes: " + ", ".join(f"{total:,} {name}" for name, total in sums),
    )
    shown = np.arange(num_classes)
    if num_classes > LEGIBLE:
        shown = np.argsort(totals, kind="stable")[:SHOWN]
        title += f": the {len(shown)} of {num_classes} classes with the fewest drawings"
        detail += f"; {totals.min():,} to {totals.max():,} drawings per class"
    figure = new_figure(8, max(len(shown) * ROW, 0.8) + TOP + 0.85, title, detail, class_names)
    axes = figure.add_subplot()
    _bars(axes, counts[shown], [class_names[code] for code in shown.tolist()])
    axes.set_xlim(0, max(totals[shown].max(), 1))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _bars(axes, counts: np.ndarray, names: Sequence[str]) -> None:
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
    axes.set_xlabel("number of drawings", fontsize=9)
    quiet(axes)
