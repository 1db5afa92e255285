"""The resizing of the exported graph against that of preprocessing and training, which is torch's."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from sketch_classifier.data.resize import resize as torch_resize
from sketch_classifier.serving.resizing import interpolation, resize


@pytest.mark.parametrize(
    "num_in, num_out", [(28, 64), (28, 96), (28, 20), (64, 28), (256, 28), (300, 28), (1, 5), (5, 1)]
)
def test_the_shares_are_those_of_torch(num_in, num_out):
    """What torch makes of the unit vectors."""
    unit = torch.eye(num_in)[None, None]
    kwargs = {"mode": "bilinear", "antialias": True, "align_corners": False}
    expected = functional.interpolate(unit, size=(num_out, num_in), **kwargs)[0, 0].numpy()
    np.testing.assert_allclose(interpolation(num_in, num_out), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("size", [16, 32, 64, 96, 224])
def test_bitmaps_are_enlarged_byte_for_byte(size):
    images = np.random.default_rng(size).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(resize(images, size), torch_resize(images, size))


@pytest.mark.parametrize("shape", [(112, 112), (256, 256), (40, 70), (3, 64, 50)])
def test_shrunk_images_differ_by_rounding_alone(shape):
    """Sums of many shares are rounded in another order: a byte in 100,000 falls on the other side of a half."""
    images = np.random.default_rng(0).integers(0, 256, (20, *shape), dtype=np.uint8)
    difference = np.abs(resize(images, 28).astype(int) - torch_resize(images, 28))
    assert difference.max() <= 1 and difference.mean() < 1e-3
