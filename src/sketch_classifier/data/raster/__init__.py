"""Strokes to bitmaps, byte for byte like those that Google published.

Every step of cairo 1.16 that shows in the bytes is followed here: see `path` (the drawing in fixed point), `outline` (a
stroke as a polygon) and `scan` (the polygon as ink).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sketch_classifier.data.jit import compiled
from sketch_classifier.data.raster.edges import BOTTOM, SUBROWS, TOP
from sketch_classifier.data.raster.lanes import LANES
from sketch_classifier.data.raster.outline import edge_capacity, outline, pen_corners
from sketch_classifier.data.raster.path import CLIP, centre, thirds, trace
from sketch_classifier.data.raster.scan import fill
from sketch_classifier.data.strokes import Drawings
from sketch_classifier.errors import UserError

RADIUS = 8.0  # half the line width, in the drawing's units
MARGIN = 24.0  # around the region of 256 × 256, likewise: padding 16 and half the line width
REGION = 256.0 + 2 * MARGIN
CHANNELS = ("gray", "stroke_order")
CHUNK = 512  # drawings that a thread takes at a time


def rasterize(
    drawings: Drawings | Iterable[Sequence], size: int = 28, *, channels: str = "gray", threads: int | None = None
) -> np.ndarray:
    """Bitmaps of drawings, white ink (255) on black (0): (N, size, size) uint8, or (N, 3, size, size) for stroke_order.

    drawings  Drawings, or nested lists as they stand in an .ndjson file: [[xs, ys], …] a drawing, in units of 1/256
              of the bitmap without its margin. A drawing is centred; what lies outside of the bitmap is cut off.
    size      pixels a side, 16 to 256
    channels  "gray": equal byte for byte to the dataset's numpy_bitmap files for simplified drawings at size 28, and
              to the published drawing procedure with cairo 1.16 at other sizes.
              "stroke_order": the pen's way is cut into three thirds of equal length; the first channel holds the ink
              of the first third, the second that of the second, the last that of the last, each drawn as in "gray".
              Early ink is red, late ink blue, and the maximum over the channels is the whole drawing, up to a seam at
              the two cuts.
    threads   how many draw at the same time; by default as many as the process may use cores. The bytes do not depend
    on it.

    Raises UserError where size or channels is none of these.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 16 <= size <= 256:
        raise UserError(f"size: a whole number from 16 to 256 is needed, found {size!r}")
    if channels not in CHANNELS:
        raise UserError(f"channels: accepted are {', '.join(CHANNELS)}, found {channels!r}")
    drawings = Drawings.of(drawings)
    layers = 1 if channels == "gray" else 3
    images = np.zeros((len(drawings), layers, size, size), np.uint8)

    def draw(start: int) -> None:
        _draw_chunk(drawings[start : start + CHUNK], images[start : start + CHUNK])

    starts = range(0, len(drawings), CHUNK)
    threads = min(threads or _cores(), len(starts))
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(draw, starts))
    else:
        for start in starts:
            draw(start)
    return images[:, 0] if layers == 1 else images


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _draw_chunk(drawings: Drawings, images: np.ndarray) -> None:
    """Draw into images, (n, layers, size, size) uint8, all 0."""
    layers, size = images.shape[1:3]
    points, strokes, offsets = drawings.points, drawings.stroke_offsets, drawings.drawing_offsets
    # writable, because code is compiled again for arrays that are not (memory-mapped ones)
    points = np.require(points, np.uint8 if points.dtype == np.uint8 else np.float64, "CW")
    strokes, offsets = np.require(strokes, np.int64, "CW"), np.require(offsets, np.int64, "CW")
    shifts = centre(points, strokes, offsets)
    if layers == 3:
        points, strokes, offsets = thirds(points, strokes, offsets)
        shifts = np.repeat(shifts, 3, axis=0)
    scale = size / REGION
    path, strokes = trace(points, strokes, offsets, shifts, scale, MARGIN * scale)
    pen = pen_corners(scale, RADIUS)
    longest = int(np.diff(strokes).max(initial=0))
    _draw(path, strokes, offsets, pen, scale, RADIUS, edge_capacity(longest, len(pen)), images.reshape(-1, size, size))


@compiled()
def _draw(path, strokes, drawings, pen, scale, radius, capacity, images):
    """Draw paths (see `trace`) into images, (n, size, size) uint8."""
    size = images.shape[1]
    sides = np.empty((2, capacity, 2), np.int32)
    edges = np.empty((capacity, 7), np.int32)
    lines = np.empty((capacity, 2), np.float64)
    keys = np.empty((capacity, LANES), np.int32)
    cells = np.empty(capacity, np.int64)
    crossings = np.empty(4 * capacity, np.int32)
    row_ends = np.zeros(size + 2, np.int64)
    ragged = np.zeros(size, np.bool_)
    order = np.empty((2, capacity), np.int32)
    known = np.empty(2, np.int64)
    state = np.empty((4, LANES), np.uint32)
    sums = np.zeros((2, size + 4), np.int32)
    limits = np.empty(4, np.int64)
    reach = np.int64(np.rint(radius * scale * 256.0))
    for n in range(images.shape[0]):
        for s in range(drawings[n], drawings[n + 1]):
            stroke = path[strokes[s] : strokes[s + 1]]
            if stroke.shape[0] == 0:
                continue
            limits[:2], limits[2:] = CLIP, -CLIP
            for p in range(stroke.shape[0]):
                for axis in range(2):
                    limits[axis] = min(limits[axis], stroke[p, axis] - reach)
                    limits[2 + axis] = max(limits[2 + axis], stroke[p, axis] + reach)
            outside = 0
            for axis in range(2):
                low, high = limits[axis] >> 8, (limits[2 + axis] + 255) >> 8
                outside += low < 0 or high > size
                limits[axis], limits[2 + axis] = max(low, 0) * 256, min(high, size) * 256
            if limits[0] < limits[2] and limits[1] < limits[3]:
                count = outline(stroke, pen, scale, radius, outside > 0, limits, sides, edges, lines)
                needed = 0
                for e in range(count):
                    needed += (edges[e, BOTTOM] - edges[e, TOP]) // SUBROWS + 2
                if needed > crossings.shape[0]:
                    crossings = np.empty(2 * needed, np.int32)
                image = images[n]
                fill(edges, lines, count, image, row_ends, ragged, crossings, keys, cells, order, known, state, sums)
