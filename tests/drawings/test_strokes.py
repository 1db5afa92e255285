"""Drawings behave as nested lists of strokes do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.strokes import COLUMNS, Drawings

coordinates = st.integers(0, 255)


def _stroke(times: bool):
    rows = st.lists(st.tuples(*[coordinates] * (3 if times else 2)), min_size=1, max_size=4)
    return rows.map(lambda rows: [list(values) for values in zip(*rows, strict=True)])


@st.composite
def nested(draw, times=None):
    times = draw(st.booleans()) if times is None else times
    return draw(st.lists(st.lists(_stroke(times), max_size=3), max_size=6))


def _drawings(lists) -> Drawings:
    count = len(lists)
    return Drawings.from_lists(
        lists,
        key_id=np.arange(count, dtype=np.uint64) + 2**63,
        word=[f"word {i}" * (i + 1) for i in range(count)],
        countrycode=[b"US", b"DE", b""] * (count // 3) + [b"FR"] * (count % 3),
        recognized=[i % 2 == 0 for i in range(count)],
        timestamp=np.arange(count).astype("datetime64[us]"),
    )


def _expect(found: Drawings, drawings: Drawings, lists, rows) -> None:
    assert len(found) == len(rows)
    assert found.to_lists() == [lists[row] for row in rows]
    for name in COLUMNS:
        assert getattr(found, name).tolist() == [getattr(drawings, name).tolist()[row] for row in rows]
    assert found.stroke_offsets[-1] == len(found.points)
    assert found.drawing_offsets[-1] == len(found.stroke_offsets) - 1


@settings(deadline=None)
@given(nested())
def test_nested_lists_come_back(lists):
    _expect(_drawings(lists), _drawings(lists), lists, range(len(lists)))


@settings(deadline=None)
@given(nested(), st.slices(6))
def test_a_slice_is_the_slice_of_the_lists(lists, key):
    drawings = _drawings(lists)
    _expect(drawings[key], drawings, lists, range(len(lists))[key])


@settings(deadline=None)
@given(nested(), st.data())
def test_rows_are_taken_in_any_order_and_more_than_once(lists, data):
    drawings = _drawings(lists)
    rows = data.draw(st.lists(st.integers(-len(lists), len(lists) - 1), max_size=9)) if lists else []
    _expect(drawings[np.array(rows, np.int64)], drawings, lists, rows)
    _expect(drawings[rows], drawings, lists, rows)


@settings(deadline=None)
@given(nested(), st.data())
def test_a_mask_keeps_its_drawings(lists, data):
    mask = data.draw(st.lists(st.booleans(), min_size=len(lists), max_size=len(lists)))
    drawings = _drawings(lists)
    _expect(drawings[np.array(mask, bool)], drawings, lists, np.flatnonzero(mask))


@settings(deadline=None)
@given(st.booleans().flatmap(lambda times: st.lists(nested(times), max_size=4)), st.data())
def test_concatenated_parts_are_the_concatenated_lists(parts, data):
    keys = [data.draw(st.slices(6)) for _ in parts]
    cut = [_drawings(part)[key] for part, key in zip(parts, keys, strict=True)]  # they begin in the midst of arrays
    lists = sum((lists[key] for lists, key in zip(parts, keys, strict=True)), [])
    columns = {name: sum((getattr(part, name).tolist() for part in cut), []) for name in COLUMNS}
    found = Drawings.concatenate(cut)
    assert found.to_lists() == lists
    assert {name: getattr(found, name).tolist() for name in COLUMNS} == columns


def test_parts_without_drawings_neither_drop_times_nor_make_bytes_floats():
    raw = Drawings.from_lists([[[[1.5], [2.5], [0.0]]]])
    simplified = Drawings.from_lists([[[[1], [2]]]])
    empty = Drawings.from_lists([])
    assert Drawings.concatenate([empty, raw]).times.tolist() == [0.0]
    assert Drawings.concatenate([simplified, raw[:0]]).points.dtype == np.uint8


@pytest.mark.parametrize("index", [3, -4])
def test_a_drawing_that_is_not_there_is_an_index_error(index):
    drawings = _drawings([[[[1], [2]]]] * 3)
    with pytest.raises(IndexError):
        drawings[index]
    with pytest.raises(IndexError):
        drawings[[index]]


def test_a_mask_of_another_length_is_an_index_error():
    with pytest.raises(IndexError, match="mask"):
        _drawings([[[[1], [2]]]] * 3)[np.array([True])]


@pytest.mark.parametrize("mmap", [True, False])
def test_saved_drawings_are_loaded_and_can_be_mapped(tmp_path, mmap):
    lists = [[[[1, 2], [3, 4]], [[5], [6]]], [[[7], [8]]], []]
    drawings = _drawings(lists)
    drawings.save(tmp_path)
    loaded = Drawings.load(tmp_path, mmap=mmap)
    assert isinstance(loaded.points, np.memmap) == mmap
    _expect(loaded, drawings, lists, [0, 1, 2])
    _expect(loaded[1:], drawings, lists, [1, 2])
    _expect(loaded[[2, 0]], drawings, lists, [2, 0])
    _expect(Drawings.concatenate([loaded[:1], loaded[1:]]), drawings, lists, [0, 1, 2])


def test_saving_drawings_without_times_over_others_leaves_none_behind(tmp_path):
    Drawings.from_lists([[[[1], [2], [3]]]]).save(tmp_path)
    Drawings.from_lists([[[[1], [2]]]]).save(tmp_path)
    assert Drawings.load(tmp_path).times is None


def test_a_slice_copies_no_points():
    drawings = _drawings([[[[1, 2], [3, 4]]]] * 5)
    assert np.shares_memory(drawings[1:4].points, drawings.points)


def test_strokes_are_views():
    drawings = _drawings([[[[1, 2], [3, 4]], [[5], [6]]]])
    first, second = drawings.strokes(0)
    assert first.tolist() == [[1, 3], [2, 4]] and second.tolist() == [[5, 6]]
    assert np.shares_memory(first, drawings.points)


def test_points_are_bytes_only_where_all_are_whole_numbers_up_to_255():
    assert Drawings.from_lists([[[[0, 255], [1, 2]]]]).points.dtype == np.uint8
    for value in (0.5, -1, 256):
        assert Drawings.from_lists([[[[value], [1]]]]).points.dtype == np.float64
