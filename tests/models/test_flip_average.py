"""Features averaged over a drawing and its mirror image: in evaluation mode, where the preset and the dataset say so."""

import pytest
import torch

from sketch_classifier.models.network import build_network
from sketch_classifier.params import load_params

PRESETS = load_params().models
TINY = PRESETS["sketchnet_tiny"]


@pytest.fixture
def network():
    network = build_network(TINY.architecture, TINY.input, 3, seed=1)
    network.flip_average = True
    return network


@pytest.fixture
def images():
    return torch.rand(4, TINY.input.channels, TINY.input.size, TINY.input.size)


def test_a_drawing_and_its_mirror_image_are_the_same_to_it(network, images):
    network.eval()
    with torch.inference_mode():
        torch.testing.assert_close(network(images), network(images.flip(-1)))
        assert not torch.allclose(network(images), network(images.flip(-2)))
        expected = (network.backbone(images) + network.backbone(images.flip(-1))) / 2
        torch.testing.assert_close(network.features(images), expected)
        network.flip_average = False
        assert not torch.allclose(network(images), network(images.flip(-1)))


def test_it_learns_from_drawings_as_they_are(network, images):
    other = build_network(TINY.architecture, TINY.input, 3, seed=1).train()
    assert torch.equal(network.train()(images), other(images))


def test_a_frozen_backbone_averages_in_evaluation_mode_alone(network, images):
    network.freeze()
    network.train()
    with torch.no_grad():
        assert torch.equal(network.features(images), network.backbone(images))
        network.eval()
        torch.testing.assert_close(network.features(images), network.features(images.flip(-1)))


def test_no_weight_and_no_other_name_comes_with_it(network):
    assert network.state_dict().keys() == build_network(TINY.architecture, TINY.input, 3).state_dict().keys()
