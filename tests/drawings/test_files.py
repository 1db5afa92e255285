"""Nothing half-written under a final name."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sketch_classifier.drawings.files import NpyWriter, replaced_file, replaced_files, replaced_folder


def in_file(path, text):
    path.write_text(text)


def in_folder(path, text):
    for name in "abc":
        (path / name).write_text(text)


REPLACED = [(replaced_file, in_file), (replaced_files, in_folder), (replaced_folder, in_folder)]


def texts(folder):
    """What all files below a folder hold."""
    return {path.read_text() for path in folder.rglob("*") if path.is_file()}


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


@pytest.mark.parametrize(("replaced", "write"), REPLACED)
def test_two_writers_of_one_output_do_not_disturb_each_other(tmp_path, replaced, write):
    with replaced(tmp_path / "out") as first:
        write(first, "first")
        with replaced(tmp_path / "out") as second:
            write(second, "second")
            assert texts(tmp_path) == {"first", "second"}
        assert texts(tmp_path) == {"first", "second"}
    assert texts(tmp_path) == {"first"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("outer", [replaced_files, replaced_folder])
@pytest.mark.parametrize(("replaced", "write"), REPLACED)
def test_one_within_another_does_not_wait_for_it(tmp_path, outer, replaced, write):
    with outer(tmp_path / "out") as folder, replaced(folder / "inner") as path:
        write(path, "text")
    assert texts(tmp_path / "out/inner" if write is in_folder else tmp_path / "out") == {"text"}


@pytest.mark.parametrize(("replaced", "write"), REPLACED)
def test_many_writers_of_one_output(tmp_path, replaced, write):
    def run(number):
        with replaced(tmp_path / "out") as path:
            write(path, str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(40)))
    assert len(texts(tmp_path)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not list(tmp_path.rglob("*.partial")) and not list(tmp_path.rglob("*.previous"))


@pytest.mark.parametrize(("replaced", "write"), REPLACED)
def test_what_a_killed_run_left_is_removed(tmp_path, replaced, write):
    place = tmp_path / "out" if replaced is replaced_files else tmp_path
    name = "" if replaced is replaced_files else "out"
    place.mkdir(exist_ok=True)
    for left in ("0123abcd.partial", "0123abcd.previous", "partial"):
        (place / f"{name}.{left}").mkdir()
    (place / "other.0123abcd.partial").write_text("another output")
    with replaced(tmp_path / "out") as path:
        write(path, "new")
    assert sorted(path.name for path in place.iterdir() if "p" in path.name) == ["other.0123abcd.partial"]


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
