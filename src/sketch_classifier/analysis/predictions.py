"""plots/errors.png and plots/samples.png: drawings with what they are and what the model said."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sketch_classifier.analysis.drawings import Line, drawing_grid, pictures
from sketch_classifier.analysis.style import INK, QUIET, RIGHT, WRONG
from sketch_classifier.data.dataset import Dataset


def errors_figure(dataset: Dataset, predictions: pd.DataFrame, limit: int, model: str) -> Figure:
    """The misclassified drawings of `predictions` (as evaluate wrote them), the most confident first."""
    wrong = predictions[~predictions["correct"]].sort_values("confidence", ascending=False, kind="stable")
    if wrong.empty:
        title, detail = "No drawing was misclassified", f"{model}, all {len(predictions):,} test drawings right"
    else:
        title = "Misclassified drawings, the most confident first"
        shown = f"{min(limit, len(wrong)):,} of the {len(wrong):,} errors"
        detail = f"{model}, {shown} in {len(predictions):,} test drawings"
    return _figure(dataset, wrong.head(limit), title, detail)


def samples_figure(dataset: Dataset, predictions: pd.DataFrame, limit: int, model: str, seed: int) -> Figure:
    """Drawings of `predictions` chosen at random, right ones and wrong ones."""
    number = min(limit, len(predictions))
    chosen = np.random.default_rng(seed).choice(len(predictions), number, replace=False)
    title = "Random test drawings and what the model says"
    detail = f"{model}, {number:,} of {len(predictions):,} test drawings"
    return _figure(dataset, predictions.iloc[chosen], title, detail)


def _figure(dataset: Dataset, chosen: pd.DataFrame, title: str, detail: str) -> Figure:
    rows = chosen["row"].to_numpy()
    categories = np.array(dataset.categories)[dataset.labels[rows]]
    captions = [_caption(said, category) for said, category in zip(chosen.itertuples(), categories, strict=True)]
    frames = [RIGHT if correct else WRONG for correct in chosen["correct"]]
    return drawing_grid(pictures(dataset.images[rows], dataset.channels), captions, frames, title, detail)


def _caption(said, category: str) -> list[Line]:
    mark, colour = ("✓", RIGHT) if said.correct else ("✗", WRONG)
    lines = [(f"true: {said.actual}", INK), (f"{mark} {said.predicted} {said.confidence:.0%}", colour)]
    # Of a binary model one wants to know the category, too.
    return lines if said.actual == category else [*lines, (f"category: {category}", QUIET)]
