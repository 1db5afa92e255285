"""Limits on the memory, disk space and time that a file may require. Readers check them before allocating memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sketch_classifier.errors import UserError

if TYPE_CHECKING:
    from sketch_classifier.drawings.strokes import Drawings

MIB = 1 << 20
MAX_POINTS = 100_000  # per drawing: five times as many as the game's 20 seconds at 1,000 points per second
MAX_PIXELS = 100_000_000  # per picture, such as A4 at 900 dpi; decoded in colour, each takes four bytes
MAX_PICTURE = 256 * MIB  # bytes of a picture file
MAX_RECORD = 16 * MIB  # bytes of one drawing in any form; the largest of the dataset has 30 kB
MAX_ARRAY = 256 * MIB  # bytes of an array that is read into memory as a whole
MAX_HEADER = 10_000  # bytes of the header of an .npy file, the same limit as in numpy
MAX_TEXT = 64 * MIB  # bytes of text that is read as a whole: lists of classes, metadata
MAX_GROUP = 2048 * MIB  # bytes of one row group of a Parquet file, decompressed
MAX_INFLATION = 200  # largest compression ratio of an archive or a member …
ALWAYS_INFLATED = 1024 * MIB  # … except that decompressing to this many bytes is always accepted


def check_size(name: object, what: str, size: int, limit: int, unit: str = "bytes") -> None:
    """Raise UserError "<name>: <what> of 4,294,967,296 bytes; at most 268,435,456 are accepted" above the limit."""
    if size > limit:
        raise UserError(f"{name}: {what} of {size:,} {unit}; at most {limit:,} are accepted")


def too_many(num: int) -> str | None:
    """ "150,000 points; at most 100,000 are accepted" for a drawing's number of points, or None if it is accepted."""
    return f"{num:,} points; at most {MAX_POINTS:,} are accepted" if num > MAX_POINTS else None


def too_large(drawings: Drawings) -> np.ndarray:
    """(n,) int64: the indices of drawings with more than MAX_POINTS points."""
    return np.flatnonzero(np.diff(drawings.stroke_offsets[drawings.drawing_offsets]) > MAX_POINTS)


def check_points(drawings: Drawings) -> None:
    """Raise UserError "drawing 1: 150,000 points; at most 100,000 are accepted" for the first that has more."""
    for index in too_large(drawings)[:1]:
        raise UserError(f"drawing {index + 1}: {too_many(len(drawings[index].points))}")


def check_inflation(name: object, packed: int, inflated: int) -> None:
    """Raise UserError if `packed` bytes decompress to more than is plausible."""
    limit = max(ALWAYS_INFLATED, MAX_INFLATION * packed)
    if inflated > limit:
        raise UserError(
            f"{name}: {packed:,} bytes decompress to {inflated:,} or more; at most {limit:,} are accepted "
            f"({MAX_INFLATION} times as much, or {ALWAYS_INFLATED // MIB:,} MiB)"
        )


class Limited:
    """A forward-only file that allows at most `limit` bytes per read, whatever sizes its data claim."""

    def __init__(self, file: Any, name: object, limit: int) -> None:
        self._file, self._name, self._limit = file, name, limit

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; all remaining ones if it is negative. Raises UserError above the limit."""
        check_size(self._name, "a part", size, self._limit)
        if size >= 0:
            return self._file.read(size)
        data = self._file.read(self._limit + 1)
        check_size(self._name, "a part", len(data), self._limit)
        return data

    def readline(self, size: int | None = -1) -> bytes:
        """The next line. Raises UserError if it is longer than the limit."""
        line = self._file.readline(self._limit + 1)
        check_size(self._name, "a line", len(line), self._limit)
        return line
