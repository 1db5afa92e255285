"""The drawing as paths in 24.8 fixed point, centred and scaled, without points that change nothing."""

from __future__ import annotations

import numpy as np

from sketch_classifier.data.jit import compiled, inner

CLIP = 2**23  # the farthest that a point may be, in 1/256 pixel: what is farther is moved there


@compiled()
def centre(points, stroke_offsets, drawing_offsets):
    """What to add to every point of a drawing to centre it in 256 × 256: (N, 2) float64, in the drawing's units."""
    shifts = np.zeros((drawing_offsets.shape[0] - 1, 2), np.float64)
    for n in range(shifts.shape[0]):
        first, last = stroke_offsets[drawing_offsets[n]], stroke_offsets[drawing_offsets[n + 1]]
        for axis in range(2):
            if first < last:
                largest = np.float64(points[first, axis])
                for p in range(first + 1, last):
                    largest = max(largest, np.float64(points[p, axis]))
                shifts[n, axis] = (256.0 - largest) / 2.0
    return shifts


@compiled()
def trace(points, stroke_offsets, drawing_offsets, shifts, scale, margin):
    """The strokes in 1/256 pixel: path (P, 2) int32 and its stroke_offsets (S + 1,) int64.

    A stroke starts with a line of length 0, which stays only where no other line follows: a dot. Points that repeat
    the one before are dropped, and so is a point between two lines in the same direction.
    """
    path = np.empty((points.shape[0] + stroke_offsets.shape[0], 2), np.int32)
    offsets = np.zeros(stroke_offsets.shape[0], np.int64)
    count = 0
    for n in range(drawing_offsets.shape[0] - 1):
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            first = count
            for p in range(stroke_offsets[s], stroke_offsets[s + 1]):
                x = _fixed(scale * (np.float64(points[p, 0]) + shifts[n, 0]) + margin)
                y = _fixed(scale * (np.float64(points[p, 1]) + shifts[n, 1]) + margin)
                if count == first:
                    path[count, 0], path[count, 1] = x, y
                    path[count + 1, 0], path[count + 1, 1] = x, y
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
            offsets[s + 1] = count
    return path[:count], offsets


@compiled()
def thirds(points, stroke_offsets, drawing_offsets):
    """Every drawing cut into three of equal length: points (Q, 2) float64 and offsets like those of Drawings."""
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
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            for p in range(stroke_offsets[s], stroke_offsets[s + 1]):
                length = _length(points, p) if p > stroke_offsets[s] else 0.0
                while part < 2 and length > 0.0 and done + length > total * (part + 1) / 3.0:
                    t = (total * (part + 1) / 3.0 - done) / length
                    for axis in range(2):
                        start = np.float64(points[p - 1, axis])
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
    return parts[:count], offsets[: strokes + 1], drawings


@inner()
def _length(points, p):
    dx = np.float64(points[p, 0]) - np.float64(points[p - 1, 0])
    dy = np.float64(points[p, 1]) - np.float64(points[p - 1, 1])
    return np.sqrt(dx * dx + dy * dy)


@inner()
def _fixed(value):
    """Pixels to 1/256 pixel, a half rounded to even."""
    value = np.rint(value * 256.0)
    if not value > -CLIP:
        return np.int64(-CLIP)
    return np.int64(min(value, np.float64(CLIP)))
