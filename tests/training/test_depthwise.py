import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from sketch_classifier.training.depthwise import depthwise_in_float32


class Padded(nn.Conv2d):
    """A subclass that changes its input first, as timm's do."""

    def forward(self, x):
        return super().forward(functional.pad(x, (1, 1, 1, 1)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, groups=8), Padded(8, 8, 3, groups=8), nn.Conv2d(8, 4, 1)
    )


def dtypes(network, x):
    """The types that each convolution computed in, and the type of the result."""
    seen = []
    original = functional.conv2d

    def conv2d(x, weight, *arguments):
        seen.append(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype)
        return original(x, weight, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functional, "conv2d", conv2d)
        return seen, network(x).dtype


def test_only_depthwise_convolutions_compute_in_float32(network):
    changed = depthwise_in_float32(copy.deepcopy(network))
    with torch.autocast("cpu", torch.bfloat16):
        seen, result = dtypes(changed, torch.rand(2, 3, 8, 8))
    assert seen == [torch.bfloat16, torch.float32, torch.float32, torch.bfloat16]
    assert result == torch.bfloat16


@pytest.mark.parametrize("autocast, gradients", [(True, False), (False, True), (False, False)])
def test_nothing_changes_without_autocast_or_gradients(network, autocast, gradients):
    changed, x = depthwise_in_float32(copy.deepcopy(network)), torch.rand(2, 3, 8, 8)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast), torch.set_grad_enabled(gradients):
        assert torch.equal(changed(x), network(x))


def test_gradients_are_those_of_float32(network):
    depthwise, x = network[1], torch.rand(2, 8, 8, 8)
    depthwise(x).square().sum().backward()
    expected = depthwise.weight.grad
    changed = depthwise_in_float32(copy.deepcopy(network))[1]
    changed.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        changed(x).square().sum().backward()
    assert torch.equal(changed.weight.grad, expected)


def test_state_copies_and_repetition(network):
    changed = depthwise_in_float32(depthwise_in_float32(copy.deepcopy(network)))
    assert changed.state_dict().keys() == network.state_dict().keys()
    copied = copy.deepcopy(changed)
    with torch.autocast("cpu", torch.bfloat16):
        x = torch.rand(2, 3, 8, 8)
        assert torch.equal(copied(x), changed(x))
    assert isinstance(copied[2], Padded)
