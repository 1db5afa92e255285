"""JPEG pictures give the grey values of an image library, or are left to it."""

import io

import numpy as np
import pytest
from PIL import Image

from sketch_classifier.drawings.jpeg import read_jpeg
from sketch_classifier.drawings.picture import read_picture

SIDE = 640


def jpeg(mode: str = "RGB", size: tuple[int, int] = (83, 61), **options) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
    pixels[10:40, 10:40] //= 8
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options", [{}, {"quality": 20}, {"progressive": True}, {"subsampling": 0}, {"optimize": True}]
)
def test_the_grey_values_of_an_image_library(mode, options, monkeypatch):
    data = jpeg(mode, **options)
    found = read_jpeg(data, SIDE)
    monkeypatch.setattr("sketch_classifier.drawings.picture.read_jpeg", lambda data, side: None)
    np.testing.assert_array_equal(found, read_picture(io.BytesIO(data)))


def test_other_files_are_left_to_an_image_library():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    turned = jpeg(exif=exif)
    assert read_jpeg(turned, SIDE) is None and read_picture(io.BytesIO(turned)).shape == (83, 61)
    assert read_jpeg(jpeg("CMYK"), SIDE) is None and read_picture(io.BytesIO(jpeg("CMYK"))).shape == (61, 83)
    assert read_jpeg(jpeg(size=(641, 10)), SIDE) is None
    assert read_jpeg(jpeg()[:-500], SIDE) is None
    assert read_jpeg(b"\x89PNG", SIDE) is None and read_jpeg(b"\xff\xd8\xff", SIDE) is None
