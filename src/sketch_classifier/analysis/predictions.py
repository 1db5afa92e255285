"""plots/errors.png, the pages plots/errors/ and plots/samples.png: drawings with what they are and what was said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sketch_classifier.analysis.drawings import Line, Sheet, pictures
from sketch_classifier.analysis.style import INK, QUIET, RIGHT, WRONG
from sketch_classifier.data.dataset import Dataset


def errors_sheets(dataset: Dataset, predictions: pd.DataFrame, per_page: int, model: str) -> Iterator[Sheet]:
    """All misclassified drawings of `predictions` (as evaluate wrote them), the most confident first, page by page.

    One page that says so where there is none.
    """
    wrong = predictions[~predictions["correct"]].sort_values("confidence", ascending=False, kind="stable")
    if wrong.empty:
        title, detail = "No drawing was misclassified", f"{model}, all {len(predictions):,} test drawings right"
        yield _sheet(dataset, wrong, title, detail)
    for start in range(0, len(wrong), per_page):
        page = wrong.iloc[start : start + per_page]
        shown = f"{start + 1:,}–{start + len(page):,} of the {len(wrong):,} errors"
        detail = f"{model}, {shown} in {len(predictions):,} test drawings"
        yield _sheet(dataset, page, "Misclassified drawings, the most confident first", detail)


def samples_sheet(dataset: Dataset, predictions: pd.DataFrame, limit: int, model: str, seed: int) -> Sheet:
    """Drawings of `predictions` chosen at random, right ones and wrong ones."""
    number = min(limit, len(predictions))
    chosen = np.random.default_rng(seed).choice(len(predictions), number, replace=False)
    title = "Random test drawings and what the model says"
    detail = f"{model}, {number:,} of {len(predictions):,} test drawings"
    return _sheet(dataset, predictions.iloc[chosen], title, detail)


def _sheet(dataset: Dataset, chosen: pd.DataFrame, title: str, detail: str) -> Sheet:
    rows = chosen["row"].to_numpy()
    categories = np.array(dataset.categories)[dataset.labels[rows]]
    captions = [_caption(said, category) for said, category in zip(chosen.itertuples(), categories, strict=True)]
    frames = [RIGHT if correct else WRONG for correct in chosen["correct"]]
    return Sheet(pictures(dataset.images[rows], dataset.channels), captions, frames, title, detail)


def _caption(said, category: str) -> list[Line]:
    mark, colour = ("✓", RIGHT) if said.correct else ("✗", WRONG)
    lines = [(f"true: {said.actual}", INK), (f"{mark} {said.predicted} {said.confidence:.0%}", colour)]
    # Of a binary model one wants to know the category, too.
    return lines if said.actual == category else [*lines, (f"category: {category}", QUIET)]
