"""Cuts a stream of bytes to the first rows of a file, and estimates how many more bytes are needed."""

from __future__ import annotations

import io
import json
import math
import struct
import sys
from abc import ABC, abstractmethod

import numpy as np
from numpy.lib import format as npy

from sketch_classifier.data.svhn import HEADER, check_header
from sketch_classifier.drawings.limits import MAX_HEADER, MAX_RECORD
from sketch_classifier.drawings.npy_header import read_npy_header
from sketch_classifier.errors import UserError, cut

BITMAP = 28 * 28  # bytes per row
HEADER_GUESS = 128  # bytes of the header that numpy writes
FIRST_REQUEST = 2**16  # bytes, while the length of the lines is unknown
LINE_GUESS = 500  # bytes
RECORD_GUESS = 150  # bytes of a drawing in a .bin file
BLANKS = np.frombuffer(b" \t\n\r\v\f", np.uint8)


class NpyRows:
    """The first `limit` (None: all) rows of an .npy file of bitmaps, uint8 (N, 784).

    Raises UserError for any other array, objects included, and for a file shorter than these rows.
    """

    def __init__(self, url: str, size: int, limit: int | None) -> None:
        self.url, self.size, self.limit = url, size, limit
        self.rows = 0
        self._head = b""
        self._missing: int | None = None  # bytes of the remaining rows; None until the header has been read

    def wanted(self) -> int:
        """How many more bytes of the file are wanted; 0 when it is enough."""
        if self._missing is not None:
            return self._missing
        return max(self._header_end() or HEADER_GUESS, len(self._head) + 1) - len(self._head)

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the file; give back what they add to the output."""
        if self._missing is not None:
            block = block[: self._missing]
            self._missing -= len(block)
            return block
        self._head += block
        end = self._header_end()
        if end is None or len(self._head) < end:
            return b""
        num = self._read_header(end)
        if num < 1:
            raise UserError(f"{self.url}: no rows")
        self.rows = num if self.limit is None else min(num, self.limit)
        needed = self.rows * BITMAP
        if self.size < end + needed:
            raise UserError(
                f"{self.url}: truncated: its header and {self.rows} rows take {end + needed} bytes, found {self.size}"
            )
        body, self._head = self._head[end : end + needed], b""
        self._missing = needed - len(body)
        header = io.BytesIO()
        npy.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (self.rows, BITMAP)})
        return header.getvalue() + body

    def finish(self) -> bytes:
        """The last bytes of the output, when the file has ended or no more is wanted."""
        if self._missing is None:
            raise UserError(f"{self.url}: not an .npy file: its header is cut off after {self.size} bytes")
        return b""

    def _header_end(self) -> int | None:
        """The byte offset of the rows, or None while it is unknown."""
        head = self._head
        if not npy.MAGIC_PREFIX.startswith(head[:6]):
            raise UserError(f"{self.url}: not an .npy file: it begins with {head[:12]!r}")
        if len(head) < 12:
            return None
        end = _npy_header_end(head)
        if head[6] not in (1, 2, 3) or end > MAX_HEADER:
            raise UserError(f"{self.url}: not an .npy file: version {head[6]} with a header of {end} bytes")
        return end

    def _read_header(self, end: int) -> int:
        shape, fortran_order, dtype = read_npy_header(io.BytesIO(self._head[:end]), self.url)
        if dtype != np.uint8 or shape[1:] != (BITMAP,) or len(shape) != 2 or fortran_order:
            order = " in Fortran order" if fortran_order else ""
            found = cut(f"{dtype} of shape {shape}{order}")
            raise UserError(f"{self.url}: uint8 of shape (N, {BITMAP}) expected, found {found}")
        return shape[0]


class _Records(ABC):
    """Base class for files with records of different lengths, cut after the `limit`-th (None: not at all)."""

    def __init__(self, url: str, size: int, limit: int | None) -> None:
        self.url, self.size, self.limit = url, size, limit
        self.rows = 0
        self._num_bytes = 0  # of complete records
        self._tail = b""  # the incomplete last record

    def wanted(self) -> int:
        """About how many more bytes of the file are wanted; 0 when it is enough."""
        if self.limit is None:
            return self.size
        left = self.limit - self.rows
        if left == 0:
            return 0
        # The standard deviation of a record's length is about its mean, so that of n records is sqrt(n) of it.
        records = left + math.sqrt(left)
        if self.rows == 0:
            return self._first(records)
        mean = self._num_bytes / self.rows
        return math.ceil(max(mean * records - len(self._tail), mean))

    @abstractmethod
    def _first(self, records: float) -> int:
        """About how many bytes are wanted before the first record has been read."""


class NdjsonRows(_Records):
    """The lines of an .ndjson file up to the `limit`-th (None: all) non-blank one, including blank lines before it.

    `rows` does not count blank lines. Raises UserError for a file that ends within a line.
    """

    def __init__(self, url: str, size: int, limit: int | None) -> None:
        super().__init__(url, size, limit)
        self._num_lines = 0

    def _first(self, records: float) -> int:
        return len(self._tail) or min(math.ceil(LINE_GUESS * records), FIRST_REQUEST)

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the file; give back what they add to the output."""
        ends = self._ends(block)
        if len(ends) == 0:
            self._tail += block
            return block
        is_row = np.ones(len(ends), bool)
        starts = np.append(0, ends[:-1])
        for line in np.flatnonzero(np.isin(np.frombuffer(block, np.uint8)[starts], BLANKS)):
            head = self._tail if line == 0 else b""
            is_row[line] = bool((head + block[starts[line] : ends[line]]).strip())
        rows = np.cumsum(is_row)
        num = len(ends) if self.limit is None else 1 + int(np.searchsorted(rows, self.limit - self.rows))
        num = min(num, len(ends))
        end = int(ends[num - 1])
        self.rows += int(rows[num - 1])
        self._num_lines += num
        self._num_bytes += len(self._tail) + end
        self._tail = b"" if self.rows == self.limit else block[end:]
        return block[:end] + self._tail

    def finish(self) -> bytes:
        """The last bytes of the output, when the file has ended or no more is wanted."""
        if self._tail.strip():
            try:
                json.loads(self._tail)
            except ValueError:
                where = f"{self.url}:{self._num_lines + 1}"
                raise UserError(f"{where}: the file ends within this line, after {len(self._tail)} bytes") from None
            self.rows += 1
            return b"\n"
        if not self.rows:
            raise UserError(f"{self.url}: no rows")
        return b""

    def _ends(self, block: bytes) -> np.ndarray:
        """The offsets in the next bytes of the file at which lines end, just after their last byte."""
        return np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1


class WholeMat:
    """All of a MAT-file, because its labels are at its end. Raises UserError as soon as it proves not to be one."""

    def __init__(self, url: str, size: int) -> None:
        self.url, self.size = url, size
        self._head = b""
        self._missing = size

    def wanted(self) -> int:
        """How many more bytes of the file are wanted; 0 when it is enough."""
        return min(self._missing, HEADER) if len(self._head) < HEADER else self._missing

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the file; give back what they add to the output."""
        self._missing -= len(block)
        if len(self._head) < HEADER:
            self._head += block[: HEADER - len(self._head)]
            if len(self._head) == HEADER or not self._missing:
                check_header(self._head, self.url)
        return block


class BinaryRows(_Records):
    """The first `limit` (None: all) records of a .bin file of simplified drawings: see `drawings/formats/binary.py`.

    Raises UserError for a file that ends within a record.
    """

    def _first(self, records: float) -> int:
        return math.ceil(max(RECORD_GUESS * records - len(self._tail), RECORD_GUESS))

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the file; give back what they add to the output."""
        from sketch_classifier.drawings.formats.binary import count_records  # here: loads numba

        data = self._tail + block
        most = sys.maxsize if self.limit is None else self.limit - self.rows
        num, end = count_records(data, most)
        self.rows += num
        self._num_bytes += end
        self._tail = data[end:]
        if len(self._tail) > MAX_RECORD:
            raise UserError(f"{self.url}:{self.rows + 1}: a record over {MAX_RECORD >> 20} MiB; not a .bin file")
        return data[:end]

    def finish(self) -> bytes:
        """The last bytes of the output, when the file has ended or no more is wanted."""
        if self._tail and self.rows != self.limit:
            where = f"{self.url}:{self.rows + 1}"
            raise UserError(f"{where}: the file ends within this record, after {len(self._tail)} bytes")
        if not self.rows:
            raise UserError(f"{self.url}: no rows")
        return b""


class CsvRows(NdjsonRows):
    """The header line and the first `limit` (None: all) rows of a CSV file; a line break within quotes ends no row.

    Raises UserError for a file that ends within quotes.
    """

    def __init__(self, url: str, size: int, limit: int | None) -> None:
        super().__init__(url, size, None if limit is None else limit + 1)
        self._is_quoted = False  # whether the next byte is within quotes

    def _ends(self, block: bytes) -> np.ndarray:
        data = np.frombuffer(block, np.uint8)
        quotes = np.flatnonzero(data == ord('"'))
        ends = super()._ends(block)
        outside = (np.searchsorted(quotes, ends) + self._is_quoted) % 2 == 0
        self._is_quoted ^= len(quotes) % 2 == 1
        return ends[outside]

    def finish(self) -> bytes:
        """The last bytes of the output, when the file has ended or no more is wanted."""
        end = b""
        if self._tail.strip():
            if self._is_quoted:
                where = f"{self.url}:{self._num_lines + 1}"
                raise UserError(f"{where}: the file ends within this row, after {len(self._tail)} bytes")
            self.rows += 1
            end = b"\n"
        self.rows -= 1  # the header line
        if self.rows < 1:
            raise UserError(f"{self.url}: no rows")
        return end


class BitmapRows:
    """The first `limit` (None: all) bitmaps, 784 bytes each, of a file, without its header if it has one.

    Known headers are those of .npy files, those of MNIST files, and any of up to 128 bytes that contains the number of
    bitmaps as a 32-bit integer. Raises UserError for a file of another length.
    """

    def __init__(self, url: str, size: int, limit: int | None) -> None:
        self.url, self.size, self.limit = url, size, limit
        self.rows = 0
        self._head = b""
        self._missing: int | None = None  # remaining bytes; None until the header is known

    def wanted(self) -> int:
        """How many more bytes of the file are wanted; 0 when it is enough."""
        return HEADER_GUESS if self._missing is None else self._missing

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the file; give back what they add to the output."""
        if self._missing is not None:
            block = block[: self._missing]
            self._missing -= len(block)
            return block
        self._head += block
        if len(self._head) < min(HEADER_GUESS, self.size):
            return b""
        start = self._header_bytes()
        num = (self.size - start) // BITMAP
        if num < 1:
            raise UserError(f"{self.url}: no rows")
        self.rows = num if self.limit is None else min(num, self.limit)
        needed = self.rows * BITMAP
        body = self._head[start : start + needed]
        self._missing = needed - len(body)
        return body

    def finish(self) -> bytes:
        """The last bytes of the output, when the file has ended or no more is wanted."""
        if self._missing is None:
            raise UserError(f"{self.url}: no bitmaps: {self.size} bytes")
        return b""

    def _header_bytes(self) -> int:
        head, rest = self._head, self.size % BITMAP
        if head.startswith(npy.MAGIC_PREFIX):
            end = _npy_header_end(head)
            if end % BITMAP == rest and end <= min(len(head), MAX_HEADER):
                self._check_array(head[:end])
                return end
        elif rest == 0:
            return 0
        elif rest <= HEADER_GUESS and rest % 4 == 0:
            num = self.size // BITMAP
            if any(num in struct.unpack(f"{order}{rest // 4}I", head[:rest]) for order in "<>"):
                return rest
        raise UserError(
            f"{self.url}: not bitmaps: {self.size} bytes are {self.size // BITMAP} × {BITMAP} and {rest} more, "
            f"which are not a known header: the file begins with {head[:12]!r}"
        )

    def _check_array(self, header: bytes) -> None:
        """Raise UserError if the array of an .npy file is not a sequence of bitmaps."""
        shape, fortran_order, dtype = read_npy_header(io.BytesIO(header), self.url)
        if dtype != np.uint8 or fortran_order or math.prod(shape[1:]) not in (1, BITMAP):
            order = " in Fortran order" if fortran_order else ""
            found = cut(f"{dtype} of shape {shape}{order}")
            raise UserError(f"{self.url}: uint8 of shape (N, {BITMAP}) expected, found {found}")


def _npy_header_end(head: bytes) -> int:
    """The byte offset of the array in an .npy file, given at least its first 12 bytes."""
    return 10 + struct.unpack_from("<H", head, 8)[0] if head[6] == 1 else 12 + struct.unpack_from("<I", head, 8)[0]
