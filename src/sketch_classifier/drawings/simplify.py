"""Simplifies drawings of any canvas by the four steps of the dataset's authors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sketch_classifier.drawings.jit import compiled, inner
from sketch_classifier.drawings.strokes import Drawings

EPSILON = 2.0  # in units of the region of 256 × 256: how far from the simplified line a point may lie
SLACK = 20  # likewise: how far in all a simplified drawing may stay away from x = 0, y = 0 and 255
REDUCED, KEPT = 0.5, 0.9  # a simplified drawing keeps this share of its points when reduced with this epsilon
ALMOST = 1e-6  # what an aligned coordinate may differ from a whole number that was scaled
STEPS = 2.0**36  # to which an aligned coordinate is rounded, of the power of two above the drawing's extent


def simplify(drawings: Drawings | Iterable[Sequence]) -> Drawings:
    """Simplified drawings (points uint8, no times), with the same strokes and the same columns.

    Whether a drawing is simplified already is decided for each one by itself, from its coordinates alone. It is taken
    as it is where all of the following hold, as for the dataset's own simplified files:

    - its coordinates are whole numbers from 0 to 255;
    - it begins near 0 in x and in y and reaches nearly 255: its smallest x, its smallest y, and what its largest
      coordinate lacks to 255 add up to at most SLACK. (Three in ten official drawings miss 0 or 255 by a little:
      their outermost point was left out.);
    - every stroke has two points at least, and reducing the drawing once more would leave nearly all of them: official
      ones keep 93 % or more with an epsilon of REDUCED, raw ones have points in between.

    Any other drawing is raw. It is moved to (0, 0) and scaled to a maximum of 255; every stroke is resampled at a
    spacing of 1 and ends with its last point, is reduced by the Ramer–Douglas–Peucker algorithm with epsilon 2.0 and
    the distance to the infinite line, and is rounded, a half to even. A stroke of one place comes out as that point
    twice, as in the official files. A raw drawing that is a simplified one moved and scaled comes out as that one.

    So a drawing that is not taken as it is gives the same bytes wherever it lies and however large it is, where moving
    and scaling it loses no bits of its coordinates. The bits that a move by any other number loses do not show, since
    coordinates are rounded once they begin at 0; those that a scale such as 0.1 or 1/3 loses may show in a raw drawing
    of which a point lies exactly at epsilon.

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
        aligned = _align(points[first:last])
        strokes = stroke_offsets[drawing_offsets[n] : drawing_offsets[n + 1] + 1] - first
        scaled = points[first:last] if _fits(points[first:last]) else aligned
        if _is_simplified(scaled, strokes):
            simple = _with_room(simple, count, scaled.shape[0])
            for p in range(scaled.shape[0]):
                simple[count + p, 0], simple[count + p, 1] = (
                    np.uint8(np.rint(scaled[p, 0])),
                    np.uint8(np.rint(scaled[p, 1])),
                )
            offsets[drawing_offsets[n] + 1 : drawing_offsets[n + 1] + 1] = strokes[1:] + count
            count += scaled.shape[0]
            continue
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            stroke = aligned[stroke_offsets[s] - first : stroke_offsets[s + 1] - first]
            needed = _length(stroke) + 3
            if needed > dense.shape[0]:
                dense = np.empty((2 * needed, 2))
            resampled = dense[: _resample(stroke, dense)]
            keep = _reduce(resampled, EPSILON)
            simple = _with_room(simple, count, resampled.shape[0])
            for p in range(resampled.shape[0]):
                if keep[p]:
                    simple[count, 0] = np.uint8(np.rint(resampled[p, 0]))
                    simple[count, 1] = np.uint8(np.rint(resampled[p, 1]))
                    count += 1
            offsets[s + 1] = count
    return simple[:count].copy(), offsets


@inner()
def _with_room(simple, count, more):
    if count + more <= simple.shape[0]:
        return simple
    grown = np.empty((2 * (count + more), 2), np.uint8)
    grown[:count] = simple[:count]
    return grown


@inner()
def _fits(points):
    """Whether points are whole numbers and near enough to the sides of the region for a simplified drawing."""
    if points.shape[0] == 0:
        return False
    x, y, high = points[0, 0], points[0, 1], 0.0
    for p in range(points.shape[0]):
        if points[p, 0] != np.rint(points[p, 0]) or points[p, 1] != np.rint(points[p, 1]):
            return False
        x, y, high = min(x, points[p, 0]), min(y, points[p, 1]), max(high, points[p, 0], points[p, 1])
    return x >= 0 and y >= 0 and high <= 255 and x + y + 255 - high <= SLACK


@inner()
def _is_simplified(points, offsets):
    """Whether strokes points[offsets[s]:offsets[s + 1]] have whole numbers, and points that cannot be left out."""
    for p in range(points.shape[0]):
        for axis in range(2):
            if not abs(points[p, axis] - np.rint(points[p, axis])) <= ALMOST:
                return False
    kept = 0
    for s in range(offsets.shape[0] - 1):
        if offsets[s + 1] - offsets[s] < 2:
            return False
        kept += _reduce(points[offsets[s] : offsets[s + 1]], REDUCED).sum()
    return kept >= KEPT * points.shape[0]


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
        step = _power_of_two(extent) / STEPS
        extent = np.rint(extent / step) * step
        for p in range(points.shape[0]):
            for axis in range(2):
                scaled[p, axis] = np.rint((points[p, axis] - low[axis]) / step) * step * 255.0 / extent
    return scaled


@inner()
def _power_of_two(value):
    """The least power of two that is no less than `value`, from 1e-100 to 1e100."""
    power = 1.0
    while power < value and power < 1e100:
        power *= 2
    while power / 2 >= value and power > 1e-100:
        power /= 2
    return power


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
def _reduce(points, epsilon):
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
        if distance > epsilon:
            keep[farthest] = True
            stack[height, 0], stack[height, 1] = first, farthest
            stack[height + 1, 0], stack[height + 1, 1] = farthest, last
            height += 2
    return keep
