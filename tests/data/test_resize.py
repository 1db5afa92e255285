"""One way to resize: when images are written and when they are used."""

import numpy as np
import pytest
import torch

from sketch_classifier.data.resize import resize
from sketch_classifier.models.input import prepare
from sketch_classifier.params import ImageInput

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)


@pytest.mark.parametrize("size", [16, 27, 64, 96])
def test_resized_before_or_within_the_network_is_the_same(size):
    wanted = ImageInput(size=size, channels=3, mean=(0.5,), std=(0.25,))
    before = prepare(torch.from_numpy(resize(IMAGES, size)), wanted)
    within = prepare(torch.from_numpy(IMAGES), wanted)
    assert torch.equal(before, within)


def test_three_channels_are_resized_one_by_one():
    colour = np.stack([IMAGES, 255 - IMAGES, IMAGES[::-1]], axis=1)
    resized = resize(colour, 40)
    for channel in range(3):
        np.testing.assert_array_equal(resized[:, channel], resize(colour[:, channel], 40))


def test_shrinking_averages():
    stripes = np.zeros((1, 28, 28), np.uint8)
    stripes[:, ::2] = 255
    middle = resize(stripes, 14)[0, 2:-2, 2:-2]
    assert abs(middle.astype(int) - 128).max() <= 40


def test_the_same_size_is_the_same_image():
    np.testing.assert_array_equal(resize(IMAGES, 28), IMAGES)
