"""SketchNet: a compact residual network for 28×28 drawings, and the blocks that its variants share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Network, State
from sketch_classifier.models.pretrained_weights import read_sketches
from sketch_classifier.params import ImageInput

SMALLEST = 8  # pixels per side
STEM = 24
WIDTHS = (48, 144)


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 24 3×3 · 2 blocks of 48 · 2 of 144 channels · batch norm · ReLU · mean · linear → `num_outputs`.

    The first block of each width halves the sides: 28×28 pixels become 14×14, then 7×7. The features are the 144 means.
    """
    return residual_network("sketchnet", input, num_outputs, STEM, WIDTHS)


def residual_network(
    architecture: str,
    input: ImageInput,
    num_outputs: int,
    stem: int,
    widths: tuple[int, ...],
    *,
    halve_first: bool = True,
    has_sketches: bool = True,
) -> Network:
    """A convolution to `stem` channels, then two `Block`s of each width, of which the first halves the sides.

    Without `halve_first`, the blocks of the first width keep the input size. `has_sketches` says whether this package
    has `sketches` weights for the architecture. Raises UserError below 8×8 pixels.
    """
    if input.size < SMALLEST:
        raise UserError(f"input.size: {architecture} needs at least {SMALLEST} pixels per side, found {input.size}")
    layers: list[nn.Module] = [nn.Conv2d(input.channels, stem, 3, padding=1, bias=False)]
    channels = stem
    for number, width in enumerate(widths):
        layers += [Block(channels, width, stride=2 if number or halve_first else 1), Block(width, width)]
        channels = width
    layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    pretrained: dict[str, Callable[[], State]] = {}
    if has_sketches:
        pretrained["sketches"] = partial(read_sketches, architecture)
    return Network(architecture, input, nn.Sequential(*layers), nn.Linear(channels, num_outputs), pretrained=pretrained)


class Block(nn.Module):
    """A residual block: batch norm · ReLU · conv 3×3 · batch norm · ReLU · conv 3×3 · squeeze-and-excitation, + input.

    (B, inputs, H, W) → (B, outputs, H / stride, W / stride) float32. If the shape changes, the shortcut is average
    pooling over stride × stride pixels and a 1×1 convolution.

    He et al. 2016, "Identity Mappings in Deep Residual Networks"; Hu et al. 2018, "Squeeze-and-Excitation Networks";
    the average pooling is that of ResNet-D in He et al. 2019, "Bag of Tricks for Image Classification".
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.stride = stride
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.excitation = Excitation(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs or stride > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, inputs, H, W) → (B, outputs, H / stride, W / stride)."""
        y = functional.relu(self.norm1(x), inplace=True)
        if self.shortcut is not None:
            x = functional.avg_pool2d(y, self.stride, ceil_mode=True) if self.stride > 1 else y
            x = self.shortcut(x)
        y = self.conv2(functional.relu(self.norm2(self.conv1(y)), inplace=True))
        return x + self.excitation(y)


class Excitation(nn.Module):
    """Squeeze-and-excitation: scales each channel by a factor in 0–1 that is computed from the means of all channels.

    (B, channels, H, W) → the same shape. Hu et al. 2018.
    """

    def __init__(self, channels: int, reduction: int = 8):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, channels, H, W) → the same shape."""
        factors = self.excite(functional.relu(self.squeeze(x.mean(dim=(2, 3))))).sigmoid()
        return x * factors[:, :, None, None]
