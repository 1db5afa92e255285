"""Draws sheets of drawings with captions: random samples, and pages of misclassified drawings."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba_array
from PIL import Image, ImageDraw

from sketch_classifier.analysis import typefaces
from sketch_classifier.analysis.style import BLUE, GREEN, INK, QUIET, RIGHT, VERMILLION, WRONG
from sketch_classifier.data.dataset import Dataset

CELL, TILE, LINE, SIDE, TOP = 188, 164, 20, 18, 82  # pixels: column, picture, line of text, margin, title
MOST_ERRORS = 10_000  # maximum number of misclassified drawings on the sheets
FONT, SMALLEST = 15, 9  # pixels; captions that are too long are shrunk down to SMALLEST, then truncated

STROKE_ORDER = (VERMILLION, GREEN, BLUE)

Line = tuple[str, str]  # text and colour


@dataclass(frozen=True)
class Sheet:
    """A page of n drawings.

    pictures  (n, H, W, 3) uint8
    captions  lines for each drawing, as (text, colour)
    frames    colour of the frame of each drawing
    title     title in bold
    detail    subtitle: the model, and the number of drawings
    """

    pictures: np.ndarray
    captions: Sequence[Sequence[Line]]
    frames: Sequence[str]
    title: str
    detail: str


def pictures(images: np.ndarray, channels: int | str) -> np.ndarray:
    """(n, H, W) or (n, 3, H, W) uint8 as stored → (n, H, W, 3) uint8 for display.

    Drawings are stored as light ink on black and shown as dark ink on white; with `channels` "stroke_order", the first
    third of the ink is red, the second green and the last blue. Photographs ("color") are unchanged.
    """
    if images.ndim == 3:
        return np.repeat(255 - images[..., None], 3, axis=-1)
    images = np.moveaxis(images, 1, -1)
    if channels == "stroke_order":
        taken = 1 - to_rgba_array(STROKE_ORDER)[:, :3]  # what each ink subtracts from white
        return np.clip(255 - images @ taken, 0, 255).astype(np.uint8)
    return images if channels == "color" else 255 - images


def render(sheet: Sheet) -> Image.Image:
    """The page, with about as many rows as columns, and at least five columns.

    It is drawn with Pillow, because matplotlib takes several times as long for a page of a hundred drawings, and there
    may be hundreds of pages.
    """
    columns = min(max(5, round(len(sheet.pictures) ** 0.5)), 20)
    row_height = TILE + LINE * (max(map(len, sheet.captions), default=0) + 1)
    rows = ceil(len(sheet.pictures) / columns)
    page = Image.new("RGB", (columns * CELL + SIDE, TOP + max(rows * row_height, 30)), "white")
    draw = ImageDraw.Draw(page)
    head(page, sheet.title, sheet.detail)
    for position, (picture, caption, frame) in enumerate(
        zip(sheet.pictures, sheet.captions, sheet.frames, strict=True)
    ):
        row, column = divmod(position, columns)
        left, top = SIDE + column * CELL, TOP + row * row_height
        page.paste(tile(picture, TILE), (left, top))
        draw.rectangle((left, top, left + TILE - 1, top + TILE - 1), outline=frame, width=2)
        for number, (text, colour) in enumerate(caption):
            shown, size = fitting(text, FONT, CELL - 8)
            middle = top + TILE + 3 + LINE * (number + 0.5)
            typefaces.write(page, (left, middle), shown, colour, size, anchor="lm")
    return page


def head(page: Image.Image, title: str, detail: str) -> None:
    """Write title and detail into the top TOP pixels of a page."""
    for text, y, size, colour, bold in ((title, 14, 22, INK, True), (detail, 46, 16, QUIET, False)):
        shown, size = fitting(text, size, page.width - 2 * SIDE, bold)
        typefaces.write(page, (SIDE, y), shown, colour, size, bold)


def tile(picture: np.ndarray, side: int) -> Image.Image:
    """(H, W, 3) uint8 → a picture of side × side pixels."""
    return Image.fromarray(np.ascontiguousarray(picture)).resize((side, side), Image.Resampling.LANCZOS)


def fitting(text: str, size: int, room: int, bold: bool = False) -> tuple[str, int]:
    """The text, truncated if necessary, and a font size of at most `size` at which it is no wider than `room`."""
    while typefaces.width(text, size, bold) > room and size > SMALLEST:
        size -= 1
    if typefaces.width(text, size, bold) <= room:
        return text, size
    too_long = bisect(range(len(text)), room, key=lambda length: ceil(typefaces.width(text[:length] + "…", size, bold)))
    return text[: max(too_long - 1, 0)] + "…", size


def errors_sheets(dataset: Dataset, predictions: pd.DataFrame, per_page: int, model: str) -> Iterator[Sheet]:
    """Pages of the misclassified drawings of `predictions` (as written by evaluate), most confident first.

    At most MOST_ERRORS drawings. If there are none, a single page that says so.
    """
    wrong = predictions[~predictions["correct"]].sort_values("confidence", ascending=False, kind="stable")
    if wrong.empty:
        title, detail = "No misclassified drawings", f"{model}, all {len(predictions):,} test drawings are correct"
        yield _sheet(dataset, wrong, title, detail)
    most = min(len(wrong), MOST_ERRORS)
    for start in range(0, most, per_page):
        page = wrong.iloc[start : min(start + per_page, most)]
        shown = f"{start + 1:,}–{start + len(page):,} of {len(wrong):,} misclassified drawings"
        detail = f"{model}, {shown} among {len(predictions):,} test drawings"
        yield _sheet(dataset, page, "Misclassified test drawings, most confident first", detail)


def samples_sheet(dataset: Dataset, predictions: pd.DataFrame, limit: int, model: str, seed: int) -> Sheet:
    """A sheet of a random sample of `predictions`, correct and misclassified."""
    number = min(limit, len(predictions))
    chosen = np.random.default_rng(seed).choice(len(predictions), number, replace=False)
    title = "Random test drawings with their predictions"
    detail = f"{model}, {number:,} of {len(predictions):,} test drawings; frame: green correct, orange misclassified"
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
    # For a binary model, also show the category.
    return lines if said.actual == category else [*lines, (f"category: {category}", QUIET)]
