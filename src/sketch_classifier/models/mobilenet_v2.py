"""MobileNetV2 (Sandler et al. 2018, as in torchvision) with a head of two dense layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Dropout, Network, State
from sketch_classifier.models.pretrained_weights import read_sketches
from sketch_classifier.params import ImageInput

WIDTH = 1280


def build(input: ImageInput, num_outputs: int) -> Network:
    """torchvision's MobileNetV2 · mean over the image · linear 1280→128 · ReLU · dropout 0.2 · linear →`num_outputs`.

    The features are the 1,280 means. Raises UserError if the input does not have 3 channels.
    """
    from torchvision.models import mobilenet_v2  # here: the import takes two seconds

    if input.channels != 3:
        raise UserError(f"input.channels: mobilenet_v2 takes 3 channels, found {input.channels}")
    backbone = nn.Sequential(mobilenet_v2().features, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    classifier = nn.Sequential(nn.Linear(WIDTH, 128), nn.ReLU(), Dropout(0.2), nn.Linear(128, num_outputs))
    pretrained: dict[str, Callable[[], State]] = {
        "imagenet": _imagenet,
        "sketches": partial(read_sketches, "mobilenet_v2"),
    }
    return Network("mobilenet_v2", input, backbone, classifier, pretrained=pretrained, adapt=_adapt)


def _imagenet() -> State:
    """torchvision's V1 weights, whose features transfer better than those of V2, from its longer training recipe."""
    from torchvision.models import MobileNet_V2_Weights

    return MobileNet_V2_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True, weights_only=True)


def _adapt(state: State) -> State:
    from torchvision.models import mobilenet_v2

    whole = mobilenet_v2()
    whole.load_state_dict(state, strict=True)
    return {f"0.{name}": value for name, value in whole.features.state_dict().items()}
