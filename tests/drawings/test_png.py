"""Small PNG pictures give the same bytes as with an image library, or are left to it."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from sketch_classifier.drawings.png import read_small_png


def png(image: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", **options)
    return file.getvalue()


smooth = array_shapes(min_dims=2, max_dims=2, max_side=40).map(
    lambda shape: (np.add.outer(np.arange(shape[0]) ** 2, 3 * np.arange(shape[1])) % 256).astype(np.uint8)
)
noise = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(image=smooth | noise, level=st.integers(0, 9))
def test_the_bytes_of_the_picture(image, level):
    np.testing.assert_array_equal(read_small_png(png(image, compress_level=level)), image)


@given(image=noise.filter(lambda image: image.size > 4), place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_file_is_left_alone(image, place, byte):
    data = bytearray(png(image))
    place = 8 + place % (len(data) - 20)
    if data[place] != byte:
        data[place] = byte
        assert read_small_png(bytes(data)) is None
    assert read_small_png(png(image)[:-20]) is None


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), bool), np.zeros((200, 200), np.uint8),
     np.zeros((4, 4), np.uint16)],
)  # fmt: skip
def test_other_kinds_are_left_to_an_image_library(image):
    assert read_small_png(png(image)) is None
    assert read_small_png(b"GIF89a" + bytes(60)) is None
    assert read_small_png(png(np.zeros((4, 4), np.uint8), transparency=0)) is None
