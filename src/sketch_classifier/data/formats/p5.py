"""`p5`: the files used in p5.js and Magenta tutorials: `<category>.bin`, bitmaps of 784 bytes, or sketch-rnn's `.npz`.

If a source has both, the suffix that covers more of the categories is used. A `.npz` file is already split into
training, validation and test drawings; see `drawings/formats/sketch_rnn.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

import numpy as np

from sketch_classifier.data.cache import forget, open_stream
from sketch_classifier.data.formats.format import CHUNK, DIVISIONS, Batch, OneFileEach, Part, Piece, Wanted, labelled
from sketch_classifier.data.prefix import BitmapRows
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords

LISTS, BITMAPS = ".npz", ".bin"


class P5(OneFileEach):
    name = "p5"
    official = "gs://quickdraw_dataset/sketchrnn"

    def piece(self, file: SourceFile) -> Piece:
        suffix = LISTS if file.path.endswith(LISTS) else BITMAPS
        return Piece(f"{file.category}{suffix}", file.category, (file,))

    def prefix(self, file: SourceFile, limit: int | None) -> BitmapRows:
        return BitmapRows(file.url, file.size, limit)

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        """A .npz file is fetched whole, because its table of contents is at its end."""
        if path.suffix == BITMAPS:
            return super().fetch(piece, path, wanted)
        from sketch_classifier.drawings.formats.sketch_rnn import sketch_rnn_lists

        (file,) = piece.files
        with path.open("wb") as output, open_stream(file, wanted.cache) as whole:
            copyfileobj(whole, output)
        try:
            counts = sketch_rnn_lists(path, file.url).values()
        except UserError:
            forget(file, wanted.cache)
            raise
        return sum(count if wanted.limit is None else min(count, wanted.limit) for count in counts)

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        parts = []
        for category in preset.categories:
            path = folder / f"{category}{LISTS}"
            if path.exists():
                from sketch_classifier.drawings.formats.sketch_rnn import sketch_rnn_lists

                lists = [name for name, count in sketch_rnn_lists(path).items() if count]
                parts += [Part(path, f"{category}/{name}", category, DIVISIONS[name]) for name in lists]
                continue
            path = path.with_name(f"{category}{BITMAPS}")
            if not path.exists():
                raise UserError(f"{path}: not found; run `dvc repro download` first")
            parts.append(Part(path, category, category))
        return parts

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        if part.path.suffix == BITMAPS:
            bitmaps = np.memmap(part.path, np.uint8, "r").reshape(-1, 28, 28)
            for start in range(0, len(bitmaps), CHUNK):
                chunk = np.asarray(bitmaps[start : start + CHUNK])
                yield Batch(labelled(part, preset, len(chunk)), np.arange(start, start + len(chunk)), bitmaps=chunk)
            return
        from sketch_classifier.drawings.formats.sketch_rnn import iter_sketch_rnn

        name = part.name.rpartition("/")[2]
        for drawings in iter_sketch_rnn(part.path, name, limit=preset.limit, bad=bad):
            yield Batch(labelled(part, preset, len(drawings)), drawings.row, drawings)


FORMAT = P5()
