"""Draws drawings into bitmaps: the compiled function that each thread calls, and its working memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sketch_classifier.drawings.jit import compiled
from sketch_classifier.drawings.raster.outline import outline
from sketch_classifier.drawings.raster.path import CLIP, centre, trace
from sketch_classifier.drawings.raster.scan import fill
from sketch_classifier.drawings.raster.simd import LANES

CROSSINGS = 1 << 21  # crossings listed at a time: 8 MiB


class Room(NamedTuple):
    """The working memory of `draw`, for strokes with up to a given number of edges.

    `make` allocates the arrays outside compiled code, in which every allocation would add to the compilation time.
    """

    path: np.ndarray
    sides: np.ndarray
    edges: np.ndarray
    lines: np.ndarray
    keys: np.ndarray
    cells: np.ndarray
    places: np.ndarray
    crossings: np.ndarray
    starts: np.ndarray
    start_ends: np.ndarray
    row_ends: np.ndarray
    ragged: np.ndarray
    order: np.ndarray
    known: np.ndarray
    state: np.ndarray
    sums: np.ndarray
    limits: np.ndarray

    @classmethod
    def make(cls, size: int, num_points: int, num_edges: int) -> Room:
        return cls(
            path=np.empty((num_points + 1, 2), np.int32),
            sides=np.empty((2, num_edges, 2), np.int32),
            edges=np.empty((num_edges, 7), np.int32),
            lines=np.empty((num_edges, 2), np.float64),
            keys=np.empty((num_edges, LANES), np.int32),
            cells=np.empty(num_edges, np.int64),
            places=np.empty((2, num_edges), np.int64),
            crossings=np.empty(max(num_edges, CROSSINGS), np.int32),
            starts=np.empty(num_edges, np.int32),
            start_ends=np.empty(size + 2, np.int64),
            row_ends=np.zeros(size + 2, np.int64),
            ragged=np.zeros(size, np.bool_),
            order=np.empty((2, num_edges), np.int32),
            known=np.empty(2, np.int64),
            state=np.empty((4, LANES), np.uint32),
            sums=np.zeros((2, size + 4), np.int32),
            limits=np.empty(4, np.int64),
        )


@compiled()
def draw(start, whole, real, strokes, drawings, centred, pen, scale, radius, margin, stop, room, images):
    """Draw the drawings from number `start` on into images, (N, size, size) uint8, overwriting their contents.

    whole, real        the points, (P, 2), either as uint8 or as float64; the other array is empty
    strokes, drawings  the offsets of `Drawings`
    centred            whether the drawings are already centred; otherwise each is moved to the middle
    scale, radius, margin  pixels per unit of the drawing; half the line width, in these units; margin in pixels
    stop               (1,) bool: if it is set during the call, the remaining drawings are skipped

    Returns (N, 0), or if `room` is too small, (number of the drawing to continue with, number of edges needed).
    """
    size = images.shape[1]
    (
        path, sides, edges, lines, keys, cells, places, crossings, starts, start_ends, row_ends, ragged, order, known,
        state, sums, limits,
    ) = room  # fmt: skip
    reach = np.int64(np.rint(radius * scale * 256.0))
    for n in range(start, images.shape[0]):
        image = images[n]
        image[:] = 0
        shift_x = shift_y = 0.0
        if not centred:
            first, last = strokes[drawings[n]], strokes[drawings[n + 1]]
            shift_x, shift_y = centre(whole, real, first, last, 0), centre(whole, real, first, last, 1)
        for s in range(drawings[n], drawings[n + 1]):
            if stop[0]:
                return images.shape[0], 0
            length = trace(whole, real, strokes[s], strokes[s + 1], shift_x, shift_y, scale, margin, path)
            if length == 0:
                continue
            stroke = path[:length]
            limits[:2], limits[2:] = CLIP, -CLIP
            for p in range(length):
                for axis in range(2):
                    limits[axis] = min(limits[axis], stroke[p, axis] - reach)
                    limits[2 + axis] = max(limits[2 + axis], stroke[p, axis] + reach)
            outside = 0
            for axis in range(2):
                low, high = limits[axis] >> 8, (limits[2 + axis] + 255) >> 8
                outside += low < 0 or high > size
                limits[axis], limits[2 + axis] = max(low, 0) * 256, min(high, size) * 256
            if limits[0] < limits[2] and limits[1] < limits[3]:
                most = (pen.shape[0] + 6) * (length + 3) * (3 if outside else 1)  # clipping splits an edge into up to 3
                if most > edges.shape[0]:
                    return n, most
                count = outline(stroke, pen, scale, radius, outside > 0, limits, sides, edges, lines)
                fill(
                    edges, lines, count, image, row_ends, ragged, crossings, starts, start_ends, keys, cells, places,
                    order, known, state, sums, stop,
                )  # fmt: skip
    return images.shape[0], 0
