"""The preprocessed dataset: memory-mapped arrays and one table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.params import Input, RasterInput, StrokeInput

SPLITS = ("train", "validation", "test")
ABOUT = ("categories", "positive", "positive_name", "channels", "mirror")  # what classes.json says


@dataclass(frozen=True)
class Dataset:
    """N drawings, ready for training.

    images         (N, H, W) or (N, 3, H, W) uint8, white ink on black or photographs, memory-mapped
    labels         (N,) int64: index into `categories`
    split          (N,) int8: index into SPLITS
    categories     the names of the classes
    positive       the categories of the positive group (empty if there is none)
    positive_name  what to call that group, or None
    channels       1, 3 (grey three times), "stroke_order" or "color" (photographs)
    mirror         whether a mirrored drawing is still one of its category
    folder         where the files lie; `index` and `drawings` are read from there when they are asked for
    """

    images: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    categories: tuple[str, ...]
    positive: tuple[str, ...]
    positive_name: str | None
    channels: int | str
    mirror: bool
    folder: Path

    @classmethod
    def open(cls, folder: str | Path = "data/processed") -> Dataset:
        """Open the output of `preprocess`. Raises UserError if it is missing."""
        folder = Path(folder)
        try:
            about: dict[str, Any] = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
            about = {name: about[name] for name in ABOUT}
            images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
            labels, split = _labels_and_splits(folder / "index.parquet")
        except FileNotFoundError as error:
            raise UserError(f"{error.filename}: not found; run `dvc repro preprocess` first") from None
        except (ValueError, OSError, KeyError) as error:
            raise UserError(f"{folder}: damaged ({one_line(error)}); run `dvc repro --force preprocess`") from None
        if len(labels) != len(images):
            raise UserError(
                f"{folder}: damaged ({len(images)} images, {len(labels)} rows in the index); "
                "run `dvc repro --force preprocess`"
            )
        about = {name: tuple(value) if isinstance(value, list) else value for name, value in about.items()}
        return cls(
            images=images,
            labels=labels,
            split=split,
            folder=folder,
            **about,
        )

    def rows(self, split: str) -> np.ndarray:
        """The row numbers of a split ("train", "validation" or "test"), ascending, (n,) int64."""
        return np.flatnonzero(self.split == SPLITS.index(split))

    def targets(self, task: str) -> np.ndarray:
        """(N,) int64: the labels of a multiclass task; 1 in the positive group and 0 outside it for a binary task."""
        if task == "multiclass":
            return self.labels
        return np.isin(np.array(self.categories), self.positive).astype(np.int64)[self.labels]

    def class_names(self, task: str) -> tuple[str, ...]:
        """The names of the targets: the categories, or the two sides of a binary task (negative first)."""
        if task == "multiclass":
            return self.categories
        name = self.positive_name
        return (f"not {name}", name) if name else ("negative", "positive")

    @cached_property
    def index(self) -> pd.DataFrame:
        """One row per drawing: category, label, split, row (in its file), file (where a category has no one file of its
        own), for strokes num_strokes and num_points, and key_id, countrycode, recognized and timestamp if known."""
        return pd.read_parquet(self.folder / "index.parquet")

    @property
    def has_strokes(self) -> bool:
        """Whether the drawings' strokes were kept beside the images."""
        return (self.folder / "points.npy").exists()

    @overload
    def inputs(self, input: StrokeInput) -> Sequences: ...
    @overload
    def inputs(self, input: RasterInput) -> Rasters: ...
    @overload
    def inputs(self, input: Input) -> np.ndarray | Rasters | Sequences: ...
    def inputs(self, input: Input) -> np.ndarray | Rasters | Sequences:
        """The N drawings as a network with that input reads them.

        That is `images`; Rasters of the input's size; or Sequences of max_points + 1 points.

        Raises UserError if the input needs strokes and the dataset has none.
        """
        if input.kind == "images":
            return self.images
        if not self.has_strokes:
            raise UserError(f"{self.folder}: the model needs strokes, but this dataset has only bitmaps")
        points, stroke_offsets = (
            np.load(self.folder / name, mmap_mode="r", allow_pickle=False) for name in ("points.npy", "offsets.npy")
        )
        num_strokes = pd.read_parquet(self.folder / "index.parquet", columns=["num_strokes"])["num_strokes"]
        drawing_offsets = np.concatenate([[0], np.cumsum(num_strokes.to_numpy(np.int64))])
        if isinstance(input, RasterInput):
            drawings = Drawings.from_arrays(points, stroke_offsets, drawing_offsets)
            return Rasters(drawings, input.size, "gray" if input.channels == 1 else "stroke_order")
        return Sequences(points, stroke_offsets, drawing_offsets, input.max_points + 1)


def _labels_and_splits(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N,) int64 and (N,) int8 of an index, read some rows at a time, so that hardly more than these is in memory."""
    with path.open("rb") as opened, pq.ParquetFile(opened) as file:
        labels = np.empty(file.metadata.num_rows, np.int64)
        split = np.empty(file.metadata.num_rows, np.int8)
        start = 0
        for batch in file.iter_batches(columns=["label", "split"]):
            rows = slice(start, start + len(batch))
            labels[rows] = batch.column("label").to_numpy()
            names = batch.column("split").dictionary_encode()
            codes = np.array([SPLITS.index(name) for name in names.dictionary.to_pylist()], np.int8)
            split[rows] = codes[names.indices.to_numpy()]
            start = rows.stop
    return labels, split
