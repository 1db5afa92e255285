"""The class `Drawings`: many drawings stored as a few flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, cast

import numpy as np

from sketch_classifier.errors import UserError

COLUMNS = ("key_id", "word", "countrycode", "recognized", "timestamp")


@dataclass(frozen=True, eq=False)
class Drawings:
    """N drawings with S strokes and P points in total, as flat arrays rather than a Python object per drawing.

    points           (P, 2) uint8, or float64 if any is not a whole number in 0–255: x to the right, y downwards;
                     `simplify` decides which drawings are simplified
    stroke_offsets   (S + 1,) int64: stroke s is points[stroke_offsets[s]:stroke_offsets[s + 1]]
    drawing_offsets  (N + 1,) int64: drawing n has the strokes drawing_offsets[n] … drawing_offsets[n + 1] - 1
    key_id           (N,) uint64: the dataset's own identifier of the drawing
    word             (N,) str (fixed width): the category that the player was asked to draw
    countrycode      (N,) bytes of two letters (S2)
    recognized       (N,) bool: whether the game recognised the drawing
    timestamp        (N,) datetime64[us], UTC
    row              (N,) int64: its position in the file that it was read from, from 0: the line in an .ndjson file,
                     the record in any other, counting those that were left out; 0 … N − 1 if there is no file
    times            (P,) float32 milliseconds since the drawing's first point, or None (simplified drawings have none)
    """

    points: np.ndarray
    stroke_offsets: np.ndarray
    drawing_offsets: np.ndarray
    key_id: np.ndarray
    word: np.ndarray
    countrycode: np.ndarray
    recognized: np.ndarray
    timestamp: np.ndarray
    times: np.ndarray | None = None
    row: np.ndarray = cast(np.ndarray, None)

    def __post_init__(self) -> None:
        if self.row is None:
            object.__setattr__(self, "row", np.arange(len(self)))

    @classmethod
    def from_lists(cls, drawings: Iterable[Sequence], *, dtype=None, **columns) -> Drawings:
        """Drawings from nested lists as in an .ndjson file: [[xs, ys], …] or [[xs, ys, ts], …] per drawing.

        `dtype` of the points defaults to uint8 if all coordinates are whole numbers in 0–255, otherwise float64.
        `columns` are any of COLUMNS; missing ones are filled with zeros, empty strings and True for `recognized`.
        Raises UserError for lists of another structure and for coordinates that are not finite.
        """
        try:
            drawings = [list(drawing) for drawing in drawings]
            strokes = [stroke for drawing in drawings for stroke in drawing]
            lengths = [len(stroke[0]) for stroke in strokes]
            xy = [np.asarray(stroke[:2], dtype=np.float64).reshape(2, -1) for stroke in strokes]
            points = np.concatenate(xy, axis=1).T if xy else np.empty((0, 2))
        except (TypeError, ValueError, IndexError, KeyError):
            raise UserError("drawings: expected [[xs, ys], …] for each drawing, xs and ys of equal length") from None
        if not np.isfinite(points).all():
            raise UserError("drawings: coordinates must be finite numbers")
        if dtype is None:
            whole = points.size == 0 or (
                (points == np.round(points)).all() and points.min() >= 0 and points.max() <= 255
            )
            dtype = np.uint8 if whole else np.float64
        times = None
        if strokes and all(len(stroke) > 2 for stroke in strokes):
            times = np.concatenate([np.asarray(stroke[2], dtype=np.float32) for stroke in strokes])
        return cls(
            points=np.ascontiguousarray(points, dtype=dtype),
            stroke_offsets=offsets_of(lengths),
            drawing_offsets=offsets_of([len(drawing) for drawing in drawings]),
            times=times,
            **{
                name: np.asarray(columns.get(name, default), default.dtype if name != "word" else None)
                for name, default in _nothing_known(len(drawings)).items()
            },
        )

    @classmethod
    def from_arrays(cls, points: np.ndarray, stroke_offsets: np.ndarray, drawing_offsets: np.ndarray) -> Drawings:
        """Drawings with defaults in all other columns; the arrays are not copied."""
        return cls(points, stroke_offsets, drawing_offsets, **_nothing_known(len(drawing_offsets) - 1))

    @classmethod
    def of(cls, drawings: Drawings | Iterable[Sequence]) -> Drawings:
        """`drawings` itself, or Drawings made from nested lists."""
        return drawings if isinstance(drawings, Drawings) else cls.from_lists(drawings)

    @classmethod
    def concatenate(cls, parts: Sequence[Drawings]) -> Drawings:
        """The drawings of all parts, in order. Times are kept if every non-empty part has them."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.from_lists([])
        inked = [part for part in parts if len(part.points)] or parts[:1]  # ignore empty parts for dtype and times
        timed = all(part.times is not None for part in inked)
        return cls(
            points=np.concatenate([part.points for part in inked]),
            stroke_offsets=_join_offsets([part.stroke_offsets for part in parts]),
            drawing_offsets=_join_offsets([part.drawing_offsets for part in parts]),
            times=np.concatenate([part.times for part in inked]) if timed else None,
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in (*COLUMNS, "row")},
        )

    def __len__(self) -> int:
        return len(self.drawing_offsets) - 1

    def __getitem__(self, key) -> Drawings:
        """The drawings of a slice, index array or boolean mask; `drawings[7]` is one drawing, as Drawings of length 1.

        A slice with step 1 is a view. Raises IndexError like numpy.
        """
        if isinstance(key, (int, np.integer)):
            index = range(len(self))[key]
            key = slice(index, index + 1)
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._slice(start, max(start, stop))
            key = np.arange(start, stop, step)
        key = np.asarray(key)
        if key.dtype == bool:
            if key.shape != (len(self),):
                raise IndexError(f"a mask of shape {key.shape} for {len(self)} drawings")
            key = np.flatnonzero(key)
        return self._take(key.astype(np.int64))

    def strokes(self, index: int) -> list[np.ndarray]:
        """The strokes of drawing `index`, each (n, 2), without a copy."""
        index = range(len(self))[index]
        first, last = self.drawing_offsets[index], self.drawing_offsets[index + 1]
        bounds = self.stroke_offsets[first : last + 1]
        return [self.points[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]

    def to_lists(self) -> list[list[list[list]]]:
        """The drawings as nested lists, as in an .ndjson file."""
        drawings = []
        for index in range(len(self)):
            first, last = self.drawing_offsets[index], self.drawing_offsets[index + 1]
            bounds = self.stroke_offsets[first : last + 1]
            drawing = []
            for a, b in zip(bounds[:-1], bounds[1:], strict=True):
                stroke = [self.points[a:b, 0].tolist(), self.points[a:b, 1].tolist()]
                drawing.append(stroke if self.times is None else [*stroke, self.times[a:b].tolist()])
            drawings.append(drawing)
        return drawings

    def save(self, folder: str | Path) -> None:
        """Write every array to `folder` as `<field>.npy`, replacing what was saved there before."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            array = getattr(self, field.name)
            path = folder / f"{field.name}.npy"
            if array is None:
                path.unlink(missing_ok=True)
            else:
                np.save(path, array, allow_pickle=False)

    @classmethod
    def load(cls, folder: str | Path, *, mmap: bool = True) -> Drawings:
        """Load drawings written by `save`; with `mmap`, data are read only when they are used."""
        paths = {field.name: Path(folder) / f"{field.name}.npy" for field in fields(cls)}
        mode: Literal["r"] | None = "r" if mmap else None
        return cls(
            **{
                name: np.load(path, mmap_mode=mode, allow_pickle=False)
                for name, path in paths.items()
                if name != "times" or path.exists()
            }
        )

    def _slice(self, start: int, stop: int) -> Drawings:
        drawing_offsets = self.drawing_offsets[start : stop + 1]
        stroke_offsets = self.stroke_offsets[drawing_offsets[0] : drawing_offsets[-1] + 1]
        a, b = stroke_offsets[0], stroke_offsets[-1]
        return replace(
            self,
            points=self.points[a:b],
            stroke_offsets=stroke_offsets - a,
            drawing_offsets=drawing_offsets - drawing_offsets[0],
            times=None if self.times is None else self.times[a:b],
            **{name: getattr(self, name)[start:stop] for name in (*COLUMNS, "row")},
        )

    def _take(self, rows: np.ndarray) -> Drawings:
        columns = {name: getattr(self, name)[rows] for name in (*COLUMNS, "row")}  # raises IndexError
        rows = np.where(rows < 0, rows + len(self), rows)
        strokes = _ranges(self.drawing_offsets, rows)
        points = _ranges(self.stroke_offsets, strokes)
        return replace(
            self,
            points=self.points[points],
            stroke_offsets=offsets_of(_lengths(self.stroke_offsets, strokes)),
            drawing_offsets=offsets_of(_lengths(self.drawing_offsets, rows)),
            times=None if self.times is None else self.times[points],
            **columns,
        )


def _nothing_known(count: int) -> dict[str, np.ndarray]:
    """The default values of COLUMNS."""
    return {
        "key_id": np.zeros(count, np.uint64),
        "word": np.full(count, ""),
        "countrycode": np.zeros(count, "S2"),
        "recognized": np.ones(count, bool),
        "timestamp": np.zeros(count, "datetime64[us]"),
    }


def offsets_of(lengths) -> np.ndarray:
    """(n + 1,) int64: the offsets of n consecutive runs of these lengths, and the end of the last one."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _join_offsets(parts: Sequence[np.ndarray]) -> np.ndarray:
    return offsets_of(np.concatenate([np.diff(part) for part in parts]))


def _ranges(offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The concatenation of range(offsets[r], offsets[r + 1]) for every r of rows."""
    lengths = _lengths(offsets, rows)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(offsets[rows] - (ends - lengths), lengths)


def _lengths(offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The lengths of these rows, in time that does not depend on the total number of rows."""
    lengths: np.ndarray = offsets[rows + 1] - offsets[rows]
    return lengths
