"""Converts stored drawings to network inputs, in the same way in training, evaluation, export and the app."""

from __future__ import annotations

from collections.abc import Callable

import torch

from sketch_classifier.drawings.resize import weights
from sketch_classifier.drawings.sequences import END
from sketch_classifier.params import ImageInput, Input


def prepare(stored: torch.Tensor, input: Input, augment: Callable | None = None) -> torch.Tensor:
    """Convert a batch of stored drawings to the network's input, on the same device.

    Images, (B, H, W) or (B, C, H, W) uint8 → (B, channels, size, size) float32: resized as by `drawings.resize`,
    channels repeated or averaged, scaled to 0–1, then (x − mean) / std. Images that were resized when the dataset was
    written give the same result as images that are resized here. Images from `drawings.rasters` have the right size.

    Sequences of points, (B, L, 3) uint8, as in `drawings.sequences` → (B, 3, L − 1) float32: dx and dy from the
    previous point, divided by 255 (the longer side of a simplified drawing), and pen, 1 at the last point of a stroke.
    The columns before a drawing's second point are 0.

    `augment` is called with images (B, C, size, size) float32 in 0–1, before channels are repeated, or with points
    (B, L, 2) float32 in 0–1 and pen (B, L) uint8, and returns the augmented ones.
    """
    if input.kind == "strokes":
        return _differences(stored, augment)
    return _images(stored, input, augment)


def resize_tensor(images: torch.Tensor, size: int) -> torch.Tensor:
    """(B, C, H, W) uint8 → (B, C, size, size) uint8 on the same device, identical to the result of `drawings.resize`.

    TensorFloat-32 matrix products are precise enough for this, but not bfloat16, which rounds the weights.
    """
    if images.shape[-2:] == (size, size):
        return images
    rows, columns = (torch.tensor(weights(num, size), device=images.device) for num in images.shape[-2:])
    with torch.autocast(images.device.type, enabled=False):
        values = (images.to(torch.float32) @ columns.T).round_()
        return (rows @ values).round_().to(torch.uint8)


def _images(images: torch.Tensor, input: ImageInput, augment: Callable | None) -> torch.Tensor:
    if images.ndim == 3:
        images = images.unsqueeze(1)
    values = resize_tensor(images, input.size).to(torch.float32).div_(255)
    if augment is not None:
        values = augment(values)
    if values.shape[1] == 3 and input.channels == 1:
        values = values.mean(dim=1, keepdim=True)
    values = values.expand(-1, input.channels, -1, -1)
    if any(input.mean) or set(input.std) != {1.0}:
        shift = torch.tensor(input.mean, device=values.device).view(1, -1, 1, 1)
        scale = torch.tensor(input.std, device=values.device).view(1, -1, 1, 1)
        values = (values - shift) / scale
    return values.contiguous(memory_format=torch.channels_last)  # faster convolutions, CPU or GPU


def _differences(sequences: torch.Tensor, augment: Callable | None) -> torch.Tensor:
    points, pen = sequences[..., :2].to(torch.float32).div_(255), sequences[..., 2]
    if augment is not None:
        points, pen = augment(points, pen)
    has_previous = (pen[:, :-1] > 0).unsqueeze(-1)  # points are right-aligned: the next one exists
    steps = (points[:, 1:] - points[:, :-1]) * has_previous
    ends = ((pen[:, 1:] == END) & (pen[:, :-1] > 0)).unsqueeze(-1)
    return torch.cat([steps, ends.to(torch.float32)], dim=2).transpose(1, 2).contiguous()
