"""Pictures as people take them of their drawings: light from the side, shadows, grain, any pen, JPEG."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage


def photo(
    strokes: list[np.ndarray],
    *,
    size: tuple[int, int] = (480, 640),
    extent: float = 0.6,
    place: tuple[float, float] = (0.5, 0.5),
    pen: float = 0.03,
    dark_ink: bool = True,
    light: float = 0.0,
    shadow: float = 0.0,
    noise: float = 0.0,
    quality: int | None = None,
    seed: int = 0,
) -> BytesIO:
    """A PNG, or a JPEG of a quality, of strokes (n, 2) each.

    size    height and width in pixels
    extent  of the drawing, a share of the shorter side; pen: its width, a share of the drawing
    place   of the drawing's centre between the edges, 0 to 1, down and to the right
    light   how much brighter one side is than the other; shadow: how much darker a half with an edge is, 0 to 1
    noise   standard deviation of grey levels
    """
    random = np.random.default_rng(seed)
    (height, width), points = size, np.concatenate(strokes).astype(float)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    longer = extent * min(size)
    scale = longer / max(span.max(), 1)
    line = max(1.0, pen * longer)
    free = np.array([width, height]) - scale * span - 2 * line
    origin = line + np.array(place[::-1]) * free
    ink = _ink([(stroke - low) * scale + origin for stroke in strokes], line, width, height)
    y, x = np.mgrid[:height, :width] / np.array([height, width])[:, None, None] - 0.5
    angle = random.uniform(0, 2 * np.pi)
    side = x * np.cos(angle) + y * np.sin(angle)
    if dark_ink:
        values = 205 * (1 + light * side) * (1 - 0.75 * ink)
    else:
        paper = 45 * (1 + light * side)
        values = paper + (255 - paper) * 0.75 * ink
    values *= 1 - shadow * ndimage.gaussian_filter((side > 0.05).astype(float), 0.01 * min(size))
    values += random.normal(0, noise, values.shape) if noise else 0
    image, file = Image.fromarray(values.clip(0, 255).astype(np.uint8)), BytesIO()
    if quality is None:
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=quality)
    file.seek(0)
    return file


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
