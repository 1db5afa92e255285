"""Photos and scans of drawings against the bitmaps of the same drawings."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.serving import photos

from sketch_classifier import UserError, rasterize, simplify
from sketch_classifier.drawings.picture import picture_to_bitmap, read_photograph, read_picture

photo = photos.photo

CHALK = {"paper": (45, 45, 45), "ink": (215, 215, 215)}
KINDS = {
    "plain": {},
    "light on dark": CHALK,
    "thin pen": {"pen": 0.006, "size": (700, 600)},
    "thick pen": {"pen": 0.09},
    "yellow pen": {"ink": (235, 205, 40), "paper": (225, 225, 220), "noise": 3},
    "tiny": {"size": (22, 22), "extent": 0.9, "pen": 0.06},
    "small": {"size": (90, 120), "extent": 0.8, "pen": 0.05},
    "large": {"size": (1900, 1400), "pen": 0.012, "extent": 0.5},
    "in a corner": {"extent": 0.25, "place": (0.05, 0.9)},
    "fills the picture": {"extent": 0.97},
    "cut off at its edges": {"size": 400},
    "on a table": {"table": 0.08, "noise": 3},
    "ruled paper": {"ruling": ("across",), "noise": 3},
    "squared paper": {"ruling": ("across", "down"), "ink": (110, 110, 110), "pen": 0.015, "light": 0.3, "noise": 3},
    "out of focus": {"blur": 0.01, "noise": 3},
    "light from the side": {"light": 0.5, "noise": 4},
    "shadow": {"shadow": 0.5, "light": 0.3},
    "weak shadow": {"shadow": 0.3, "light": 0.5, "noise": 4, "size": (900, 1200)},
    "dark and grainy": CHALK | {"noise": 8, "light": 0.5, "quality": 60},
    "bad JPEG": {"quality": 35, "noise": 4},
}

QUICK = {"in a corner", "cut off at its edges", "squared paper", "shadow"}  # one of each difficulty


@pytest.fixture(scope="module")
def drawings(unseen):
    return {category: simplify(unseen(category, 4))[:2] for category in ("apple", "bicycle", "house")}


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Common ink over all ink."""
    return np.minimum(a, b).sum() / np.maximum(a, b).sum()


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[] if kind in QUICK else pytest.mark.slow) for kind in KINDS]
)
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
    assert min(overlaps) > 0.45
    assert np.median(overlaps) > 0.6  # lines of three pixels: to be half a pixel off costs a quarter
    assert (agree[0] == agree[1]).mean() > 0.8


TURN = np.linspace(0, 2 * np.pi, 60)
CIRCLE = np.stack([100 + 80 * np.cos(TURN), 100 + 100 * np.sin(TURN)], axis=1)
STEM = np.array([[100, 215], [120, 300]], float)
BOX = np.array([[0, 0], [250, 0], [250, 150], [0, 150], [0, 0], [250, 150]], float)
WAVES = np.array([[x, 200 * (x // 20 % 2)] for x in range(0, 260, 20)], float)


@pytest.mark.parametrize(
    ("strokes", "how"),
    [
        ([CIRCLE], {"shadow": 0.3, "light": 0.4, "noise": 4, "size": (900, 1200), "seed": 5}),
        ([BOX], {"size": 400, "pen": 0.04}),
        ([WAVES], {"size": (22, 22), "extent": 0.9, "pen": 0.06}),
        ([CIRCLE, STEM], {"filled": True, "noise": 2}),
        *(([CIRCLE], {"ruling": ("across",), "noise": 3, "quality": 85, "seed": seed}) for seed in range(2)),
    ],
    ids=["a band along a shadow", "cut off", "half of it ink", "filled", *(f"ruled {seed}" for seed in range(2))],
)
def test_a_simple_drawing_in_a_difficult_picture(strokes, how):
    expected = rasterize(simplify([[stroke.T.tolist() for stroke in strokes]]))[0]
    assert overlap(picture_to_bitmap(read_picture(photo(strokes, **how)), 28), expected) > 0.55


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
    ink = 255 - np.asarray(Image.open(photo(strokes)).convert("L"))
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


def test_an_empty_picture_of_the_bitmaps_size_has_no_drawing():
    with pytest.raises(UserError, match="no drawing found"):
        picture_to_bitmap(np.full((28, 28), 255, np.uint8), 28)


@pytest.mark.parametrize("noise", [0, 6])
def test_an_empty_sheet_has_no_drawing(noise):
    values = np.linspace(120, 220, 400)[None] + np.random.default_rng(0).normal(0, noise, (300, 400))
    with pytest.raises(UserError, match="no drawing found"):
        picture_to_bitmap(values.astype(np.uint8), 28)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0nonsense", b"GIF89a"])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(UserError, match="not a picture"):
        read_picture(BytesIO(content))


def saved(image: Image.Image, format: str, **options) -> BytesIO:
    file = BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def test_a_photograph_is_the_square_in_its_middle_in_colour():
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[:, 20:80] = 255, 0, 0
    pixels[:30, 20:50] = 0, 0, 255
    for image, format in ((Image.fromarray(pixels), "PNG"), (Image.fromarray(pixels).convert("CMYK"), "JPEG")):
        photograph = read_photograph(saved(image, format), 30)
        assert (photograph.shape, photograph.dtype) == ((3, 30, 30), np.uint8)
        blue = np.zeros((30, 30), bool)
        blue[:15, :15] = True
        far = np.abs(np.arange(30) - 14.5) > 3  # JPEG's blocks, and what resizing mixes
        rest = far[:, None] & far
        assert (np.abs(photograph[2].astype(int) - 255 * blue) < 60)[rest].all()
        assert (np.abs(photograph[0].astype(int) - 255 * ~blue) < 60)[rest].all()


def test_photographs_are_upright_and_what_is_transparent_is_white():
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20] = 200
    photograph = read_photograph(saved(Image.fromarray(pixels), "JPEG", exif=exif), 8)
    assert photograph[:, :3].max() < 30 and photograph[:, 5:].min() > 170
    assert read_photograph(saved(Image.new("RGBA", (9, 9)), "PNG"), 4).min() == 255
    assert read_photograph(saved(Image.new("L", (32, 32), 77), "PNG"), 32).tolist() == np.full((3, 32, 32), 77).tolist()
    deep = Image.fromarray(np.full((9, 9), 100 * 257, np.uint16))
    assert set(read_photograph(saved(deep, "PNG"), 4).ravel()) == {100}


def test_a_large_scan_is_read_without_a_warning(recwarn):
    assert read_picture(saved(Image.new("1", (10_000, 9_500)), "PNG")).shape == (608, 640)
    assert not recwarn.list
