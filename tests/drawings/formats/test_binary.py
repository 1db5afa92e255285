"""Reading and writing the dataset's binary format."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords, binary, iter_binary, read_binary, read_ndjson, write_binary
from sketch_classifier.drawings.strokes import COLUMNS, Drawings
from sketch_classifier.errors import UserError


def _record(strokes, key_id=1, country=b"US", recognized=1, timestamp=1_488_497_110) -> bytes:
    """A record as the published `binary_file_parser.py` unpacks it."""
    packed = struct.pack("<Q2sbIH", key_id, country, recognized, timestamp, len(strokes))
    for x, y in strokes:
        packed += struct.pack(f"<H{len(x)}B{len(y)}B", len(x), *x, *y)
    return packed


def _read(data: bytes, **options) -> Drawings:
    return read_binary(io.BytesIO(data), **options)


def _write(drawings: Drawings) -> bytes:
    file = io.BytesIO()
    write_binary(file, drawings)
    return file.getvalue()


@st.composite
def drawings_of(draw):
    stroke = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=5)
    stroke = stroke.map(lambda rows: [list(values) for values in zip(*rows, strict=True)])
    nested = draw(st.lists(st.lists(stroke, min_size=1, max_size=4), min_size=1, max_size=8))
    count = len(nested)
    return Drawings.from_lists(
        nested,
        dtype=np.uint8,
        word=["cat"] * count,
        key_id=draw(st.lists(st.integers(0, 2**64 - 1), min_size=count, max_size=count)),
        countrycode=draw(st.lists(st.sampled_from([b"", b"US", b"de"]), min_size=count, max_size=count)),
        recognized=draw(st.lists(st.booleans(), min_size=count, max_size=count)),
        timestamp=np.array(draw(st.lists(st.integers(0, 2**32 - 1), min_size=count, max_size=count)), "datetime64[s]"),
    )


def test_a_record_becomes_arrays(tmp_path):
    path = tmp_path / "cat.bin"
    path.write_bytes(_record([([1, 2], [3, 4]), ([5], [6])], key_id=2**63) + _record([([7], [8])], recognized=0))
    drawings = read_binary(path)
    assert drawings.to_lists() == [[[[1, 2], [3, 4]], [[5], [6]]], [[[7], [8]]]]
    assert drawings.points.dtype == np.uint8 and drawings.times is None
    assert drawings.key_id.tolist() == [2**63, 1] and drawings.recognized.tolist() == [True, False]
    assert drawings.countrycode.tolist() == [b"US", b"US"] and drawings.word.tolist() == ["cat", "cat"]
    assert drawings.timestamp[0] == np.datetime64("2017-03-02T23:25:10")
    assert read_binary(path, word="dog").word.tolist() == ["dog", "dog"]


@settings(deadline=None)
@given(drawings_of(), st.integers(1, 60), st.integers(1, 5))
def test_what_is_written_is_read_again(drawings, block, batch_size):
    data = _write(drawings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binary, "BLOCK", block)
        batches = list(iter_binary(io.BytesIO(data), word="cat", batch_size=batch_size))
        assert all(len(batch) <= batch_size for batch in batches)
        again = Drawings.concatenate(batches)
        assert _read(data, limit=2).to_lists() == drawings[:2].to_lists()
    assert again.to_lists() == drawings.to_lists()
    for name in COLUMNS:
        assert getattr(again, name).tolist() == getattr(drawings, name).tolist()


def test_real_drawings_survive(mirror):
    drawings = read_ndjson(mirror / "simplified/cat.ndjson")
    again = _read(_write(drawings), word="cat")
    assert again.to_lists() == drawings.to_lists()
    assert np.array_equal(again.timestamp, drawings.timestamp.astype("datetime64[s]"))


@settings(deadline=None)
@given(drawings_of(), st.data())
def test_a_file_cut_short_keeps_the_whole_records(drawings, data):
    text = _write(drawings)
    cut = data.draw(st.integers(1, len(_write(drawings[-1])) - 1))
    bad = BadRecords()
    assert _read(text[:-cut], bad=bad).to_lists() == drawings[:-1].to_lists()
    assert (bad.count, bad.total, bad.first[0].line) == (1, len(drawings), len(drawings))
    with pytest.raises(UserError, match=f"<file>:{len(drawings)}: truncated"):
        _read(text[:-cut])


@pytest.mark.parametrize("strokes", [[], [([], [])], [([1], [2]), ([], [])]])
def test_an_empty_drawing_is_malformed(strokes):
    good = _record([([1, 2], [3, 4])])
    bad = BadRecords()
    assert _read(good + _record(strokes) + good, bad=bad).to_lists() == [[[[1, 2], [3, 4]]]] * 2
    assert (bad.count, bad.total, bad.first[0].line) == (1, 3, 2)
    with pytest.raises(UserError, match="<file>:2: the drawing has no strokes"):
        _read(good + _record(strokes) + good)


@pytest.mark.parametrize("damaged", [_record([([1], [2])], country=b"\x01U"), _record([([1], [2])], recognized=7)])
def test_nothing_is_read_behind_a_damaged_record(damaged):
    with pytest.raises(UserError, match="<file>:2: not a drawing"):
        _read(_record([([1], [2])]) + damaged, bad=BadRecords())


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data):
    try:
        _read(data, bad=BadRecords())
    except UserError as error:
        assert "\n" not in str(error)


def test_what_the_format_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "cat.bin"
    with pytest.raises(UserError, match=r"cat\.bin: points are float64"):
        write_binary(path, Drawings.from_lists([[[[0.5], [1]]]]))
    with pytest.raises(UserError, match="65536 points in a stroke"):
        write_binary(path, Drawings.from_lists([[[[1] * 65536, [1] * 65536]]]))
    with pytest.raises(UserError, match="1970"):
        write_binary(path, Drawings.from_lists([[[[1], [1]]]], timestamp=[np.datetime64("1969-12-31", "us")]))
    assert not list(tmp_path.iterdir())
