"""`simplified`: simplified strokes as lines of JSON, the bucket's `simplified/<category>.ndjson`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sketch_classifier.data.formats.format import CHUNK, Batch, OneFileEach, Part, labelled, of_one_class
from sketch_classifier.data.prefix import NdjsonRows
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords


class Simplified(OneFileEach):
    name = "simplified"
    is_simplified = True

    def prefix(self, file: SourceFile, limit: int | None) -> NdjsonRows:
        return NdjsonRows(file.url, file.size, limit)

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats import iter_ndjson  # here: loads numba, which fetching does not need

        for drawings in of_one_class(part, iter_ndjson(part.path, batch_size=CHUNK, bad=bad)):
            yield Batch(labelled(part, preset, len(drawings)), drawings.row, drawings)


FORMAT = Simplified()
