"""Arrays of any layout as the dataset would store them."""

import numpy as np
import pytest

from sketch_classifier import UserError
from sketch_classifier.serving.arrays import stored_images

INK = np.zeros((28, 28), np.uint8)
INK[5:20, 12:15] = 255


@pytest.mark.parametrize("image", [
    INK[..., None],
    np.repeat(INK[..., None], 3, axis=2),
    np.dstack([INK, INK, INK, np.full_like(INK, 255)]),
    INK[None],
    INK[None].astype(np.int64),
    INK[None] > 0,
    INK[None] / 255,
])  # fmt: skip
def test_the_same_picture(image):
    np.testing.assert_array_equal(stored_images(image, color=False), INK[None])


def test_dark_on_light_is_turned_image_by_image_and_said():
    with pytest.warns(UserWarning, match="1 of 2 images are dark on light"):
        found = stored_images(np.stack([INK, 255 - INK]), color=False)
    np.testing.assert_array_equal(found, [INK, INK])
    canvas = np.dstack([np.zeros((28, 28, 3), np.uint8), INK])  # black ink on a transparent canvas
    with pytest.warns(UserWarning, match="dark on light"):
        np.testing.assert_array_equal(stored_images(canvas, color=False), INK[None])


def test_photographs_keep_their_colours():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 9, 3), np.uint8)
    np.testing.assert_array_equal(stored_images(pixels, color=True), np.moveaxis(pixels, -1, 1))


@pytest.mark.parametrize(
    "shape", [(4,), (28, 28), (2, 3, 28, 3), (2, 5, 28, 28), (2, 0, 28), (0, 28, 3), (1, 1, 1, 1, 1)]
)
def test_what_is_no_picture_is_one_line(shape):
    with pytest.raises(UserError, match="^images: [^\\n]*$"):
        stored_images(np.zeros(shape, np.uint8), color=False)
