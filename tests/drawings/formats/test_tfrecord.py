"""Reading the TFRecord files of the TensorFlow tutorial."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords, iter_tfrecord, read_ndjson, read_tfrecord
from sketch_classifier.drawings.formats.tfrecord import example_type, masked_crc
from sketch_classifier.errors import UserError


def _tutorial_ink(strokes) -> np.ndarray:
    """What the tutorial's `create_dataset.py` makes of a drawing: (points − 1, 3)."""
    points = np.concatenate([np.array(stroke[:2], float).T for stroke in strokes])
    ends = np.zeros(len(points))
    ends[np.cumsum([len(stroke[0]) for stroke in strokes]) - 1] = 1
    scale = points.max(axis=0) - points.min(axis=0)
    scale[scale == 0] = 1
    points = (points - points.min(axis=0)) / scale
    return np.column_stack([np.diff(points, axis=0), ends[1:]])


def _example(ink, label=0, shape=None) -> bytes:
    example = example_type()()
    feature = example.features.feature
    feature["ink"].float_list.value.extend(np.ravel(ink))
    feature["shape"].int64_list.value.extend(np.shape(ink) if shape is None else shape)
    feature["class_index"].int64_list.value.append(label)
    return example.SerializeToString()


def _framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


INK = [[0.5, 0.25, 0], [0.5, 0.75, 1], [-0.5, 0, 0], [0, -0.5, 1]]
POINTS = [[[0, 0.5, 1], [0, 0.25, 1]], [[0.5, 0.5], [1, 0.5]]]


def _write(folder, *records: bytes, name="training.tfrecord-00000-of-00002"):
    (folder / name).write_bytes(b"".join(records))
    (folder / "training.tfrecord.classes").write_text("ant\ncat\n")
    return folder / name


def test_deltas_become_points_and_words(tmp_path):
    _write(tmp_path, _framed(_example(INK, 1)))
    _write(tmp_path, _framed(_example(INK[:2], 0)), name="training.tfrecord-00001-of-00002")
    drawings = read_tfrecord(tmp_path / "training.tfrecord-?????-of-?????")
    assert drawings.to_lists() == [POINTS, POINTS[:1]]
    assert drawings.points.dtype == np.float64 and drawings.times is None
    assert drawings.word.tolist() == ["cat", "ant"]
    assert drawings.recognized.all() and not drawings.key_id.any()
    one = read_tfrecord(tmp_path / "training.tfrecord-00001-of-00002", classes=["bee", "dog"])
    assert one.word.tolist() == ["bee"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=5),
    min_size=1, max_size=4), min_size=1, max_size=5), st.integers(1, 3))  # fmt: skip
def test_the_tutorials_records_give_the_drawing_back(tmp_path, drawings, batch_size):
    nested = [[list(zip(*stroke, strict=True)) for stroke in drawing] for drawing in drawings]
    path = _write(tmp_path, *(_framed(_example(_tutorial_ink(strokes))) for strokes in nested))
    batches = list(iter_tfrecord(path, batch_size=batch_size))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    found = [(batch, index) for batch in batches for index in range(len(batch))]
    for (batch, index), strokes in zip(found, nested, strict=True):
        points = np.concatenate([np.array(stroke, float).T for stroke in strokes])
        span = points.max(axis=0) - points.min(axis=0)
        expected = (points - points[0]) / np.where(span == 0, 1, span)
        assert np.allclose(np.concatenate(batch.strokes(index)), expected, atol=1e-5)
        lengths = [len(stroke[0]) for stroke in strokes]
        if lengths[0] == 1 and len(lengths) > 1:  # the row that ended the first stroke is one the tutorial leaves out
            lengths[:2] = [1 + lengths[1]]
        assert [len(stroke) for stroke in batch.strokes(index)] == lengths


def test_files_of_an_independent_writer_are_read(tmp_path, mirror):
    tfrecord = pytest.importorskip("tfrecord", reason="needs the test-only package tfrecord")
    drawings = read_ndjson(mirror / "simplified/cat.ndjson")
    path = _write(tmp_path)
    writer = tfrecord.TFRecordWriter(str(path))
    for strokes in drawings.to_lists():
        ink = _tutorial_ink(strokes)
        writer.write({
            "ink": (ink.ravel().tolist(), "float"), "shape": (list(ink.shape), "int"), "class_index": ([1], "int"),
        })  # fmt: skip
    writer.close()
    found = read_tfrecord(path)
    assert np.array_equal(found.stroke_offsets, drawings.stroke_offsets)
    assert found.word.tolist() == ["cat"] * len(drawings)


BAD = {
    "checksum": (_framed(_example(INK))[:-1] + b"\0", "checksum"),
    "no Example": (_framed(b"\xff\xff\xff"), "no Example"),
    "nothing in it": (_framed(b""), "'shape' is []"),
    "shape": (_framed(_example(INK, shape=[5, 3])), "'shape' is [5, 3], 'ink' has 12 numbers"),
    "two columns": (_framed(_example([[1, 2]])), "'shape' is [1, 2]"),
    "class": (_framed(_example(INK, 2)), "'class_index' is [2], expected one number below 2"),
    "NaN": (_framed(_example([[np.nan, 1, 1]])), "not finite"),
    "huge": (_framed(_example([[3e38, 1, 0], [3e38, 1, 1]])), "too large"),
    "end of stroke": (_framed(_example([[1, 1, 0.5]])), "end of stroke"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_record_is_named_and_its_neighbours_are_kept(name, tmp_path):
    record, reason = BAD[name]
    good = _framed(_example(INK))
    path = _write(tmp_path, good, record, good)
    bad = BadRecords()
    assert read_tfrecord(path, bad=bad).to_lists() == [POINTS] * 2
    assert (bad.count, bad.total, bad.first[0].line) == (1, 3, 2) and reason in bad.first[0].reason
    with pytest.raises(UserError) as error:
        read_tfrecord(path)
    assert str(error.value).startswith(f"{path}:2: ") and reason in str(error.value)


@pytest.mark.parametrize("cut", [1, 4, 20, -5])
def test_a_file_cut_short_keeps_the_whole_records(cut, tmp_path):
    good = _framed(_example(INK))
    path = _write(tmp_path, good, good[:-cut])
    bad = BadRecords()
    assert read_tfrecord(path, bad=bad).to_lists() == [POINTS]
    assert str(bad.first[0]) == f"{path}:2: truncated, or its checksum is wrong"


def test_nothing_is_read_behind_a_damaged_length(tmp_path):
    path = _write(tmp_path, _framed(_example(INK)), b"\xff" * 40)
    with pytest.raises(UserError, match="2: damaged record length"):
        read_tfrecord(path, bad=BadRecords())


def test_the_limit_counts_drawings_over_all_files(tmp_path):
    for shard in range(2):
        _write(tmp_path, *[_framed(_example(INK))] * 3, name=f"training.tfrecord-0000{shard}-of-00002")
    assert len(read_tfrecord(tmp_path / "training.tfrecord-?????-of-?????", limit=4)) == 4


def test_missing_files_are_one_line(tmp_path):
    with pytest.raises(UserError, match="not found"):
        read_tfrecord(tmp_path / "training.tfrecord-?????-of-?????")
    path = _write(tmp_path, _framed(_example(INK)))
    (tmp_path / "training.tfrecord.classes").unlink()
    with pytest.raises(UserError, match=r"training\.tfrecord\.classes: not found"):
        read_tfrecord(path)
