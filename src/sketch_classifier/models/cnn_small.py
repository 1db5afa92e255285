"""Two convolutions and a linear layer: the small network from scratch for 32×32 digits."""

from __future__ import annotations

from torch import nn

from sketch_classifier.models.network import Network
from sketch_classifier.params import ImageInput


def build(input: ImageInput, num_outputs: int) -> Network:
    """conv 32 3×3 · conv 64 3×3 · flatten · linear `num_outputs`; padding 1, and ReLU after the convolutions only.

    The features are all 64·size·size values that the linear layer sees: 65,536 of a 32×32 image, a place in the image
    each. So distances between features compare drawings place by place: one that is moved is far from itself. They are
    hashed to 2,048 where they are kept (see `models.predict.hashed`).
    """
    backbone = nn.Sequential(
        nn.Conv2d(input.channels, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
    )
    return Network("cnn_small", input, backbone, nn.Linear(64 * input.size**2, num_outputs))
