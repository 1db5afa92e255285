"""Collects the drawings from the lines of an .ndjson file into batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sketch_classifier.drawings.formats.ndjson_line import is_whole, parse_line
from sketch_classifier.drawings.formats.ndjson_scan import scan
from sketch_classifier.drawings.strokes import Drawings


class Batch:
    """The drawings read so far: arrays if `scan` parsed them, lists if `parse_line` did."""

    def __init__(self) -> None:
        self.kind: tuple[int, bool] | None = None  # (lists per stroke, whether coordinates are whole numbers in 0–255)
        self.buffers: dict[tuple[int, bool], _Buffers] = {}  # by kind
        self._start()

    def _start(self) -> None:
        self.parts: list[Drawings] = []
        self.drawings: list[list] = []
        self.columns: list[dict] = []
        self.rows: list[int] = []
        self.size = self.num_points = 0

    def scan(self, text: np.ndarray, position: int, stop: int, room: int, row: int) -> tuple[int, int]:
        """Add the lines in the dataset's own layout from `position` on: (how many, position of the next line).

        row  the number of the first of these lines, from 0
        """
        if self.kind is None:
            return 0, position
        buffers = self.buffers.get(self.kind)
        if buffers is None or buffers.num_bytes < len(text):
            buffers = self.buffers[self.kind] = _Buffers(len(text), *self.kind)
        count, position = buffers.scan(text, position, stop, room)
        if count:
            self._gather()
            self._add(replace(buffers.drawings(text, count), row=np.arange(row, row + count)))
        return count, position

    def parse(self, line: bytes, row: int) -> None:
        """Add any valid line, with number `row` from 0; later lines are probably of its kind. Raises Malformed."""
        drawing, columns = parse_line(line)
        kind = (len(drawing[0]), len(drawing[0]) == 2 and is_whole(drawing))
        if kind != self.kind:
            self._gather()
            self.kind = kind
        self.rows.append(row)
        self.drawings.append(drawing)
        self.columns.append(columns)
        self.size += 1
        self.num_points += sum(len(stroke[0]) for stroke in drawing)

    def take(self) -> Drawings:
        """The drawings added so far; starts a new batch."""
        self._gather()
        taken = Drawings.concatenate(self.parts)
        self._start()
        return taken

    def _gather(self) -> None:
        if self.kind is None or not self.drawings:  # the first drawing determines the kind
            return
        names = self.columns[0]
        columns = {name: [row[name] for row in self.columns] for name in names}
        part = Drawings.from_lists(self.drawings, dtype=np.uint8 if self.kind[1] else np.float64, **columns)
        self.parts.append(replace(part, row=np.array(self.rows)))
        self.drawings, self.columns, self.rows = [], [], []

    def _add(self, part: Drawings) -> None:
        self.parts.append(part)
        self.size += len(part)
        self.num_points += len(part.points)


class _Buffers:
    """Arrays that `scan` fills, large enough for every line of a text of `num_bytes`."""

    def __init__(self, num_bytes: int, num_lists: int, whole: bool) -> None:
        num_numbers = num_bytes // 2 + 2  # a number and its comma are two bytes
        max_drawings = num_bytes // 64 + 1  # the keys alone are longer
        self.num_bytes = num_bytes
        self.max_drawings = max_drawings
        self.bytes = np.empty((num_numbers if whole else 0, num_lists), np.uint8)
        self.floats = np.empty((0 if whole else num_numbers, num_lists), np.float64)
        self.stroke_offsets = np.zeros(num_bytes // 8 + 2, np.int64)
        self.drawing_offsets = np.zeros(max_drawings + 1, np.int64)
        self.key_id = np.empty(max_drawings, np.uint64)
        self.countrycode = np.empty((max_drawings, 2), np.uint8)
        self.recognized = np.empty(max_drawings, np.bool_)
        self.timestamp = np.empty(max_drawings, np.int64)
        self.word_run = np.empty(max_drawings, np.int64)
        self.word_span = np.empty((max_drawings, 2), np.int64)

    def scan(self, text: np.ndarray, start: int, stop: int, max_drawings: int) -> tuple[int, int]:
        """Parse at most `max_drawings` lines of text[start:stop], up to one that is not in the dataset's layout.

        Every line of `text` up to `stop` ends with a newline, and PADDING follows. Returns (drawings, position of the
        next line).
        """
        return scan(
            text, start, stop, min(max_drawings, self.max_drawings), self.bytes, self.floats, self.stroke_offsets,
            self.drawing_offsets, self.key_id, self.countrycode, self.recognized, self.timestamp, self.word_run,
            self.word_span,
        )  # fmt: skip

    def drawings(self, text: np.ndarray, count: int) -> Drawings:
        """A copy of the `count` drawings that the last `scan` of `text` parsed."""
        num_strokes = self.drawing_offsets[count]
        num_points = self.stroke_offsets[num_strokes]
        numbers = (self.bytes if len(self.bytes) else self.floats)[:num_points]
        num_runs = self.word_run[count - 1] + 1
        words = np.array([text[start:stop].tobytes().decode("ascii") for start, stop in self.word_span[:num_runs]])
        return Drawings(
            points=numbers[:, :2].copy(),
            stroke_offsets=self.stroke_offsets[: num_strokes + 1].copy(),
            drawing_offsets=self.drawing_offsets[: count + 1].copy(),
            key_id=self.key_id[:count].copy(),
            word=words[self.word_run[:count]],
            countrycode=self.countrycode[:count].copy().view("S2")[:, 0],
            recognized=self.recognized[:count].copy(),
            timestamp=self.timestamp[:count].copy().view("datetime64[us]"),
            times=numbers[:, 2].astype(np.float32) if numbers.shape[1] == 3 else None,
        )
