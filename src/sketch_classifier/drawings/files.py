"""Writes files and folders atomically, by renaming them when they are complete, and .npy files of unknown length."""

from __future__ import annotations

import errno
import math
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from sketch_classifier.errors import UserError, one_line, writing


@contextmanager
def replaced_folder(final: str | Path) -> Iterator[Path]:
    """A new empty folder to write to; its contents replace those of `final` if the block succeeds.

    Anything else in `final` is removed. If `final` is a symbolic link, the folder that it points to is replaced; a
    mount point is preserved, too. If the block raises, the new folder is removed and `final` is unchanged. Raises a
    one-line UserError if it cannot be written (disk full, no permission), whichever library reports it, and immediately
    if that is known in advance. If several processes write the same folder, the last one wins.
    """
    final = Path(final)
    with writing(final):
        place = final.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(place.parent):
            partial, held = _new_folder(place)
    try:
        with writing(final):
            yield partial
            with _alone_in(place.parent):
                if partial.parent == place:
                    for path in place.iterdir():
                        if path != partial and not _is_held(path):
                            _remove(path)
                    _move_all(partial, place)
                elif place.exists():
                    previous = partial.with_suffix(".previous")
                    place.rename(previous)
                    partial.rename(place)
                    shutil.rmtree(previous)
                else:
                    partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(held)


@contextmanager
def replaced_files(folder: str | Path) -> Iterator[Path]:
    """A new empty folder to write files to; they are moved to `folder` if the block succeeds.

    Other files in `folder` are kept, and `folder` may be a symbolic link or a mount point. Old files with the same
    names are removed before the first new one is moved, so that a kill in between leaves files missing, but never a
    mixture of old and new. If the block raises, `folder` is unchanged. Raises UserError like `replaced_folder`.
    """
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder):
            _remove_left(folder, "")
            partial = folder / _name("")
            partial.mkdir()
            held = _held(partial)
    try:
        with writing(folder):
            yield partial
            names = sorted(path.name for path in partial.iterdir())
            for name in names:
                _flush(partial / name)
            with _alone_in(folder):
                for name in names:
                    _remove(folder / name)
                _move_all(partial, folder)
            _flush(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(held)


@contextmanager
def replaced_file(final: str | Path) -> Iterator[Path]:
    """A path beside `final` to write to; the file replaces `final` if the block succeeds.

    It is flushed to disk first, so that a power failure leaves either the old or the new file. If the block raises, the
    new file is removed and `final` is unchanged. Raises a one-line UserError if it cannot be written. If several
    processes write the same file, the last one wins.
    """
    final = Path(final)
    with writing(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(final.parent):
            _remove_left(final.parent, final.name)
            partial = final.with_name(_name(final.name))
            held = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            _lock(held)
    try:
        with writing(final):
            yield partial
            _flush(partial)
            partial.replace(final)
            _flush(final.parent)
    finally:
        os.close(held)
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def alone(path: str | Path, waiting: Callable[[], object]) -> Iterator[None]:
    """A lock between processes and threads, held during the block.

    path     lock file; it is empty and is not removed
    waiting  called once if another process or thread holds the lock
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        if not _lock(descriptor):
            waiting()
            _lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


def found_from(base: str | Path, name: str | Path) -> Path:
    """`name` as a path, resolved against `base` if it is relative and does not exist in the working directory.

    For files that params.yaml names and git does not track: DVC runs queued and temporary experiments in a copy of the
    project, without these files.
    """
    path = Path(name)
    with suppress(RuntimeError):  # "~nobody": a valid file name
        path = path.expanduser()
    with suppress(OSError):  # the name is too long: reported when the file is opened
        if path.exists():
            return path
    return Path(base) / path


def require_writable(*folders: str | Path) -> None:
    """Raise a one-line UserError for the first of the folders that is not writable; to call before a long computation.

    A folder that does not exist counts as writable if its nearest existing parent is. Leaves nothing behind.
    """
    for folder in map(Path, folders):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists() or path.is_symlink())
        if not there.is_dir():
            what = "a file" if there.exists() else "a broken symbolic link"
            raise UserError(f"{there}: a writable folder is expected, found {what}")
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"x")
                file.flush()
        except OSError as error:
            raise UserError(f"{there}: cannot be written: {error.strerror or one_line(error)}") from error


def _remove(path: Path) -> None:
    """Remove a file, a symbolic link or a folder with its contents; do nothing if it does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _new_folder(place: Path) -> tuple[Path, int]:
    """A new folder to write to, which will replace `place`, and its lock.

    It is created beside `place`, so that a single rename replaces everything, or inside it if `place` cannot be renamed
    because it is a mount point.
    """
    _remove_left(place.parent, place.name)
    partial = beside = place.with_name(_name(place.name))
    if place.exists():
        _remove_left(place, "")
        partial = place / _name("")
    partial.mkdir()
    if partial != beside:
        with suppress(OSError):  # fails between mount points, even of the same file system
            partial = partial.rename(beside)
    return partial, _held(partial)


def _name(name: str) -> str:
    """A temporary name for the file or folder until it is complete, unique among processes that write the same one."""
    return f"{name}.{secrets.token_hex(4)}.partial"


def _remove_left(folder: Path, name: str) -> None:
    """Remove what killed runs have left in `folder` of the file or folder with that name."""
    left = re.compile(re.escape(name) + r"(\.[0-9a-f]{8})?\.(partial|previous)")
    for path in list(folder.iterdir()):
        if left.fullmatch(path.name) and not _is_held(path):
            _remove(path)


def _is_held(path: Path) -> bool:
    """Whether a running process is writing it; killed processes hold no locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe would block
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def _held(folder: Path) -> int:
    """A descriptor that holds the lock of a folder until it is closed."""
    descriptor = os.open(folder, os.O_RDONLY)
    _lock(descriptor)
    return descriptor


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """A lock on the folder for the moment in which names in it are created or renamed.

    An incomplete folder belongs to the run that already holds its lock, so it is not locked again: that would deadlock.
    """
    if folder.name.endswith(".partial"):
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a file or folder against other processes; return whether it succeeded, or locks are not supported."""
    import fcntl  # here: does not exist on Windows, where models can still predict

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _move_all(partial: Path, folder: Path) -> None:
    for path in sorted(partial.iterdir()):
        path.replace(folder / path.name)


def _flush(path: Path) -> None:
    """Flush the file, or the directory entries of the folder, to disk."""
    with suppress(FileNotFoundError):  # the rename reports files that the block did not write
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # the file system does not support it for folders
                raise
        finally:
            os.close(descriptor)


class NpyWriter:
    """Writes an array of shape (n, *shape) a block of rows at a time; a context manager.

    The header is rewritten at the end, for which numpy pads it, so memory use does not depend on n. With `keep`, the
    first `keep` rows of an existing file are kept, and the rest is truncated.
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
        """Pass the appended rows to the operating system, so that they survive if this process is killed."""
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
