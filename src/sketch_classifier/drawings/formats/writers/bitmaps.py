"""Write `numpy_bitmap/<class>.npy`, 28×28 bitmaps as in the bucket."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from sketch_classifier.drawings.formats.bitmap import PIXELS
from sketch_classifier.drawings.formats.writers.writer import Form, Writer, by_class


class NumpyBitmap(Writer):
    name = "numpy_bitmap"
    holds_strokes, holds_bitmaps = False, True
    holds = frozenset()

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        (folder / self.name).mkdir()
        self._num_rows: Counter[int] = Counter()

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        for label, rows in by_class(labels):
            with self._path(label).open("ab") as file:
                if not self._num_rows[label]:
                    _write_header(file, 0)
                file.write(np.ascontiguousarray(bitmaps[rows].reshape(-1, PIXELS)).data)
            self._num_rows[label] += len(rows)

    def finish(self) -> None:
        """Write the number of rows into the headers, which numpy pads for this purpose."""
        for label, num_rows in self._num_rows.items():
            with self._path(label).open("r+b") as file:
                _write_header(file, num_rows)

    def _path(self, label: int) -> Path:
        return self.folder / self.name / f"{self.classes[label]}.npy"


def _write_header(file: BinaryIO, num_rows: int) -> None:
    npy.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (num_rows, PIXELS)})
