"""Drawings in rows and columns, each with a caption."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sketch_classifier.analysis.style import BLUE, GREEN, TOP, VERMILLION, new_figure

CELL, PICTURE, LINE, SIDE = 1.55, 1.35, 0.17, 0.15  # inches

STROKE_ORDER = (VERMILLION, GREEN, BLUE)

Line = tuple[str, str]  # text and colour


def pictures(images: np.ndarray, channels: int | str) -> np.ndarray:
    """(n, H, W) or (n, 3, H, W) uint8 as stored → (n, H, W, 3) uint8 as people like to see them.

    Drawings are stored as light ink on black and shown as dark ink on white; with `channels` "stroke_order" the ink of
    the first third is red, of the second green and of the last blue. Photographs ("color") are shown as they are.
    """
    if images.ndim == 3:
        return np.repeat(255 - images[..., None], 3, axis=-1)
    images = np.moveaxis(images, 1, -1)
    if channels == "stroke_order":
        taken = 1 - to_rgba_array(STROKE_ORDER)[:, :3]  # what each ink takes away from the white of the paper
        return np.clip(255 - images @ taken, 0, 255).astype(np.uint8)
    return images if channels == "color" else 255 - images


def drawing_grid(
    pictures: np.ndarray, captions: Sequence[Sequence[Line]], frames: Sequence[str], title: str, detail: str
) -> Figure:
    """A figure of n pictures (n, H, W, 3) uint8 in about as many rows as columns, five columns at least.

    captions  for each picture its lines, as (text, colour)
    frames    the colour around each picture
    """
    columns = min(max(5, round(len(pictures) ** 0.5)), 20)
    row_height = PICTURE + LINE * (max(map(len, captions), default=0) + 1)
    rows = ceil(len(pictures) / columns)
    width, height = columns * CELL + SIDE, TOP + max(rows, 0.5) * row_height + 0.1
    figure = new_figure(width, height, title, detail)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    texts = [text for caption in captions for text, _ in caption]
    font = max(7, min(map(_fitting, texts), default=9))  # one size for all, but for a name that is longer than most
    for position, (picture, caption, frame) in enumerate(zip(pictures, captions, frames, strict=True)):
        row, column = divmod(position, columns)
        left, top = SIDE + column * CELL, TOP + row * row_height
        box = (left, left + PICTURE, top + PICTURE, top)
        axes.imshow(picture, extent=box, aspect="auto", interpolation="lanczos")
        axes.add_patch(Rectangle((left, top), PICTURE, PICTURE, fill=False, edgecolor=frame, linewidth=1.2))
        for number, (text, colour) in enumerate(caption):
            y = top + PICTURE + LINE * (number + 0.65)
            axes.text(left, y, text, fontsize=min(font, _fitting(text)), color=colour, va="center")
    axes.set(xlim=(0, width), ylim=(height, 0))
    return figure


def _fitting(text: str, largest: float = 9) -> float:
    """The font size in points at which a caption fits the cell; a letter is about 0.57 of its size wide."""
    return min(largest, (CELL - 0.08) * 72 / (0.57 * max(len(text), 1)))
