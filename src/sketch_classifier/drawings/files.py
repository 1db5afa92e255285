"""Files and folders that get their final name only when they are complete, and .npy files of unknown length."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


@contextmanager
def replaced_folder(final: str | Path) -> Iterator[Path]:
    """A new empty folder beside `final` to write in; it takes the place of `final` when the block ends well.

    When the block raises, the new folder is removed and `final` stays as it was.
    """
    final = Path(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(final.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if final.exists():
        previous = final.with_name(final.name + ".previous")
        shutil.rmtree(previous, ignore_errors=True)
        final.rename(previous)
        partial.rename(final)
        shutil.rmtree(previous)
    else:
        partial.rename(final)


@contextmanager
def replaced_file(final: str | Path) -> Iterator[Path]:
    """A path beside `final` to write to; the file takes the place of `final` when the block ends well.

    When the block raises, the new file is removed and `final` stays as it was.
    """
    final = Path(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(final.name + ".partial")
    try:
        yield partial
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)


class NpyWriter:
    """Writes an array of shape (n, *shape) a block of rows at a time; a context manager.

    The header is written again at the end: numpy pads it so that the first axis may grow. So memory use does not
    depend on n.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.num_rows = 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, rows: np.ndarray) -> None:
        """Append rows of shape (m, *shape)."""
        if rows.shape[1:] != self.shape:
            raise ValueError(f"rows of shape {self.shape} expected, found {rows.shape[1:]}")
        self._file.write(np.ascontiguousarray(rows, self.dtype).data)
        self.num_rows += len(rows)

    def __enter__(self) -> NpyWriter:
        return self

    def __exit__(self, *exception) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        description = np.lib.format.dtype_to_descr(self.dtype)
        shape = (self.num_rows, *self.shape)
        np.lib.format.write_array_header_1_0(self._file, {"descr": description, "fortran_order": False, "shape": shape})
