"""A cache of the first bytes of remote files, so that more rows of a file fetch only the rest."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from sketch_classifier.data.ranges import Unsound
from sketch_classifier.data.source_file import SourceFile

BLOCK = 2**21  # maximum bytes per request


def stream(file: SourceFile, wanted: Callable[[], int], cache: Path | None) -> Iterator[bytes]:
    """The file from its start, a block of bytes at a time, until `wanted()` is 0 or the file ends.

    Cached blocks come first; then blocks of `wanted()` bytes are fetched and added to the cache. A file without a
    version is not cached, nor is any if `cache` is None. A file that has been read to its end is compared with the
    checksum that its source states; on a mismatch it is removed from the cache, and Unsound is raised.
    """
    checksum = file.checksum()
    try:
        for block in _blocks(file, wanted, cache):
            checksum.update(block)
            yield block
        checksum.finish()
    except Unsound:
        forget(file, cache)
        raise


def _blocks(file: SourceFile, wanted: Callable[[], int], cache: Path | None) -> Iterator[bytes]:
    entry = _Entry(file, cache) if cache and file.version else None
    offset = 0
    for block in entry.blocks() if entry else ():
        yield block
        if not wanted():
            return
        offset += len(block)
    while offset < file.size and (num_bytes := wanted()):
        block = file.read(offset, min(offset + min(num_bytes, BLOCK), file.size))
        if entry:
            entry.append(offset, block)
        yield block
        offset += len(block)


def open_stream(file: SourceFile, cache: Path | None) -> io.BufferedReader:
    """The file as a sequential binary stream, which fetches only what is read."""
    return io.BufferedReader(_Stream(stream(file, lambda: BLOCK, cache)), BLOCK)


def forget(file: SourceFile, cache: Path | None) -> None:
    """Remove the file from the cache, after its contents proved to be wrong."""
    if cache:
        shutil.rmtree(cache / _digest(file.url), ignore_errors=True)


class _Stream(io.RawIOBase):
    """Blocks of bytes as an unseekable file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._block = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._block:
            self._block = memoryview(next(self._blocks, b""))
        num = min(len(buffer), len(self._block))
        buffer[:num] = self._block[:num]
        self._block = self._block[num:]
        return num


class _Entry:
    """One version of one file: `data`, its first bytes, and `about.json`, which records the valid blocks.

    about.json lists the blocks as [end, crc32] and is replaced atomically after each block is written. So after a
    killed run, a full disk or concurrent writes, an invalid block is either not listed or fails its checksum.
    """

    def __init__(self, file: SourceFile, cache: Path) -> None:
        self.folder = cache / _digest(file.url) / _digest(f"{file.version} {file.size}")
        self.about = {"url": file.url, "version": file.version, "size": file.size}
        self.good: list[tuple[int, int]] = []
        try:
            blocks = json.loads((self.folder / "about.json").read_text(encoding="utf-8"))["blocks"]
            self.good = [(int(end), int(checksum)) for end, checksum in blocks]
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            for stale in self.folder.parent.glob("*"):
                shutil.rmtree(stale, ignore_errors=True)

    def blocks(self) -> Iterator[bytes]:
        """The valid blocks, from the start; the first invalid one and all after it are discarded."""
        if not self.good or not (self.folder / "data").exists():
            self.good = []
            return
        with (self.folder / "data").open("rb") as data:
            start = 0
            for number, (end, checksum) in enumerate(self.good):
                block = data.read(end - start)
                if len(block) != end - start or crc32(block) != checksum:
                    del self.good[number:]
                    return
                yield block
                start = end

    def append(self, offset: int, block: bytes) -> None:
        """Add the block that begins at `offset`, where the last valid one ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"about.{os.getpid()}.partial"
        try:
            with (self.folder / "data").open("r+b" if (self.folder / "data").exists() else "wb") as data:
                data.seek(offset)
                data.write(block)
            self.good.append((offset + len(block), crc32(block)))
            partial.write_text(json.dumps(self.about | {"blocks": self.good}), encoding="utf-8")
            partial.replace(self.folder / "about.json")
        except FileNotFoundError:  # another process has found a newer version and removed this one
            self.good.clear()
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
