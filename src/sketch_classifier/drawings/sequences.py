"""Drawings as point sequences of equal length, for networks that read strokes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

POINT, END = 1, 2  # values of the column `pen`; 0 is padding


@dataclass(frozen=True)
class Sequences:
    """The last `length` points of each of N drawings, indexed like an (N, length, 3) uint8 array.

    The columns are x, y and pen: 1 for a point, 2 for the last point of a stroke, 0 for padding, which precedes the
    points of shorter drawings. Sequences are built from the strokes on access, so these may be memory-mapped.

    points           (P, 2) uint8
    stroke_offsets   (S + 1,) int64: stroke s is points[stroke_offsets[s]:stroke_offsets[s + 1]]
    drawing_offsets  (N + 1,) int64: drawing n has the strokes drawing_offsets[n] … drawing_offsets[n + 1] − 1
    length           number of points per sequence
    """

    points: np.ndarray
    stroke_offsets: np.ndarray
    drawing_offsets: np.ndarray
    length: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return (len(self.drawing_offsets) - 1, self.length, 3)

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """(n, length, 3) uint8 for a slice or (n,) integers; (length, 3) for a single one."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        rows = np.asarray(rows)
        if rows.ndim == 0:
            return self[rows[None]][0]
        first_stroke, end_stroke = self.drawing_offsets[rows], self.drawing_offsets[rows + 1]
        first, end = self.stroke_offsets[first_stroke], self.stroke_offsets[end_stroke]

        sequences = np.zeros((len(rows), self.length, 3), np.uint8)
        taken = np.minimum(end - first, self.length)
        row = np.repeat(np.arange(len(rows)), taken)
        column = _counted(taken) + (self.length - taken)[row]
        sequences[row, column, :2] = self.points[column + (end - self.length)[row]]
        sequences[row, column, 2] = POINT

        num_strokes = end_stroke - first_stroke
        row = np.repeat(np.arange(len(rows)), num_strokes)
        last = self.stroke_offsets[_counted(num_strokes) + first_stroke[row] + 1] - 1
        column = last - (end - self.length)[row]
        kept = column >= 0
        sequences[row[kept], column[kept], 2] = END
        return sequences


def _counted(lengths: np.ndarray) -> np.ndarray:
    """The concatenation of arange(n) for each n of `lengths`."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
