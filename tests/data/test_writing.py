"""A full disk, a read-only folder: one line, nothing half-written, whichever library was writing."""

import os
import resource
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sketch_classifier.drawings.files import NpyWriter, replaced_file, replaced_folder
from sketch_classifier.errors import UserError, printable, reading, writing


@contextmanager
def little_space(num_bytes: int):
    """Files may have no more bytes, which fails as a full disk does: with an OSError of the library's own wording."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_numpy(path: Path) -> None:
    with NpyWriter(path, (1000,), np.uint8) as writer:
        writer.append(np.zeros((1000, 1000), np.uint8))


def write_arrow(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, pa.schema([("a", pa.binary())]), compression="none", use_dictionary=False) as writer:
        writer.write_table(pa.table({"a": pa.array([os.urandom(100_000)] * 20, pa.binary())}))


def write_torch(path: Path) -> None:
    import torch

    torch.save({"a": torch.zeros(1_000_000)}, path)


def write_safetensors(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(1_000_000)}, path)


def write_numpy_archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.zeros(1_000_000))


def write_numpy_file(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(1_000_000))


WRITERS = [write_numpy, write_numpy_file, write_arrow, write_torch, write_safetensors, write_numpy_archive]


@pytest.mark.parametrize("write", WRITERS)
def test_no_space_is_one_line(tmp_path, write):
    (tmp_path / "file").write_text("before")
    with little_space(100_000), pytest.raises(UserError, match="^[^\n]*cannot be written: [^\n]+$"):
        with replaced_file(tmp_path / "file") as path:
            write(path)
    with little_space(100_000), pytest.raises(UserError, match="^[^\n]*cannot be written: [^\n]+$"):
        with replaced_folder(tmp_path / "folder") as folder:
            write(folder / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "before"


@contextmanager
def ordinary_user():
    """Root may write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("replaced", [replaced_file, replaced_folder])
def test_a_read_only_folder_is_one_line(tmp_path, replaced, is_there):
    (tmp_path / "folder").mkdir()
    if is_there:
        with replaced(tmp_path / "folder/out") as path:
            path.mkdir(exist_ok=True) if replaced is replaced_folder else path.write_text("old")
    (tmp_path / "folder").chmod(0o555)
    for path in (tmp_path, *tmp_path.parents[:-2]):
        path.chmod(path.stat().st_mode | 0o055)
    with ordinary_user(), pytest.raises(UserError, match="^[^\n]*folder/out: Permission denied$"):
        with replaced(tmp_path / "folder/out") as path:
            path.write_text("x")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == is_there * ["out"]


@pytest.mark.parametrize("what", ["download", "convert", "preprocess"])
def test_commands_on_a_full_disk(get, source_with, tmp_path, what):
    from sketch_classifier.data.convert import convert
    from sketch_classifier.data.preprocess import preprocess
    from sketch_classifier.params import DatasetPreset, Split

    line = b'{"drawing":[[[1,200,3],[3,4,5]]]}\n'
    source = source_with("raw/cat.ndjson", line * 2000)
    source_with("raw/dog.ndjson", line * 2000)
    if what == "preprocess":
        get(source, "raw", ["cat", "dog"], None)
    run = {
        "download": lambda: get(source, "raw", ["cat", "dog"], None),
        "convert": lambda: convert(source, tmp_path / "out", "parquet"),
        "preprocess": lambda: preprocess(
            tmp_path / "out",
            DatasetPreset(format="raw", categories=("cat", "dog"), limit=None),
            Split(train=0.8, validation=0.1, test=0.1),
            tmp_path / "processed",
        ),
    }[what]
    run()  # also compiles, which writes files of its own
    if what == "convert":
        shutil.rmtree(tmp_path / "out")
    before = sorted(path.name for path in tmp_path.iterdir())
    with little_space(20_000), pytest.raises(UserError, match="^[^\n]*cannot be written: [^\n]+$"):
        run()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "error",
    [ValueError("a\nb\x1b[31m"), RecursionError(), MemoryError(), OverflowError("x" * 5000), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
     KeyError("x"), OSError(5, "Input/output error"), SystemError("AST constructor")],
)  # fmt: skip
def test_any_failure_to_read_is_one_short_line(error):
    with pytest.raises(UserError, match="^a.npy: ") as raised, reading("a.npy"):
        raise error
    assert str(raised.value).isprintable() and len(str(raised.value)) < 300
    assert raised.value.__cause__ is error


def test_what_is_no_failure_to_write_passes(tmp_path):
    with pytest.raises(ValueError, match="shape"), writing(tmp_path):
        raise ValueError("shape")
    assert printable("猫 'cat' 🐱") == "猫 'cat' 🐱"
