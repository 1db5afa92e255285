"""Read and write .ndjson: one drawing a line, simplified or raw, with times or without."""

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
BATCH_POINTS = 1 << 22  # a batch with more points is handed on before it is full, for the same reason


def read_ndjson(path: Source, *, limit: int | None = None, bad: BadRecords | None = None) -> Drawings:
    """All drawings of an .ndjson file, or its first `limit`; otherwise as `iter_ndjson`."""
    return Drawings.concatenate(list(iter_ndjson(path, batch_size=sys.maxsize, limit=limit, bad=bad)))


def iter_ndjson(
    path: Source, *, batch_size: int = 4096, limit: int | None = None, bad: BadRecords | None = None
) -> Iterator[Drawings]:
    """The drawings of an .ndjson file, `batch_size` at a time, in memory that does not grow with the file.

    path   a local path, an fsspec URL or an open binary file
    limit  stop after this many drawings
    bad    skips and counts malformed lines; without it the first one raises UserError "<file>:<line>: <reason>"

    A file may hold drawings of any kind. Points are the very numbers that json reads: uint8 where those of a batch are
    strokes [xs, ys] of whole numbers in 0–255, else float64. Times are kept where every stroke of a batch is
    [xs, ys, ts]. `row` is the number of the line less one, and empty lines are passed over, but counted there, as in
    every message. `drawing` is the only key that a line must have; see `parse_line`.
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
                    # A line in another layout. The lines after it are likely to be in the same, so all are rewritten.
                    block = b"\n".join([canonical_line(line) for line in block[position:stop].split(b"\n")]) + PADDING
                    text, position, stop = np.frombuffer(block, np.uint8), 0, len(block) - len(PADDING)
                    tidied = True
                elif count < room and position < stop:  # a line that `scan` leaves to us
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
    """Write drawings as the dataset does, byte for byte: to a path (whole or not at all) or to an open binary file.

    Numbers that are whole are written without a point, others with as many digits as tell them from their neighbours.
    Every drawing has at least one stroke and every stroke at least one point, with coordinates in float32's range.
    """
    target: AbstractContextManager[Any] = nullcontext(path) if hasattr(path, "write") else replaced_file(path)
    with target as place, nullcontext(place) if hasattr(place, "write") else place.open("wb") as file:
        for start in range(0, len(drawings), 1024):
            file.write(b"".join(_lines(drawings[start : start + 1024])))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The text of a file in blocks of whole lines, each with PADDING after its last newline.

    A byte order mark at the beginning of the file, which some editors write, is left out.
    """
    rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
    while chunk := file.read(BLOCK):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((rest, memoryview(chunk)[:end], PADDING))
            rest = chunk[end:]
        else:
            rest = (rest + chunk)[: MAX_LINE + 1]  # enough to tell that the line is too long
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
    """Each drawing as nested lists of the numbers that stand in its line."""
    for drawing in drawings.to_lists():
        if drawings.points.dtype == np.uint8:
            yield drawing
        else:
            yield [[[_number(value) for value in values] for values in stroke] for stroke in drawing]


def _number(value: float) -> float | int:
    """Whole numbers are written without a point."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
