"""The ten-layer CNN for small drawings: two convolutions and three dense layers."""

from __future__ import annotations

from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Dropout, Network
from sketch_classifier.params import ImageInput

SMALLEST = 12  # pixels per side; for smaller images the output of the second pooling is empty


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 32 5×5 · max-pool 2 · conv 128 3×3 · max-pool 2 · dropout 0.4 · dense 128 · dense 50 · dense `num_outputs`.

    ReLU after every convolution and dense layer except the last; no padding. 28×28×1 drawings give 3,200 values after
    the second pooling. The features are the 50 inputs of the last dense layer. Raises UserError below 12×12 pixels.
    """
    if input.size < SMALLEST:
        raise UserError(f"input.size: the cnn needs at least {SMALLEST} pixels per side, found {input.size}")
    side = ((input.size - 4) // 2 - 2) // 2
    backbone = nn.Sequential(
        nn.Conv2d(input.channels, 32, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 128, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        Dropout(0.4),
        nn.Flatten(),
        nn.Linear(128 * side * side, 128),
        nn.ReLU(),
        nn.Linear(128, 50),
        nn.ReLU(),
    )
    return Network("cnn", input, backbone, nn.Linear(50, num_outputs))
