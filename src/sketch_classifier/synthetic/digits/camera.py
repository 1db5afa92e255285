"""Simulates a camera in a passing car: blur, noise, low resolution and JPEG compression."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

SIDE = 32
MOTION = 0.15  # share of photographs with motion blur


def photograph(painted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 → (32, 32, 3) uint8.

    Blurred by the lens or by motion, shrunk to the size of digits in street photographs (some are smaller than 32
    pixels), with sensor noise, compressed as JPEG, and resized to 32 pixels like the dataset.
    """
    image = Image.fromarray(painted)
    native = int(np.clip(np.exp(rng.normal(np.log(28), 0.38)), 12, len(painted)))
    blur = rng.gamma(2.0, 0.22) * len(painted) / native  # standard deviation, in pixels of the painted crop
    image = image.filter(ImageFilter.GaussianBlur(blur))
    if rng.random() < MOTION:
        image = image.filter(_motion(rng))
    image = image.resize((native, native), Image.Resampling.BOX)
    pixels = np.asarray(image, np.float32) + rng.normal(0, rng.gamma(1.5, 1.6), (native, native, 1))
    image = Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(45, 95)))
    with Image.open(file) as packed:
        return np.asarray(packed.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _motion(rng: np.random.Generator) -> ImageFilter.Kernel:
    """A kernel that averages a line of five pixels, horizontal or vertical."""
    kernel = np.zeros((5, 5))
    if rng.random() < 0.75:
        kernel[2] = 1
    else:
        kernel[:, 2] = 1
    return ImageFilter.Kernel((5, 5), kernel.ravel().tolist())
