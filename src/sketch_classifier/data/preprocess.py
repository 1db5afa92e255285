"""From downloaded files to arrays ready for training."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.split import assign_splits
from sketch_classifier.data.svhn import SvhnFile
from sketch_classifier.drawings.files import NpyWriter, replaced_folder
from sketch_classifier.drawings.formats import BadRecords, iter_ndjson, open_bitmaps
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.params import SUFFIXES, DatasetPreset, Split

CHUNK = 4096  # drawings in memory at a time
ROW_GROUP = 2**17  # rows of the index written together: many small groups would be slow to read


def preprocess(raw: str | Path, preset: DatasetPreset, split: Split, out: str | Path) -> None:
    """Rasterise, resize and split the drawings of `raw`, one chunk at a time, into the folder `out`.

    `out` holds images.npy, index.parquet and classes.json as `Dataset` reads them, and for drawings with strokes
    points.npy (P, 2) uint8 and offsets.npy (S + 1,) int64: stroke s is points[offsets[s]:offsets[s + 1]], and each
    drawing has as many strokes as its `num_strokes` in the index. Drawings stand in the order of the categories, and
    within one in the order of its file; those of svhn in the order of its files, of which `file` in the index says
    which. `row` in the index is the line or row in that file, from 0, with those counted that were left out.

    Drawings of `simplified` and of `raw` files are both brought into the dataset's region, each by itself: see
    `simplify`, which takes those of the dataset's own simplified files as they are. A line on standard error says how
    many of a `simplified` file were not simplified.

    Raises UserError for a malformed file, and where more of its records are bad than `preset.max_bad_records` allows.
    """
    suffix = SUFFIXES[preset.format]
    with replaced_folder(out) as folder, _Writer(folder, preset) as writer:
        for number, name in enumerate(tqdm(preset.files, "preprocess", unit="file", disable=None)):
            path = Path(raw) / preset.format / f"{name}{suffix}"
            if not path.exists():
                raise UserError(f"{path}: not found; run `dvc repro download` first")
            before = writer.num_drawings
            if suffix == ".mat":
                _append_photographs(writer, path, name, preset, split)
            else:
                chunks = _bitmap_chunks(path) if suffix == ".npy" else _stroke_chunks(path, preset)
                for bitmaps, drawings, rows in chunks:
                    splits = assign_splits(bitmaps, split.validation, split.test, split.folds, split.fold)
                    writer.append(np.full(len(rows), number, np.int16), bitmaps, drawings, {"row": rows}, splits)
            if writer.num_drawings == before:
                kept = " that was recognised" if preset.recognized_only else ""
                raise UserError(f"{path}: no drawing{kept}")


def _append_photographs(writer: _Writer, path: Path, name: str, preset: DatasetPreset, split: Split) -> None:
    """The first `preset.limit` photographs of an SVHN file, those of digits that are no category left out."""
    photographs = SvhnFile.open(path)
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
        if len(rows):
            files = pd.Categorical.from_codes(np.full(len(rows), preset.files.index(name)), preset.files)
            splits = _splits_of_photographs(images, name, split)
            writer.append(labels, images, None, {"file": files, "row": rows}, splits)


def _splits_of_photographs(images: np.ndarray, name: str, split: Split) -> np.ndarray:
    """By the official protocol the test file is test, and the others are shared as train : validation."""
    if split.protocol == "random":
        return assign_splits(images, split.validation, split.test, split.folds, split.fold)
    if name == "test_32x32":
        return np.full(len(images), SPLITS.index("test"), np.int8)
    return assign_splits(images, split.validation / (split.train + split.validation), 0.0)


def _bitmap_chunks(path: Path) -> Iterator[tuple[np.ndarray, None, np.ndarray]]:
    bitmaps = open_bitmaps(path)
    for start in range(0, len(bitmaps), CHUNK):
        chunk = np.asarray(bitmaps[start : start + CHUNK]).reshape(-1, 28, 28)
        yield chunk, None, np.arange(start, start + len(chunk))


def _stroke_chunks(path: Path, preset: DatasetPreset) -> Iterator[tuple[np.ndarray, Drawings, np.ndarray]]:
    bad = BadRecords() if preset.max_bad_records > 0 else None
    num_changed = 0
    for drawings in iter_ndjson(path, batch_size=CHUNK, bad=bad):
        if preset.recognized_only:
            drawings = drawings[drawings.recognized]
        if len(drawings):
            simple = simplify(drawings)
            num_changed += _num_changed(drawings, simple)
            yield rasterize(simple, size=28, as_is=True), simple, simple.row
    if num_changed and preset.format == "simplified":
        print(f"{path}: {num_changed} drawings were not simplified yet; simplified here", file=sys.stderr)
    if bad is not None and bad.count:
        found = f"{bad.count} of {bad.total} records are malformed, the first: {bad.first[0]}"
        if bad.fraction > preset.max_bad_records:
            raise UserError(f"{path}: {found} (max_bad_records allows a share of {preset.max_bad_records:g})")
        print(f"{path}: left out: {found}", file=sys.stderr)


def _num_changed(before: Drawings, after: Drawings) -> int:
    """How many drawings have other points or strokes than before."""
    if np.array_equal(before.stroke_offsets, after.stroke_offsets) and np.array_equal(before.points, after.points):
        return 0
    pairs = ((before.strokes(index), after.strokes(index)) for index in range(len(before)))
    return sum(not all(map(np.array_equal, old, new)) for old, new in pairs)


class _Writer(ExitStack):
    """The output files, appended to a chunk at a time."""

    def __init__(self, folder: Path, preset: DatasetPreset) -> None:
        super().__init__()
        self.folder, self.preset = folder, preset
        self.num_drawings = self.num_points = 0
        self.tables: list[pa.Table] = []  # rows of the index that are not yet written
        self.index: pq.ParquetWriter | None = None
        size = preset.image_size
        shape = (size, size) if preset.channels == 1 else (3, size, size)
        self.images = self.enter_context(NpyWriter(folder / "images.npy", shape, np.uint8))
        if preset.has_strokes:
            self.points = self.enter_context(NpyWriter(folder / "points.npy", (2,), np.uint8))
            self.offsets = self.enter_context(NpyWriter(folder / "offsets.npy", (), np.int64))
            self.offsets.append(np.zeros(1, np.int64))
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

    def append(
        self, labels: np.ndarray, bitmaps: np.ndarray, drawings: Drawings | None, places: dict, splits: np.ndarray
    ) -> None:
        """Append drawings. `places` has the columns of the index that say where they come from."""
        self.images.append(self._images(bitmaps, drawings))
        columns = {
            "category": pd.Categorical.from_codes(labels, self.preset.categories),
            "label": labels,
            "split": pd.Categorical.from_codes(splits, SPLITS),
            **places,
        }
        if drawings is not None:
            self.points.append(drawings.points)
            self.offsets.append(drawings.stroke_offsets[1:] + self.num_points)
            self.num_points += len(drawings.points)
            columns |= {
                "key_id": drawings.key_id,
                "countrycode": np.char.decode(drawings.countrycode, "ascii"),
                "recognized": drawings.recognized,
                "timestamp": drawings.timestamp,
                "num_strokes": np.diff(drawings.drawing_offsets).astype(np.int32),
                "num_points": np.diff(drawings.stroke_offsets[drawings.drawing_offsets]).astype(np.int32),
            }
        self.tables.append(pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False))
        self.num_drawings += len(labels)
        if sum(map(len, self.tables)) >= ROW_GROUP:
            self._write_index()

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

    def _images(self, bitmaps: np.ndarray, drawings: Drawings | None) -> np.ndarray:
        size, channels = self.preset.image_size, self.preset.channels
        if drawings is not None and channels == "stroke_order":
            return rasterize(drawings, size=size, as_is=True, channels="stroke_order")
        if size == bitmaps.shape[-1]:
            images = bitmaps
        elif drawings is not None:
            images = rasterize(drawings, size=size, as_is=True)
        else:
            images = resize(bitmaps, size)
        return np.repeat(images[:, None], 3, axis=1) if channels == 3 else images
