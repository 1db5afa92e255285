"""Resizes 8-bit images with the same bytes on every machine, in NumPy, in torch and in an exported network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

UNIT = 2048  # weights are whole multiples of 1 / UNIT


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """(..., H, W) uint8 → (..., size, size) uint8: bilinear, antialiased (so that shrinking averages).

    First the columns become `size`, then the rows; each time values are rounded to the nearest byte, a half to the even
    one. `models.input.resize_tensor` does the same to tensors.
    """
    height, width = images.shape[-2:]
    if (height, width) == (size, size):
        return images
    values = images.astype(np.float32) @ weights(width, size).T
    values = weights(height, size) @ np.rint(values, out=values)
    return np.rint(values, out=values).astype(np.uint8)


@lru_cache
def weights(num_in: int, num_out: int) -> np.ndarray:
    """(num_out, num_in) float32, read-only: row i holds what each input pixel counts for in output pixel i.

    A triangle around the output pixel's centre that reaches one input pixel to each side, or one output pixel where the
    image shrinks (the bilinear filter of torch and Pillow with antialiasing), in multiples of 1 / 2048. Every row sums
    to exactly 1, and the matrix stays the same when it is turned by 180°.

    Products of a weight and a byte are multiples of 1 / 2048, and so are sums of them, which stay below 256: 19 bits,
    of which float32 loses none. So a matrix product is exact, in whatever order a processor adds.
    """
    # All centres are whole numbers, in units of 1 / (2 · num_in · num_out) of the image.
    centres_in = (2 * np.arange(num_in) + 1) * num_out
    centres_out = (2 * np.arange(num_out) + 1) * num_in
    reach = 2 * max(num_in, num_out)
    triangles = np.maximum(reach - np.abs(centres_out[:, None] - centres_in), 0)
    # The sums up to each pixel are rounded, and not the weights, so that these still sum to 1.
    sums = np.pad(triangles.cumsum(axis=1), ((0, 0), (1, 0)))
    matrix = np.diff(np.rint(UNIT * sums / sums[:, -1:]), axis=1).astype(np.float32) / UNIT
    matrix.flags.writeable = False
    return matrix
