"""Converts downloaded files to arrays for training."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError
from tqdm import tqdm

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.formats import Batch, Format, Part, format_of
from sketch_classifier.data.manifest import read_categories
from sketch_classifier.data.split import Division, hash_fractions
from sketch_classifier.drawings.files import NpyWriter, replaced_folder
from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import DatasetPreset, Split
from sketch_classifier.params.refusal import refusal

FEW = 1000  # drawings; with more, no split is empty by chance
FEW_TO_TEST = 10  # test drawings of a class; metrics of fewer mean little
ROW_GROUP = 2**17  # rows of the index written together: many small groups would be slow to read


def preprocess(raw: str | Path, preset: DatasetPreset, split: Split, out: str | Path) -> None:
    """Rasterise, resize and split the drawings of `raw`, one batch at a time, into the folder `out`.

    `out` holds images.npy, index.parquet and classes.json as `Dataset` reads them, and for drawings with strokes
    points.npy (P, 2) uint8 and offsets.npy (S + 1,) int64: stroke s is points[offsets[s]:offsets[s + 1]], and each
    drawing has as many strokes as its `num_strokes` in the index. Drawings are in the order of the files, and these in
    the order of the categories if there is one file per category; otherwise the column `file` of the index names the
    file. `row` in the index is the line, record or row in that file, from 0, counting those that were left out. Columns
    that the files do not have (key_id, countrycode, recognized, timestamp) are missing in the index.

    Each drawing is aligned and scaled by `simplify`, which leaves those of the dataset's own simplified files
    unchanged. A line on standard error says how many drawings of a `simplified` file were not simplified.

    Raises UserError for a malformed file, for a larger share of malformed records than `preset.max_bad_records`, and
    if the preset needs something that the files do not record.
    """
    format = format_of(preset.format)
    if not preset.categories:
        preset = _with_categories(preset, Path(raw) / "manifest.json")
    parts = format.parts(Path(raw) / preset.format, preset)
    known = format.known(parts)
    if preset.recognized_only and "recognized" not in known:
        raise UserError(f"recognized_only: the files in {Path(raw) / preset.format} do not say what was recognised")
    division = Division.of(split, {part.split for part in parts})
    in_several = any(part.category is None or part.split for part in parts)
    names = [part.name for part in parts] if in_several else []
    with replaced_folder(out) as folder, _Writer(folder, preset, known, names) as writer:
        for number, part in enumerate(tqdm(parts, "preprocess", unit="file", disable=None)):
            before = writer.num_drawings
            _append(writer, format, number, part, division)
            if writer.num_drawings == before:
                kept = " that was recognised" if preset.recognized_only else ""
                raise UserError(f"{part.path}: no drawing{kept}")
        writer.fill_splits(division)


def _with_categories(preset: DatasetPreset, manifest: Path) -> DatasetPreset:
    try:
        return preset.with_categories(read_categories(manifest))
    except ValidationError as error:
        raise UserError(f"datasets: {refusal(error, DatasetPreset)}") from None


def _append(writer: _Writer, format: Format, number: int, part: Part, division: Division) -> None:
    """Append the drawings of one part, which has this number."""
    preset = writer.preset
    bad = BadRecords() if preset.max_bad_records > 0 else None
    num_changed = 0
    for batch in format.read(part, preset, bad):
        if preset.recognized_only and batch.drawings is not None:
            kept = batch.drawings.recognized
            batch = Batch(batch.labels[kept], batch.rows[kept], batch.drawings[kept])
        if not len(batch.labels):
            continue
        if batch.drawings is not None:
            simple = simplify(batch.drawings)
            if format.is_simplified:
                num_changed += _num_changed(batch.drawings, simple)
            batch = batch._replace(drawings=simple, bitmaps=rasterize(simple, size=28, as_is=True))
        assert batch.bitmaps is not None
        writer.append(batch, number, division.assign(batch.bitmaps, part.split))
    if num_changed:
        print(f"{part.path}: {num_changed} drawings were not simplified and have been simplified now", file=sys.stderr)
    if bad is not None and bad.count:
        found = f"{bad.count} of {bad.total} records are malformed; the first: {bad.first[0]}"
        if bad.fraction > preset.max_bad_records:
            raise UserError(f"{part.path}: {found} (max_bad_records allows a share of {preset.max_bad_records:g})")
        print(f"{part.path}: left out: {found}", file=sys.stderr)


def _num_changed(before: Drawings, after: Drawings) -> int:
    """How many drawings have other points or strokes than before."""
    if np.array_equal(before.stroke_offsets, after.stroke_offsets) and np.array_equal(before.points, after.points):
        return 0
    pairs = ((before.strokes(index), after.strokes(index)) for index in range(len(before)))
    return sum(not all(map(np.array_equal, old, new)) for old, new in pairs)


class _Writer(ExitStack):
    """The output files, appended to a chunk at a time."""

    def __init__(self, folder: Path, preset: DatasetPreset, known: frozenset[str], names: Sequence[str]) -> None:
        super().__init__()
        self.folder, self.preset, self.known, self.names = folder, preset, known, names
        self.num_drawings = self.num_points = 0
        self.fractions: list[np.ndarray] = []  # of the first FEW drawings, and of the batch that goes beyond
        self.tables: list[pa.Table] = []  # rows of the index that are not yet written
        self.index: pq.ParquetWriter | None = None
        size = preset.image_size
        shape = (size, size) if preset.channels == 1 else (3, size, size)
        self.images = self.enter_context(NpyWriter(folder / "images.npy", shape, np.uint8))
        self.points: NpyWriter | None = None
        about = {
            "categories": preset.categories,
            "positive": preset.positive,
            "positive_name": preset.positive_name,
            "channels": preset.channels,
            "mirror": preset.mirror,
        }
        text = json.dumps(about, indent=2, ensure_ascii=False)
        (folder / "classes.json").write_text(text + "\n", encoding="utf-8")
        self.callback(self._finish_index)

    def append(self, batch: Batch, number: int, splits: np.ndarray) -> None:
        """Append the drawings of a batch of file `number`."""
        assert batch.bitmaps is not None
        drawings = batch.drawings
        self.images.append(self._images(batch.bitmaps, batch.images, drawings))
        columns = {
            "category": pd.Categorical.from_codes(batch.labels, self.preset.categories),
            "label": batch.labels,
            "split": pd.Categorical.from_codes(splits, SPLITS),
        }
        if self.names:
            columns["file"] = pd.Categorical.from_codes(np.full(len(splits), number), self.names)
        columns["row"] = batch.rows
        if drawings is not None:
            self._append_strokes(drawings)
            columns |= self._columns(drawings)
        self.tables.append(pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False))
        if self.num_drawings <= FEW:
            self.fractions.append(hash_fractions(batch.bitmaps))
        self.num_drawings += len(splits)
        if sum(map(len, self.tables)) >= ROW_GROUP:
            self._write_index()

    def _append_strokes(self, drawings: Drawings) -> None:
        if self.points is None:
            self.points = self.enter_context(NpyWriter(self.folder / "points.npy", (2,), np.uint8))
            self.offsets = self.enter_context(NpyWriter(self.folder / "offsets.npy", (), np.int64))
            self.offsets.append(np.zeros(1, np.int64))
        self.points.append(drawings.points)
        self.offsets.append(drawings.stroke_offsets[1:] + self.num_points)
        self.num_points += len(drawings.points)

    def _columns(self, drawings: Drawings) -> dict:
        """What is known of the drawings."""
        columns = {
            "key_id": drawings.key_id,
            "countrycode": np.char.decode(drawings.countrycode, "ascii"),
            "recognized": drawings.recognized,
            "timestamp": drawings.timestamp,
        }
        return {name: values for name, values in columns.items() if name in self.known} | {
            "num_strokes": np.diff(drawings.drawing_offsets).astype(np.int32),
            "num_points": np.diff(drawings.stroke_offsets[drawings.drawing_offsets]).astype(np.int32),
        }

    def fill_splits(self, division: Division) -> None:
        """Where there are so few drawings that a split has none, give it one; and say what is few."""
        if not 0 < self.num_drawings <= FEW:
            return
        whole = pa.concat_tables(self.tables).to_pandas()
        splits = division.filled(whole["split"].cat.codes.to_numpy(), np.concatenate(self.fractions))
        whole["split"] = pd.Categorical.from_codes(splits, SPLITS)
        self.tables = [pa.Table.from_pandas(whole, self.tables[0].schema, preserve_index=False)]
        counts = whole[splits == SPLITS.index("test")]["category"].value_counts()
        if len(counts) and counts.min() < FEW_TO_TEST:
            name, least = counts.index[-1], counts.min()
            text = f"few drawings: {name!r} has {least} test drawings, so metrics of single classes are unreliable"
            print(text, file=sys.stderr)

    def _write_index(self) -> None:
        if self.index is None:
            self.index = pq.ParquetWriter(self.folder / "index.parquet", self.tables[0].schema)
        self.index.write_table(pa.concat_tables(self.tables), row_group_size=ROW_GROUP)
        self.tables.clear()

    def _finish_index(self) -> None:
        if self.tables:
            self._write_index()
        if self.index is not None:
            self.index.close()

    def _images(self, bitmaps: np.ndarray, images: np.ndarray | None, drawings: Drawings | None) -> np.ndarray:
        size, channels = self.preset.image_size, self.preset.channels
        if channels == "stroke_order":
            if drawings is None:
                raise UserError("channels: stroke_order needs strokes, but these files hold bitmaps")
            return rasterize(drawings, size=size, as_is=True, channels="stroke_order")
        if images is None:
            if size == bitmaps.shape[-1]:
                images = bitmaps
            elif drawings is not None:
                images = rasterize(drawings, size=size, as_is=True)
            else:
                images = resize(bitmaps, size)
        return np.repeat(images[:, None], 3, axis=1) if channels == 3 else images
