"""Rasterises strokes to bitmaps that are identical, byte for byte, to those published by Google.

It reproduces every step of cairo 1.16 that affects the result: see `path` (the drawing in fixed point), `outline` (a
stroke as a polygon) and `scan` (filling the polygon); `draw` combines them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sketch_classifier.drawings.limits import check_points
from sketch_classifier.drawings.raster.draw import Room, draw
from sketch_classifier.drawings.raster.outline import pen_corners
from sketch_classifier.drawings.raster.path import thirds
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.stoppable import stoppable
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

RADIUS = 8.0  # half the line width, in the drawing's units
MARGIN = 24.0  # around the 256 × 256 region, in the same units: padding of 16 plus half the line width
REGION = 256.0 + 2 * MARGIN
SMALLEST, LARGEST = 16, 2048  # pixels per side
CHANNELS = ("gray", "stroke_order")
SMALLEST_SHARE, LARGEST_SHARE = 32, 4096  # drawings per share of a thread


def rasterize(
    drawings: Drawings | Iterable[Sequence],
    size: int = 28,
    *,
    as_is: bool = False,
    centre: bool = True,
    channels: str = "gray",
    threads: int | None = None,
) -> np.ndarray:
    """Bitmaps of drawings, white ink (255) on black (0): (N, size, size) uint8, or (N, 3, size, size) for stroke_order.

    drawings  Drawings, or nested lists as in an .ndjson file: [[xs, ys], …] per drawing, on a canvas of any size
    size      pixels per side, 16 to 2048
    as_is     draw coordinates unchanged, in units of 1/256 of the bitmap without its margin: a drawing is centred by
              its largest x and y, and clipped to the bitmap. Otherwise drawings are simplified first; see `simplify`,
              which leaves those of the dataset's own simplified files unchanged.
    centre    with as_is: False leaves drawings uncentred, with (128, 128) in the middle of the bitmap
    channels  "gray": identical, byte for byte, to the dataset's numpy_bitmap files for simplified drawings at size 28,
              and to the published drawing procedure with cairo 1.16 at other sizes.
              "stroke_order": the pen's path is cut into three parts of equal length, which are drawn in the first,
              second and third channel, each as in "gray". Early ink is red, late ink blue, and the maximum over the
              channels is the whole drawing, up to a seam at the two cuts.
    threads   number of threads; by default the number of cores available to the process. It does not affect the result.

    The time for a drawing is O(n log² n) for n points. KeyboardInterrupt (Ctrl-C) stops the work immediately. Raises
    UserError for an invalid size or channels, and for a drawing of more than MAX_POINTS points.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not SMALLEST <= size <= LARGEST:
        raise UserError(f"size: a whole number from {SMALLEST} to {LARGEST} is needed, found {size!r}")
    if channels not in CHANNELS:
        raise UserError(f"channels: accepted are {', '.join(CHANNELS)}, found {channels!r}")
    drawings = Drawings.of(drawings) if as_is else simplify(drawings)
    check_points(drawings)
    layers = 1 if channels == "gray" else 3
    centre = centre or not as_is
    images = np.empty((len(drawings), layers, size, size), np.uint8)
    threads = threads or _cores()

    def draw_share(share: slice, stop: np.ndarray) -> None:
        _draw(drawings[share], images[share], centre, stop)

    stoppable(draw_share, list(_shares(len(drawings), threads)), len(drawings.points), threads)
    return images[:, 0] if layers == 1 else images


def _shares(count: int, threads: int) -> Iterator[slice]:
    """The shares of work for the threads: large at first, then smaller (guided scheduling)."""
    start = 0
    while start < count:
        stop = min(count, start + min(max((count - start) // (2 * threads), SMALLEST_SHARE), LARGEST_SHARE))
        yield slice(start, stop)
        start = stop


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _draw(drawings: Drawings, images: np.ndarray, centre: bool, stop: np.ndarray) -> None:
    """Draw into images, (n, layers, size, size) uint8; returns early if `stop`, (1,) bool, is set."""
    layers, size = images.shape[1:3]
    points, strokes, offsets = drawings.points, drawings.stroke_offsets, drawings.drawing_offsets
    if layers == 3:
        arrays = map(_read_only, (points, strokes, offsets), (np.float64, *2 * (np.int64,)))
        points, strokes, offsets = thirds(*arrays, centre)
    whole = points if points.dtype == np.uint8 else np.empty((0, 2), np.uint8)
    real = np.empty((0, 2)) if points.dtype == np.uint8 else points
    scale = size / REGION
    pen = pen_corners(scale, RADIUS)
    longest = int(np.diff(strokes).max(initial=0))
    arguments = (
        _read_only(whole, np.uint8),
        _read_only(real, np.float64),
        _read_only(strokes, np.int64),
        _read_only(offsets, np.int64),
        layers == 3 or not centre,
        pen,
        scale,
        RADIUS,
        MARGIN * scale,
        stop,
    )
    images = images.reshape(-1, size, size)
    start, edges = 0, 1 << 12
    while start < len(images):
        start, edges = draw(start, *arguments, Room.make(size, longest, edges), images)


def _read_only(array: np.ndarray, dtype: type) -> np.ndarray:
    """The array as read-only, so that code is compiled once for these and memory-mapped arrays."""
    view: np.ndarray = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view
