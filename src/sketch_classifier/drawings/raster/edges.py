"""Computes the edges of a polygon, clipped to the bitmap, for the scan converter."""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import inner

SUBROWS = 15  # sub-rows per pixel row; the scan converter samples the edges at the middle of each
TOP, BOTTOM, DIRECTION, X1, Y1, X2, Y2 = range(7)  # columns of `edges`
START, SLOPE = range(2)  # columns of `lines`


@inner()
def add_lines(side, direction, clip, limits, edges, lines, count):
    """Add the edges between the points of one side."""
    for p in range(1, side.shape[0]):
        x1, y1, x2, y2 = np.int64(side[p - 1, 0]), np.int64(side[p - 1, 1]), np.int64(side[p, 0]), np.int64(side[p, 1])
        turned = direction
        if y1 == y2:
            continue
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
            turned = -direction
        if clip:
            count = _add_clipped(x1, y1, x2, y2, turned, limits, edges, lines, count)
        else:
            count = _add_edge(x1, y1, x2, y2, y1, y2, turned, edges, lines, count)
    return count


@inner()
def _add_edge(x1, y1, x2, y2, top, bottom, direction, edges, lines, count):
    """Add the part between `top` and `bottom` of the line from (x1, y1) down to (x2, y2), all in 1/256 pixel.

    edges   TOP, BOTTOM: the first sub-row whose middle it crosses and the first one below it; DIRECTION: 1 or −1;
            X1 … Y2: the line
    lines   START: x at the middle of sub-row TOP, plus one half, so that truncation rounds; SLOPE: the change of x per
            sub-row; both in 1/256 pixel. Halves are rounded up: adding an epsilon, much smaller than the distance of
            any other crossing from a half, compensates for floating-point errors.
    """
    first, last = (SUBROWS * top + 128) >> 8, (SUBROWS * bottom + 128) >> 8
    if last <= first:
        return count
    edges[count, TOP], edges[count, BOTTOM], edges[count, DIRECTION] = first, last, direction
    edges[count, X1], edges[count, Y1], edges[count, X2], edges[count, Y2] = x1, y1, x2, y2
    per_y = 1.0 / (y2 - y1)
    numerator = (x2 - x1) * (((2 * first + 1) << 8) - 2 * SUBROWS * y1)
    lines[count, START] = x1 + numerator * per_y * (1.0 / (2 * SUBROWS)) + (0.5 + per_y / (16 * SUBROWS))
    lines[count, SLOPE] = (x2 - x1) * per_y * (256.0 / SUBROWS)
    return count + 1


@inner()
def _add_clipped(x1, y1, x2, y2, direction, limits, edges, lines, count):
    """Add an edge clipped to the limits: parts to the left or right of them are projected onto their side."""
    left, top, right, bottom = limits[0], limits[1], limits[2], limits[3]
    high, low = max(y1, top), min(y2, bottom)
    if high >= low:
        return count
    nearest, farthest = min(x1, x2), max(x1, x2)
    above, below = (left, right) if x1 <= x2 else (right, left)
    upper, lower = high, low  # the part of the edge between the sides
    if farthest <= left:
        above, upper = left, low
    elif right <= nearest:
        above, upper = right, low
    else:
        if nearest < left if above == left else farthest > right:
            upper = _y_at(x1, y1, x2, y2, above)
            x = _x_at(x1, y1, x2, y2, upper)
            upper = max(min(upper + (x < left if above == left else x > right), low), high)
        if nearest < left if below == left else farthest > right:
            lower = _y_at(x1, y1, x2, y2, below)
            x = _x_at(x1, y1, x2, y2, lower)
            lower = min(max(lower - (x < left if below == left else x > right), upper), low)
    for part in range(3):
        if part == 0:
            x1_, y1_, x2_, y2_, first, last = above, top, above, bottom, high, upper
        elif part == 1:
            x1_, y1_, x2_, y2_, first, last = below, top, below, bottom, lower, low
        else:
            x1_, y1_, x2_, y2_, first, last = x1, y1, x2, y2, upper, lower
        if first < last:
            count = _add_edge(x1_, y1_, x2_, y2_, first, last, direction, edges, lines, count)
    return count


@inner()
def _y_at(x1, y1, x2, y2, x):
    return y1 + quotient((x - x1) * (y2 - y1), x2 - x1)


@inner()
def _x_at(x1, y1, x2, y2, y):
    return x1 + quotient((y - y1) * (x2 - x1), y2 - y1)


@inner()
def quotient(a, b):
    """a / b truncated towards zero."""
    return a // b if (a >= 0) == (b > 0) else -(-a // b)
