"""A small CNN for 32×32 digits: two convolutions and a linear layer."""

from __future__ import annotations

from torch import nn

from sketch_classifier.models.network import Network
from sketch_classifier.params import ImageInput


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 32 3×3 · conv 64 3×3 · flatten · linear `num_outputs`; padding 1, and ReLU after the convolutions only.

    The features are the 64·size·size inputs of the linear layer, 65,536 for a 32×32 image. Each belongs to a position
    in the image, so distances between features are not translation invariant. Where features are stored, they are
    hashed to 2,048 values (see `models.predict.hashed`).
    """
    backbone = nn.Sequential(
        nn.Conv2d(input.channels, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
    )
    return Network("cnn_small", input, backbone, nn.Linear(64 * input.size**2, num_outputs))
