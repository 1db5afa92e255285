"""Converts a drawing to paths in 24.8 fixed point, centred and scaled, without redundant points."""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import compiled, inner

CLIP = 2**23  # largest absolute coordinate, in 1/256 pixel, to which points are clipped


@inner()
def centre(whole, real, first, last, axis):
    """The shift along an axis that centres a drawing, the points `first` to `last` − 1, in 256 × 256."""
    if first >= last:
        return 0.0
    largest = _at(whole, real, first, axis)
    for p in range(first + 1, last):
        largest = max(largest, _at(whole, real, p, axis))
    return (256.0 - largest) / 2.0


@inner()
def trace(whole, real, first, last, shift_x, shift_y, scale, margin, path):
    """Write a stroke, the points `first` to `last` − 1, to path, (m, 2) int32 in 1/256 pixel; return its length.

    A stroke starts with a line of length 0, which is kept only if no other line follows: a dot. Repeated points are
    dropped, and so is a point between two lines in the same direction.
    """
    count = first - first
    for p in range(first, last):
        x = _fixed(scale * (_at(whole, real, p, 0) + shift_x) + margin)
        y = _fixed(scale * (_at(whole, real, p, 1) + shift_y) + margin)
        if count == 0:
            path[0, 0], path[0, 1], path[1, 0], path[1, 1] = x, y, x, y
            count += 2
            continue
        dx, dy = x - path[count - 1, 0], y - path[count - 1, 1]
        if dx == 0 and dy == 0:
            continue
        old_dx = np.int64(path[count - 1, 0] - path[count - 2, 0])
        old_dy = np.int64(path[count - 1, 1] - path[count - 2, 1])
        if old_dy * dx == dy * old_dx and old_dx * dx + old_dy * dy >= 0:
            count -= 1
        path[count, 0], path[count, 1] = x, y
        count += 1
    return count


@compiled()
def thirds(points, stroke_offsets, drawing_offsets, is_moved):
    """Every drawing cut into three parts of equal length: points (Q, 2) float64, and offsets like those of Drawings.

    points    (P, 2) float64
    is_moved  whether drawings are centred
    """
    none = np.empty((0, 2), np.uint8)
    count, strokes = 0, 0
    parts = np.empty((points.shape[0] + 2 * stroke_offsets.shape[0] + 4 * drawing_offsets.shape[0], 2), np.float64)
    offsets = np.zeros(stroke_offsets.shape[0] + 2 * drawing_offsets.shape[0], np.int64)
    drawings = np.zeros(3 * (drawing_offsets.shape[0] - 1) + 1, np.int64)
    for n in range(drawing_offsets.shape[0] - 1):
        total = 0.0
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            for p in range(stroke_offsets[s] + 1, stroke_offsets[s + 1]):
                total += _length(points, p)
        part, done = 0, 0.0
        begin = count
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            for p in range(stroke_offsets[s], stroke_offsets[s + 1]):
                length = _length(points, p) if p > stroke_offsets[s] else 0.0
                while part < 2 and length > 0.0 and done + length > total * (part + 1) / 3.0:
                    t = (total * (part + 1) / 3.0 - done) / length
                    for axis in range(2):
                        start = points[p - 1, axis]
                        parts[count, axis] = parts[count + 1, axis] = start + t * (points[p, axis] - start)
                    part += 1
                    strokes += 1
                    offsets[strokes] = count + 1
                    drawings[3 * n + part] = strokes
                    count += 2
                done += length
                parts[count, 0], parts[count, 1] = points[p, 0], points[p, 1]
                count += 1
            strokes += 1
            offsets[strokes] = count
        while part < 3:
            part += 1
            drawings[3 * n + part] = strokes
        first, last = stroke_offsets[drawing_offsets[n]], stroke_offsets[drawing_offsets[n + 1]]
        for axis in range(2):
            shift = centre(none, points, first, last, axis) if is_moved else 0.0
            for p in range(begin, count):
                parts[p, axis] += shift
    return parts[:count], offsets[: strokes + 1], drawings


@inner()
def _at(whole, real, p, axis):
    """A coordinate of a point: see `draw` of draw.py."""
    return np.float64(whole[p, axis]) if whole.shape[0] > 0 else real[p, axis]


@inner()
def _length(points, p):
    dx, dy = points[p, 0] - points[p - 1, 0], points[p, 1] - points[p - 1, 1]
    return np.sqrt(dx * dx + dy * dy)


@inner()
def _fixed(value):
    """Convert pixels to 1/256 pixel, rounding half to even."""
    value = np.rint(value * 256.0)
    if not value > -CLIP:
        return np.int64(-CLIP)
    return np.int64(min(value, np.float64(CLIP)))
