"""Drawings as sequences of points: the last ones, at the end, with the pen lifted where a stroke ends."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.models.input import prepare
from sketch_classifier.params import StrokeInput

DRAWINGS = st.lists(
    st.lists(
        st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=9), min_size=1, max_size=5
    ),
    min_size=1,
    max_size=5,
)


def sequences(drawings, length) -> Sequences:
    strokes = [stroke for drawing in drawings for stroke in drawing]
    points = np.array([point for stroke in strokes for point in stroke], np.uint8)
    stroke_offsets = np.cumsum([0, *map(len, strokes)])
    drawing_offsets = np.cumsum([0, *map(len, drawings)])
    return Sequences(points, stroke_offsets, drawing_offsets, length)


@given(DRAWINGS, st.integers(1, 30))
def test_each_sequence_is_the_end_of_its_drawing(drawings, length):
    found = sequences(drawings, length)[:]
    assert found.shape == (len(drawings), length, 3) and found.dtype == np.uint8
    for drawing, sequence in zip(drawings, found, strict=True):
        rows = [(x, y, 2 if n == len(stroke) else 1) for stroke in drawing for n, (x, y) in enumerate(stroke, 1)]
        padded = [(0, 0, 0)] * length + rows
        assert [tuple(row) for row in sequence.tolist()] == padded[-length:]


@given(DRAWINGS, st.data())
def test_is_indexed_like_an_array(drawings, data):
    several = sequences(drawings, 12)
    whole = several[:]
    rows = data.draw(st.lists(st.integers(0, len(drawings) - 1), max_size=8))
    np.testing.assert_array_equal(several[np.array(rows, int)], whole[np.array(rows, int)])
    np.testing.assert_array_equal(several[1:3], whole[1:3])
    np.testing.assert_array_equal(several[len(drawings) - 1], whole[-1])
    assert several.shape == whole.shape and several.dtype == whole.dtype and len(several) == len(whole)


@given(DRAWINGS, st.integers(16, 40))
def test_what_a_network_takes_is_the_way_from_point_to_point(drawings, max_points):
    stored = torch.from_numpy(sequences(drawings, max_points + 1)[:])
    inputs = prepare(stored, StrokeInput(kind="strokes", max_points=max_points))
    assert inputs.shape == (len(drawings), 3, max_points) and inputs.dtype == torch.float32
    for drawing, found in zip(drawings, inputs.numpy(), strict=True):
        points = [(x, y, n == len(stroke)) for stroke in drawing for n, (x, y) in enumerate(stroke, 1)]
        pairs = zip(points, points[1:], strict=False)
        steps = [((b[0] - a[0]) / 255, (b[1] - a[1]) / 255, float(b[2])) for a, b in pairs]
        expected = ([(0.0, 0.0, 0.0)] * max_points + steps)[-max_points:]
        np.testing.assert_allclose(found.T, expected, atol=1e-6)


def test_a_dataset_gives_its_strokes(mirror, tmp_path):
    """Real drawings, from the file to the sequence."""
    import json
    import shutil

    from sketch_classifier.data.dataset import Dataset
    from sketch_classifier.data.preprocess import preprocess
    from sketch_classifier.errors import UserError
    from sketch_classifier.params import DatasetPreset, ImageInput, Split

    categories = ("cat", "bird")
    for folder, suffix in (("simplified", "ndjson"), ("numpy_bitmap", "npy")):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        for category in categories:
            shutil.copy(mirror / folder / f"{category}.{suffix}", tmp_path / "raw" / folder)
    split = Split(train=0.6, validation=0.2, test=0.2)
    preset = DatasetPreset(format="simplified", categories=categories, limit=None)
    preprocess(tmp_path / "raw", preset, split, tmp_path / "strokes")
    dataset = Dataset.open(tmp_path / "strokes")
    found = dataset.inputs(StrokeInput(kind="strokes", max_points=100))
    lines = [line for name in categories for line in (mirror / f"simplified/{name}.ndjson").open(encoding="utf-8")]
    assert len(found) == len(lines)
    for line, sequence in zip(lines, found, strict=True):
        drawing = json.loads(line)["drawing"]
        points = np.concatenate([np.stack(stroke, axis=1) for stroke in drawing])[-101:]
        np.testing.assert_array_equal(sequence[-len(points) :, :2], points)
        assert sequence[-1, 2] == 2

    assert dataset.inputs(ImageInput(size=28, channels=1)) is dataset.images
    preprocess(
        tmp_path / "raw", preset.model_copy(update={"format": "numpy_bitmap", "limit": 20}), split, tmp_path / "bitmaps"
    )
    with pytest.raises(UserError, match="needs strokes"):
        Dataset.open(tmp_path / "bitmaps").inputs(StrokeInput(kind="strokes", max_points=100))
