"""From stored images to what a network takes: the same in training, evaluation, export and the app."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from sketch_classifier.data.resize import resize_tensor


def prepare(
    images: torch.Tensor, size: int, channels: int, mean: Sequence[float], std: Sequence[float]
) -> torch.Tensor:
    """(B, H, W) or (B, C, H, W) uint8 → (B, channels, size, size) float32, on the device that `images` is on.

    Resized as `data.resize` does it, channels repeated or averaged, scaled to 0–1, then (x − mean) / std. So images
    that were resized when they were written give the same as images that are resized here.
    """
    if images.ndim == 3:
        images = images.unsqueeze(1)
    values = resize_tensor(images, size).to(torch.float32).div_(255)
    if values.shape[1] == 3 and channels == 1:
        values = values.mean(dim=1, keepdim=True)
    if tuple(mean) == (0.0,) * len(mean) and tuple(std) == (1.0,) * len(std):
        return values.expand(-1, channels, -1, -1)
    shift = torch.tensor(mean, device=values.device).view(1, -1, 1, 1)
    scale = torch.tensor(std, device=values.device).view(1, -1, 1, 1)
    return (values.expand(-1, channels, -1, -1) - shift) / scale
