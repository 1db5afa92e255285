"""Files and folders that get their final name only when they are complete, and .npy files of unknown length."""

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
    """A new empty folder to write in; what is in it becomes the content of `final` when the block ends well.

    Whatever else `final` held is removed. A symbolic link stays one, and the folder that it leads to is replaced; a
    mount point stays one, too. When the block raises, the new folder is removed and `final` stays as it was. Raises
    UserError in one line where it cannot be written (a full disk, no permission), whichever library says so, and does
    so at once where that is known before. Of several processes that write the same folder, the last one replaces it.
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
    """A new empty folder to write files in; they are moved to `folder` when the block ends well.

    Whatever else is in `folder` stays, and `folder` may be a symbolic link or a mount point. Old files of these names
    are removed before the first new one is moved, so that a kill in between leaves files missing, but no mixture. When
    the block raises, `folder` stays as it was. Raises UserError like `replaced_folder`.
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
    """A path beside `final` to write to; the file takes the place of `final` when the block ends well.

    It is on the disk before it does, so that a power failure leaves the old one or the new one. When the block raises,
    the new file is removed and `final` stays as it was. Raises UserError in one line where it cannot be written. Of
    several processes that write the same file, the last one replaces it.
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
    """Within: no other process or thread is within the same for that path, of an empty file that is left there.

    waiting  called once, where another one is and this one waits
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


def _new_folder(place: Path) -> tuple[Path, int]:
    """A new folder to write in, which will take the place, and its lock.

    It is beside that place, so that one renaming replaces all, or within it where it cannot be renamed: a mount point.
    """
    _remove_left(place.parent, place.name)
    partial = beside = place.with_name(_name(place.name))
    if place.exists():
        _remove_left(place, "")
        partial = place / _name("")
    partial.mkdir()
    if partial != beside:
        with suppress(OSError):  # fails from one mount to another, even of the same file system
            partial = partial.rename(beside)
    return partial, _held(partial)


def _name(name: str) -> str:
    """What a file or folder of this name is called until it is complete: other processes may write the same one."""
    return f"{name}.{secrets.token_hex(4)}.partial"


def _remove_left(folder: Path, name: str) -> None:
    """Remove what killed runs have left in the folder of the file or folder with that name."""
    left = re.compile(re.escape(name) + r"(\.[0-9a-f]{8})?\.(partial|previous)")
    for path in list(folder.iterdir()):
        if left.fullmatch(path.name) and not _is_held(path):
            _remove(path)


def _is_held(path: Path) -> bool:
    """Whether a process that is alive writes it: one that is killed holds no lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # somebody's pipe would wait for its other end
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
    """For the moment in which names in the folder are made or change hands: one process at a time.

    A folder that is not complete belongs to the run that holds its lock: there it would wait for itself.
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
    """Lock a file or folder against other processes; whether that is done. It is, too, where there are no locks."""
    import fcntl  # here: Windows, where models predict, has none

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
