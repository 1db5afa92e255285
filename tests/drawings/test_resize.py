"""One way to resize, to the same bytes: when images are written, in training, and in whole numbers."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from sketch_classifier.drawings.resize import resize, weights
from sketch_classifier.models.input import prepare, resize_tensor
from sketch_classifier.params import ImageInput

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]

sides = st.integers(1, 130)
images = st.builds(
    lambda seed, levels, shape: np.random.default_rng(seed).choice(np.array(levels, np.uint8), shape),
    st.integers(0, 2**32),
    st.lists(st.integers(0, 255), min_size=1, max_size=20),
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), sides, sides),
)


def in_whole_numbers(images, size):
    """(N, C, H, W) → (N, C, size, size) uint8, with int64 alone: sums of 2048ths, a half rounded to even."""
    values = images.astype(np.int64)
    for axis in (3, 2):
        matrix = (weights(values.shape[axis], size).astype(np.float64) * 2048).astype(np.int64)
        sums = np.moveaxis(np.tensordot(values, matrix, axes=(axis, 1)), -1, axis)
        whole, rest = np.divmod(sums, 2048)
        values = whole + ((rest > 1024) | ((rest == 1024) & (whole % 2 == 1)))
    return values.astype(np.uint8)


@given(images, sides)
@settings(deadline=None)
def test_numpy_and_torch_give_what_whole_numbers_give(images, size):
    expected = in_whole_numbers(images, size)
    np.testing.assert_array_equal(resize(images, size), expected)
    np.testing.assert_array_equal(resize_tensor(torch.from_numpy(images), size).numpy(), expected)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "shape, size",
    [((28, 28), size) for size in (16, 20, 32, 64, 96, 224)]
    + [((112, 112), 28), ((256, 256), 28), ((40, 70), 28), ((64, 50), 28), ((300, 200), 96)],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_large_batches_give_what_whole_numbers_give(shape, size, channels, device):
    images = np.random.default_rng(size).integers(0, 256, (20, channels, *shape), dtype=np.uint8)
    expected = in_whole_numbers(images, size)
    np.testing.assert_array_equal(resize(images, size), expected)
    found = resize_tensor(torch.from_numpy(images).to(device), size)
    assert found.device.type == device
    np.testing.assert_array_equal(found.cpu().numpy(), expected)


@pytest.mark.parametrize("device", DEVICES)
def test_mixed_precision_changes_no_byte(device):
    images = torch.from_numpy(IMAGES[:, None]).to(device)
    with torch.autocast(device, torch.bfloat16):
        found = resize_tensor(images, 96)
    assert torch.equal(found, resize_tensor(images, 96))


@given(sides, sides)
@settings(deadline=None)
@example(3000, 28)
@example(28, 3000)
def test_weights_are_shares_of_a_whole(num_in, num_out):
    """Also: they are within 1 / 2048 of the triangle around the pixel's centre."""
    matrix = weights(num_in, num_out).astype(np.float64)
    assert matrix.shape == (num_out, num_in) and matrix.min() >= 0
    assert (matrix * 2048 % 1 == 0).all() and (matrix.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(matrix[::-1, ::-1], matrix)
    scale = num_in / num_out
    distances = (np.arange(num_in) + 0.5) - (np.arange(num_out)[:, None] + 0.5) * scale
    triangles = np.maximum(1 - np.abs(distances) / max(scale, 1), 0)
    exact = triangles / triangles.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(matrix, exact, rtol=0, atol=1 / 2048 + 1e-9)


@pytest.mark.parametrize(
    "num_in, num_out", [(28, 64), (28, 96), (28, 20), (64, 28), (256, 28), (300, 28), (1, 5), (5, 1)]
)
def test_the_weights_are_those_of_torch(num_in, num_out):
    """What torch makes of the unit vectors, but for the rounding to 2048ths."""
    unit = torch.eye(num_in)[None, None]
    kwargs = {"mode": "bilinear", "antialias": True, "align_corners": False}
    expected = functional.interpolate(unit, size=(num_out, num_in), **kwargs)[0, 0].numpy()
    np.testing.assert_allclose(weights(num_in, num_out), expected, rtol=0, atol=1 / 2048 + 1e-6)


@pytest.mark.parametrize("shape", [(28, 28), (112, 112), (256, 256), (40, 70), (64, 50)])
@pytest.mark.parametrize("size", [28, 64, 96, 224])
def test_pixels_are_those_of_torch_but_for_rounding(shape, size):
    images = np.random.default_rng(0).integers(0, 256, (20, 1, *shape), dtype=np.uint8)
    kwargs = {"mode": "bilinear", "antialias": True, "align_corners": False}
    expected = functional.interpolate(torch.from_numpy(images).float(), size=(size, size), **kwargs).numpy()
    assert np.abs(resize(images, size) - expected).max() < 1.5


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


@given(images, sides)
@settings(deadline=None)
def test_a_mirrored_image_is_mirrored(images, size):
    resized = resize(images, size)
    np.testing.assert_array_equal(resize(images[..., ::-1], size), resized[..., ::-1])
    np.testing.assert_array_equal(resize(images[..., ::-1, :], size), resized[..., ::-1, :])


@given(sides, sides, sides)
@settings(deadline=None, max_examples=30)
def test_an_even_grey_stays_as_it_is(height, width, size):
    greys = np.broadcast_to(np.arange(256, dtype=np.uint8)[:, None, None], (256, height, width))
    np.testing.assert_array_equal(resize(greys, size), np.broadcast_to(greys[:, :1, :1], (256, size, size)))


def test_the_same_size_is_the_same_image():
    np.testing.assert_array_equal(resize(IMAGES, 28), IMAGES)
