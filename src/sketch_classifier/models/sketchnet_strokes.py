"""SketchNet with the order of the strokes as input: the blocks of `sketchnet`, for 64×64 pixels."""

from __future__ import annotations

from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Network
from sketch_classifier.models.sketchnet import Block
from sketch_classifier.params import ImageInput

SMALLEST = 16  # pixels per side
STEM = 32
WIDTHS = (64, 128, 192)


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 32 5×5 · a block each of 64, 128 and 192 channels · batch norm · ReLU · mean · linear → `num_outputs`.

    The first convolution and each block halve the sides: 64×64 pixels become 4×4. The features are the 192 means.
    Raises UserError below 16×16 pixels.
    """
    if input.size < SMALLEST:
        raise UserError(f"input.size: sketchnet_strokes needs at least {SMALLEST} pixels per side, found {input.size}")
    layers: list[nn.Module] = [nn.Conv2d(input.channels, STEM, 5, stride=2, padding=2, bias=False)]
    channels = STEM
    for width in WIDTHS:
        layers.append(Block(channels, width, stride=2))
        channels = width
    layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return Network("sketchnet_strokes", input, nn.Sequential(*layers), nn.Linear(channels, num_outputs))
