"""Fills a polygon given by its edges: a scan converter with the same results as cairo's.

If no edge starts, ends or crosses another within a pixel row, the area under each edge is computed exactly; otherwise
the row is sampled at 15 sub-rows, with the crossings rounded to 1/256 pixel. The inside is determined by the non-zero
winding rule.
"""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import inner
from sketch_classifier.drawings.raster.edge_order import FAR, LENGTH, ROW, in_order
from sketch_classifier.drawings.raster.edges import (
    BOTTOM,
    DIRECTION,
    SLOPE,
    START,
    SUBROWS,
    TOP,
    X1,
    X2,
    Y1,
    Y2,
    quotient,
)
from sketch_classifier.drawings.raster.simd import CHANGE, LANES, PIXEL, begin, cross, exchange, extent, inside

HEIGHT = 2**16  # the covered height of one sub-row, in the units of the sums of `_add_area`


@inner()
def fill(
    edges, lines, count, image, row_ends, ragged, crossings, starts, start_ends, keys, cells, places, order, known,
    state, sums, stop,
):  # fmt: skip
    """Blend white ink inside the polygon of `count` edges over `image`, (height, width) uint8.

    The time for a pixel row of n edges is O(n log² n). If `stop`, (1,) bool, is set during the call, the remaining rows
    are skipped.

    row_ends   (height + 2,) int64, all 0 on entry and on return; ragged (height,) bool, likewise all False
    crossings  (m,) int32: working memory for the numbers of the edges that cross each pixel row, at least (k,); the
               polygon is filled in bands of as many rows as fit
    starts     (k,) int32 and start_ends (height + 2,) int64: working memory for the edges that start in each row, if
               there are several bands
    keys       (k, LANES) int32 and cells (k,) int64: working memory for the crossings of one pixel row
    order      (2, k) int32, places (2, k) int64 and known (2,) int64: working memory of `in_order` of edge_order.py
    state      (4, LANES) uint32: working memory of `inside` of simd.py
    sums       (2, width + 4) int32, all 0 on entry and on return: see `_add_area`
    """
    low, high, left, right = image.shape[0], -1, FAR, -FAR
    for e in range(count):
        first, last = edges[e, TOP] // SUBROWS, (edges[e, BOTTOM] - 1) // SUBROWS
        ragged[first] |= edges[e, TOP] != first * SUBROWS
        ragged[last] |= edges[e, BOTTOM] != (last + 1) * SUBROWS
        row_ends[first] += 1
        row_ends[last + 1] -= 1
        low, high = min(low, first), max(high, last)
        left, right = min(left, edges[e, X1], edges[e, X2]), max(right, edges[e, X1], edges[e, X2])
    left, right = max(left >> 8, 0), min((right + 255) >> 8, image.shape[1])
    here = total = np.int64(0)
    for row in range(low, high + 1):  # row_ends now contains the number of edges that cross each row
        here += row_ends[row]
        row_ends[row] = here
        total += here
    # The order of edges may have to be tracked from the first row on, so without all crossings, list the starts.
    lists, list_ends = crossings, row_ends
    if total > crossings.shape[0]:
        _list_starts(edges, count, low, high, starts, start_ends)
        lists, list_ends = starts, start_ends

    known[ROW], known[LENGTH] = low, 0
    band = low
    while band <= high:
        end, start = band, np.int64(0)
        while end <= high and start + row_ends[end] <= crossings.shape[0]:
            start += row_ends[end]
            row_ends[end] = start - row_ends[end]
            end += 1
        for e in range(count):
            for row in range(max(edges[e, TOP] // SUBROWS, band), min((edges[e, BOTTOM] - 1) // SUBROWS + 1, end)):
                crossings[row_ends[row]] = e
                row_ends[row] += 1
        start = np.int64(0)
        for row in range(band, end):
            if stop[0]:
                return
            active = crossings[start : row_ends[row]]
            start = row_ends[row]
            if not ragged[row]:
                # from here on, ragged marks the rows that were sampled rather than measured
                ragged[row] = not in_order(
                    active, edges, lines, row, list_ends, lists, ragged, cells, places, order, known
                )
            if ragged[row]:
                first, last = _sample_row(active, edges, lines, row * SUBROWS, keys, state, sums)
            else:
                first, last = _measure_row(active, edges, cells, row * SUBROWS, sums)
            _blend_row(image[row], left, right, first, last, sums)
        for row in range(band, end):
            row_ends[row] = 0
        band = end
    for row in range(low, high + 1):
        ragged[row] = False
    row_ends[high + 1] = 0


@inner()
def _list_starts(edges, count, low, high, starts, start_ends):
    """List the edges that start in pixel row r as starts[start_ends[r - 1]:start_ends[r]] (from 0 if r is `low`)."""
    for row in range(max(low - 1, 0), high + 1):
        start_ends[row] = 0
    for e in range(count):
        start_ends[edges[e, TOP] // SUBROWS] += 1
    total = np.int64(0)
    for row in range(low, high + 1):
        total += start_ends[row]
        start_ends[row] = total - start_ends[row]
    for e in range(count):
        row = edges[e, TOP] // SUBROWS
        starts[start_ends[row]] = e
        start_ends[row] += 1


@inner()
def _measure_row(active, edges, cells, sub, sums):
    """Add the exact area of a pixel row that all active edges, ordered from left to right, cross from top to bottom.

    Returns the first and the last pixel that may have ink, like `_sample_row`.
    """
    first, last, one = np.int64(FAR), np.int64(-FAR), np.int64(1)
    i = 0
    while i < active.shape[0]:
        left = active[i]
        winding = edges[left, DIRECTION]
        while i + 1 < active.shape[0]:
            i += 1
            winding += edges[active[i], DIRECTION]
            if winding == 0 and (i + 1 == active.shape[0] or cells[i + 1] != cells[i]):
                break
        left_first, left_last = _add_area(edges, left, sub, one, sums)
        right_first, right_last = _add_area(edges, active[i], sub, -one, sums)
        first, last = min(first, left_first, right_first), max(last, left_last, right_last)
        i += 1
    return first, last


@inner()
def _add_area(edges, e, sub, sign, sums):
    """Add (or with sign −1 subtract) the coverage to the right of an edge within one pixel row; return its first and
    last pixel.

    sums  at x + 1 for pixel x: HEIGHT · (change of the covered height, in sub-rows, from the previous pixel to this
          one) + (area of this pixel to the left of the edge, in 1/512 of a sub-row); two such rows, which are added up

    Positions are whole numbers of 1/256 pixel with an exact remainder in units of 1 / `unit`.
    """
    x1, y1 = np.int64(edges[e, X1]), np.int64(edges[e, Y1])
    dx, unit = (edges[e, X2] - x1) * 256, (edges[e, Y2] - y1) * (SUBROWS * 512)
    if dx == 0:
        sums[0, (x1 >> 8) + 1] += sign * SUBROWS * (HEIGHT + 2 * (x1 & 255))
        return x1 >> 8, x1 >> 8
    two = np.int64(2)
    step = quotient(dx * 512, unit)
    step, step_rest = quotient(step, two), quotient(dx * 512 - step * unit, two)
    offset = ((2 * sub + 1) << 8) - 2 * SUBROWS * y1
    top, top_rest = _step_back(x1, offset * dx, step, step_rest, unit)
    end, end_rest = _step_back(x1, (offset + 512 * SUBROWS) * dx, step, step_rest, unit)
    if top >> 8 == end >> 8:
        sums[0, (top >> 8) + 1] += sign * SUBROWS * (HEIGHT + (top & 255) + (end & 255))
        return top >> 8, top >> 8
    if end < top:
        top, top_rest, end, end_rest = end, end_rest, top, top_rest
    width = (end - top) * unit + (end_rest - top_rest)
    pixel, last = top >> 8, end >> 8
    height = SUBROWS * ((pixel + 1) * 256 * unit - top * unit - top_rest)
    done, rest = height // width, height % width
    sums[0, pixel + 1] += sign * done * (HEIGHT + 256 + (top & 255))
    pixel += 1
    if pixel < last:
        rise, rise_rest = SUBROWS * 256 * unit // width, SUBROWS * 256 * unit % width
        while pixel < last:
            before = done
            done += rise
            rest += rise_rest
            if rest >= width:
                done += 1
                rest -= width
            sums[0, pixel + 1] += sign * (done - before) * (HEIGHT + 256)
            pixel += 1
    sums[0, pixel + 1] += sign * (SUBROWS - done) * (HEIGHT + (end & 255))
    return top >> 8, last


@inner()
def _step_back(x1, numerator, step, step_rest, unit):
    """x1 + numerator / unit minus half the step of a sub-row, as a whole number and a remainder."""
    x, rest = x1 + numerator // unit - step, numerator % unit - step_rest
    if rest < 0:
        return x - 1, rest + unit
    if rest >= unit:
        return x + 1, rest - unit
    return x, rest


@inner()
def _sample_row(active, edges, lines, sub, keys, state, sums):
    """Add the coverage of the 15 sub-rows of a pixel row; return the first and the last pixel that an edge crosses.

    Edges without common sub-rows share a slot (a row of `keys`), which leaves fewer slots to sort: often the next edge
    of the outline, which continues where the previous one ends.
    """
    slots = np.int64(0)
    taken = -1
    for i in range(active.shape[0]):
        e = active[i]
        first, last = max(edges[e, TOP] - sub, 0), min(edges[e, BOTTOM] - sub, SUBROWS)
        lanes = (1 << last) - (1 << first)
        fresh = taken & lanes != 0
        taken = lanes if fresh else taken | lanes
        slots += fresh
        x = lines[e, START] + (sub - edges[e, TOP]) * lines[e, SLOPE]
        cross(keys, slots - 1, fresh, first, last, x, lines[e, SLOPE], edges[e, DIRECTION] > 0)
    _sort_slots(keys, slots)
    begin(state)
    for slot in range(slots):
        inside(keys, slot, state)
        for lane in range(LANES - 1):
            sums[lane & 1, state[PIXEL, lane]] += np.int32(state[CHANGE, lane])
    return extent(keys, state)


@inner()
def _sort_slots(keys, slots):
    """Sort every lane across the slots, by Batcher's merge exchange (Knuth, volume 3, algorithm 5.2.2M)."""
    if slots < 2:
        return
    top = 1
    while 2 * top < slots:
        top *= 2
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            for i in range(slots - d):
                if i & p == r:
                    exchange(keys, i, i + d)
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1


@inner()
def _blend_row(row, left, right, first, last, sums):
    """Blend the ink between two columns over a pixel row, with rounded 8-bit arithmetic, and clear the sums.

    All sums outside `first` to `last` are 0.
    """
    height = 0
    for x in range(first, min(left, last + 1)):
        height += (sums[0, x + 1] + sums[1, x + 1] + HEIGHT // 2) >> 16
    for x in range(max(left, first), min(right, last + 1)):
        change = sums[0, x + 1] + sums[1, x + 1]
        if change == 0 and height == 0:
            continue
        uncovered = np.int32(np.int16(change & 65535))
        height += (change - uncovered) >> 16
        alpha = (((height * 512 - uncovered) * 17 + 256) >> 9) & 255
        behind = row[x] * (255 - alpha) + 127
        row[x] = min(alpha + (((behind >> 8) + behind) >> 8), 255)
    for x in range(first, last + 1):
        sums[0, x + 1] = sums[1, x + 1] = 0
