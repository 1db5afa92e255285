"""Simplified drawings must be the official ones."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import read_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import SLACK, simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

# the published bitmaps of these are other drawings than the published strokes
UNPAIRED = {"bee", "candle", "car", "clock", "guitar", "octopus", "snowman", "umbrella"}

coordinate = st.floats(-2000, 2000, width=32)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30).map(
    lambda points: [list(values) for values in zip(*points, strict=True)]
)


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_official_simplified_strokes(mirror):
    count = same = 0
    for path in sorted((mirror / "simplified").glob("*.ndjson")):
        raw, official = read_ndjson(mirror / "raw" / path.name), read_ndjson(path)
        _, ours, theirs = np.intersect1d(raw.key_id, official.key_id, return_indices=True)
        pairs = zip(simplify(raw[ours]).to_lists(), official[theirs].to_lists(), strict=True)
        count += len(ours)
        same += sum(found == expected for found, expected in pairs)
    assert count > 3000
    assert same >= 0.999 * count


def test_published_bitmaps_from_raw_strokes(mirror):
    count = same = 0
    for path in sorted((mirror / "numpy_bitmap").glob("*.npy")):
        raw = mirror / "raw" / f"{path.stem}.ndjson"
        if raw.exists() and path.stem not in UNPAIRED:
            images = rasterize(simplify([row["drawing"] for row in read(raw)])).reshape(-1, 784)
            bitmaps = np.load(path, mmap_mode="r")[: len(images)]
            count += len(bitmaps)
            same += (images[: len(bitmaps)] == bitmaps).all(axis=1).sum()
    assert count > 500
    assert same >= 0.995 * count


@given(st.lists(st.lists(stroke, max_size=4), max_size=4))
@settings(deadline=None)
def test_any_raw_drawing(drawings):
    simple = simplify(drawings)
    assert simple.points.dtype == np.uint8 and simple.times is None
    assert [len(drawing) for drawing in simple.to_lists()] == [len(drawing) for drawing in drawings]
    for drawing, raw in zip(simple.to_lists(), drawings, strict=True):
        points = np.concatenate([np.array(stroke) for stroke in raw], axis=1) if raw else np.zeros((2, 0))
        low = points.min(axis=1, initial=np.inf)
        extent = (points.max(axis=1, initial=-np.inf) - low).max()
        for (xs, ys), stroke in zip(drawing, raw, strict=True):
            assert len(xs) == len(ys) >= 2
            for end in (0, -1):
                exact = [(stroke[axis][end] - low[axis]) * 255 / (extent or 1) for axis in (0, 1)]
                assert [xs[end], ys[end]] == np.rint(exact).tolist()


def test_ends_corners_and_dots_stay():
    drawing = [[[10.0, 60.0, 110.0], [5.0, 5.0, 5.0]], [[110.0, 110.0], [5.0, 55.0]], [[20.0], [30.0]]]
    assert simplify([drawing]).to_lists() == [[[[0, 255], [0, 0]], [[255, 255], [0, 128]], [[26, 26], [64, 64]]]]


def test_columns_are_kept_and_times_dropped():
    drawings = Drawings.from_lists([[[[0, 9], [0, 9], [0, 100]]]], word=["cat"], key_id=[7])
    simple = simplify(drawings)
    assert simple.word.tolist() == ["cat"] and simple.key_id.tolist() == [7] and simple.times is None


def test_long_strokes_and_no_strokes():
    spiral = np.linspace(0, 300, 20000)
    drawing = [[(spiral * np.cos(spiral)).tolist(), (spiral * np.sin(spiral)).tolist()]]
    simple = simplify([drawing, []])
    assert len(simple) == 2 and len(simple.points) > 500 and simple[1].to_lists() == [[]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none(value):
    """Lists with such numbers are refused; in arrays, which nobody checks, they do no harm."""
    with pytest.raises(UserError, match="finite"):
        simplify([[[[0, value, 9], [0, 1, 2]]]])
    drawings = Drawings.from_lists([[[[0, 1, 9], [0, 1, 2]]]], dtype=np.float64)
    drawings.points[1, 0] = value
    assert len(simplify(drawings)) == 1


whole_stroke = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30).map(
    lambda points: [list(values) for values in zip(*points, strict=True)]
)


def moved(drawing, scale=1.0, x=0.0, y=0.0):
    return [[[value * scale + x for value in xs], [value * scale + y for value in ys]] for xs, ys in drawing]


def taken_as_it_is(drawing):
    """By what the docstring of `simplify` says, reduced or not."""
    points = np.concatenate([np.array(stroke) for stroke in drawing], axis=1)
    return points.min() >= 0 and points.max() <= 255 and points.min(axis=1).sum() + 255 - points.max() <= SLACK


@given(
    st.lists(whole_stroke, min_size=1, max_size=4),
    st.sampled_from([0.25, 0.5, 1, 1.5, 2, 3, 64]),
    st.floats(-3000, 3000),
    st.floats(-3000, 3000),
)
@settings(deadline=None)
def test_place_size_and_company_of_a_drawing_do_not_matter(drawing, scale, x, y):
    others = [moved(drawing, 1, 300, 300), moved(drawing, scale, 256, 512), moved(drawing, 1, x + 4000, y)]
    if not taken_as_it_is(drawing):
        others.append(drawing)
    expected = simplify(others[:1]).to_lists()
    for other in others[1:]:
        assert simplify([other]).to_lists() == expected
    assert simplify([*others, [[[0, 5000], [0, 1]]]]).to_lists()[:-1] == expected * len(others)
    np.testing.assert_array_equal(rasterize(others), np.repeat(rasterize(others[:1]), len(others), axis=0))


@given(
    st.lists(whole_stroke, min_size=1, max_size=4), st.sampled_from([0.1, 1 / 255, 1 / 3, 7.7, 2]), st.floats(-99, 999)
)
@settings(deadline=None)
def test_a_simplified_drawing_moved_and_scaled_is_itself(drawing, scale, x):
    simple = simplify([drawing]).to_lists()[0]
    points = np.concatenate([np.array(stroke) for stroke in simple], axis=1)
    if points.min(axis=1).sum() == 0 and points.max() == 255 and simplify([simple]).to_lists() == [simple]:
        if simplify([moved(simple, 1, 300)]).to_lists() == [simple]:
            assert simplify([moved(simple, scale, x, 5)]).to_lists() == [simple]


def test_official_simplified_drawings_are_taken_as_they_are(mirror):
    for path in sorted((mirror / "simplified").glob("*.ndjson")):
        official = read_ndjson(path)
        np.testing.assert_array_equal(simplify(official).points, official.points, err_msg=path.name)


def test_a_house_of_any_canvas_is_one_house():
    house = [[[40, 40, 240, 240, 40], [240, 120, 120, 240, 240]], [[40, 140, 240], [120, 40, 120]]]
    images = rasterize([house, moved(house, 2), moved(house, 1, 0.5, 0.5), moved(house, 1, -40, 700)])
    np.testing.assert_array_equal(images, images[:1].repeat(4, axis=0))
    np.testing.assert_array_equal(rasterize([house]), images[:1])
