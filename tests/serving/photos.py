"""Pictures as people take them of their drawings: light from the side, shadows, grain, any pen and paper, JPEG."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

Colour = tuple[int, int, int]
RULING = (135, 160, 205)
TABLE = (85, 60, 45)


def photo(
    strokes: list[np.ndarray],
    *,
    size: tuple[int, int] | int = (480, 640),
    extent: float = 0.6,
    place: tuple[float, float] = (0.5, 0.5),
    angle: float = 0.0,
    pen: float = 0.03,
    filled: bool = False,
    ink: Colour = (51, 51, 51),
    paper: Colour | None = (205, 205, 205),
    ruling: tuple[str, ...] = (),
    table: float = 0.0,
    blur: float = 0.0,
    light: float = 0.0,
    shadow: float = 0.0,
    noise: float = 0.0,
    quality: int | None = None,
    seed: int = 0,
) -> BytesIO:
    """A PNG, or a JPEG of a quality, of strokes (n, 2) each.

    size    height and width in pixels, or the longer side alone of a picture that is cut off at the drawing's edges
    extent  of the drawing, a share of the shorter side; pen: its width, a share of the drawing
    place   of the drawing's centre between the edges, 0 to 1, down and to the right
    angle   degrees by which the drawing is turned; filled: what its lines enclose is ink too
    paper   its colour; None for nothing behind the ink, in a PNG
    ruling  lines printed on the paper in blue: "across", "down", or both
    table   how much of a brown table lies around the sheet, a share of the shorter side
    blur    standard deviation of what is out of focus, a share of the shorter side
    light   how much brighter one side is than the other; shadow: how much darker a half with an edge is, 0 to 1
    noise   standard deviation of grey levels
    """
    random = np.random.default_rng(seed)
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    strokes = [stroke @ np.array([[cosine, sine], [-sine, cosine]]) for stroke in strokes]
    points = np.concatenate(strokes)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    if isinstance(size, int):
        longer = size / (1 + pen)
        size = tuple(np.ceil(longer * (span[::-1] / max(span.max(), 1) + pen)).astype(int))
    else:
        longer = extent * min(size)
    (height, width), scale = size, longer / max(span.max(), 1)
    line = max(1.0, pen * longer)
    free = np.array([width, height]) - scale * span - line
    origin = line / 2 + np.array(place[::-1]) * free
    share = _ink([(stroke - low) * scale + origin for stroke in strokes], line, width, height)
    if filled:
        share = np.maximum(share, ndimage.binary_fill_holes(share > 0.5))
    share = ndimage.gaussian_filter(share, blur * min(size))
    if paper is None:
        return _file(Image.merge("RGBA", [*Image.new("RGB", (width, height), ink).split(), _grey(255 * share)]), None)
    y, x = np.mgrid[:height, :width] / np.array([height, width])[:, None, None] - 0.5
    direction = random.uniform(0, 2 * np.pi)
    side = x * np.cos(direction) + y * np.sin(direction)
    printed = np.max([np.zeros(size)] + [_ruling(size, way, random.uniform(-3, 3)) for way in ruling], axis=0)
    on_sheet = _sheet(size, table, random.uniform(-4, 4)) if table else 1
    brightness = 1 + light * side
    if shadow:
        brightness *= 1 - shadow * ndimage.gaussian_filter((side > 0.05).astype(float), 0.01 * min(size))
    grain = random.normal(0, noise, size) if noise else 0
    bands = []
    for of_paper, of_ruling, of_ink, of_table in zip(paper, RULING, ink, TABLE, strict=True):
        sheet = of_table + (of_paper + (of_ruling - of_paper) * printed - of_table) * on_sheet
        bands.append(_grey(brightness * (sheet + (of_ink - sheet) * share) + grain))
    return _file(Image.merge("RGB", bands), quality)


def _grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _file(image: Image.Image, quality: int | None) -> BytesIO:
    file = BytesIO()
    if quality is None:
        image.save(file, "PNG", compress_level=1)  # the same pixels in half the time
    else:
        image.save(file, "JPEG", quality=quality)
    file.seek(0)
    return file


def _sheet(size: tuple[int, int], margin: float, angle: float) -> np.ndarray:
    """(height, width) float, 1 on a sheet of paper that lies a little turned on a table, and 0 beside it."""
    y, x = np.mgrid[: size[0], : size[1]] - (np.array(size)[:, None, None] - 1) / 2
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    beyond = [
        np.abs(x * cosine + y * sine) - size[1] / 2,
        np.abs(y * cosine - x * sine) - size[0] / 2,
    ]
    return np.clip(0.5 - margin * min(size) - np.max(beyond, axis=0), 0, 1)


def _ruling(size: tuple[int, int], way: str, angle: float) -> np.ndarray:
    """(height, width) float, 0 to 1: 16 lines over the shorter side, turned by `angle` degrees, thin as print."""
    y, x = np.mgrid[: size[0], : size[1]]
    along = np.radians(angle + (90 if way == "down" else 0))
    space, line = min(size) / 16, max(1.0, min(size) / 400)
    height = (y * np.cos(along) - x * np.sin(along)) % space
    return np.clip(line / 2 + 0.5 - np.abs(height - space / 2), 0, 1)


def _ink(strokes: list[np.ndarray], line: float, width: int, height: int) -> np.ndarray:
    """(height, width) float, 0 to 1: round pens, by Pillow, which has no smooth edges of its own."""
    finer = 1 if max(width, height) > 1000 else 3
    image = Image.new("L", (width * finer, height * finer))
    canvas, radius = ImageDraw.Draw(image), line * finer / 2
    for stroke in strokes:
        places = [tuple(point) for point in stroke * finer]
        if len(places) > 1:
            canvas.line(places, fill=255, width=max(1, round(2 * radius)))
        for x, y in places:
            canvas.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX)) / 255
