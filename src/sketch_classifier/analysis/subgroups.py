"""Accuracy by country and by drawing quality: tables, and figures with confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sketch_classifier.analysis.centroids import say
from sketch_classifier.analysis.style import BLUE, INK, QUIET, TOP, VERMILLION, new_figure, quiet
from sketch_classifier.analysis.typefaces import short
from sketch_classifier.evaluation.tables import shares, tallied

NUM_GROUPS = 8  # maximum number of groups by number of strokes or points
OF_STROKES = ("num_strokes", "num_points")  # columns of the index if the dataset has strokes
QUALITIES = ("recognized", *OF_STROKES)
HEADINGS = {
    "recognized": "recognized by the game",
    "num_strokes": "number of strokes",
    "num_points": "number of points",
}
ROW = 0.27  # inches
MOST_COUNTRIES = 40  # maximum number in the figure


def quality(predictions: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
    """Accuracy by indicators of drawing quality, with columns quality, group, count, accuracy, low, high.

    predictions  predictions as written by evaluate
    about        the columns of OF_STROKES that the dataset's index has, one row for each prediction

    `quality` is one of QUALITIES and `group` True or False, a number such as "3", or a range such as "4–6"; the ranges
    contain about equally many drawings. low and high are the ends of Wilson's 95% interval. A quality that the dataset
    does not record has no rows.
    """
    parts = []
    for name in QUALITIES:
        if name == "recognized":
            known = predictions[predictions["recognized"].astype(str) != ""]
            order = [group for group in ("True", "False") if (known["recognized"].astype(str) == group).any()]
            table = shares("group", tallied(known["recognized"].astype(str), known["correct"]))
        elif name in about:
            groups, order = _ranges(about[name].to_numpy())
            table = shares("group", tallied(pd.Series(groups), predictions["correct"].reset_index(drop=True)))
        else:
            continue
        table = table.set_index("group").reindex(order).reset_index()
        parts.append(table.assign(quality=name)[["quality", *table.columns]])
    empty = pd.DataFrame(columns=["quality", "group", "count", "accuracy", "low", "high"])
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else empty


def quality_figure(table: pd.DataFrame, model: str) -> Figure:
    """A bar chart with one panel per quality, from the table of `quality`."""
    present = [name for name in QUALITIES if (table["quality"] == name).any()]
    if not present:
        return _nothing("Accuracy by drawing quality", model, "this dataset has no strokes and no recognition flag")
    parts = [table[table["quality"] == name] for name in present]
    height = TOP + sum(ROW * len(part) + 0.8 for part in parts)
    figure = new_figure(8, height, "Accuracy by drawing quality", f"{model}, test set; error bars: 95% intervals")
    panels = figure.subplots(len(parts), 1, height_ratios=[len(part) + 0.8 for part in parts], squeeze=False)[:, 0]
    for axes, name, part in zip(panels, present, parts, strict=True):
        words = {"True": "yes", "False": "no"}
        _bars(axes, [words.get(str(group), str(group)) for group in part["group"]], part)
        axes.set_title(HEADINGS[name], fontsize=10, loc="left", color=INK)
    panels[-1].set_xlabel("accuracy", fontsize=9)
    return figure


def country_figure(table: pd.DataFrame, accuracy: float, model: str) -> Figure:
    """A bar chart of evaluate's table by_country, with a line for the accuracy on all test drawings.

    At most the MOST_COUNTRIES countries with the most drawings.
    """
    title, detail = (
        "Accuracy by country",
        f"{model}; error bars: 95% intervals; dashed line: all test drawings, {accuracy:.1%}",
    )
    if table.empty:
        return _nothing(title, model, "this dataset does not record countries")
    if len(table) > MOST_COUNTRIES:
        title += f": the {MOST_COUNTRIES} of {len(table)} with the most drawings"
        detail += "; all are in metrics/by_country.csv"
        table = table.head(MOST_COUNTRIES)
    height = TOP + 0.75 + ROW * max(len(table), 2)
    names = list(table["country"])
    figure = new_figure(8, height, title, detail, names)
    axes = figure.add_subplot()
    _bars(axes, names, table, accuracy)
    axes.set_xlabel("accuracy (orange: the whole interval is below the dashed line)", fontsize=9)
    axes.set_ylabel("country code (ZZ: unknown)", fontsize=9)
    return figure


def _bars(axes, names: Sequence[str], table: pd.DataFrame, line: float | None = None) -> None:
    places = np.arange(len(names))
    values = table["accuracy"].to_numpy()
    error = np.clip([values - table["low"].to_numpy(), table["high"].to_numpy() - values], 0, None)
    colours = [VERMILLION if line is not None and high < line else BLUE for high in table["high"]]
    axes.barh(places, values, height=0.72, color=colours, alpha=0.6)
    axes.errorbar(values, places, xerr=error, fmt="none", ecolor=INK, capsize=2.5, linewidth=1.1)
    for place, (value, count) in enumerate(zip(values, table["count"], strict=True)):
        text = f"{value:.1%} of {count:,}"
        axes.text(1.01, place, text, va="center", fontsize=8, color=QUIET, transform=axes.get_yaxis_transform())
    if line is not None:
        axes.axvline(line, color=QUIET, linewidth=1, linestyle="--")
    axes.set_yticks(places, list(map(short, names)), fontsize=8.5)
    axes.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    quiet(axes)


def _ranges(values: np.ndarray) -> tuple[list[str], list[str]]:
    """The group names of (n,) whole numbers, n ≥ 1, and all group names in order."""
    edges = np.unique(np.quantile(values, np.arange(1, NUM_GROUPS) / NUM_GROUPS, method="inverted_cdf"))
    which = np.searchsorted(edges, values)  # a group includes its upper edge
    names = {}
    for group in np.unique(which):
        low, high = values[which == group].min(), values[which == group].max()
        names[group] = str(low) if low == high else f"{low}–{high}"
    return [names[group] for group in which], list(names.values())


def _nothing(title: str, model: str, reason: str) -> Figure:
    figure = new_figure(8, TOP + 1, title, model)
    say(figure.add_subplot(), f"Not available: {reason}")
    return figure
