"""Which edge stands left of which, and which of two that meet stood left before.

cairo keeps the edges in a list that is sorted anew, stably, at every sub-row that it samples, and into which it
merges the edges that start there. Edges in one place stay as they were, and that decides whether a pixel row is
sampled or measured: so the list is followed here, but only as far as a row with edges in one place needs it.
"""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import inner
from sketch_classifier.drawings.raster.edges import BOTTOM, SLOPE, START, SUBROWS, TOP

FAR = 2**30
LENGTH, ROW = range(2)  # of `known`


@inner()
def cell_at(lines, edges, e, sub):
    """Where edge e crosses the middle of a sub-row, rounded to 1/256 pixel."""
    return np.int64(np.floor(lines[e, START] + (sub - edges[e, TOP]) * lines[e, SLOPE]))


@inner()
def in_order(active, edges, lines, row, row_ends, crossings, sampled, cells, order, known):
    """Sort the active edges of a pixel row from left to right; return whether they are in order still a row further
    down.

    active     (n,) int32: the edges that cross the pixel row, all of it from top to bottom; sorted in place
    row_ends   the edges that cross row r are crossings[row_ends[r - 1]:row_ends[r]]
    sampled    (height,) bool: whether the rows above were sampled, else they were measured
    cells      (n,) int64, result: where the edges cross the first sub-row, in 1/256 pixel
    order      (2, m) int32: in its first row the list as it was at the top of row known[ROW], of known[LENGTH] edges
    """
    tie = False
    for i in range(active.shape[0]):
        e = active[i]
        cell = cell_at(lines, edges, e, row * SUBROWS)
        j = i
        while j > 0 and cell < cells[j - 1]:
            active[j], cells[j] = active[j - 1], cells[j - 1]
            j -= 1
        active[j], cells[j] = e, cell
        tie |= j > 0 and cells[j - 1] == cell
    if tie:
        while known[ROW] < row:
            above = known[ROW]
            crossing = crossings[row_ends[above - 1] if above > 0 else 0 : row_ends[above]]
            known[LENGTH] = _follow(crossing, edges, lines, above * SUBROWS, sampled[above], order, known[LENGTH])
            known[ROW] += 1
        known[LENGTH] = _start(active, edges, lines, row * SUBROWS, order, known[LENGTH])
        for i in range(active.shape[0]):
            active[i] = order[0, i]
    last = np.int64(-FAR)
    for i in range(active.shape[0]):
        cell = cell_at(lines, edges, active[i], (row + 1) * SUBROWS)
        if cell < last:
            return False
        last = cell
    return True


@inner()
def _follow(crossing, edges, lines, sub, sampled, order, length):
    """Bring the list from the top of a pixel row to its bottom; return its new length."""
    at, step = sub, 1 if sampled else SUBROWS
    while at < sub + SUBROWS:
        length = _start(crossing, edges, lines, at, order, length)
        at += step
        kept = np.int64(0)
        for i in range(length):
            e = order[0, i]
            if edges[e, BOTTOM] > at:
                j = kept
                if sampled:
                    cell = cell_at(lines, edges, e, at)
                    while j > 0 and cell < cell_at(lines, edges, order[0, j - 1], at):
                        order[0, j] = order[0, j - 1]
                        j -= 1
                order[0, j] = e
                kept += 1
        length = kept
    return length


@inner()
def _start(crossing, edges, lines, sub, order, length):
    """Merge the edges that start at a sub-row into the list, unless they are in it; return its new length.

    They stand behind the list in the order of their numbers, are merged two by two, the pairs two by two …, and then
    all with the list.
    """
    total = length
    for i in range(crossing.shape[0]):
        e = crossing[i]
        if edges[e, TOP] == sub:
            j = total
            while j > length and order[0, j - 1] > e:
                order[0, j] = order[0, j - 1]
                j -= 1
            order[0, j] = e
            total += 1
    if total == length:
        return length
    for i in range(length):
        if order[0, i] == order[0, length]:
            return length
    width, first = np.int64(1), length
    while True:
        last = width >= total - length
        if last:
            first, middle, end = length - length, length, total
        else:
            middle, end = min(first + width, total), min(first + 2 * width, total)
        _merge(order, first, middle, end, edges, lines, sub)
        if last:
            return total
        first = end
        if end == total:
            width, first = 2 * width, length


@inner()
def _merge(order, first, middle, end, edges, lines, sub):
    """Merge two neighbouring parts of the list in runs, each as long as it is not beyond the head of the other part."""
    i, j = first, middle
    from_first = True
    for k in range(first, end):
        if i < middle and j < end:
            at_i, at_j = cell_at(lines, edges, order[0, i], sub), cell_at(lines, edges, order[0, j], sub)
            from_first = at_i <= at_j if from_first else at_j > at_i
        else:
            from_first = i < middle
        if from_first:
            order[1, k] = order[0, i]
            i += 1
        else:
            order[1, k] = order[0, j]
            j += 1
    for k in range(first, end):
        order[0, k] = order[1, k]
