"""A file of a source, read by byte range and verified by its version and checksum."""

from __future__ import annotations

import io
import os
import tempfile
from dataclasses import dataclass, field
from functools import partial
from hashlib import md5, sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sketch_classifier.data import ranges, retries
from sketch_classifier.data.ranges import Unsound, Version
from sketch_classifier.drawings.limits import check_size
from sketch_classifier.errors import UserError, writing

if TYPE_CHECKING:
    from sketch_classifier.data.sources import Source

CHECKSUMS = ("crc32c", "md5", "sha256")  # the fastest first


@dataclass(eq=False)
class SourceFile:
    """The file of one category. `version` (generation, etag, …) identifies its content; None if caching is pointless.

    identity     version that all responses must have
    num_fetched  number of bytes read so far
    check        how the bytes read so far were verified, as recorded in the manifest: by the checksum of the whole file
                 (crc32c, md5, sha256), by the version and size in each response, or by the size alone
    """

    source: Source
    category: str
    url: str
    path: str
    size: int
    version: str | None
    identity: Version
    num_fetched: int = field(default=0, init=False)
    check: str = field(default="size", init=False)
    _whole: IO[bytes] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.identity.is_known:
            self.check = "version"

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, which must be within `size`. Temporary failures are retried.

        Thread-safe.

        Raises Unsound (a UserError) if the file has changed, UserError if it cannot be read, and Cancelled.
        """
        delays = () if self.source.is_local else retries.READING_DELAYS
        try:
            data = self.source.retry(partial(self._read_rest, start, end, bytearray()), delays)
        except FileNotFoundError:
            raise Unsound(f"{self.url}: replaced or removed while it was read; run again") from None
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"{self.url}: cannot be read: {retries.reason(error)}") from error
        return data

    def read_whole(self, limit: int) -> bytes:
        """The contents of a small file, at most `limit` bytes, verified by its checksum if it has one."""
        check_size(self.url, "a file", self.size, limit)
        try:
            return self._read_compared()
        except Unsound:
            newer = self.refreshed()
            check_size(self.url, "a file", newer.size, limit)
            self.size, self.version, self.identity = newer.size, newer.version, newer.identity
            return self._read_compared()

    def checksum(self) -> Checksum:
        """A new checksum, to be updated with the bytes of the file from first to last."""
        return Checksum(self)

    def refreshed(self) -> SourceFile:
        """The current version of the file. Raises UserError if it no longer exists."""
        newer = self.source.again(self)
        if newer is None:
            raise UserError(f"{self.url}: removed while it was read")
        newer.num_fetched = self.num_fetched
        return newer

    def check_is_same(self) -> None:
        """Raise Unsound if the file has changed since it was found, for file systems whose responses do not tell."""
        source = self.source
        if self.version and not (source.is_local or source.is_remote) and self.refreshed().version != self.version:
            raise Unsound(f"{self.url}: changed while it was read; run again")

    def reader(self) -> io.BufferedReader:
        """The file as a seekable binary stream, which fetches little more than is read."""
        return io.BufferedReader(_Ranges(self), 2**20)

    def _read_compared(self) -> bytes:
        data = self.read(0, self.size) if self.size else b""
        checksum = self.checksum()
        checksum.update(data)
        checksum.finish()
        return data

    def _read_rest(self, start: int, end: int, taken: bytearray) -> bytes:
        """One attempt, which continues where the previous one stopped."""
        if self._whole:
            return os.pread(self._whole.fileno(), end - start, start)
        if self.source.is_remote:
            before = len(taken)
            span = (start + before, end)
            try:
                ranges.get(self.source.fs, self.path, self.identity, span, taken.extend, self.source.cancelled)
            except ranges.WithoutRanges:
                self._fetch_whole()
                return self._read_rest(start, end, taken)
            finally:
                self.num_fetched += len(taken) - before
            return bytes(taken)
        if self.source.is_disk:
            with Path(self.path).open("rb") as opened:  # several times as fast as through fsspec
                opened.seek(start)
                data = opened.read(end - start)
        else:
            data = self.source.fs.cat_file(self.path, start=start, end=end)
        if len(data) != end - start:
            raise ConnectionError(f"{end - start} bytes expected from offset {start}, found {len(data)}")
        self.num_fetched += len(data)
        return data

    def _fetch_whole(self) -> None:
        """Fetch the file into an unnamed temporary file, because its server does not support range requests."""
        whole = tempfile.TemporaryFile()
        with writing(tempfile.gettempdir()):
            ranges.get(self.source.fs, self.path, self.identity, None, whole.write, self.source.cancelled)
        self.num_fetched += whole.tell()
        whole.flush()
        self._whole = whole


class Checksum:
    """The checksum of a file, computed incrementally."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._num_bytes = 0
        self._name: str | None = None
        self._digests: dict[str, Any] = {"md5": md5(usedforsecurity=False), "sha256": sha256()}
        self._crc = 0

    def update(self, block: bytes) -> None:
        """Add the next bytes."""
        if not self._num_bytes:  # the algorithm is known after the first response
            known = self._file.identity.checksums
            self._name = next((name for name in CHECKSUMS if name in known), None)
        self._num_bytes += len(block)
        if self._name == "crc32c":
            import google_crc32c

            self._crc = google_crc32c.extend(self._crc, block)
        elif self._name:
            self._digests[self._name].update(block)

    def finish(self) -> None:
        """Raise Unsound if the file is complete and does not match the checksum that its source states."""
        file = self._file
        if self._num_bytes < file.size or not self._num_bytes or self._name is None:
            return
        found = self._crc.to_bytes(4, "big") if self._name == "crc32c" else self._digests[self._name].digest()
        if found != file.identity.checksums[self._name]:
            raise Unsound(f"{file.url}: corrupted in transfer: its {self._name} does not match that of the source")
        file.check = self._name


class _Ranges(io.RawIOBase):
    def __init__(self, file: SourceFile) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        if place < 0:
            raise ValueError(f"negative seek position {place}")
        self._place = place
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer) -> int:
        end = min(self._place + len(buffer), self._file.size)
        if end <= self._place:
            return 0
        data = self._file.read(self._place, end)
        buffer[: len(data)] = data
        self._place = end
        return len(data)
