"""Reads a preprocessed dataset from a web server or bucket; each process fetches only the rows that it needs."""

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

HEAD = 2**12  # bytes sufficient for the header of an array
GAP = 2**16  # bytes; smaller gaps between rows are fetched as well, since another request would take longer
BLOCK = 2**22  # maximum bytes per request
AT_ONCE = 16  # concurrent requests


class RemoteFiles:
    """The files of a dataset under a URL, for `Dataset.open`; implements its `Files`.

    url  fsspec URL of a folder with the output of `preprocess`: https://, gs://, s3://, memory://, …

    All parts of a file are of one version, and requests that fail temporarily are retried: see `Source` and
    `SourceFile`. The constructor and all reads raise UserError for a URL that cannot be read, and for a file that is
    missing, has changed since it was opened or is not an array.
    """

    missing = "expected the URL of a copy of data/processed"
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
    """The rows of an .npy file of a source, fetched on demand and not cached.

    Indexed like a memory-mapped array, but only by a row number, a slice or an integer array; the result is an array in
    memory. Rows close to each other are fetched in one request, with up to AT_ONCE concurrent requests.
    """

    def __init__(self, file: SourceFile) -> None:
        head = io.BytesIO(file.read(0, min(HEAD, file.size)))
        self.shape, is_fortran_order, self.dtype = read_npy_header(head, file.url)
        self._file, self._start = file, head.tell()
        self._row_bytes = prod(self.shape[1:]) * self.dtype.itemsize
        if is_fortran_order or self.dtype.hasobject or not self.shape or not self._row_bytes:
            raise UserError(f"{file.url}: not an array written by `preprocess`: {self.dtype} of shape {self.shape}")
        expected = self._start + len(self) * self._row_bytes
        if file.size != expected:
            raise UserError(f"{file.url}: damaged: {expected:,} bytes expected, found {file.size:,}")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """(n, …) for a slice or (n,) integers; (…) for a single one. Raises UserError if they cannot be fetched."""
        chosen = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        if chosen.dtype.kind not in "iu" and chosen.size:
            raise IndexError(f"rows are indexed by integers, found {chosen.dtype}")
        wanted = np.where(chosen < 0, chosen + len(self), chosen).astype(np.int64).ravel()
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(f"{self._file.url}: row numbers must be from 0 to {len(self) - 1}")
        unique, places = np.unique(wanted, return_inverse=True)
        return self._fetched(unique)[places].reshape(chosen.shape + self.shape[1:])[()]

    def cancel(self) -> None:
        """Abort reads in other threads at their next step, and let all later reads fail."""
        self._file.source.cancel()

    def _fetched(self, rows: np.ndarray) -> np.ndarray:
        """Fetch the rows (n,) int64, which are ascending and unique."""
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
