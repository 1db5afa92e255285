"""Bitmaps must be those that Google published, and those of cairo for any size and any strokes."""

import json
from functools import partial
from importlib import import_module

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.raster import SMALLEST_SHARE, rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

# the published bitmaps of these are other drawings than the published strokes
UNPAIRED = {"bee", "candle", "car", "clock", "guitar", "octopus", "snowman", "umbrella"}
HOUSE = [[[0, 0, 255, 255, 0], [120, 255, 255, 120, 120]], [[0, 130, 255], [120, 0, 120]], [[60], [200]]]

drawn = partial(rasterize, as_is=True)  # the rasteriser alone: any coordinates, not simplified
numbers = st.integers(0, 255)
anywhere = st.one_of(st.integers(-700, 900), st.floats(-700, 900, width=32), st.sampled_from([-1e9, 1e9]))


def strokes_of(number):
    """Strategy: drawings of such coordinates, with points that repeat, spikes, and lines that cross themselves."""
    point = st.tuples(number, number)
    path = st.lists(point, min_size=1, max_size=40)
    twice = path.map(lambda points: points + points[::-1])
    straight = point.map(lambda point: [(0, 0), point, (point[0] / 2, point[1] / 2)])
    stroke = st.one_of(path, twice, straight).map(lambda points: [list(values) for values in zip(*points, strict=True)])
    return st.lists(stroke, min_size=1, max_size=5)


def published(drawing, size):
    """The dataset authors' procedure, with cairo (the only one in this project that is not ours)."""
    cairo = pytest.importorskip("cairo", reason="pycairo is not installed: pip install pycairo, with libcairo2-dev")
    if not cairo.cairo_version_string().startswith("1.16."):
        pytest.skip(f"cairo {cairo.cairo_version_string()} draws other bytes than the 1.16 that is followed here")
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, size, size)
    context = cairo.Context(surface)
    context.set_antialias(cairo.ANTIALIAS_BEST)
    context.set_line_cap(cairo.LINE_CAP_ROUND)
    context.set_line_join(cairo.LINE_JOIN_ROUND)
    context.set_line_width(16)
    context.scale(size / 304.0, size / 304.0)
    context.translate(24.0, 24.0)
    context.set_source_rgb(0, 0, 0)
    context.paint()
    context.set_source_rgb(1, 1, 1)
    points = [np.array(stroke[:2], np.float64) for stroke in drawing]
    offset = (256.0 - np.concatenate(points, axis=1).max(axis=1, keepdims=True)) / 2.0
    for stroke in points:
        xs, ys = (stroke + offset).tolist()
        context.move_to(xs[0], ys[0])
        for x, y in zip(xs, ys, strict=True):
            context.line_to(x, y)
        context.stroke()
    rows = np.frombuffer(surface.get_data(), np.uint8).reshape(size, surface.get_stride())
    return rows[:, : 4 * size : 4].copy()


def read(path):
    return [json.loads(line)["drawing"] for line in path.read_text(encoding="utf-8").splitlines()]


def raw_drawings(mirror, files, drawings):
    lists = [drawing for path in sorted((mirror / "raw").glob("*.ndjson"))[:files] for drawing in read(path)[:drawings]]
    return simplify(lists)


def assert_like_cairo(drawings, size):
    images = drawn(drawings, size)
    expected = np.stack([published(drawing, size) for drawing in drawings.to_lists()])
    assert np.count_nonzero((images != expected).any(axis=(1, 2))) == 0


def test_published_bitmaps_from_simplified_strokes(mirror):
    pairs = 0
    for path in sorted((mirror / "simplified").glob("*.ndjson")):
        bitmaps = mirror / "numpy_bitmap" / f"{path.stem}.npy"
        if bitmaps.exists() and path.stem not in UNPAIRED:
            images = rasterize(read(path)).reshape(-1, 784)
            expected = np.load(bitmaps, mmap_mode="r")[: len(images)]
            np.testing.assert_array_equal(images[: len(expected)], expected, err_msg=path.stem)
            pairs += len(expected)
    assert pairs > 100


@pytest.mark.parametrize("size", [28, 64, 128])
def test_like_cairo_on_real_drawings(mirror, size):
    assert_like_cairo(raw_drawings(mirror, files=20, drawings=5), size)


@pytest.mark.slow
@pytest.mark.parametrize("size", [28, 64, 128])
def test_like_cairo_on_all_real_drawings(mirror, size):
    assert_like_cairo(raw_drawings(mirror, files=None, drawings=None), size)


@given(strokes_of(numbers), st.integers(16, 256))
@example([[[0], [0]], [[0, 45, 0, 1, 1, 0, 45, 0], [253, 1, 84, 165, 165, 84, 1, 253]]], 191)  # cross where they meet
@example([[[7], [7]]], 28)
@example([[[7, 7, 7], [9, 9, 9]], [[0, 255, 0], [0, 255, 0]]], 28)
@settings(deadline=None, max_examples=150)
def test_like_cairo_on_any_strokes_and_sizes(drawing, size):
    np.testing.assert_array_equal(drawn([drawing], size)[0], published(drawing, size))


@given(strokes_of(st.integers(-400, 700)), st.integers(16, 256))
@settings(deadline=None, max_examples=150)
def test_like_cairo_outside_of_the_bitmap(drawing, size):
    np.testing.assert_array_equal(drawn([drawing], size)[0], published(drawing, size))


@given(st.lists(strokes_of(anywhere), max_size=4), st.integers(16, 256), st.sampled_from(["gray", "stroke_order"]))
@settings(deadline=None, max_examples=100)
def test_any_coordinates_give_a_bitmap_that_does_not_depend_on_its_neighbours(drawings, size, channels):
    images = drawn(drawings, size, channels=channels)
    assert images.dtype == np.uint8
    assert images.shape == (len(drawings), *((3,) if channels == "stroke_order" else ()), size, size)
    for drawing, image in zip(drawings, images, strict=True):
        np.testing.assert_array_equal(drawn([drawing], size, channels=channels)[0], image)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(value):
    """Lists with such numbers are refused; in arrays, which nobody checks, they do no harm."""
    with pytest.raises(UserError, match="finite"):
        drawn([[[[0, value, 255], [0, 10, 20]]]], 28)
    drawings = Drawings.from_lists([HOUSE, [[[0, 1, 255], [0, 10, 20]]], HOUSE], dtype=np.float64)
    drawings.points[drawings.stroke_offsets[drawings.drawing_offsets[1]] + 1, 0] = value
    images = drawn(drawings, 28)
    np.testing.assert_array_equal(images[[0, 2]], drawn([HOUSE, HOUSE], 28))


@pytest.mark.parametrize("size", [28, 256])
def test_thousands_of_points(size):
    points = np.random.default_rng(0).integers(0, 256, (2, 5000)).tolist()
    for drawing in ([points], [*HOUSE, points, *HOUSE]):
        images = drawn([HOUSE, drawing, HOUSE], size)
        np.testing.assert_array_equal(images[1], published(drawing, size))
        np.testing.assert_array_equal(images[[0, 2]], drawn([HOUSE, HOUSE], size))


@pytest.mark.parametrize("spacing", [1, 32])
def test_drawings_filled_in_bands_are_the_same(monkeypatch, spacing):
    """With lines that start, end and run in one place, whose order follows from all rows above."""
    rng = np.random.default_rng(spacing)
    drawings = []
    for _ in range(20):
        points = rng.integers(0, 256 // spacing, (20, 2)) * spacing
        drawings.append([np.concatenate([points, points[:10], points[::-1]]).T.tolist()])
    expected = drawn(drawings, 1024)
    draw = import_module("sketch_classifier.drawings.raster.draw")
    monkeypatch.setattr(draw, "CROSSINGS", 1)  # as few as there are edges
    np.testing.assert_array_equal(drawn(drawings, 1024), expected)


@pytest.mark.parametrize("size", [512, 2048])
def test_large_bitmaps_are_the_same_drawing(size):
    """Their means over squares of pixels are nearly a small bitmap, in which coordinates are rounded more."""
    large = drawn([HOUSE], size)[0].reshape(128, size // 128, 128, size // 128).mean(axis=(1, 3))
    difference = np.abs(large - drawn([HOUSE], 128)[0])
    assert difference.mean() < 1 and difference.max() < 48


def test_empty_drawings_are_black():
    images = drawn([[], HOUSE, [[[], []]]])
    assert images[0].max() == 0 and images[1].max() == 255 and images[2].max() == 0
    assert drawn([]).shape == (0, 28, 28)


def test_points_of_any_type_give_the_same_bytes():
    drawings = Drawings.from_lists([HOUSE])
    expected = drawn(drawings)
    for dtype in (np.float32, np.float64, np.int16):
        np.testing.assert_array_equal(drawn(Drawings.from_lists([HOUSE], dtype=dtype)), expected)


def test_any_number_of_threads_gives_the_same_bytes():
    rng = np.random.default_rng(0)
    drawings = Drawings.from_lists([[rng.integers(0, 256, (2, 6)).tolist()] for _ in range(9 * SMALLEST_SHARE + 7)])
    expected = drawn(drawings, threads=1)
    for threads in (2, 5):
        np.testing.assert_array_equal(drawn(drawings, threads=threads), expected)
    edge = slice(SMALLEST_SHARE - 3, SMALLEST_SHARE + 3)
    np.testing.assert_array_equal(drawn(drawings[edge]), expected[edge])


def test_memory_mapped_drawings_give_the_same_bytes(tmp_path):
    for dtype in (np.uint8, np.float64):
        drawings = Drawings.from_lists([HOUSE, [], HOUSE], dtype=dtype)
        drawings.save(tmp_path)
        np.testing.assert_array_equal(drawn(Drawings.load(tmp_path)), drawn(drawings))


@given(st.lists(strokes_of(numbers), max_size=4), st.integers(16, 64), st.sampled_from(["gray", "stroke_order"]))
def test_without_centre_drawings_stay_where_they_are(drawings, size, channels):
    """Where they are moved to the middle beforehand, nothing else is different."""
    moved = []
    for drawing in drawings:
        shifts = [(256 - max(max(stroke[axis]) for stroke in drawing)) / 2 for axis in range(2)]
        moved.append([[[value + shifts[axis] for value in stroke[axis]] for axis in range(2)] for stroke in drawing])
    np.testing.assert_array_equal(
        drawn(moved, size, channels=channels, centre=False), drawn(drawings, size, channels=channels)
    )
    off = [[[[value - 400 for value in xs], ys] for xs, ys in drawing] for drawing in moved]
    assert not drawn(off, size, channels=channels, centre=False).any()


def test_stroke_order_tells_early_ink_from_late_ink():
    line = [[[0, 255], [128, 128]]]
    early, middle, late = (np.flatnonzero(layer.max(axis=0)) for layer in drawn([line], channels="stroke_order")[0])
    assert early.max() < late.min() and early.min() < middle.min() and middle.max() < late.max()
    backwards = [[[255, 0], [128, 128]]]
    np.testing.assert_array_equal(
        drawn([backwards], channels="stroke_order")[0, 0], drawn([line], channels="stroke_order")[0, 2]
    )


def test_stroke_order_holds_the_whole_drawing():
    layers, whole = drawn([HOUSE], 64, channels="stroke_order")[0], drawn([HOUSE], 64)[0]
    assert ((layers.max(axis=0) > 127) != (whole > 127)).sum() <= 4


@pytest.mark.parametrize(
    "arguments", [{"size": 15}, {"size": 2049}, {"size": 28.0}, {"size": "28"}, {"channels": "rgb"}], ids=str
)
def test_refusals_name_the_argument_and_what_is_accepted(arguments):
    (name,) = arguments
    with pytest.raises(UserError, match=f"^{name}: .*(16 to 2048|gray, stroke_order)"):
        rasterize([HOUSE], **arguments)
