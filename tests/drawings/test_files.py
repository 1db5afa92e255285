"""Nothing half-written under a final name."""

import numpy as np
import pytest

from sketch_classifier.drawings.files import NpyWriter, replaced_folder


def test_a_folder_takes_its_place_when_all_is_written(tmp_path):
    final = tmp_path / "out"
    for content in ("first", "second"):
        with replaced_folder(final) as folder:
            (folder / content).write_text(content)
        assert [path.name for path in final.iterdir()] == [content]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_what_was_there(tmp_path):
    final = tmp_path / "out"
    with replaced_folder(final) as folder:
        (folder / "good").write_text("good")
    with pytest.raises(KeyboardInterrupt), replaced_folder(final) as folder:
        (folder / "bad").write_text("bad")
        raise KeyboardInterrupt
    assert [path.name for path in final.iterdir()] == ["good"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("lengths", [[], [0], [3, 0, 4], [4096] * 30])
def test_npy_writer_equals_np_save(tmp_path, lengths):
    blocks = [np.full((length, 2, 3), i, np.int16) for i, length in enumerate(lengths)]
    with NpyWriter(tmp_path / "a.npy", (2, 3), np.int16) as writer:
        for block in blocks:
            writer.append(block)
    read = np.load(tmp_path / "a.npy", allow_pickle=False)
    expected = np.concatenate(blocks) if blocks else np.empty((0, 2, 3), np.int16)
    assert read.dtype == np.int16
    np.testing.assert_array_equal(read, expected)
    assert np.load(tmp_path / "a.npy", mmap_mode="r").shape == expected.shape


def test_npy_writer_refuses_another_shape(tmp_path):
    with NpyWriter(tmp_path / "a.npy", (2,), np.uint8) as writer, pytest.raises(ValueError, match="rows of shape"):
        writer.append(np.zeros((4, 3), np.uint8))
