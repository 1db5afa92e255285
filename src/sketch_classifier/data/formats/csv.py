"""`csv`: the files of the Kaggle competition, `train_simplified/<category>.csv` or `train_raw/<category>.csv`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sketch_classifier.data.formats.format import KNOWN, Batch, OneFileEach, Part, labelled, of_one_class
from sketch_classifier.data.prefix import CsvRows
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords


class Csv(OneFileEach):
    name = "csv"

    def prefix(self, file: SourceFile, limit: int | None) -> CsvRows:
        return CsvRows(file.url, file.size, limit)

    def known(self, parts: Sequence[Part]) -> frozenset[str]:
        from sketch_classifier.drawings.formats import csv_columns

        return KNOWN.intersection(*(csv_columns(part.path) for part in parts))

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats import iter_csv

        for drawings in of_one_class(part, iter_csv(part.path, bad=bad)):
            yield Batch(labelled(part, preset, len(drawings)), drawings.row, drawings)


FORMAT = Csv()
