"""Determines the left-to-right order of edges, including that of edges at the same position.

cairo keeps the edges in a list that it re-sorts, stably, at every sub-row that it samples, and into which it merges the
edges that start there. Edges at the same position keep their previous order, which decides whether a pixel row is
sampled or measured. So this module reproduces the list, but only as far as rows with such edges require.
"""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import inner
from sketch_classifier.drawings.raster.edges import BOTTOM, SLOPE, START, SUBROWS, TOP

FAR = 2**30
LENGTH, ROW = range(2)  # indices of `known`
RUN = 32  # elements per run that is sorted by insertion, which is the fastest for so few


@inner()
def cell_at(lines, edges, e, sub):
    """The position at which edge e crosses the middle of a sub-row, rounded to 1/256 pixel."""
    return np.int64(np.floor(lines[e, START] + (sub - edges[e, TOP]) * lines[e, SLOPE]))


@inner()
def in_order(active, edges, lines, row, row_ends, crossings, sampled, cells, places, order, known):
    """Sort the active edges of a pixel row from left to right; return whether they have the same order one row below.

    active     (n,) int32: the edges that cross the whole pixel row from top to bottom; sorted in place
    row_ends   the edges that cross row r, or just those that start in it, are crossings[row_ends[r - 1]:row_ends[r]]
    sampled    (height,) bool: whether each row above was sampled rather than measured
    cells      (n,) int64, result: positions at which the edges cross the first sub-row, in 1/256 pixel
    places     (2, m) int64: working memory for sorting
    order      (2, m) int32: its first row is the list at the top of row known[ROW], with known[LENGTH] edges
    """
    count = active.shape[0]
    for i in range(count):
        cells[i] = cell_at(lines, edges, active[i], row * SUBROWS)
    _sort(active, cells[:count], order[1], places[1])
    tie = False
    # The rightmost of all edges that are left of this one, whatever the order of edges at the same position.
    last = here = np.int64(-FAR)
    for i in range(count):
        if i > 0 and cells[i - 1] == cells[i]:
            tie = True
        else:
            last = here
        cell = cell_at(lines, edges, active[i], (row + 1) * SUBROWS)
        if cell < last:
            return False
        here = max(here, cell)
    if not tie:
        return True
    while known[ROW] < row:
        above = known[ROW]
        crossing = crossings[row_ends[above - 1] if above > 0 else 0 : row_ends[above]]
        known[LENGTH] = _follow(crossing, edges, lines, above * SUBROWS, sampled[above], places, order, known[LENGTH])
        known[ROW] += 1
    known[LENGTH] = _start(active, edges, lines, row * SUBROWS, places, order, known[LENGTH])
    for i in range(count):
        active[i] = order[0, i]  # all of them, even if not in order: a sampled row needs each edge once
    last = np.int64(-FAR)
    for i in range(count):
        cell = cell_at(lines, edges, active[i], (row + 1) * SUBROWS)
        if cell < last:
            return False
        last = cell
    return True


@inner()
def _follow(crossing, edges, lines, sub, sampled, places, order, length):
    """Update the list from the top of a pixel row to its bottom; return its new length."""
    at, step = sub, 1 if sampled else SUBROWS
    while at < sub + SUBROWS:
        length = _start(crossing, edges, lines, at, places, order, length)
        at += step
        kept = np.int64(0)
        for i in range(length):
            e = order[0, i]
            if edges[e, BOTTOM] > at:
                order[0, kept] = e
                places[0, kept] = cell_at(lines, edges, e, at)
                kept += 1
        length = kept
        if sampled:
            _sort(order[0, :length], places[0, :length], order[1], places[1])
    return length


@inner()
def _start(crossing, edges, lines, sub, places, order, length):
    """Merge the edges that start at a sub-row into the list, unless it already contains them; return its new length.

    The new edges, ordered by number, are merge-sorted bottom up (pairs, pairs of pairs, …) and then merged with the
    list.
    """
    total = length
    for i in range(crossing.shape[0]):
        e = crossing[i]
        if edges[e, TOP] == sub:
            order[0, total] = places[0, total] = e
            total += 1
    if total == length:
        return length
    _sort(order[0, length:total], places[0, length:total], order[1], places[1])
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
def _sort(numbers, keys, spare, spare_keys):
    """Sort (n,) numbers by their (n,) keys, in place, stably and in O(n log n).

    A merge sort of runs that are sorted by insertion. `spare` and `spare_keys` are working memory of at least the same
    length.
    """
    count = numbers.shape[0]
    for start in range(0, count, RUN):
        for i in range(start + 1, min(start + RUN, count)):
            number, key, j = numbers[i], keys[i], i
            while j > start and key < keys[j - 1]:
                numbers[j], keys[j] = numbers[j - 1], keys[j - 1]
                j -= 1
            numbers[j], keys[j] = number, key
    width = RUN
    while width < count:
        for start in range(0, count - width, 2 * width):
            middle, end = start + width, min(start + 2 * width, count)
            if keys[middle - 1] <= keys[middle]:
                continue
            for i in range(width):
                spare[i], spare_keys[i] = numbers[start + i], keys[start + i]
            i, j, k = 0, middle, start
            while i < width:
                if j < end and keys[j] < spare_keys[i]:
                    numbers[k], keys[k] = numbers[j], keys[j]
                    j += 1
                else:
                    numbers[k], keys[k] = spare[i], spare_keys[i]
                    i += 1
                k += 1
        width *= 2


@inner()
def _merge(order, first, middle, end, edges, lines, sub):
    """Merge two adjacent parts of the list in runs: each run continues until it passes the head of the other part."""
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
