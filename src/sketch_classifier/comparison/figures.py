"""The figures of a comparison: comparison.png and only_one_right.png."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sketch_classifier.analysis.sheets import Line, Sheet, pictures
from sketch_classifier.analysis.style import BLUE, INK, PURPLE, QUIET, RIGHT, TOP, WRONG, new_figure, quiet
from sketch_classifier.comparison.shared_drawings import answers
from sketch_classifier.data.dataset import Dataset

LONGEST = 44  # characters of a bar's label: the run's name and the parameters in which it differs


def bars_figure(summary: pd.DataFrame) -> Figure:
    """A bar for the accuracy in each row of `summary.summary`, with its 95% interval or, for repeated runs, ± std."""
    num = len(summary)
    models = summary["model"] if summary["model"].nunique() > 1 else [""] * num
    abouts = zip(summary["name"], models, summary["changed"], strict=True)
    names = [_cut(" · ".join(filter(None, about)), LONGEST) for about in abouts]
    detail = "error bars: 95% intervals" + (
        "; of repeated runs ± standard deviation" if (summary["num_runs"] > 1).any() else ""
    )
    figure = new_figure(9, TOP + 0.55 + 0.34 * max(num, 2), "Test accuracy", detail, names)
    axes = figure.subplots()
    for place, row in enumerate(summary.to_dict("records")):
        if row["num_runs"] > 1:
            below, above, colour = row["accuracy_std"], row["accuracy_std"], PURPLE
        else:
            below, above = row["accuracy"] - row["accuracy_low"], row["accuracy_high"] - row["accuracy"]
            colour = BLUE
        # A bootstrap interval does not always include the value itself.
        error = np.clip([[below], [above]], 0, None)
        axes.barh(place, row["accuracy"], height=0.7, color=colour, alpha=0.55)
        axes.errorbar(row["accuracy"], place, xerr=error, color=INK, capsize=3, linewidth=1.3)
        axes.text(
            1.015, place, accuracy_text(row), va="center", fontsize=9, color=INK, transform=axes.get_yaxis_transform()
        )
    axes.set_yticks(range(num), names, fontsize=9)
    axes.set(xlim=(0, 1), ylim=(max(num, 2) - 0.4, -0.6), xlabel="accuracy")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.tick_params(axis="y", length=0)
    quiet(axes)
    return figure


def accuracy_text(row: dict) -> str:
    """The accuracy in a row of `summary.summary` with its interval or, for repeated runs, ± standard deviation."""
    if row["num_runs"] > 1:
        return f"{row['accuracy']:.1%} ± {row['accuracy_std']:.1%}"
    if np.isnan(row["accuracy_low"]):
        return f"{row['accuracy']:.1%}"
    return f"{row['accuracy']:.1%} ({row['accuracy_low']:.1%}–{row['accuracy_high']:.1%})"


def only_one_right_sheet(
    dataset: Dataset, chosen: pd.DataFrame, rows: np.ndarray, names: Sequence[str], total: int
) -> Sheet:
    """The drawings of `chosen`, rows of `shared_drawings.only_one_right`, with each run's prediction.

    rows   (n,) int: the rows of the drawings in `dataset`
    names  the names of all runs
    total  the total number of such drawings
    """
    captions = [_caption(row, names) for _, row in chosen.iterrows()]
    title = "Test drawings that only one run classifies correctly"
    detail = f"{len(chosen):,} of {total:,}, most confident of each run first"
    return Sheet(pictures(dataset.images[rows], dataset.channels), captions, [QUIET] * len(chosen), title, detail)


def _caption(row: pd.Series, names: Sequence[str], limit: int = 3) -> list[Line]:
    said = answers(row, names)
    wrong = [f"✗ {_cut(name, 12)}: {answer}" for name, answer in said.items() if name != row["right"]]
    if len(wrong) > limit:
        wrong[limit - 1 :] = [f"✗ and {len(wrong) - limit + 1} more"]
    return [(f"true: {row['actual']}", INK), (f"✓ {_cut(row['right'], 20)}", RIGHT), *((text, WRONG) for text in wrong)]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
