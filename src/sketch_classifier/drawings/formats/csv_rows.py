"""Read the CSV files of Kaggle's Quick, Draw! competition: one row per drawing, its strokes as JSON in one field.

Rows are rewritten as lines of .ndjson in the dataset's own layout and parsed as such, so that both formats give the
same numbers and reject the same records.
"""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import numpy as np

from sketch_classifier.drawings.formats.ndjson import MAX_LINE, iter_ndjson
from sketch_classifier.drawings.formats.records import BadRecords, Source, open_source
from sketch_classifier.drawings.jit import compiled
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, shown

SEPARATORS = ",;\t"
COLUMNS = ("word", "countrycode", "timestamp", "recognized", "key_id", "drawing")  # in the order of .ndjson
BLOCK = 1 << 18  # bytes read at a time
MAX_HEADER = 1 << 16  # bytes
MAX_COLUMNS = 64
BYTES, STEP = np.uint64(128), np.uint64(1)  # bytes examined at a time; and one by one
ADDED = 200  # maximum bytes by which a row grows when it is rewritten as a line
QUOTE, COMMA, NEWLINE, RETURN, SPACE, BACKSLASH, OPEN, CLOSE = (np.uint8(ord(char)) for char in '",\n\r \\[]')
WORD, COUNTRYCODE, TIMESTAMP, RECOGNIZED, KEY_ID, DRAWING = (
    np.frombuffer(text, np.uint8)
    for text in (
        b'{"word":"', b'","countrycode":"', b'","timestamp":"', b'","recognized":', b',"key_id":"', b'","drawing":',
    )
)  # fmt: skip
LETTER_T, ONE, BIT_OF_SMALL = np.uint8(ord("T")), np.uint8(ord("1")), np.uint8(32)
UTC, ZONE, SHORT_ZONE, ZULU = (np.frombuffer(text, np.uint8) for text in (b" UTC", b"+00:00", b"+00", b"Z"))
EPOCH, MIDNIGHT = (np.frombuffer(text, np.uint8) for text in (b"1970-01-01 00:00:00", b" 00:00:00"))
ZERO, POINT_ZERO = (np.frombuffer(text, np.uint8) for text in (b"0", b".0"))
DATE, MICROSECONDS = 10, 26  # characters of 2017-03-08 and of 2017-03-08 21:12:07.266040
TRUE, FALSE, END = (np.frombuffer(text, np.uint8) for text in (b"true", b"false", b"}\n"))


def read_csv(path: Source, *, limit: int | None = None, bad: BadRecords | None = None) -> Drawings:
    """All drawings of a CSV file, or its first `limit`; see `iter_csv`."""
    return Drawings.concatenate(list(iter_csv(path, batch_size=sys.maxsize, limit=limit, bad=bad)))


def iter_csv(
    path: Source, *, batch_size: int = 4096, limit: int | None = None, bad: BadRecords | None = None
) -> Iterator[Drawings]:
    """The drawings of a CSV file, `batch_size` at a time, with memory independent of the size of the file.

    The header line names the columns, in any order: `drawing` (required), word, countrycode, key_id, recognized,
    timestamp; others are ignored. They are separated by commas, semicolons or tabs. Rows are treated like the lines in
    `iter_ndjson`, and `row` is the line number minus one, where line 1 is the header. Raises UserError if there is no
    column `drawing`.
    """
    with open_source(path) as (file, name):
        lines = cast(BinaryIO, _Rewritten(file, name))
        yield from iter_ndjson(lines, batch_size=batch_size, limit=limit, bad=bad)


def csv_columns(path: Source) -> tuple[str, ...]:
    """Which of COLUMNS a CSV file has. Raises UserError if `drawing` is not among them."""
    with open_source(path) as (file, name):
        names, _ = _header(file.readline(MAX_HEADER), name)
    return tuple(column for column in COLUMNS if column in names)


def _header(line: bytes, name: str) -> tuple[list[str], str]:
    """The column names in lower case, and the separator."""
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{name}: text in UTF-16; save it as UTF-8")
    text = line.decode("utf-8-sig", errors="replace")
    for separator in SEPARATORS:
        found = next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
        names = [column.strip().lower() for column in found]
        if "drawing" in names:
            break
    else:
        found = next(csv.reader([text]), [])
        few = ", ".join(shown(column, 20) for column in found[:8]) or "none"
        raise UserError(f"{name}:1: no column 'drawing' in the first line; found {few}")
    if len(names) > MAX_COLUMNS:
        raise UserError(f"{name}:1: {len(names)} columns; at most {MAX_COLUMNS} are accepted")
    return names, separator


class _Rewritten:
    """The file rewritten as .ndjson. The header becomes an empty line, so that line numbers stay the same.

    The buffers are reused, because touching new memory takes longer than rewriting the text.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        names, separator = _header(file.readline(MAX_HEADER), name)
        self._separator = np.uint8(ord(separator))
        self._places = np.array([names.index(column) if column in names else -1 for column in COLUMNS], np.int64)
        self._text = bytearray(BLOCK)
        self._num_left = 0  # bytes of an incomplete row at the beginning of the text
        self._out = np.empty(0, np.uint8)
        self._ready = memoryview(b"\n")
        self._is_at_end = False

    def read(self, size: int) -> bytes:
        """The next part of the text, up to `size` bytes; empty at the end."""
        while not self._ready and not self._is_at_end:
            self._ready = memoryview(cast(Any, self._rewritten()))
        block = bytes(self._ready[:size])
        self._ready = self._ready[size:]
        return block

    def _rewritten(self) -> np.ndarray:
        if len(self._text) - self._num_left < BLOCK:
            self._text.extend(bytes(BLOCK))
        block = self._file.read(BLOCK)
        end = self._num_left + len(block)
        self._text[self._num_left : end] = block
        self._is_at_end = not block
        if self._is_at_end:
            if not end:
                return np.empty(0, np.uint8)
            self._text[end : end + 1] = b"\n"  # after the last row
            end += 1
        data = np.frombuffer(self._text, np.uint8, end)
        room = 2 * end + ADDED * (self._text.count(b"\n", 0, end) + 1)
        if len(self._out) < room:
            self._out = np.empty(room, np.uint8)
        num, position = _rewrite(data, self._separator, self._places, self._out)
        left = data[position:].tobytes()
        del data  # so that the text may grow
        if self._is_at_end and left:
            last = left.replace(b"\n", b" ") + b"\n"  # truncated within quotes, and not a line of JSON
            self._out[num : num + len(last)] = np.frombuffer(last, np.uint8)
            num += len(last)
        elif len(left) > MAX_LINE:
            raise UserError(f"{self.name}: a row of more than {MAX_LINE >> 20} MiB: a quote is not closed")
        self._text[: len(left)] = left
        self._num_left = len(left)
        return self._out[:num]


@compiled()
def _rewrite(text, separator, places, out):
    """Rewrite the complete rows of `text`: (bytes of `out`, offset of the first incomplete row).

    places  positions of the columns in a row, in the order of COLUMNS; −1 for a missing one
    """
    spans = np.empty((MAX_COLUMNS, 3), np.int64)  # start, end, whether in quotes
    columns = np.empty((6, 3), np.int64)
    p, o = np.int64(0), np.int64(0)
    while p < len(text):
        num_fields, after, num_broken = _fields(text, p, separator, spans)
        if after < 0:
            return o, p
        p = after
        if num_fields == 1 and spans[0, 0] == spans[0, 1]:  # an empty line
            out[o] = NEWLINE
            o += 1
            continue
        for column in range(6):
            columns[column, :] = 0
            if 0 <= places[column] < num_fields:
                columns[column, :] = spans[places[column]]
            if 0 < column < 5:  # not the word or the drawing
                _trim(text, columns[column])
        o = _put(WORD, out, o)
        o = _escaped(text, columns[0], out, o)
        o = _put(COUNTRYCODE, out, o)
        o = _escaped(text, columns[1], out, o)
        o = _put(TIMESTAMP, out, o)
        o = _timestamp(text, columns[2], out, o)
        o = _put(RECOGNIZED, out, o)
        o = _flag(text, columns[3], out, o)
        o = _put(KEY_ID, out, o)
        _drop(text, columns[4], POINT_ZERO)
        o = _put(ZERO, out, o) if columns[4, 0] == columns[4, 1] else _escaped(text, columns[4], out, o)
        o = _put(DRAWING, out, o)
        o = _drawing(text, columns[5], out, o)
        o = _put(END, out, o)
        for _ in range(num_broken):  # so that the following lines keep their numbers
            out[o] = NEWLINE
            o += 1
    return o, p


@compiled()
def _fields(text, p, separator, spans):
    """Find the fields of the row at `p`: (number, offset of the next row or −1, line breaks within quotes)."""
    num_fields, num_broken = np.int64(0), np.int64(0)
    while True:
        q = p
        while q < len(text) and text[q] == SPACE:
            q += 1
        if q < len(text) and text[q] == QUOTE:  # spaces before a quote
            p = q
        start, end = p, p
        is_quoted = p < len(text) and text[p] == QUOTE
        if is_quoted:
            start += 1
            p += 1
            while True:
                p = _find(text, p, QUOTE, NEWLINE)
                if p >= len(text):
                    break
                if text[p] == QUOTE:
                    if p + 1 >= len(text) or text[p + 1] != QUOTE:
                        break
                    p += 1
                else:
                    num_broken += 1
                p += 1
            end = p
            p += 1
        while p < len(text) and text[p] != separator and text[p] != NEWLINE:
            p += 1
        if p >= len(text):
            return num_fields, -1, num_broken
        if not is_quoted:
            end = p
            if text[p] == NEWLINE and p > start and text[p - 1] == RETURN:
                end -= 1
        if num_fields < MAX_COLUMNS:
            spans[num_fields, 0], spans[num_fields, 1], spans[num_fields, 2] = start, end, is_quoted
        num_fields += 1
        p += 1
        if text[p - 1] == NEWLINE:
            return num_fields, p, num_broken


@compiled()
def _find(text, start, one, other):
    """The offset of the first of two bytes, from `start` on, or the length of the text."""
    p, end = np.uint64(start), np.uint64(len(text))  # unsigned: negative indices would prevent vectorisation
    while p + BYTES <= end:
        found = np.uint8(0)
        for i in range(p, p + BYTES):
            found |= np.uint8(text[i] == one) | np.uint8(text[i] == other)
        if found:
            break
        p += BYTES
    while p < end and text[p] != one and text[p] != other:
        p += STEP
    return np.int64(p)


@compiled()
def _trim(text, span):
    """Strip the spaces around a field."""
    while span[0] < span[1] and text[span[0]] <= SPACE:
        span[0] += 1
    while span[0] < span[1] and text[span[1] - 1] <= SPACE:
        span[1] -= 1


@compiled()
def _drop(text, span, ending):
    """Remove a suffix of a field, unless it is the whole field; return whether it was removed."""
    has_it = span[1] - span[0] > len(ending) and _is(text, span[1] - len(ending), ending)
    if has_it:
        span[1] -= len(ending)
    return has_it


@compiled()
def _put(what, out, o):
    for i in range(len(what)):
        out[o + i] = what[i]
    return o + len(what)


@compiled()
def _escaped(text, span, out, o):
    """A field as the contents of a JSON string. Control characters become spaces."""
    p = span[0]
    while p < span[1]:
        char = text[p]
        if char == QUOTE and span[2]:  # doubled
            p += 1
        if char == QUOTE or char == BACKSLASH:
            out[o] = BACKSLASH
            o += 1
        out[o] = max(char, SPACE)
        o += 1
        p += 1
    return o


@compiled()
def _in_quotes(text, span, out, o):
    """A field as a JSON string."""
    out[o] = QUOTE
    o = _escaped(text, span, out, o + 1)
    out[o] = QUOTE
    return o + 1


@compiled()
def _timestamp(text, span, out, o):
    if span[0] == span[1]:
        return _put(UTC, out, _put(EPOCH, out, o))
    has_zone = _drop(text, span, ZONE) or _drop(text, span, SHORT_ZONE) or _drop(text, span, ZULU)
    if not has_zone:
        _drop(text, span, UTC)
    while span[1] - span[0] > MICROSECONDS and ZERO[0] <= text[span[1] - 1] <= ZERO[0] + 9:  # nanoseconds
        span[1] -= 1
    first = o
    o = _escaped(text, span, out, o)
    if o - first == DATE:
        o = _put(MIDNIGHT, out, o)
    if o - first > DATE and out[first + DATE] == LETTER_T:
        out[first + DATE] = SPACE
    return _put(UTC, out, o)


@compiled()
def _flag(text, span, out, o):
    """True, true, TRUE, 1, 1.0 or empty; False, false, FALSE, 0 or 0.0; anything else is malformed and quoted."""
    _drop(text, span, POINT_ZERO)  # as pandas writes integers of a column with missing values
    start, length = span[0], span[1] - span[0]
    if length == 0 or (length == 1 and text[start] == ONE) or (length == len(TRUE) and _is_word(text, start, TRUE)):
        return _put(TRUE, out, o)
    if (length == 1 and text[start] == ZERO[0]) or (length == len(FALSE) and _is_word(text, start, FALSE)):
        return _put(FALSE, out, o)
    return _in_quotes(text, span, out, o)


@compiled()
def _drawing(text, span, out, o):
    """JSON with spaces removed, or unchanged if all follow commas; quoted if it is not a list.

    A space between two numbers, which is malformed, is kept.
    """
    p, end = span[0], span[1]
    if p == end or text[p] != OPEN:
        return _in_quotes(text, span, out, o)
    if _copy_usual(text[p:end], out[o : o + end - p]):
        return o + end - p
    while p < end:
        char = text[p]
        if char == QUOTE and span[2]:
            p += 1
        if char > SPACE or not (_is_mark(out[o - 1]) or (p + 1 < end and _is_mark(text[p + 1]))):
            out[o] = max(char, SPACE)
            o += 1
        p += 1
    return o


@compiled()
def _copy_usual(text, out):
    """Copy a drawing; return whether it has no quotes, and no spaces except after commas, which `scan` skips."""
    characters, before, copy = text[1:], text[:-1], out[1:]
    out[0] = text[0]
    unusual = np.uint8(0)
    for i in range(len(characters)):
        char = characters[i]
        copy[i] = char
        unusual |= np.uint8(char == QUOTE) | np.uint8(char < SPACE) | np.uint8((char == SPACE) & (before[i] != COMMA))
    return unusual == 0


@compiled()
def _is_mark(char):
    return char <= SPACE or char == COMMA or char == OPEN or char == CLOSE


@compiled()
def _is(text, p, expected):
    for i in range(len(expected)):
        if text[p + i] != expected[i]:
            return False
    return True


@compiled()
def _is_word(text, p, expected):
    """Whether these letters are at `p`, in either case."""
    for i in range(len(expected)):
        if text[p + i] | BIT_OF_SMALL != expected[i]:
            return False
    return True
