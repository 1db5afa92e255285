"""Resizes 8-bit images with identical results on every machine, in NumPy, in torch and in an exported network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

UNIT = 2048  # weights are whole multiples of 1 / UNIT


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """(..., H, W) uint8 → (..., size, size) uint8: bilinear with antialiasing (so that shrinking averages).

    Resizes the width first, then the height; each time, values are rounded to the nearest integer, half to even.
    `models.input.resize_tensor` does the same to tensors.
    """
    height, width = images.shape[-2:]
    if (height, width) == (size, size):
        return images
    values = images.astype(np.float32) @ weights(width, size).T
    values = weights(height, size) @ np.rint(values, out=values)
    return np.rint(values, out=values).astype(np.uint8)


@lru_cache
def weights(num_in: int, num_out: int) -> np.ndarray:
    """(num_out, num_in) float32, read-only: row i contains the weights of the input pixels for output pixel i.

    A triangle filter around the output pixel's centre, with a radius of one input pixel, or of one output pixel when
    shrinking (the bilinear filter of torch and Pillow with antialiasing), in multiples of 1 / 2048. Every row sums to
    exactly 1, and the matrix is symmetric under rotation by 180°.

    Products of a weight and a byte are multiples of 1 / 2048, and so are their sums, which stay below 256: 19 bits,
    which float32 represents exactly. So a matrix product is exact, whatever the order of additions.
    """
    # In units of 1 / (2 · num_in · num_out) of the image, all centres are whole numbers.
    centres_in = (2 * np.arange(num_in) + 1) * num_out
    centres_out = (2 * np.arange(num_out) + 1) * num_in
    reach = 2 * max(num_in, num_out)
    triangles = np.maximum(reach - np.abs(centres_out[:, None] - centres_in), 0)
    # The cumulative sums are rounded rather than the weights, so that the weights still sum to 1.
    sums = np.pad(triangles.cumsum(axis=1), ((0, 0), (1, 0)))
    matrix = np.diff(np.rint(UNIT * sums / sums[:, -1:]), axis=1).astype(np.float32) / UNIT
    matrix.flags.writeable = False
    return matrix
