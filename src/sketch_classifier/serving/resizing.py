"""Resize images as `data.resize` does it, without torch: two fixed matrices, which also stand in the exported graph."""

from __future__ import annotations

import numpy as np


def interpolation(num_in: int, num_out: int) -> np.ndarray:
    """(num_out, num_in) float32: row i holds the shares of the input's pixels in pixel i of the output.

    Bilinear with antialiasing, as torch's `interpolate` computes it: a triangle around the pixel's centre, one input
    pixel wide to each side, or one output pixel where the image shrinks; in float32, so that the shares are torch's.
    """
    scale = np.float32(num_in) / np.float32(num_out)
    reach = max(scale, np.float32(1))
    centres = scale * (np.arange(num_out, dtype=np.float32) + np.float32(0.5))
    first = np.maximum((centres - reach + np.float32(0.5)).astype(np.int64), 0)
    end = np.minimum((centres + reach + np.float32(0.5)).astype(np.int64), num_in)
    matrix = np.zeros((num_out, num_in), np.float32)
    for row, centre in enumerate(centres):
        offsets = np.arange(end[row] - first[row], dtype=np.float32) + (np.float32(first[row]) - centre)
        shares = np.maximum(np.float32(1) - np.abs((offsets + np.float32(0.5)) * (np.float32(1) / reach)), 0)
        total = np.float32(0)
        for share in shares:  # one after the other, for the last bit's sake
            total += share
        matrix[row, first[row] : end[row]] = shares / total
    return matrix


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """(..., H, W) uint8 → (..., size, size) uint8, as `data.resize.resize`."""
    height, width = images.shape[-2:]
    if (height, width) == (size, size):
        return images
    values = images.astype(np.float32) @ interpolation(width, size).T
    return np.clip(np.rint(interpolation(height, size) @ values), 0, 255).astype(np.uint8)
