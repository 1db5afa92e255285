"""Draws a contact sheet with a few drawings of each class of a source, one row per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from PIL import Image

from sketch_classifier.analysis import typefaces
from sketch_classifier.analysis.sheets import SIDE, TOP, fitting, head, pictures, tile
from sketch_classifier.analysis.style import INK

TILE, GAP, NAME = 64, 6, 170  # pixels: size of a picture, gap between pictures, width of the name
TALLEST = 20  # maximum number of classes in a column


def contact_sheet(
    samples: Mapping[str, Sequence[np.ndarray]], num_samples: int, title: str, detail: str
) -> Image.Image:
    """A page with a row for each class: its name, and up to `num_samples` of its drawings.

    samples  drawings by class: (H, W) uint8, white ink on black, or photographs, (3, H, W)
    title    title in bold
    detail   subtitle
    """
    columns = max(1, ceil(len(samples) / TALLEST))
    rows = ceil(len(samples) / columns)
    width = NAME + num_samples * (TILE + GAP) + 2 * SIDE
    page = Image.new("RGB", (columns * width, TOP + max(rows, 1) * (TILE + GAP) + SIDE), "white")
    head(page, title, detail)
    for number, (name, images) in enumerate(samples.items()):
        column, row = divmod(number, rows)
        left, top = column * width + SIDE, TOP + row * (TILE + GAP)
        shown, size = fitting(name, 15, NAME - 8)
        typefaces.write(page, (left, top + TILE / 2), shown, INK, size, anchor="lm")
        for place, image in enumerate(images[:num_samples]):
            picture = pictures(image[None], "color" if image.ndim == 3 else 1)[0]
            page.paste(tile(picture, TILE), (left + NAME + place * (TILE + GAP), top))
    return page
