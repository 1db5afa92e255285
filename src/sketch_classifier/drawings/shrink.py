"""Shrinks one picture with exactly the same result as `resize`, in about a third of the time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sketch_classifier.drawings.jit import compiled
from sketch_classifier.drawings.resize import UNIT, resize, weights

LANES = 16  # weights per output pixel are padded to a multiple of this, so that the sums are vectorised
BLOCK = 16  # rows processed at a time, which fit in the L1 cache
BITS = np.int32(UNIT.bit_length() - 1)
WHITE, BELOW_HALF, ONE = np.int32(255 * UNIT), np.int32(UNIT // 2 - 1), np.int32(1)


def shrink(image: np.ndarray, size: int, inverted: bool = False) -> np.ndarray:
    """(H, W) uint8 → (size, size) uint8: the result of `resize(255 - image if inverted else image, size)`."""
    height, width = image.shape
    columns, rows = _taps(width, size), _taps(height, size)
    if columns is None or rows is None or not image.flags.c_contiguous:
        return resize(255 - image if inverted else image, size)
    return _shrink(image, columns, rows, inverted)


@lru_cache
def _taps(num_in: int, num_out: int) -> np.ndarray | None:
    """(num_out, 1 + K) int16: for each output pixel the first input pixel with a non-zero weight, and the weights of
    K pixels from there on, in units of 1 / UNIT. None if K exceeds the number of input pixels, or nothing shrinks."""
    if num_out >= num_in or num_in > np.iinfo(np.int16).max:
        return None
    matrix = np.rint(weights(num_in, num_out) * UNIT).astype(np.int16)
    counts = matrix != 0
    firsts, ends = counts.argmax(axis=1), num_in - counts[:, ::-1].argmax(axis=1)
    num = -(-int((ends - firsts).max()) // LANES) * LANES
    if num > num_in:
        return None
    firsts = np.minimum(firsts, num_in - num)
    return np.array([[first, *row[first : first + num]] for row, first in zip(matrix, firsts, strict=True)], np.int16)


@compiled()
def _shrink(image, columns, rows, inverted):
    """Shrink with integer sums in units of 1 / UNIT, rounded after each direction as in `resize`."""
    height, size, num = len(image), len(columns), np.uint64(columns.shape[1] - 1)
    between, shrunk = np.empty((height, size), np.uint8), np.empty((size, size), np.uint8)
    for start in range(0, height, BLOCK):
        for j in range(size):
            first, weights = np.uint64(columns[j, 0]), columns[j, 1:]
            for y in range(start, min(start + BLOCK, height)):
                row, total = image[y], np.int32(0)
                for k in range(num):  # unsigned indices need no checks for negative ones
                    total += np.int32(weights[k]) * np.int32(row[first + k])
                if inverted:
                    total = WHITE - total
                between[y, j] = (total + BELOW_HALF + ((total >> BITS) & ONE)) >> BITS  # rounds half to even
    totals = np.empty(size, np.int32)
    for i in range(size):
        totals[:] = 0
        for k in range(rows.shape[1] - 1):
            row, weight = between[rows[i, 0] + k], np.int32(rows[i, 1 + k])
            for j in range(size):
                totals[j] += weight * np.int32(row[j])
        for j in range(size):
            shrunk[i, j] = (totals[j] + BELOW_HALF + ((totals[j] >> BITS) & ONE)) >> BITS
    return shrunk
