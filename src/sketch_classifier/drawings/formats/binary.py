"""Read and write the dataset's binary format (`.bin`): consecutive little-endian records of simplified drawings.

A record is key_id uint64, countrycode 2 bytes, recognized int8, timestamp uint32 (seconds since 1970), number of
strokes uint16, and for each stroke its number of points uint16, all x uint8, all y uint8. The word is the name of the
file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import numpy as np

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.drawings.formats.records import BadRecords, Source, acceptable, open_source, report
from sketch_classifier.drawings.jit import compiled
from sketch_classifier.drawings.limits import MAX_RECORD
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

HEADER = np.dtype([
    ("key_id", "<u8"), ("countrycode", "S2"), ("recognized", "i1"), ("timestamp", "<u4"), ("num_strokes", "<u2"),
])  # fmt: skip
BLOCK = 1 << 20  # bytes read at a time
GOOD, CUT_SHORT, EMPTY, NO_RECORD = range(4)  # why parsing of a block stopped


def read_binary(
    path: Source, *, word: str | None = None, limit: int | None = None, bad: BadRecords | None = None
) -> Drawings:
    """All drawings of a .bin file, or its first `limit`; see `iter_binary`."""
    return Drawings.concatenate(list(iter_binary(path, word=word, batch_size=sys.maxsize, limit=limit, bad=bad)))


def iter_binary(
    path: Source,
    *,
    word: str | None = None,
    batch_size: int = 4096,
    limit: int | None = None,
    bad: BadRecords | None = None,
) -> Iterator[Drawings]:
    """The drawings of a .bin file, at most `batch_size` at a time, with memory independent of the size of the file.

    path   a local path, an fsspec URL or an open binary file
    word   the category; by default the name of the file without its suffix
    limit  stop after this many drawings
    bad    skips and counts drawings without strokes or with an empty stroke, and a truncated record at the end of the
           file; without it the first one raises UserError "<file>:<record, from 1>: <reason>"

    Always raises UserError for bytes that are not a record, since nothing marks where the next one would begin.
    """
    limit = sys.maxsize if limit is None else limit
    with open_source(path) as (file, name):
        word = PurePath(name).stem if word is None and name != "<file>" else word or ""
        rest, record = b"", 0
        while limit > 0:
            chunk = file.read(BLOCK)
            block = rest + chunk
            data, position, ended = np.frombuffer(block, np.uint8), 0, GOOD
            while position < len(block) and limit > 0 and ended != CUT_SHORT:
                drawings, position, ended = _parse(data, position, min(limit, batch_size), word, record)
                record += len(drawings)
                limit -= len(drawings)
                if bad is not None:
                    bad.total += len(drawings)
                if len(drawings):
                    yield acceptable(drawings, name, bad)
                if ended == NO_RECORD:
                    raise UserError(f"{name}:{record + 1}: not a drawing; the file is damaged or not a .bin file")
                if ended == EMPTY:
                    record += 1
                    if bad is not None:
                        bad.total += 1
                    report(bad, name, record, "the drawing has no strokes or a stroke without points")
            rest = block[position:]
            if len(rest) > MAX_RECORD:
                raise UserError(f"{name}:{record + 1}: a record over {MAX_RECORD >> 20} MiB; not a .bin file")
            if not chunk:
                break
        if rest and limit > 0:
            if bad is not None:
                bad.total += 1
            report(bad, name, record + 1, f"truncated: the last {len(rest)} bytes are an incomplete record")


def count_records(data: bytes, limit: int = sys.maxsize) -> tuple[int, int]:
    """(number of complete records at the start of `data`, at most `limit`; their size in bytes)."""
    return _count(np.frombuffer(data, np.uint8), limit, HEADER.itemsize)


def write_binary(path: str | Path | BinaryIO, drawings: Drawings) -> None:
    """Write simplified drawings to a path (atomically) or to an open binary file.

    Words are not written, and timestamps are truncated to seconds. Raises UserError for what the format cannot store:
    points that are not uint8, more than 65,535 strokes per drawing or points per stroke, and dates before 1970 or after
    2106.
    """
    seconds = drawings.timestamp.astype("datetime64[s]").astype(np.int64)
    if drawings.points.dtype != np.uint8:
        found = drawings.points.dtype
        raise UserError(f"{_name(path)}: points are {found}, .bin stores uint8; simplify the drawings first")
    for what, numbers in (
        ("strokes in a drawing", np.diff(drawings.drawing_offsets)),
        ("points in a stroke", np.diff(drawings.stroke_offsets)),
    ):
        if len(numbers) and numbers.max() > 65535:
            raise UserError(f"{_name(path)}: {numbers.max()} {what}, .bin stores at most 65535")
    if len(seconds) and not 0 <= seconds.min() <= seconds.max() < 2**32:
        raise UserError(f"{_name(path)}: a timestamp is before 1970 or after 2106, which .bin cannot store")
    target: AbstractContextManager[Any] = nullcontext(path) if hasattr(path, "write") else replaced_file(path)
    with target as place, nullcontext(place) if hasattr(place, "write") else place.open("wb") as file:
        for start in range(0, len(drawings), 4096):
            file.write(_encode(drawings[start : start + 4096]))


def _name(path) -> str:
    return str(getattr(path, "name", "<file>") if hasattr(path, "write") else path)


def _parse(data: np.ndarray, start: int, max_drawings: int, word: str, row: int) -> tuple[Drawings, int, int]:
    """(drawings, offset of the next record, why it stopped) from the records at `start`; the first is number `row`."""
    room = len(data) - start
    max_drawings = min(max_drawings, room // HEADER.itemsize + 1)
    points = np.empty((room // 2 + 1, 2), np.uint8)
    stroke_offsets = np.zeros(room // 2 + 2, np.int64)
    drawing_offsets = np.zeros(max_drawings + 1, np.int64)
    headers = np.empty((max_drawings, HEADER.itemsize), np.uint8)
    count, position, ended = _scan(data, start, max_drawings, points, stroke_offsets, drawing_offsets, headers)
    num_strokes = drawing_offsets[count]
    columns = headers[:count].view(HEADER)[:, 0]
    drawings = Drawings(
        points=points[: stroke_offsets[num_strokes]].copy(),
        stroke_offsets=stroke_offsets[: num_strokes + 1].copy(),
        drawing_offsets=drawing_offsets[: count + 1],
        key_id=columns["key_id"].astype(np.uint64),
        word=np.full(count, word),
        countrycode=columns["countrycode"].copy(),
        recognized=columns["recognized"] == 1,
        timestamp=columns["timestamp"].astype("datetime64[s]").astype("datetime64[us]"),
        row=np.arange(row, row + count),
    )
    return drawings, position, ended


def _encode(drawings: Drawings) -> bytes:
    headers = np.empty(len(drawings), HEADER)
    for name in ("key_id", "countrycode", "recognized"):
        headers[name] = getattr(drawings, name)
    headers["timestamp"] = drawings.timestamp.astype("datetime64[s]").astype(np.int64)
    headers["num_strokes"] = np.diff(drawings.drawing_offsets)
    num_bytes = headers.nbytes + 2 * (len(drawings.stroke_offsets) - 1) + 2 * len(drawings.points)
    out = np.empty(num_bytes, np.uint8)
    rows = headers.view(np.uint8).reshape(-1, HEADER.itemsize)
    _fill(out, rows, np.ascontiguousarray(drawings.points), drawings.stroke_offsets, drawings.drawing_offsets)
    return out.tobytes()


@compiled()
def _scan(data, start, max_drawings, points, stroke_offsets, drawing_offsets, headers):
    header_size, stop = headers.shape[1], len(data)
    n, position = drawing_offsets[0], start
    num_strokes, num_points = drawing_offsets[0], stroke_offsets[0]
    while n < max_drawings and position < stop:
        p = position + header_size
        if p > stop:
            return n, position, CUT_SHORT
        for i in range(8, 10):  # letters, or zeros if the country is unknown
            if data[position + i] != 0 and not 65 <= data[position + i] & 0xDF <= 90:
                return n, position, NO_RECORD
        if data[position + 10] > 1:  # recognized
            return n, position, NO_RECORD
        strokes = data[p - 2] + 256 * np.int64(data[p - 1])
        empty = strokes == 0
        s, first = num_strokes, num_points
        for _ in range(strokes):
            if p + 2 > stop:
                return n, position, CUT_SHORT
            length = data[p] + 256 * np.int64(data[p + 1])
            p += 2
            if p + 2 * length > stop:
                return n, position, CUT_SHORT
            for i in range(length):
                points[first + i, 0] = data[p + i]
                points[first + i, 1] = data[p + length + i]
            empty |= length == 0
            p += 2 * length
            first += length
            s += 1
            stroke_offsets[s] = first
        if empty:
            return n, p, EMPTY
        headers[n] = data[position : position + header_size]
        position, num_strokes, num_points = p, s, first
        n += 1
        drawing_offsets[n] = s
    return n, position, GOOD


@compiled()
def _count(data, limit, header_size):
    count, position = 0, 0
    while count < limit:
        p = position + header_size
        if p > len(data):
            break
        strokes = data[p - 2] + 256 * np.int64(data[p - 1])
        for _ in range(strokes):
            if p + 2 > len(data):
                return count, position
            p += 2 + 2 * (data[p] + 256 * np.int64(data[p + 1]))
        if p > len(data):
            break
        count, position = count + 1, p
    return count, position


@compiled()
def _fill(out, headers, points, stroke_offsets, drawing_offsets):
    p, header_size = drawing_offsets[0], headers.shape[1]
    for n in range(len(headers)):
        out[p : p + header_size] = headers[n]
        p += header_size
        for s in range(drawing_offsets[n], drawing_offsets[n + 1]):
            first, last = stroke_offsets[s], stroke_offsets[s + 1]
            length = last - first
            out[p], out[p + 1] = length & 255, length >> 8
            p += 2
            for i in range(length):
                out[p + i] = points[first + i, 0]
                out[p + length + i] = points[first + i, 1]
            p += 2 * length
