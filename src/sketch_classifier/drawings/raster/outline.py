"""Computes the outline of a stroke drawn with a round pen, as the edges of a polygon.

The polygon is the same as cairo's: device space in 24.8 fixed point, a pen with few corners, round joins and caps made
of the pen's corners, and the inner side of each join passing through the point of the path. All slopes are compared
exactly.
"""

from __future__ import annotations

from functools import cache
from math import acos, ceil, cos, pi, sin, sqrt

import numpy as np

from sketch_classifier.drawings.jit import inner
from sketch_classifier.drawings.raster.edges import add_lines


@cache
def pen_corners(scale: float, radius: float, tolerance: float = 0.1) -> np.ndarray:
    """The round pen as a polygon: (corners, 4) int32, the x and y of each corner and of the side that ends in it.

    The pen has a radius of `radius` · `scale` pixels; the result, in 1/256 pixel, is the regular polygon with the
    fewest corners (an even number) that stays within `tolerance` pixels of the circle.
    """
    corners = ceil(2 * pi / acos(1 - tolerance / (radius * sqrt(scale * scale))))
    corners += corners % 2
    angles = [2 * pi * corner / corners for corner in range(corners)]
    exact = [(scale * (radius * cos(angle)), scale * (radius * sin(angle))) for angle in angles]
    points = np.rint(np.array(exact) * 256).astype(np.int32)
    return np.concatenate([points, points - np.roll(points, 1, axis=0)], axis=1)


@inner()
def outline(path, pen, scale, radius, clip, limits, sides, edges, lines):
    """Write the edges of the outline of one stroke; return their number.

    path    (n, 2) int32, n ≥ 2: its points in 1/256 pixel, with no equal neighbours (except a dot: one point twice)
    pen     `pen_corners` for the same scale and radius
    clip    whether ink may exceed `limits`, (4,) int64 left, top, right, bottom in 1/256 pixel, so edges are clipped
    sides   (2, m, 2) int32: working memory for the points of the left and right side of the outline
    edges   (m, 7) int32 and lines (m, 2) float64: the result, described in `_add_edge` of edges.py
    """
    left_side, right_side = sides[0], sides[1]
    reach = np.int64(np.rint(radius * scale * 256.0))
    none = np.int64(0)  # typed, because functions would be compiled again for a literal argument
    left = right = none  # number of points on each side so far
    old_dx, old_dy, old_fx, old_fy = none + 256, none, none, none
    first_dx, first_dy, first_fx, first_fy = none + 256, none, none, none
    for p in range(1, path.shape[0]):
        x, y = np.int64(path[p - 1, 0]), np.int64(path[p - 1, 1])
        end_x, end_y = np.int64(path[p, 0]), np.int64(path[p, 1])
        dx, dy = end_x - x, end_y - y
        if dx == 0 and dy == 0:
            continue
        fx, fy = _face(dx, dy, scale, radius)
        if left == 0:
            first_dx, first_dy, first_fx, first_fy = dx, dy, fx, fy
            left = _add_point(left_side, left, x + fx, y + fy)
            right = _add_point(right_side, right, x - fx, y - fy)
        else:
            turn = _compare(old_dx, old_dy, dx, dy)
            outer = fx != old_fx or fy != old_fy
            if turn < 0:
                if outer:
                    if not clip or _within(x, y, limits, reach):
                        right = _fan_right(pen, old_dx, old_dy, dx, dy, x, y, right_side, right)
                    right = _add_point(right_side, right, x - fx, y - fy)
                left = _add_point(left_side, left, x, y)
                left = _add_point(left_side, left, x + fx, y + fy)
            elif turn > 0:
                if outer:
                    if not clip or _within(x, y, limits, reach):
                        left = _fan_left(pen, old_dx, old_dy, dx, dy, x, y, left_side, left)
                    left = _add_point(left_side, left, x + fx, y + fy)
                right = _add_point(right_side, right, x, y)
                right = _add_point(right_side, right, x - fx, y - fy)
        left = _add_point(left_side, left, end_x + fx, end_y + fy)
        right = _add_point(right_side, right, end_x - fx, end_y - fy)
        old_dx, old_dy, old_fx, old_fy = dx, dy, fx, fy

    dot = left == 0
    if dot:
        first_fx, first_fy = _face(first_dx, first_dy, scale, radius)
        old_fx, old_fy = first_fx, first_fy
    bend = left  # index on the left side where the contour of the first cap begins
    for end in range(2):
        if (end == 0) == dot:
            x, y = np.int64(path[0, 0]), np.int64(path[0, 1])
            dx, dy, fx, fy = -first_dx, -first_dy, -first_fx, -first_fy
        else:
            x, y = np.int64(path[-1, 0]), np.int64(path[-1, 1])
            dx, dy, fx, fy = old_dx, old_dy, old_fx, old_fy
        if end == 1 and not dot:
            bend = left
            left = _add_point(left_side, left, x + fx, y + fy)
        if not clip or _within(x, y, limits, reach):
            left = _fan_left(pen, dx, dy, -dx, -dy, x, y, left_side, left)
        left = _add_point(left_side, left, x - fx, y - fy)
    if dot:
        left = _add_point(left_side, left, none + left_side[0, 0], none + left_side[0, 1])
        bend = left
    count = none
    for contour in range(3):
        if contour < 2:
            side = left_side[:bend] if contour == 0 else left_side[bend:left]
        else:
            side = right_side[:right]
        count = add_lines(side, none + (1 if contour == 2 else -1), clip, limits, edges, lines, count)
    return count


@inner()
def _face(dx, dy, scale, radius):
    """The vector from the path to its left side: perpendicular to (dx, dy), with the pen's radius, in 1/256 pixel."""
    if dx == 0:
        x, y = 0.0, (1.0 if dy > 0 else -1.0)
    elif dy == 0:
        x, y = (1.0 if dx > 0 else -1.0), 0.0
    else:
        x, y = dx / 256.0, dy / 256.0
        length = np.sqrt(x * x + y * y)
        x, y = x / length, y / length
    return np.int64(np.rint(scale * (-y * radius) * 256.0)), np.int64(np.rint(scale * (x * radius) * 256.0))


@inner()
def _compare(ax, ay, bx, by):
    """Compare two slopes by their angle, turning from x to y: 1 if a comes later, −1 if b does, 0 if neither.

    Of two opposite slopes, the one to the right (or straight down) comes first.
    """
    cross = ay * bx - by * ax
    if cross != 0:
        return 1 if cross > 0 else -1
    if ax * bx + ay * by < 0:
        return -1 if ax > 0 or (ax == 0 and ay > 0) else 1
    return 0


@inner()
def _compare_side(pen, corner, x, y):
    """`_compare` of the side of the pen that ends in `corner` with (x, y); corner numbers wrap around."""
    corners = pen.shape[0]
    if corner >= corners:
        corner -= corners
    return _compare(np.int64(pen[corner, 2]), np.int64(pen[corner, 3]), x, y)


@inner()
def _fan_right(pen, in_x, in_y, out_x, out_y, x, y, side, count):
    """Add the corners of the pen at (x, y) that join two slopes on the right side."""
    corners = pen.shape[0]
    low, high = 0, corners
    corner = high >> 1
    while True:
        if _compare_side(pen, corner, in_x, in_y) < 0:
            low = corner
        else:
            high = corner
        corner = (low + high) >> 1
        if high - low <= 1:
            break
    if _compare_side(pen, corner, in_x, in_y) < 0:
        corner = corner + 1 if corner + 1 < corners else 0
    start = corner
    if _compare_side(pen, corner + 1, out_x, out_y) <= 0:
        low, high = corner, corner + corners
        corner = (low + high) >> 1
        while True:
            if _compare_side(pen, corner, out_x, out_y) > 0:
                high = corner
            else:
                low = corner
            corner = (low + high) >> 1
            if high - low <= 1:
                break
        if corner >= corners:
            corner -= corners
    while start != corner:
        count = _add_point(side, count, x + pen[start, 0], y + pen[start, 1])
        start = start + 1 if start + 1 < corners else 0
    return count


@inner()
def _fan_left(pen, in_x, in_y, out_x, out_y, x, y, side, count):
    """Add the corners of the pen at (x, y) that join two slopes on the left side."""
    corners = pen.shape[0]
    low, high = 0, corners
    corner = high >> 1
    while True:
        if _compare_side(pen, corner + 1, in_x, in_y) > 0:
            low = corner
        else:
            high = corner
        corner = (low + high) >> 1
        if high - low <= 1:
            break
    if _compare_side(pen, corner + 1, in_x, in_y) > 0:
        corner = corner + 1 if corner + 1 < corners else 0
    start = corner
    if _compare_side(pen, corner, out_x, out_y) <= 0:
        low, high = corner, corner + corners
        corner = (low + high) >> 1
        while True:
            if _compare_side(pen, (corner - corners if corner >= corners else corner) + 1, out_x, out_y) < 0:
                high = corner
            else:
                low = corner
            corner = (low + high) >> 1
            if high - low <= 1:
                break
        if corner >= corners:
            corner -= corners
    while start != corner:
        count = _add_point(side, count, x + pen[start, 0], y + pen[start, 1])
        start = start - 1 if start > 0 else corners - 1
    return count


@inner()
def _within(x, y, limits, reach):
    return limits[0] - reach <= x <= limits[2] + reach and limits[1] - reach <= y <= limits[3] + reach


@inner()
def _add_point(side, count, x, y):
    side[count, 0], side[count, 1] = x, y
    return count + 1
