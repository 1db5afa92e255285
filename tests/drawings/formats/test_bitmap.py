"""Opening the published bitmaps."""

import numpy as np
import pytest

from sketch_classifier.drawings.formats import open_bitmaps
from sketch_classifier.errors import UserError


def test_bitmaps_are_mapped_not_read(tmp_path):
    rows = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 784)
    np.save(tmp_path / "cat.npy", rows)
    bitmaps = open_bitmaps(tmp_path / "cat.npy")
    assert isinstance(bitmaps, np.memmap) and not bitmaps.flags.writeable
    assert np.array_equal(bitmaps, rows)


def test_a_file_without_rows_is_empty(tmp_path):
    np.save(tmp_path / "cat.npy", np.zeros((0, 784), np.uint8))
    assert open_bitmaps(tmp_path / "cat.npy").shape == (0, 784)


def test_a_real_file_opens(mirror):
    assert open_bitmaps(mirror / "numpy_bitmap/cat.npy").shape[1] == 784


@pytest.mark.parametrize("array", [
    np.zeros((2, 784), np.float32), np.zeros((2, 28, 28), np.uint8), np.zeros(784, np.uint8),
    np.zeros((2, 783), np.uint8),
    np.array([{"pickled": "object"}], dtype=object),
])  # fmt: skip
def test_another_type_or_shape_is_refused(array, tmp_path):
    np.save(tmp_path / "cat.npy", array)
    with pytest.raises(UserError, match=r"cat\.npy: .*") as error:
        open_bitmaps(tmp_path / "cat.npy")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("keep", [0, 5, 60, 200, 128 + 784, 128 + 2 * 784 - 1])
def test_a_file_cut_short_is_refused(keep, tmp_path):
    np.save(tmp_path / "cat.npy", np.zeros((2, 784), np.uint8))
    path = tmp_path / "cat.npy"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"cat\.npy: "):
        open_bitmaps(path)


def test_a_file_of_another_kind_and_a_missing_one_are_one_line(tmp_path):
    (tmp_path / "cat.npy").write_bytes(b"<html>not found</html>" * 50)
    with pytest.raises(UserError, match=r"cat\.npy: "):
        open_bitmaps(tmp_path / "cat.npy")
    np.savez(tmp_path / "many.npz", a=np.zeros((2, 784), np.uint8))
    with pytest.raises(UserError, match=r"many\.npz: "):
        open_bitmaps(tmp_path / "many.npz")
    with pytest.raises(UserError, match=r"dog\.npy: not found"):
        open_bitmaps(tmp_path / "dog.npy")
