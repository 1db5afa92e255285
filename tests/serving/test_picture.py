"""Photos and scans of drawings against the bitmaps of the same drawings."""

import importlib.util
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch_classifier import UserError, rasterize, simplify
from sketch_classifier.serving.picture import picture_to_bitmap, read_picture

_spec = importlib.util.spec_from_file_location("photos", Path(__file__).with_name("photos.py"))
photos = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(photos)
photo = photos.photo

KINDS = {
    "plain": {},
    "light on dark": {"dark_ink": False},
    "thin pen": {"pen": 0.006, "size": (700, 600)},
    "thick pen": {"pen": 0.09},
    "small": {"size": (90, 120), "extent": 0.8, "pen": 0.05},
    "large": {"size": (1900, 1400), "pen": 0.012, "extent": 0.5},
    "in a corner": {"extent": 0.25, "place": (0.05, 0.9)},
    "fills the picture": {"extent": 0.97},
    "light from the side": {"light": 0.5, "noise": 4},
    "shadow": {"shadow": 0.35, "light": 0.2},
    "dark and grainy": {"dark_ink": False, "noise": 8, "light": 0.5, "quality": 60},
    "bad JPEG": {"quality": 35, "noise": 4},
}


@pytest.fixture(scope="module")
def drawings(unseen):
    return {category: simplify(unseen(category, 4))[:2] for category in ("apple", "bicycle", "house")}


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Common ink over all ink."""
    return np.minimum(a, b).sum() / np.maximum(a, b).sum()


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_its_bitmap(kind, drawings, trained):
    """Most ink lies where it should, and the model sees the same thing."""
    overlaps, seen, expected = [], [], []
    for of_category in drawings.values():
        for index, bitmap in enumerate(rasterize(of_category)):
            picture = picture_to_bitmap(read_picture(photo(of_category.strokes(index), seed=index, **KINDS[kind])), 28)
            overlaps.append(overlap(picture, bitmap))
            seen.append(picture)
            expected.append(bitmap)
    agree = [trained().predict_images(np.stack(images)).argmax(axis=1) for images in (seen, expected)]
    assert np.median(overlaps) > 0.6  # lines of three pixels: to be half a pixel off costs a quarter
    assert (agree[0] == agree[1]).mean() > 0.8


@pytest.mark.parametrize("size", [28, 64])
def test_extent_and_centre_are_the_datasets(size, drawings):
    bitmap = rasterize(drawings["house"][0], size=size)[0]
    picture = picture_to_bitmap(read_picture(photo(drawings["house"].strokes(0), size=(700, 500))), size)
    for axis in (0, 1):
        places = [np.flatnonzero(image.max(axis=axis) > 60)[[0, -1]] for image in (picture, bitmap)]
        assert np.abs(places[0] - places[1]).max() <= size / 28


def test_a_bitmap_is_left_as_it_is(drawings):
    bitmap = rasterize(drawings["apple"])[0]
    np.testing.assert_array_equal(picture_to_bitmap(bitmap, 28), bitmap)
    np.testing.assert_array_equal(picture_to_bitmap(255 - bitmap, 28), bitmap)


def test_transparent_pictures_and_those_turned_by_a_camera(drawings):
    strokes = drawings["house"].strokes(0)
    expected = picture_to_bitmap(read_picture(photo(strokes)), 28)
    ink = 255 - np.asarray(Image.open(photo(strokes)))
    ink = np.maximum(ink, ink.min() + 20) - ink.min() - 20
    for grey in (0, 255):  # black ink or white ink on nothing
        image = Image.merge("LA", [Image.new("L", ink.shape[::-1], grey), Image.fromarray(ink)])
        file = BytesIO()
        image.save(file, "PNG")
        file.seek(0)
        assert overlap(picture_to_bitmap(read_picture(file), 28), expected) > 0.9
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    Image.open(photo(strokes)).rotate(90, expand=True).save(file, "JPEG", quality=95, exif=exif)
    file.seek(0)
    assert overlap(picture_to_bitmap(read_picture(file), 28), expected) > 0.9


def test_a_dot_is_drawn_in_the_centre():
    picture = np.full((200, 300), 240, np.uint8)
    picture[50:60, 40:50] = 20
    bitmap = picture_to_bitmap(picture, 28)
    dot = rasterize([[[[0, 0], [0, 0]]]])[0]
    assert np.abs(bitmap.astype(int) - dot).max() < 40 and dot.max() > 90


@pytest.mark.parametrize("noise", [0, 6])
def test_an_empty_sheet_has_no_drawing(noise):
    values = np.linspace(120, 220, 400)[None] + np.random.default_rng(0).normal(0, noise, (300, 400))
    with pytest.raises(UserError, match="no drawing stands out"):
        picture_to_bitmap(values.astype(np.uint8), 28)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0nonsense", b"GIF89a"])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(UserError, match="not a picture"):
        read_picture(BytesIO(content))
