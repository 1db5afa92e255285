"""plots/reliability.png: the reliability diagram, accuracy by confidence."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sketch_classifier.analysis.style import BLUE, INK, QUIET, VERMILLION, new_figure, quiet
from sketch_classifier.evaluation.confusion import wilson

TITLES = {"before": "before temperature scaling", "after": "after temperature scaling"}


def reliability_figure(calibration: pd.DataFrame, figures: pd.DataFrame, detail: str) -> Figure:
    """A reliability diagram from evaluate's tables calibration and intervals: the accuracy in each confidence bin.

    One panel before temperature scaling, and one after it if there is one.
    """
    errors = figures.set_index("figure")["value"]
    scalings = [name for name in TITLES if (calibration["scaling"] == name).any()]
    figure = new_figure(5.1 * len(scalings) + 0.2, 5.4, "Reliability diagram", detail)
    panels = figure.subplots(1, len(scalings), squeeze=False)[0]
    for axes, scaling, colour in zip(panels, scalings, (BLUE, VERMILLION), strict=False):
        part = calibration[(calibration["scaling"] == scaling) & (calibration["count"] > 0)]
        width = part["bin_high"] - part["bin_low"]
        share = part["count"] / part["count"].sum()
        label = "number of drawings (relative)"
        axes.bar(part["bin_low"], 0.2 * share / share.max(), width, align="edge", color=QUIET, alpha=0.3, label=label)
        right = (part["accuracy"] * part["count"]).round().astype(int)
        low, high = np.transpose([wilson(k, n) for k, n in zip(right, part["count"], strict=True)])
        error = np.clip([part["accuracy"] - low, high - part["accuracy"]], 0, None)
        style = {"fmt": "o", "color": colour, "markersize": 5, "capsize": 2.5, "linewidth": 1.2}
        axes.errorbar(part["confidence"], part["accuracy"], yerr=error, label="accuracy, 95% interval", **style)
        axes.plot([0, 1], [0, 1], "--", color=INK, linewidth=1, label="perfect calibration")
        error = errors.get("expected_calibration_error" + ("_scaled" if scaling == "after" else ""), np.nan)
        axes.set_title(f"{TITLES[scaling]}: ECE {error:.1%}", fontsize=10, color=INK)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        quiet(axes)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
    return figure
