"""Resize uint8 images: the one way, in preprocessing and on the training device."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """(N, H, W) or (N, C, H, W) uint8 → the same with sides of `size` pixels, as `resize_tensor` does it."""
    tensor = torch.from_numpy(np.require(images, requirements=("C", "W")))  # torch warns of read-only memory
    if images.ndim == 3:
        return resize_tensor(tensor.unsqueeze(1), size).squeeze(1).numpy()
    return resize_tensor(tensor, size).numpy()


def resize_tensor(images: torch.Tensor, size: int) -> torch.Tensor:
    """(B, C, H, W) uint8 → (B, C, size, size) uint8 on the same device.

    Bilinear, antialiased (so that shrinking averages), in float32 and rounded to the nearest byte: images that were
    resized when they were written and images that are resized when they are used come out the same.
    """
    if images.shape[-2:] == (size, size):
        return images
    values = functional.interpolate(
        images.to(torch.float32), size=(size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return values.round_().clamp_(0, 255).to(torch.uint8)
