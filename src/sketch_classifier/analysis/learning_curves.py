"""plots/learning_curves.png: loss and accuracy after each epoch."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sketch_classifier.analysis.style import BLUE, VERMILLION, new_figure, quiet
from sketch_classifier.errors import UserError


def read_curves(path: str | Path) -> pd.DataFrame:
    """The columns epoch, train_loss, validation_loss, train_accuracy and validation_accuracy, one row per epoch."""
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro train` first") from None


def curves_figure(curves: pd.DataFrame, model: str) -> Figure:
    """Training and validation loss and accuracy by epoch, from the result of `read_curves`."""
    epochs = "1 epoch" if len(curves) == 1 else f"{len(curves)} epochs"
    figure = new_figure(10, 4.4, "Learning curves", f"{model}, {epochs}")
    left, right = figure.subplots(1, 2)
    for axes, what in ((left, "loss"), (right, "accuracy")):
        for split, colour, line in (("train", BLUE, "o-"), ("validation", VERMILLION, "s--")):
            values = curves[f"{split}_{what}"]
            last = f"{values.iloc[-1]:.1%}" if what == "accuracy" else f"{values.iloc[-1]:.3f}"
            axes.plot(
                curves["epoch"], values, line, color=colour, markersize=4, label=f"{split} ({last})", clip_on=False
            )
        first, end = curves["epoch"].iloc[[0, -1]]
        axes.set(xlabel="epoch", ylabel=what, xlim=(first, end) if end > first else (first - 0.5, first + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if what == "accuracy":
            axes.set_ylim(top=min(axes.get_ylim()[1], 1))
            axes.yaxis.set_major_formatter(lambda share, _: f"{round(100 * share, 6):g}%")  # 95%, not 95.0%
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)
        axes.legend(frameon=False, fontsize=9, title="value at the last epoch", title_fontsize=9)
        quiet(axes)
    return figure
