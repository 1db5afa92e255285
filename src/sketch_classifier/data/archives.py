"""Reads a local or remote .zip or .tar archive as if it were the folder it was made from."""

from __future__ import annotations

import io
import tarfile
import tempfile
import threading
import zipfile
from abc import ABC, abstractmethod
from typing import IO, Any

import fsspec
from fsspec.compression import compr

from sketch_classifier.drawings.limits import check_inflation
from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.errors import UserError, one_line, reading, shown, writing

COMPRESSIONS = {  # of tar files, by fsspec's names
    ".tar": None, ".tar.gz": "gzip", ".tgz": "gzip", ".tar.bz2": "bz2", ".tbz2": "bz2", ".tar.xz": "xz", ".txz": "xz",
}  # fmt: skip
ARCHIVES = (".zip", *COMPRESSIONS)
MOST_OPEN = 16  # members kept open for reading
COPIED = 2**20  # bytes copied at a time


def is_archive(url: str) -> bool:
    """Whether a path or URL is that of an archive, judged by its suffix."""
    return url.lower().endswith(ARCHIVES)


def open_archive(url: str, opened: IO[bytes] | None = None) -> Archive:
    """Open the archive at a path or URL, or `opened`, the file object of that archive if it is already open.

    Raises UserError if it does not exist, is damaged or is not an archive.
    """
    name = f"source {url!r}"
    try:
        file = opened or fsspec.open(url, "rb").open()
        if url.lower().endswith(".zip"):
            return _Zip(file, name)
        with file:
            packed = file.seek(0, io.SEEK_END)
            file.seek(0)
            return _Tar(_inflated(file, url), packed, name)
    except FileNotFoundError:
        raise UserError(f"{name}: not found") from None
    except UserError:
        raise
    except Exception as error:  # zipfile and tarfile raise a dozen types on damaged archives
        raise UserError(f"{name}: not a readable archive ({one_line(error)})") from error


def _inflated(file: IO[bytes], url: str) -> IO[bytes]:
    compression = next(COMPRESSIONS[ending] for ending in COMPRESSIONS if url.lower().endswith(ending))
    return compr[compression](file, mode="rb")


class Archive(ABC):
    """The part of fsspec's file system interface that `Source` uses. Paths have no leading slash."""

    def __init__(self, sizes: dict[str, int]) -> None:
        """`sizes` are the sizes of the members in bytes, by name.

        Names that point outside the archive or are not valid file names are ignored. Backslashes in names, which some
        Windows programs write, are accepted.
        """
        self.members: dict[str, str] = {}  # name within the archive, by path
        self._entries: dict[str, dict[str, Any]] = {}
        self._below: dict[str, list[str]] = {"": []}
        self._lock = threading.Lock()
        for name, size in sizes.items():
            parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
            if parts and not any(map(unusable_name, parts)):
                path = "/".join(parts)
                self.members[path] = name
                self._add(path, {"name": path, "size": size, "type": "file"})

    def _add(self, path: str, entry: dict[str, Any]) -> None:
        if path in self._entries:
            return
        self._entries[path] = entry
        folder = path.rpartition("/")[0]
        if folder not in self._below:
            self._below[folder] = []
            self._add(folder, {"name": folder, "size": 0, "type": "directory"})
        self._below[folder].append(path)

    def ls(self, path: str, detail: bool = True) -> list:
        """List a folder. Raises FileNotFoundError if it does not exist."""
        if path.strip("/") not in self._below:
            raise FileNotFoundError(path)
        paths = self._below[path.strip("/")]
        return [self._entries[each] for each in paths] if detail else list(paths)

    def info(self, path: str) -> dict[str, Any]:
        """The name, size and type of a file or folder. Raises FileNotFoundError if it does not exist."""
        try:
            return self._entries[path.strip("/")]
        except KeyError:
            raise FileNotFoundError(path) from None

    def cat_file(self, path: str, start: int, end: int) -> bytes:
        """The bytes of a file from `start` to `end`. Raises UserError if the archive is damaged."""
        with self._lock:
            with reading(path):
                return self._read(path, start, end)

    @abstractmethod
    def _read(self, path: str, start: int, end: int) -> bytes: ...


class _Zip(Archive):
    def __init__(self, file: IO[bytes], name: str) -> None:
        self._zip = zipfile.ZipFile(file)
        for about in self._zip.infolist():
            check_inflation(f"{name}: {shown(about.filename)}", about.compress_size, about.file_size)
        super().__init__({about.filename: about.file_size for about in self._zip.infolist() if not about.is_dir()})
        self._open: dict[str, IO[bytes]] = {}  # so that no large member is decompressed from its start for every block

    def _read(self, path: str, start: int, end: int) -> bytes:
        member = self._open.pop(path, None) or self._zip.open(self.members[path])
        member.seek(start)
        data = member.read(end - start)
        if end < self._entries[path]["size"]:
            self._open[path] = member
            if len(self._open) > MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
        else:
            member.close()
        return data


class _Tar(Archive):
    """Decompressed once into an unnamed temporary file, because a compressed tar can only be read from its start."""

    def __init__(self, file: IO[bytes], packed: int, name: str) -> None:
        self._file = tempfile.TemporaryFile()
        while block := file.read(COPIED):
            with writing(tempfile.gettempdir()):
                self._file.write(block)
            check_inflation(name, packed, self._file.tell())
        self._file.seek(0)
        with tarfile.open(fileobj=self._file, mode="r:") as tar:
            members = [member for member in tar if member.isreg() and not member.issparse()]
        self._places = {member.name: member.offset_data for member in members}
        super().__init__({member.name: member.size for member in members})

    def _read(self, path: str, start: int, end: int) -> bytes:
        self._file.seek(self._places[self.members[path]] + start)
        return self._file.read(end - start)
