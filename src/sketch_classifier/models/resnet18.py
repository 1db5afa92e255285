"""ResNet-18 (He et al. 2016, as in torchvision) with a linear classifier."""

from __future__ import annotations

from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import Network, State
from sketch_classifier.params import ImageInput

WIDTH = 512


def build(input: ImageInput, num_outputs: int) -> Network:
    """torchvision's ResNet-18 with a new last layer, linear 512→`num_outputs`; the features are the 512 means.

    The network halves the image five times, so 64×64 pixels become 2×2 before the mean; the first layers are not
    adapted to small images, so that the ImageNet weights fit. Raises UserError if the input does not have 3 channels.
    """
    if input.channels != 3:
        raise UserError(f"input.channels: resnet18 takes 3 channels, found {input.channels}")
    backbone = _network()
    backbone.fc = nn.Identity()
    linear = nn.Linear(WIDTH, num_outputs)
    return Network("resnet18", input, backbone, linear, pretrained={"imagenet": _imagenet}, adapt=_adapt)


def _network() -> nn.Module:
    from torchvision.models import resnet18  # here: the import takes two seconds

    return resnet18()


def _imagenet() -> State:
    from torchvision.models import ResNet18_Weights

    return ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True, weights_only=True)


def _adapt(state: State) -> State:
    whole = _network()
    whole.load_state_dict(state, strict=True)
    return {name: value for name, value in whole.state_dict().items() if not name.startswith("fc.")}
