"""Simplifies drawings on any canvas by the four steps of the dataset's authors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sketch_classifier.drawings.jit import compiled, inner
from sketch_classifier.drawings.limits import check_points
from sketch_classifier.drawings.stoppable import stoppable
from sketch_classifier.drawings.strokes import Drawings

EPSILON = 2.0  # largest distance of a point from the simplified line, in units of the 256 × 256 region
SLACK = 20  # same units: largest total distance of a simplified drawing from x = 0, y = 0 and 255
REDUCED, KEPT = 0.5, 0.9  # reduced with this epsilon, a simplified drawing keeps this share of its points
ALMOST = 1e-6  # rounding tolerance of an aligned coordinate that was a whole number before scaling
PART = 2**18  # resampled points reduced at a time; more than MAX_POINTS
BLOCK = 64  # points of a part that share a bounding box; only in a part of MANY points
MANY = 512
STEPS = 2.0**36  # aligned coordinates are rounded to 1 / STEPS of the power of two above the drawing's extent


def simplify(drawings: Drawings | Iterable[Sequence]) -> Drawings:
    """Simplified drawings (points uint8, no times), with the same strokes and the same columns.

    Whether a drawing is already simplified is decided for each one separately, from its coordinates alone. It is left
    unchanged if all of the following are true, as for the dataset's own simplified files:

    - its coordinates are whole numbers from 0 to 255;
    - it begins near 0 in x and in y and extends nearly to 255: its smallest x, its smallest y, and the difference of
      its largest coordinate from 255 add up to at most SLACK. (Three in ten official drawings miss 0 or 255 slightly,
      because their outermost point was removed.);
    - every stroke has at least two points, and reducing the drawing once more would keep nearly all of them: official
      ones keep 93 % or more with an epsilon of REDUCED, whereas raw ones have points in between.

    Any other drawing is raw. It is moved to (0, 0) and scaled to a maximum of 255; every stroke is resampled at a
    spacing of 1, keeping its last point, reduced by the Ramer–Douglas–Peucker algorithm with epsilon 2.0 and the
    distance to the infinite line, and rounded half to even. A stroke of a single position becomes that point twice, as
    in the official files. A raw drawing that is a translated and scaled simplified one becomes that one.

    So the result for a raw drawing does not depend on its position and size, if translating and scaling it is exact in
    floating point. Rounding errors of other translations have no effect, since aligned coordinates are rounded; those
    of scale factors such as 0.1 or 1/3 may affect a raw drawing with a point exactly at epsilon.

    The order of arithmetic operations is the one that reproduces most of the official simplified drawings:
    p · 255 / extent when scaling, and (1 − t) · a + t · b at a distance measured from the stroke's start when
    resampling. Many points are exactly half-way or exactly at epsilon, so the last bit matters.

    The algorithm takes quadratic time in the number of points. So a stroke of more than PART resampled points is
    reduced in parts of PART points, and the points where these meet are kept. A stroke of that length crosses its
    drawing 1,028 times, 51 times per second in the game's 20 seconds; the longest of 9,172 official raw drawings does
    so 141 times.

    KeyboardInterrupt (Ctrl-C) stops the work immediately. Raises UserError for a drawing with over MAX_POINTS points.
    """
    drawings = Drawings.of(drawings)
    check_points(drawings)
    arrays = (
        np.require(drawings.points, np.float64, ("C", "W")),
        np.require(drawings.stroke_offsets, np.int64, ("C", "W")),
        np.require(drawings.drawing_offsets, np.int64, ("C", "W")),
    )
    ((points, offsets),) = stoppable(lambda arrays, stop: _simplify(*arrays, stop), [arrays], len(arrays[0]))
    return replace(drawings, points=points, stroke_offsets=offsets, times=None)


@compiled()
def _simplify(points, stroke_offsets, drawing_offsets, stop):
    """Points (Q, 2) uint8 and stroke offsets; undefined if `stop`, (1,) bool, is set during the call."""
    simple = np.empty((points.shape[0] + 2, 2), np.uint8)
    offsets = np.zeros(stroke_offsets.shape[0], np.int64)
    dense = np.empty((PART, 2))
    count = 0
    for n in range(drawing_offsets.shape[0] - 1):
        first, last = stroke_offsets[drawing_offsets[n]], stroke_offsets[drawing_offsets[n + 1]]
        aligned = _align(points[first:last])
        strokes = stroke_offsets[drawing_offsets[n] : drawing_offsets[n + 1] + 1] - first
        scaled = points[first:last] if _fits(points[first:last]) else aligned
        if _is_simplified(scaled, strokes, stop):
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
            place = (np.int64(0), np.int64(0), 0.0)
            met = 0  # 1 if a part begins with the last point of the previous one
            while 0 < stroke.shape[0] >= place[0] and not stop[0]:
                length, place = _resample(stroke, place, dense)
                keep = _reduce(dense[:length], EPSILON, stop)
                simple = _with_room(simple, count, length)
                for p in range(met, length):
                    if keep[p]:
                        simple[count, 0] = np.uint8(np.rint(dense[p, 0]))
                        simple[count, 1] = np.uint8(np.rint(dense[p, 1]))
                        count += 1
                met = 1
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
    """Whether coordinates are whole numbers, and close enough to the sides of the region for a simplified drawing."""
    if points.shape[0] == 0:
        return False
    x, y, high = points[0, 0], points[0, 1], 0.0
    for p in range(points.shape[0]):
        if points[p, 0] != np.rint(points[p, 0]) or points[p, 1] != np.rint(points[p, 1]):
            return False
        x, y, high = min(x, points[p, 0]), min(y, points[p, 1]), max(high, points[p, 0], points[p, 1])
    return x >= 0 and y >= 0 and high <= 255 and x + y + 255 - high <= SLACK


@inner()
def _is_simplified(points, offsets, stop):
    """Whether strokes points[offsets[s]:offsets[s + 1]] have whole-number coordinates and no redundant points."""
    for p in range(points.shape[0]):
        for axis in range(2):
            if not abs(points[p, axis] - np.rint(points[p, axis])) <= ALMOST:
                return False
    kept = 0
    for s in range(offsets.shape[0] - 1):
        if offsets[s + 1] - offsets[s] < 2:
            return False
        kept += _reduce(points[offsets[s] : offsets[s + 1]], REDUCED, stop).sum()
    return kept >= KEPT * points.shape[0]


@inner()
def _align(points):
    """The points of a drawing moved to (0, 0) and scaled uniformly to a maximum of 255."""
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
    """The smallest power of two that is at least `value`, from 1e-100 to 1e100."""
    power = 1.0
    while power < value and power < 1e100:
        power *= 2
    while power / 2 >= value and power > 1e-100:
        power /= 2
    return power


@inner()
def _resample(stroke, place, dense):
    """Fill `dense` with the next points at whole distances from the start of a stroke, and finally its end point.

    place  (0, 0, 0.0), or the result of the previous call: the number of the stroke's points already passed (one more
           when its end is reached), the number of dense points, and the path length up to the last of the former

    Returns the number of points in `dense` and the new place. Each call after the first begins with the last point of
    the previous one.
    """
    p, count, walked = place
    if p == 0:
        dense[0] = stroke[0]
        p = count = np.int64(1)
    else:
        dense[0] = dense[-1]
    length = np.int64(1)
    while p < stroke.shape[0]:
        dx, dy = stroke[p, 0] - stroke[p - 1, 0], stroke[p, 1] - stroke[p - 1, 1]
        step = np.sqrt(dx * dx + dy * dy)
        while step > 0 and count <= walked + step:
            if length == dense.shape[0]:
                return length, (p, count, walked)
            t = (count - walked) / step
            for axis in range(2):
                dense[length, axis] = (1 - t) * stroke[p - 1, axis] + t * stroke[p, axis]
            count += 1
            length += 1
        walked += step
        p += 1
    if length == dense.shape[0]:
        return length, (p, count, walked)
    dense[length] = stroke[-1]
    return length + 1, (p + 1, count, walked)


@inner()
def _reduce(points, epsilon, stop):
    """Which points the Ramer–Douglas–Peucker algorithm keeps: (n,) bool. Of equally distant points the first is chosen.

    A block whose bounding box is no farther away than the farthest point so far is skipped. Rounding is monotonic, so
    the computed distance of a corner is at least that of any point in the box, and the result is the same as without
    skipping.
    """
    count = points.shape[0]
    keep = np.zeros(count, np.bool_)
    if count == 0:
        return keep
    keep[0] = keep[count - 1] = True
    boxes = _boxes(points)
    stack = np.empty((count + 1, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, count - 1
    height = 1
    while height > 0 and not stop[0]:
        height -= 1
        first, last = stack[height, 0], stack[height, 1]
        left, top = points[first, 0], points[first, 1]
        dx, dy = points[last, 0] - left, points[last, 1] - top
        chord = np.sqrt(dx * dx + dy * dy)
        farthest, distance = first, 0.0
        p = first + 1
        while p < last:
            end = min(p - p % BLOCK + BLOCK, last)
            block = p // BLOCK
            if block < boxes.shape[0] and not _farthest(boxes[block], left, top, dx, dy, chord) > distance:
                p = end
            while p < end:
                x, y = points[p, 0] - left, points[p, 1] - top
                away = abs(dx * y - dy * x) / chord if chord > 0 else np.sqrt(x * x + y * y)
                if away > distance:
                    farthest, distance = p, away
                p += 1
        if distance > epsilon:
            keep[farthest] = True
            stack[height, 0], stack[height, 1] = first, farthest
            stack[height + 1, 0], stack[height + 1, 1] = farthest, last
            height += 2
    return keep


@inner()
def _boxes(points):
    """(n / BLOCK, 4): the bounding box of each block of points: smallest and largest x and y; empty for few points."""
    count = points.shape[0]
    boxes = np.empty(((count + BLOCK - 1) // BLOCK if count >= MANY else 0, 4))
    for block in range(boxes.shape[0]):
        box = boxes[block]
        box[:2], box[2:] = np.inf, -np.inf
        for p in range(block * BLOCK, min(block * BLOCK + BLOCK, count)):
            for axis in range(2):
                box[axis], box[2 + axis] = min(box[axis], points[p, axis]), max(box[2 + axis], points[p, axis])
    return boxes


@inner()
def _farthest(box, left, top, dx, dy, chord):
    """The largest distance of a box's corners from the line of `_reduce`, computed as for a point."""
    low_x, low_y, high_x, high_y = box[0] - left, box[1] - top, box[2] - left, box[3] - top
    if not chord > 0:
        x, y = max(-low_x, high_x), max(-low_y, high_y)
        return np.sqrt(x * x + y * y)
    if dx < 0:
        low_y, high_y = high_y, low_y
    if dy < 0:
        low_x, high_x = high_x, low_x
    return max(abs(dx * low_y - dy * high_x), abs(dx * high_y - dy * low_x)) / chord
