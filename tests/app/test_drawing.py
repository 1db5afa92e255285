"""Strokes that a browser sent."""

import json
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from app.drawing import MAX_POINTS, MAX_STROKES, checked_strokes, ndjson_line, simplified
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier import UserError, read_ndjson
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.synthetic import generate


@pytest.mark.parametrize(
    "value, what",
    [
        (None, "a list of strokes"),
        ("x", "a list of strokes"),
        ({"0": [[1], [2]]}, "a list of strokes"),
        ([1], "a list of x and a list of y"),
        ([[[1, 2]]], "a list of x and a list of y"),
        ([[[1], [2], [3]]], "a list of x and a list of y"),
        ([[[1, 2], [3]]], "as many x as y"),
        ([[[], []]], "at least one"),
        ([[["1"], [2]]], "must be numbers"),
        ([[[True], [2]]], "must be numbers"),
        ([[[None], [2]]], "must be numbers"),
        ([[[float("nan")], [2]]], "outside the canvas"),
        ([[[1], [float("-inf")]]], "outside the canvas"),
        ([[[10**400], [2]]], "outside the canvas"),
        ([[[1e6], [2]]], "outside the canvas"),
        ([[[1], [2]]] * (MAX_STROKES + 1), f"More than {MAX_STROKES} strokes"),
        ([[[1] * (MAX_POINTS + 1)] * 2], "More than 20,000 points"),
        ([[[1] * (MAX_POINTS // 2 + 1)] * 2] * 2, "More than 20,000 points"),
    ],
)
def test_nonsense_is_refused(value, what):
    with pytest.raises(UserError, match=what):
        checked_strokes(value)


def test_the_limits_themselves_are_accepted():
    assert len(checked_strokes([[[1], [2]]] * MAX_STROKES)) == MAX_STROKES
    assert checked_strokes([[[0] * MAX_POINTS, [0.5] * MAX_POINTS]])[0][1][-1] == 0.5
    assert checked_strokes([]) == []


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=30))
def test_whatever_comes_is_strokes_or_refused(value):
    try:
        strokes = checked_strokes(json.loads(json.dumps(value)))
    except UserError:
        return
    if strokes:
        assert simplified(strokes).points.dtype == np.uint8


def test_a_drawing_is_simplified_as_the_dataset_was():
    raw, _ = generate("cat", 1, seed=5)
    strokes = [stroke.T.tolist() for stroke in raw.strokes(0)]
    assert simplified(strokes).to_lists() == simplify(raw).to_lists()


def test_small_whole_coordinates_are_raw_ones_too():
    assert simplified([[[10, 20], [10, 10]]]).to_lists() == [[[[0, 255], [0, 0]]]]


def test_the_downloaded_line_is_one_of_the_dataset(tmp_path):
    drawing = simplified([[[10, 500], [10, 300]], [[7], [8]]])
    line = ndjson_line(drawing, word="cat", recognized=False, now=datetime(2026, 5, 4, 3, 2, 1, 500_000, UTC))
    assert line.endswith(b"\n")
    assert list(json.loads(line)) == ["word", "countrycode", "timestamp", "recognized", "key_id", "drawing"]
    assert json.loads(line)["timestamp"] == "2026-05-04 03:02:01.5 UTC"
    (read,) = [read_ndjson(BytesIO(line))]
    assert (read.word[0], read.countrycode[0], read.recognized[0]) == ("cat", b"ZZ", False)
    assert len(str(read.key_id[0])) == 16
    assert read.to_lists() == drawing.to_lists()
