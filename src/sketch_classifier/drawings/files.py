"""Files and folders that get their final name only when they are complete, and .npy files of unknown length."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from sketch_classifier.errors import UserError, one_line, writing


@contextmanager
def replaced_folder(final: str | Path) -> Iterator[Path]:
    """A new empty folder to write in; what is in it becomes the content of `final` when the block ends well.

    Whatever else `final` held is removed. A symbolic link stays one, and the folder that it leads to is replaced; a
    mount point stays one, too. When the block raises, the new folder is removed and `final` stays as it was. Raises
    UserError in one line where it cannot be written (a full disk, no permission), whichever library says so, and does
    so at once where that is known before.
    """
    final = Path(final)
    with writing(final):
        partial, place = _new_folder(final)
    try:
        with writing(final):
            yield partial
            if partial.parent == place:
                for path in place.iterdir():
                    if path != partial:
                        _remove(path)
                _move_all(partial, place)
            elif place.exists():
                previous = place.with_name(place.name + ".previous")
                _remove(previous)
                place.rename(previous)
                partial.rename(place)
                shutil.rmtree(previous)
            else:
                partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def replaced_files(folder: str | Path) -> Iterator[Path]:
    """A new empty folder to write files in; they are moved to `folder` when the block ends well.

    Whatever else is in `folder` stays, and `folder` may be a symbolic link or a mount point. Old files of these names
    are removed before the first new one is moved, so that a kill in between leaves files missing, but no mixture. When
    the block raises, `folder` stays as it was. Raises UserError like `replaced_folder`.
    """
    folder = Path(folder)
    partial = folder / ".partial"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        partial.mkdir()
    try:
        with writing(folder):
            yield partial
            names = sorted(path.name for path in partial.iterdir())
            for name in names:
                _flush(partial / name)
            for name in names:
                _remove(folder / name)
            _move_all(partial, folder)
            _flush(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def replaced_file(final: str | Path) -> Iterator[Path]:
    """A path beside `final` to write to; the file takes the place of `final` when the block ends well.

    It is on the disk before it does, so that a power failure leaves the old one or the new one. When the block raises,
    the new file is removed and `final` stays as it was. Raises UserError in one line where it cannot be written.
    """
    final = Path(final)
    partial = final.with_name(final.name + ".partial")
    try:
        with writing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            _flush(partial)
            partial.replace(final)
            _flush(final.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def found_from(base: str | Path, name: str | Path) -> Path:
    """`name` as a path, relative to `base` if it is relative and the working directory does not have it.

    For files that the user names in params.yaml and git does not know: DVC runs queued and temporary experiments in a
    copy of the project, without these files.
    """
    path = Path(name)
    with suppress(RuntimeError):  # "~nobody": a name like any other
        path = path.expanduser()
    with suppress(OSError):  # a name that is too long: whoever opens the file says so
        if path.exists():
            return path
    return Path(base) / path


def require_writable(*folders: str | Path) -> None:
    """Raise UserError, in one line, for the first of the folders that files cannot be written to.

    A folder that does not exist counts as writable where the nearest one above it is. Leaves nothing behind. For the
    start of a long computation.
    """
    for folder in map(Path, folders):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists() or path.is_symlink())
        if not there.is_dir():
            what = "a file" if there.exists() else "a symbolic link that leads nowhere"
            raise UserError(f"{there}: a folder to write in is expected here, found {what}")
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"x")
                file.flush()
        except OSError as error:
            raise UserError(f"{there}: cannot be written: {error.strerror or one_line(error)}") from error


def _remove(path: Path) -> None:
    """Remove a file, a symbolic link or a folder with all in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _new_folder(final: Path) -> tuple[Path, Path]:
    """A new folder to write in, and the place that it will take, which is `final` without symbolic links.

    It is beside that place, so that one renaming replaces all, or within it where it cannot be renamed: a mount point.
    """
    place = final.resolve()
    beside, within = place.with_name(place.name + ".partial"), place / ".partial"
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove(beside)
    if not place.exists():
        beside.mkdir()
        return beside, place
    _remove(within)
    within.mkdir()
    try:
        within.rename(beside)  # fails from one mount to another, even of the same file system
    except OSError:
        return within, place
    return beside, place


def _move_all(partial: Path, folder: Path) -> None:
    for path in sorted(partial.iterdir()):
        path.replace(folder / path.name)


def _flush(path: Path) -> None:
    """Return when the file, or the names in the folder, are on the disk."""
    with suppress(FileNotFoundError):  # of what the block did not write, the renaming says so
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # the file system has no such call for folders
                raise
        finally:
            os.close(descriptor)


class NpyWriter:
    """Writes an array of shape (n, *shape) a block of rows at a time; a context manager.

    The header is written again at the end: numpy pads it so that the first axis may grow. So memory use does not
    depend on n. With `keep` the first so many rows of a file that is there are kept, and the rest is cut off.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype, *, keep: int = 0) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.num_rows = keep
        self._file = path.open("r+b" if keep else "wb")
        self._write_header()
        if keep:
            self._file.truncate(self._file.tell() + keep * self.dtype.itemsize * math.prod(shape))
            self._file.seek(0, os.SEEK_END)

    def append(self, rows: np.ndarray) -> None:
        """Append rows of shape (m, *shape)."""
        if rows.shape[1:] != self.shape:
            raise ValueError(f"rows of shape {self.shape} expected, found {rows.shape[1:]}")
        self._file.write(np.ascontiguousarray(rows, self.dtype).data)
        self.num_rows += len(rows)

    def flush(self) -> None:
        """Hand what was appended to the operating system, so that it outlives this process."""
        self._file.flush()

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
