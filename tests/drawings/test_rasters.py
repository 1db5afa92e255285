"""Bitmaps that are drawn when they are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier import synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, RasterInput, Split

NUMBERS = st.lists(st.integers(0, 255), min_size=1, max_size=9)
STROKES = st.lists(NUMBERS.map(lambda xs: [xs, xs[::-1]]), min_size=1, max_size=5)
DRAWINGS = st.lists(STROKES, min_size=1, max_size=5).map(lambda lists: Drawings.from_lists(lists, dtype=np.uint8))
CHANNELS = st.sampled_from(["gray", "stroke_order"])


@given(DRAWINGS, CHANNELS, st.data())
def test_are_indexed_like_the_array_of_all(drawings, channels, data):
    several, whole = Rasters(drawings, 16, channels), rasterize(drawings, 16, as_is=True, channels=channels)
    assert several.shape == whole.shape and several.dtype == whole.dtype and len(several) == len(whole)
    rows = np.array(data.draw(st.lists(st.integers(-len(drawings), len(drawings) - 1), max_size=8)), int)
    np.testing.assert_array_equal(several[rows], whole[rows])
    np.testing.assert_array_equal(several[1:3], whole[1:3])
    np.testing.assert_array_equal(several[np.int64(0)], whole[0])
    for row in (len(drawings), -len(drawings) - 1):
        with pytest.raises(IndexError):
            several[np.array([row])]


@given(DRAWINGS)
def test_their_sequences_hold_every_point(drawings):
    sequences = Rasters(drawings, 16, "gray").sequences()[:]
    counts = np.diff(drawings.stroke_offsets[drawings.drawing_offsets])
    assert sequences.shape == (len(drawings), counts.max(), 3)
    np.testing.assert_array_equal((sequences[..., 2] > 0).sum(axis=1), counts)
    np.testing.assert_array_equal(sequences[sequences[..., 2] > 0][:, :2], drawings.points)


def test_a_dataset_gives_them_at_any_size(tmp_path):
    categories = ("apple", "house")
    for format in ("simplified", "numpy_bitmap"):
        synthetic.write(tmp_path / "raw", format, categories, 20, seed=0)
        preset = DatasetPreset(format=format, categories=categories, limit=None)
        preprocess(tmp_path / "raw", preset, Split(train=0.6, validation=0.2, test=0.2), tmp_path / format)
    dataset = Dataset.open(tmp_path / "simplified")
    np.testing.assert_array_equal(dataset.inputs(RasterInput(kind="rasters", size=28, channels=1))[:], dataset.images)
    assert dataset.inputs(RasterInput(kind="rasters", size=40, channels=1)).shape == (40, 40, 40)
    large = dataset.inputs(RasterInput(kind="rasters", size=40, channels=3))
    assert large.shape == (40, 3, 40, 40)
    apart = large[:5].astype(int)
    assert (apart.sum(axis=(2, 3)) > 0).all() and (apart[:, 0] != apart[:, 2]).any(axis=(1, 2)).all()
    with pytest.raises(UserError, match="needs strokes, but this dataset has only bitmaps"):
        Dataset.open(tmp_path / "numpy_bitmap").inputs(RasterInput(kind="rasters", size=28, channels=1))
