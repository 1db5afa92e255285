"""Write the files of the p5 and Magenta tutorials: `<class>.npz` of strokes (sketch-rnn), `<class>.bin` of bitmaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sketch_classifier.drawings.formats.writers.writer import Form, Writer, by_class
from sketch_classifier.drawings.strokes import Drawings

PARTS = {"train": "train", "validation": "valid", "test": "test"}  # names in an .npz file by split
ROW = np.dtype("<i2")


class P5(Writer):
    """Strokes become (points, 3) int16 arrays of (dx, dy, whether the pen is lifted afterwards), starting at (0, 0). An
    .npz file cannot be appended to, so rows are kept in temporary files, and only one class is in memory at a time."""

    name = "p5"
    holds_bitmaps = True
    needs_simplified = True
    holds = frozenset({"division"})

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        self._seen: set[int] = set()

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        for label, rows in by_class(labels):
            self._seen.add(label)
            chosen = drawings[rows]
            lengths = np.diff(chosen.stroke_offsets[chosen.drawing_offsets])
            for suffix, array in ((".rows", _deltas(chosen)), (".lengths", lengths.astype("<i8"))):
                with self._part(label, split or "train", suffix).open("ab") as file:
                    file.write(np.ascontiguousarray(array).data)

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        for label, rows in by_class(labels):
            with (self.folder / f"{self.classes[label]}.bin").open("ab") as file:
                file.write(np.ascontiguousarray(bitmaps[rows]).data)

    def finish(self) -> None:
        for label in sorted(self._seen):
            arrays = {part: self._read(label, split) for split, part in PARTS.items()}
            np.savez_compressed(self.folder / f"{self.classes[label]}.npz", **arrays)  # type: ignore[arg-type]  # names of arrays, no options

    def _part(self, label: int, split: str, suffix: str) -> Path:
        return self.folder / f".{label}.{split}{suffix}"

    def _read(self, label: int, split: str) -> np.ndarray:
        """An (n,) array of objects, as in sketch-rnn's own files; the temporary files are removed."""
        found = []
        for suffix, dtype in ((".lengths", "<i8"), (".rows", ROW)):
            path = self._part(label, split, suffix)
            found.append(np.fromfile(path, dtype) if path.exists() else np.empty(0, dtype))
            path.unlink(missing_ok=True)
        lengths, rows = found
        drawings = np.empty(len(lengths), object)
        for index, array in enumerate(np.split(rows.reshape(-1, 3), np.cumsum(lengths)[:-1]) if len(lengths) else ()):
            drawings[index] = array.astype(np.int16)
        return drawings


def _deltas(drawings: Drawings) -> np.ndarray:
    """(P, 3) int16."""
    points = drawings.points.astype(ROW)
    deltas = np.zeros((len(points), 3), ROW)
    deltas[:, :2] = points
    firsts = np.zeros(len(points), bool)
    firsts[drawings.stroke_offsets[drawings.drawing_offsets[:-1]]] = True
    deltas[1:, :2] -= np.where(firsts[1:, None], 0, points[:-1]).astype(ROW)
    deltas[drawings.stroke_offsets[1:] - 1, 2] = 1
    return deltas
