"""Read and write .ndjson: one drawing per line, simplified or raw, with or without times."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.drawings.formats.ndjson_batch import Batch
from sketch_classifier.drawings.formats.ndjson_line import Malformed, canonical_line
from sketch_classifier.drawings.formats.ndjson_scan import PADDING
from sketch_classifier.drawings.formats.records import BadRecords, Source, acceptable, open_source, report
from sketch_classifier.drawings.strokes import Drawings

BLOCK = 1 << 20  # bytes read at a time
MAX_LINE = 1 << 24  # bytes; a longer line is malformed, so that memory stays bounded
BATCH_POINTS = 1 << 22  # a batch with more points is yielded before it is full, for the same reason


def read_ndjson(path: Source, *, limit: int | None = None, bad: BadRecords | None = None) -> Drawings:
    """All drawings of an .ndjson file, or its first `limit`; see `iter_ndjson`."""
    return Drawings.concatenate(list(iter_ndjson(path, batch_size=sys.maxsize, limit=limit, bad=bad)))


def iter_ndjson(
    path: Source, *, batch_size: int = 4096, limit: int | None = None, bad: BadRecords | None = None
) -> Iterator[Drawings]:
    """The drawings of an .ndjson file, `batch_size` at a time, with memory independent of the size of the file.

    path   a local path, an fsspec URL or an open binary file
    limit  stop after this many drawings
    bad    skips and counts malformed lines; without it the first one raises UserError "<file>:<line>: <reason>"

    A file may contain drawings of any kind. Points are exactly the numbers that json would read: uint8 if all strokes
    of a batch are [xs, ys] of whole numbers in 0–255, otherwise float64. Times are kept if all strokes of a batch are
    [xs, ys, ts]. `row` is the line number minus one; empty lines are skipped, but counted in `row` and in messages.
    `drawing` is the only required key; see `parse_line`.
    """
    limit = sys.maxsize if limit is None else limit
    with open_source(path) as (file, name):
        batch = Batch()
        line_number = 0
        for block in _blocks(file):
            text, position, stop = np.frombuffer(block, np.uint8), 0, len(block) - len(PADDING)
            tidied = False
            while position < stop and limit > 0:
                room = min(batch_size - batch.size, limit)
                count, position = batch.scan(text, position, stop, room, line_number)
                line_number += count
                limit -= count
                if bad is not None:
                    bad.total += count
                if count < room and position < stop and batch.kind is not None and not tidied:
                    # A line in another layout, which the following lines probably share, so all are rewritten.
                    block = b"\n".join([canonical_line(line) for line in block[position:stop].split(b"\n")]) + PADDING
                    text, position, stop = np.frombuffer(block, np.uint8), 0, len(block) - len(PADDING)
                    tidied = True
                elif count < room and position < stop:  # a line that `scan` does not parse
                    end = block.index(b"\n", position) + 1
                    line, position = block[position:end], end
                    line_number += 1
                    if line.isspace():
                        continue
                    if bad is not None:
                        bad.total += 1
                    try:
                        if len(line) > MAX_LINE:
                            raise Malformed(f"longer than {MAX_LINE >> 20} MiB")
                        batch.parse(line, line_number - 1)
                        limit -= 1
                    except Malformed as error:
                        report(bad, name, line_number, str(error))
                if batch.size >= batch_size or batch.num_points >= BATCH_POINTS:
                    yield acceptable(batch.take(), name, bad)
            if limit <= 0:
                break
        if batch.size:
            yield acceptable(batch.take(), name, bad)


def write_ndjson(path: str | Path | BinaryIO, drawings: Drawings) -> None:
    """Write drawings in the dataset's layout, byte for byte, to a path (atomically) or to an open binary file.

    Whole numbers are written without a decimal point, others with the fewest digits that identify them. Every drawing
    must have at least one stroke and every stroke at least one point, with coordinates in the range of float32.
    """
    target: AbstractContextManager[Any] = nullcontext(path) if hasattr(path, "write") else replaced_file(path)
    with target as place, nullcontext(place) if hasattr(place, "write") else place.open("wb") as file:
        for start in range(0, len(drawings), 1024):
            file.write(b"".join(_lines(drawings[start : start + 1024])))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The text of a file in blocks of complete lines, each followed by PADDING.

    A byte order mark at the beginning of the file, which some editors write, is skipped.
    """
    rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
    while chunk := file.read(BLOCK):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((rest, memoryview(chunk)[:end], PADDING))
            rest = chunk[end:]
        else:
            rest = (rest + chunk)[: MAX_LINE + 1]  # enough to detect that the line is too long
    if rest:
        yield b"".join((rest, b"\n", PADDING))


def _lines(drawings: Drawings) -> Iterator[bytes]:
    timestamps = np.datetime_as_string(drawings.timestamp, "us")
    for index, drawing in enumerate(strokes_of(drawings)):
        day, time = str(timestamps[index]).split("T")
        yield orjson.dumps(
            {
                "word": str(drawings.word[index]),
                "countrycode": drawings.countrycode[index].decode("ascii"),
                "timestamp": f"{day} {time.rstrip('0').rstrip('.') if '.' in time else time} UTC",
                "recognized": bool(drawings.recognized[index]),
                "key_id": str(drawings.key_id[index]),
                "drawing": drawing,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )


def strokes_of(drawings: Drawings) -> Iterator[list]:
    """Each drawing as nested lists of the numbers in its line."""
    for drawing in drawings.to_lists():
        if drawings.points.dtype == np.uint8:
            yield drawing
        else:
            yield [[[_number(value) for value in values] for values in stroke] for stroke in drawing]


def _number(value: float) -> float | int:
    """Whole numbers become int, so that they are written without a decimal point."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
