"""Reading sketch-rnn's .npz files, which hold pickles, without loading any."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.drawings.formats import BadRecords, iter_sketch_rnn, read_sketch_rnn
from sketch_classifier.drawings.formats.sketch_rnn import sketch_rnn_lists
from sketch_classifier.errors import UserError

INK = np.array([[3, 4, 0], [10, 0, 1], [-5, 5, 0], [0, 2, 1]], np.int16)
STROKES = [[[3, 13], [4, 4]], [[8, 8], [9, 11]]]


def objects(*items) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def npz(path, pickled: bytes, count: int = 1, name: str = "train"):
    """A file with one list, of which the pickle is given."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (count,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.npy", file.getvalue() + pickled)
    return path


def test_deltas_become_points(tmp_path):
    np.savez(tmp_path / "cat.npz", train=objects(INK, INK[:1]), valid=objects(INK), test=objects())
    assert sketch_rnn_lists(tmp_path / "cat.npz") == {"train": 2, "valid": 1, "test": 0}
    drawings = read_sketch_rnn(tmp_path / "cat.npz")
    assert drawings.to_lists() == [STROKES, [[[3], [4]]]]
    assert drawings.row.tolist() == [0, 1]
    assert len(read_sketch_rnn(tmp_path / "cat.npz", "valid")) == 1 and not list(
        iter_sketch_rnn(tmp_path / "cat.npz", "test")
    )


@given(
    inks=st.lists(
        st.lists(st.tuples(*2 * [st.integers(-500, 500)], st.integers(0, 1)), min_size=1, max_size=9), max_size=6
    ),
    protocol=st.integers(1, 5),
    dtype=st.sampled_from(["<i2", ">i2", "i1", "f4", "f8"]),
    by_columns=st.booleans(),
)
def test_every_protocol_and_type(tmp_path_factory, inks, protocol, dtype, by_columns):
    arrays = [np.array(ink).clip(-100, 100).astype(dtype, order="F" if by_columns else "C") for ink in inks]
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    npz(path, pickle.dumps(objects(*arrays), protocol), len(arrays))
    found = list(iter_sketch_rnn(path, batch_size=1))
    assert len(found) == len(arrays)
    for drawing, array in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(drawing.points, np.cumsum(array[:, :2].astype(float), axis=0))
        assert len(drawing.stroke_offsets) - 1 == array[:-1, 2].sum() + 1


def test_a_pickle_of_python_2(tmp_path):
    """As Magenta's own files are: texts are bytes, and the numbers stand in one of them."""
    item = b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87R(K\x01K\x04K\x03\x86"
    item += b"cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    item += b"U" + bytes([INK.nbytes]) + INK.tobytes() + b"tb"
    outer = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
    outer += b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb\x89"
    path = npz(tmp_path / "a.npz", outer + b"](" + item + item + b"etb.", 2)
    assert read_sketch_rnn(path).to_lists() == [STROKES, STROKES]


class Harm:
    def __reduce__(self):
        return os.mkdir, (os.environ["HARM"],)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "what", [Harm(), [Harm()], objects(Harm()), objects([Harm()]), objects(INK, Harm()), objects({"a": INK}), objects("x"),
             objects(objects(INK)), {"train": INK}, objects(None), INK, np.array(["a"]), objects(INK, [INK])],
)  # fmt: skip
def test_whatever_is_no_list_of_arrays_of_numbers_is_refused(tmp_path, monkeypatch, protocol, what):
    monkeypatch.setenv("HARM", str(tmp_path / "harm"))
    path = npz(tmp_path / "a.npz", pickle.dumps(what, protocol), 1)
    with pytest.raises(UserError, match="^[^\n]*a.npz/train: not a list of numeric arrays[^\n]*$"):
        read_sketch_rnn(path)
    assert not (tmp_path / "harm").exists()


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_pickle_is_refused_or_gives_drawings(tmp_path_factory, place, byte):
    data = bytearray(pickle.dumps(objects(INK, INK), 2))
    data[place % len(data)] = byte
    path = npz(tmp_path_factory.mktemp("npz") / "a.npz", bytes(data), 2)
    try:
        read_sketch_rnn(path)
    except UserError as error:
        assert "\n" not in str(error)


def test_malformed_drawings_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", train=objects(INK, INK[:0], INK[:, :2], INK + 1))
    with pytest.raises(UserError, match="^[^\n]*a.npz/train:2: the drawing has no points$"):
        read_sketch_rnn(tmp_path / "a.npz")
    bad = BadRecords()
    assert len(read_sketch_rnn(tmp_path / "a.npz", bad=bad)) == 1
    assert (bad.count, bad.total) == (3, 4)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no file of NumPy"])
def test_no_npz_file(tmp_path, data):
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(UserError, match="^[^\n]*a.npz: not an .npz file [^\n]*$"):
        sketch_rnn_lists(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", other=INK)
    with pytest.raises(UserError, match="^[^\n]*b.npz: no list train, valid or test; found other$"):
        sketch_rnn_lists(tmp_path / "b.npz")
