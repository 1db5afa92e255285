"""A preprocessed dataset on a web server or in a bucket, of which each process reads the rows that it needs."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import IO, cast

import numpy as np

from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.data.sources import Source
from sketch_classifier.drawings.npy_header import read_npy_header
from sketch_classifier.errors import UserError

HEAD = 2**12  # bytes that hold the header of an array
GAP = 2**16  # bytes between two rows that are fetched as well: another request would take longer
BLOCK = 2**22  # bytes of one request at most
AT_ONCE = 16  # requests


class RemoteFiles:
    """The files of a dataset under a URL, as `Dataset.open` takes them; see `Files` there.

    url  of a folder that holds what `preprocess` wrote, for fsspec: https://, gs://, s3://, memory://, …

    All parts of a file are of one version, and failures that pass are tried again: see `Source` and `SourceFile`.
    Raises UserError, here and whenever something is read, for a URL that cannot be read, and for a file that is not
    there, has changed since it was opened or is no array.
    """

    missing = "the URL of a copy of data/processed is expected"
    damaged = "copy data/processed there again"

    def __init__(self, url: str) -> None:
        self._source = Source(url)

    def __str__(self) -> str:
        return self._source.url

    def stream(self, name: str) -> IO[bytes]:
        return self._file(name).reader()

    def array(self, name: str) -> np.ndarray:
        return cast(np.ndarray, RemoteArray(self._file(name)))  # indexed like one

    def has(self, name: str) -> bool:
        return self._source.named(name) is not None

    def _file(self, name: str) -> SourceFile:
        file = self._source.named(name)
        if file is None:
            raise UserError(f"{self._source.address(name)}: not found; {self.missing}")
        return file


class RemoteArray:
    """The rows of an .npy file of a source, fetched when they are asked for and not kept.

    Indexed like a memory-mapped array, by a row, a slice or integers, which give an array in memory; by nothing else.
    Rows that lie close together are fetched by one request, AT_ONCE of these at the same time.
    """

    def __init__(self, file: SourceFile) -> None:
        head = io.BytesIO(file.read(0, min(HEAD, file.size)))
        self.shape, is_fortran_order, self.dtype = read_npy_header(head, file.url)
        self._file, self._start = file, head.tell()
        self._row_bytes = prod(self.shape[1:]) * self.dtype.itemsize
        if is_fortran_order or self.dtype.hasobject or not self.shape or not self._row_bytes:
            raise UserError(f"{file.url}: not an array that `preprocess` writes: {self.dtype} of shape {self.shape}")
        expected = self._start + len(self) * self._row_bytes
        if file.size != expected:
            raise UserError(f"{file.url}: damaged: {expected:,} bytes expected, found {file.size:,}")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """(n, …) for a slice or (n,) integers; (…) for a single one. Raises UserError where they cannot be fetched."""
        chosen = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        if chosen.dtype.kind not in "iu" and chosen.size:
            raise IndexError(f"rows are chosen by integers, found {chosen.dtype}")
        wanted = np.where(chosen < 0, chosen + len(self), chosen).astype(np.int64).ravel()
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(f"{self._file.url}: rows from 0 to {len(self) - 1} are there")
        unique, places = np.unique(wanted, return_inverse=True)
        return self._fetched(unique)[places].reshape(chosen.shape + self.shape[1:])[()]

    def cancel(self) -> None:
        """Let reads in other threads end at their next step, and all later ones fail."""
        self._file.source.cancel()

    def _fetched(self, rows: np.ndarray) -> np.ndarray:
        """The rows (n,) int64, ascending, each of them once."""
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        block = rows // max(1, BLOCK // self._row_bytes)
        ends = np.flatnonzero((np.diff(rows) > 1 + GAP // self._row_bytes) | (np.diff(block) > 0)) + 1
        parts = [slice(start, end) for start, end in zip([0, *ends], [*ends, len(rows)], strict=True) if end > start]

        def fetch(part: slice) -> None:
            first, last = int(rows[part][0]), int(rows[part][-1])
            start, end = (self._start + row * self._row_bytes for row in (first, last + 1))
            data = np.frombuffer(self._file.read(start, end), self.dtype).reshape(-1, *self.shape[1:])
            found[part] = data[rows[part] - first]

        if len(parts) == 1:
            fetch(parts[0])
        elif parts:
            pool = ThreadPoolExecutor(min(AT_ONCE, len(parts)))
            try:
                list(pool.map(fetch, parts))
            except BaseException:
                self.cancel()  # so that an interrupt or the first failure does not wait for the other parts
                raise
            finally:
                pool.shutdown(cancel_futures=True)
        self._file.check_is_same()
        return found
