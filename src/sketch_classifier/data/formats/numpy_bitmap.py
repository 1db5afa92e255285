"""`numpy_bitmap`: 28×28 bitmaps, the bucket's `<category>.npy`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sketch_classifier.data.formats.format import CHUNK, Batch, OneFileEach, Part, labelled
from sketch_classifier.data.prefix import NpyRows
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords


class NumpyBitmap(OneFileEach):
    name = "numpy_bitmap"

    def prefix(self, file: SourceFile, limit: int | None) -> NpyRows:
        return NpyRows(file.url, file.size, limit)

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats import open_bitmaps  # here: importing it loads numba

        bitmaps = open_bitmaps(part.path)
        for start in range(0, len(bitmaps), CHUNK):
            chunk = np.asarray(bitmaps[start : start + CHUNK]).reshape(-1, 28, 28)
            yield Batch(labelled(part, preset, len(chunk)), np.arange(start, start + len(chunk)), bitmaps=chunk)


FORMAT = NumpyBitmap()
