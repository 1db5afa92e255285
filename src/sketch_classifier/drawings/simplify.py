"""Raw drawings to simplified ones, by the four steps of the dataset's authors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sketch_classifier.drawings.jit import compiled, inner
from sketch_classifier.drawings.strokes import Drawings

EPSILON = 2.0  # in units of the region of 256 × 256: how far from the simplified line a point may lie


def simplify(drawings: Drawings | Iterable[Sequence]) -> Drawings:
    """Simplified drawings (points uint8, no times) of raw ones, with the same strokes and the same columns.

    A drawing is moved to (0, 0) and scaled to a maximum of 255; every stroke is resampled at a spacing of 1 and ends
    with its last point, is reduced by the Ramer–Douglas–Peucker algorithm with epsilon 2.0 and the distance to the
    infinite line, and is rounded, a half to even. A stroke of one place comes out as that point twice, as in the
    official files.

    The order of the arithmetic is the one that gives back most of the official simplified drawings: p · 255 / extent
    when scaling, and (1 − t) · a + t · b at a distance counted from the stroke's start when resampling. Many points
    lie exactly half-way or exactly at epsilon, so that the last bit shows.
    """
    drawings = Drawings.of(drawings)
    points, offsets = _simplify(
        np.require(drawings.points, np.float64, ("C", "W")),
        np.require(drawings.stroke_offsets, np.int64, ("C", "W")),
        np.require(drawings.drawing_offsets, np.int64, ("C", "W")),
    )
    return replace(drawings, points=points, stroke_offsets=offsets, times=None)


@compiled()
def _simplify(points, stroke_offsets, drawing_offsets):
    simple = np.empty((points.shape[0] + 2, 2), np.uint8)
    offsets = np.zeros(stroke_offsets.shape[0], np.int64)
    dense = np.empty((4096, 2))
    count = 0
    for n in range(drawing_offsets.shape[0] - 1):
        first, last = stroke_offsets[drawing_offsets[n]], stroke_offsets[drawing_offsets[n + 1]]
        scaled = _align(points[first:last])
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            stroke = scaled[stroke_offsets[s] - first : stroke_offsets[s + 1] - first]
            needed = _length(stroke) + 3
            if needed > dense.shape[0]:
                dense = np.empty((2 * needed, 2))
            resampled = dense[: _resample(stroke, dense)]
            keep = _reduce(resampled)
            if count + resampled.shape[0] > simple.shape[0]:
                grown = np.empty((2 * (count + resampled.shape[0]), 2), np.uint8)
                grown[:count] = simple[:count]
                simple = grown
            for p in range(resampled.shape[0]):
                if keep[p]:
                    simple[count, 0] = np.uint8(np.rint(resampled[p, 0]))
                    simple[count, 1] = np.uint8(np.rint(resampled[p, 1]))
                    count += 1
            offsets[s + 1] = count
    return simple[:count].copy(), offsets


@inner()
def _align(points):
    """The points of a drawing moved to (0, 0) and scaled, the same in x and y, to a maximum of 255."""
    scaled = np.zeros(points.shape, np.float64)
    low, extent = np.zeros(2), 0.0
    if points.shape[0] > 0:
        for axis in range(2):
            low[axis] = points[:, axis].min()
            extent = max(extent, points[:, axis].max() - low[axis])
    if extent > 0:
        for p in range(points.shape[0]):
            for axis in range(2):
                scaled[p, axis] = (points[p, axis] - low[axis]) * 255.0 / extent
    return scaled


@inner()
def _length(stroke):
    """The length of a stroke, rounded up."""
    length = 0.0
    for p in range(1, stroke.shape[0]):
        dx, dy = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        length += np.sqrt(dx * dx + dy * dy)
    return np.int64(np.ceil(length))


@inner()
def _resample(stroke, dense):
    """Fill `dense` with points at whole distances from the start of a stroke, and its end; return how many."""
    if stroke.shape[0] == 0:
        return 0
    dense[0] = stroke[0]
    count = 1
    walked = 0.0
    for p in range(1, stroke.shape[0]):
        dx, dy = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        length = np.sqrt(dx * dx + dy * dy)
        while length > 0 and count <= walked + length:
            t = (count - walked) / length
            for axis in range(2):
                dense[count, axis] = (1 - t) * stroke[p - 1, axis] + t * stroke[p, axis]
            count += 1
        walked += length
    dense[count] = stroke[-1]
    return count + 1


@inner()
def _reduce(points):
    """Which points the Ramer–Douglas–Peucker algorithm keeps: (n,) bool. Of the farthest points the first counts."""
    count = points.shape[0]
    keep = np.zeros(count, np.bool_)
    if count == 0:
        return keep
    keep[0] = keep[count - 1] = True
    stack = np.empty((count + 1, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, count - 1
    height = 1
    while height > 0:
        height -= 1
        first, last = stack[height, 0], stack[height, 1]
        dx, dy = points[last, 0] - points[first, 0], points[last, 1] - points[first, 1]
        chord = np.sqrt(dx * dx + dy * dy)
        farthest, distance = first, 0.0
        for p in range(first + 1, last):
            x, y = points[p, 0] - points[first, 0], points[p, 1] - points[first, 1]
            away = abs(dx * y - dy * x) / chord if chord > 0 else np.sqrt(x * x + y * y)
            if away > distance:
                farthest, distance = p, away
        if distance > EPSILON:
            keep[farthest] = True
            stack[height, 0], stack[height, 1] = first, farthest
            stack[height + 1, 0], stack[height + 1, 1] = farthest, last
            height += 2
    return keep
