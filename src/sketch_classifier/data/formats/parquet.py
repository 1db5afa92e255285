"""`parquet`: the shards of Hugging Face's `google/quickdraw`, which mix all classes, as strokes or as pictures.

A source is a folder of shards such as `train-00000-of-00004.parquet`, optionally in one subfolder per split. They are
merged into one file per split, cut to the first drawings of each class. See `drawings/formats/parquet.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sketch_classifier.data.formats.format import DIVISIONS, KNOWN, Batch, Format, Part, Piece, Quota, Wanted, chosen
from sketch_classifier.data.formats.image_folder import SHARE, Pictures, read_pictures
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.params import FORMATS, DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords
    from sketch_classifier.drawings.formats.parquet import ParquetDrawings

SUFFIX = ".parquet"


class Parquet(Format):
    name = "parquet"

    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        elsewhere: list[str] = []
        for folder in FORMATS[self.name].folders:
            files, others = _files(source, folder)
            if files:
                break
            elsewhere += others
        else:
            if elsewhere:
                few = ", ".join(elsewhere[:8])
                raise UserError(f"{source.url}: the .parquet files are in {few}; set source to one of these folders")
            raise source.refuse(self.name)
        where = source.address(folder)
        splits = sorted({split for split, _ in files}, key=lambda split: (split != "train", split))
        first = _opened(files[0][1])
        for file in (file for _, file in files[1:]):
            if _opened(file).has_strokes != first.has_strokes:
                raise UserError(f"{where}: some .parquet files contain strokes and some pictures; separate them")
        there = first.names()
        if first.classes is None:
            there = tuple(sorted({*there, *(name for _, file in files[1:] for name in _opened(file).names())}))
        pieces = [
            Piece(f"{split}{SUFFIX}", split, tuple(file for of, file in files if of == split), there)
            for split in splits
        ]
        return chosen(where, categories, there), pieces

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        import pyarrow as pa
        import pyarrow.parquet as pq

        quota = Quota(wanted, piece.classes)
        number = {name: index for index, name in enumerate(piece.classes)}
        writer = None
        try:
            for file in piece.files:
                if quota.is_full:
                    break
                opened = _opened(file)
                columns = [opened.label, "drawing" if opened.has_strokes else "image", *opened.columns]
                for batch, words in opened.batches(columns):
                    kept = [index for index, word in enumerate(words) if quota.take(number.get(word, -1))]
                    if kept:
                        writer = writer or pq.ParquetWriter(path, batch.schema.with_metadata(opened.metadata))
                        writer.write_batch(batch.take(pa.array(kept)))
                    if quota.is_full:
                        break
        except (pa.ArrowException, ValueError) as error:
            raise UserError(f"{piece.files[0].url}: {one_line(error)}") from error
        finally:
            if writer:
                writer.close()
        if DIVISIONS.get(piece.category, "train") == "train":
            quota.check(piece.files[0].url)
        if writer is None:
            raise UserError(f"{piece.files[0].url}: no drawings of the categories")
        return quota.num_taken

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        paths = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stem != "train", path.stem))
        if not paths:
            raise UserError(f"{folder}: no {SUFFIX} file; run `dvc repro download` first")
        return [Part(path, path.stem, split=DIVISIONS.get(path.stem)) for path in paths]

    def reads_in_processes(self, parts: Sequence[Part]) -> bool:
        from sketch_classifier.drawings.formats.parquet import ParquetDrawings

        return not ParquetDrawings(parts[0].path, str(parts[0].path)).has_strokes

    def known(self, parts: Sequence[Part]) -> frozenset[str]:
        from sketch_classifier.drawings.formats.parquet import ParquetDrawings

        return KNOWN.intersection(*(ParquetDrawings(part.path, str(part.path)).columns for part in parts))

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats.parquet import ParquetDrawings, iter_parquet

        label_of = {category: label for label, category in enumerate(preset.categories)}
        file = ParquetDrawings(part.path, str(part.path))
        if file.has_strokes:
            for drawings in iter_parquet(part.path, str(part.path), bad=bad):
                yield Batch(_labels(drawings.word, label_of), drawings.row, drawings)
            return
        yield from read_pictures(_pictures(file, label_of), file.file.metadata.num_rows, str(part.path), preset, bad)


def _pictures(file: ParquetDrawings, label_of: dict[str, int]) -> Iterator[Pictures]:
    start = 0
    for batch, words in file.batches([file.label, "image"]):
        images = batch.column(batch.schema.get_field_index("image")).to_pylist()
        data = [(image.get("bytes") if isinstance(image, dict) else image) or b"" for image in images]
        rows = np.arange(start, start + len(data))
        start += len(data)
        labels = _labels(words, label_of)
        for first in range(0, len(data), SHARE):
            share = slice(first, first + SHARE)
            yield Pictures(data[share], [str(row + 1) for row in rows[share]], rows[share], labels[share])


def _labels(words: np.ndarray, label_of: dict[str, int]) -> np.ndarray:
    return np.array([label_of[word] for word in words.tolist()], np.int16)


def _files(source: Source, folder: str) -> tuple[list[tuple[str, SourceFile]], list[str]]:
    """The shards in a folder of a source and in its subfolders that are splits, each with the name of its split; and
    the other subfolders that contain shards."""
    found: list[tuple[str, SourceFile]] = []
    others = []
    entries = source.entries(folder) or {}
    for name, entry in sorted(entries.items()):
        path = f"{folder}/{name}".lstrip("/")
        if name.endswith(SUFFIX):
            found.append((_split(name) or "train", source.file(name.removesuffix(SUFFIX), path, entry)))
        elif entry["type"] == "directory":
            below = {below: entry for below, entry in (source.entries(path) or {}).items() if below.endswith(SUFFIX)}
            if below and (split := _split(name)):
                files = [source.file(name, f"{path}/{below}", entry) for below, entry in sorted(below.items())]
                found += [(split, file) for file in files]
            elif below:
                others.append(path)
    return found, others


def _split(name: str) -> str | None:
    """The split that a file or folder is named after, if any: train-00000-of-00004.parquet, partial-train/, test/."""
    words = re.split(r"[^a-z]+", name.removesuffix(SUFFIX).lower())
    return next((DIVISIONS[word] for word in words if word in DIVISIONS), None)


def _opened(file: SourceFile) -> ParquetDrawings:
    from sketch_classifier.drawings.formats.parquet import ParquetDrawings

    return ParquetDrawings(file.reader(), file.url)


FORMAT = Parquet()
