"""`svhn`: photographs of digits in MAT-files; see `data/svhn.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sketch_classifier.data.cache import forget, stream
from sketch_classifier.data.formats.format import CHUNK, Batch, Format, Part, Piece, Wanted
from sketch_classifier.data.prefix import WholeMat
from sketch_classifier.data.sources import Source
from sketch_classifier.data.svhn import PUBLISHED, SvhnFile
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords

TEST = "test_32x32"


class Svhn(Format):
    name = "svhn"
    official = "http://ufldl.stanford.edu/housenumbers"

    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        """For svhn, `categories` are the names of files."""
        files = source.find(self.name, categories)
        return (), [Piece(f"{file.category}.mat", file.category, (file,)) for file in files]

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        """Write a whole MAT-file and check it."""
        (file,) = piece.files
        size, digest = PUBLISHED[file.category] if file.source.name == "official" else (None, None)
        if size and file.size != size:
            raise UserError(f"{file.url}: the published file has {size} bytes, found {file.size}")
        whole = WholeMat(file.url, file.size)
        with path.open("wb") as output:
            for block in stream(file, whole.wanted, wanted.cache):
                output.write(whole.feed(block))
        try:
            num = len(SvhnFile.open(path, file.url))
            if digest:
                with path.open("rb") as written:
                    found = file_digest(written, "sha256").hexdigest()
                if found != digest:
                    raise UserError(f"{file.url}: not the published file: its sha256 is {found}, not {digest}")
        except UserError:
            forget(file, wanted.cache)
            raise
        return num

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        parts = [Part(folder / f"{name}.mat", name, split="test" if name == TEST else "train") for name in preset.files]
        for part in parts:
            if not part.path.exists():
                raise UserError(f"{part.path}: not found; run `dvc repro download` first")
        return parts

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        """The first `preset.limit` photographs of the file, without those of digits that are not categories."""
        photographs = SvhnFile.open(part.path)
        label_of = np.full(10, -1, np.int16)  # by digit
        label_of[[int(category) for category in preset.categories]] = np.arange(len(preset.categories))
        start = 0
        for images in photographs.images(preset.limit, CHUNK):
            rows = np.arange(start, start + len(images))
            start += len(images)
            labels = label_of[photographs.digits[rows]]
            kept = labels >= 0
            if not kept.all():
                images, rows, labels = images[kept], rows[kept], labels[kept]
            yield Batch(labels, rows, bitmaps=images)


FORMAT = Svhn()
