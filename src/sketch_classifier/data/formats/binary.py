"""`binary`: simplified drawings in the bucket's compact binary format, `<category>.bin`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sketch_classifier.data.formats.format import Batch, OneFileEach, Part, labelled
from sketch_classifier.data.prefix import BinaryRows
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords


class Binary(OneFileEach):
    name = "binary"
    is_simplified = True

    def prefix(self, file: SourceFile, limit: int | None) -> BinaryRows:
        return BinaryRows(file.url, file.size, limit)

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats import iter_binary

        for drawings in iter_binary(part.path, bad=bad):
            yield Batch(labelled(part, preset, len(drawings)), drawings.row, drawings)


FORMAT = Binary()
