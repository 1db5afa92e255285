"""The preprocessed dataset: one table, and arrays that are memory-mapped or read from a server by byte range."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol, overload

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.params import Input, RasterInput, StrokeInput

SPLITS = ("train", "validation", "test")
ABOUT = ("categories", "positive", "positive_name", "channels", "mirror")  # keys of classes.json


class Files(Protocol):
    """The output files of `preprocess`, local or remote; str() gives their location.

    missing, damaged  advice for error messages about a file that is missing or damaged
    """

    missing: str
    damaged: str

    def stream(self, name: str) -> IO[bytes]:
        """Open the file of this name as a seekable binary stream."""
        ...

    def array(self, name: str) -> np.ndarray:
        """The array of an .npy file, or an object that is indexed like one and reads rows on demand."""
        ...

    def has(self, name: str) -> bool:
        """Whether a file of this name exists."""
        ...


@dataclass(frozen=True)
class FilesOnDisk:
    """Files in a folder; arrays are memory-mapped."""

    folder: Path
    missing = "run `dvc repro preprocess` first"
    damaged = "run `dvc repro --force preprocess`"

    def __str__(self) -> str:
        return str(self.folder)

    def stream(self, name: str) -> IO[bytes]:
        return (self.folder / name).open("rb")

    def array(self, name: str) -> np.ndarray:
        return np.load(self.folder / name, mmap_mode="r", allow_pickle=False)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()


@dataclass(frozen=True)
class Dataset:
    """N drawings, ready for training.

    images         (N, H, W) or (N, 3, H, W) uint8, white ink on black or photographs; see `Files.array`
    labels         (N,) int64: index into `categories`
    split          (N,) int8: index into SPLITS
    categories     class names
    positive       categories of the positive class of a binary task (empty if there is none)
    positive_name  name of that class, or None
    channels       1, 3 (the grey channel repeated), "stroke_order" or "color" (photographs)
    mirror         whether mirroring a drawing preserves its category
    files          files from which `index` and `inputs` are read on demand
    """

    images: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    categories: tuple[str, ...]
    positive: tuple[str, ...]
    positive_name: str | None
    channels: int | str
    mirror: bool
    files: Files

    @classmethod
    def open(cls, place: str | Path | Files = "data/processed") -> Dataset:
        """Open the output of `preprocess`, local or remote. Raises UserError if it is missing or damaged."""
        files = FilesOnDisk(Path(place)) if isinstance(place, str | Path) else place
        try:
            with files.stream("classes.json") as opened:
                about: dict[str, Any] = json.load(opened)
            about = {name: about[name] for name in ABOUT}
            images = files.array("images.npy")
            labels, split = _labels_and_splits(files)
        except FileNotFoundError as error:
            raise UserError(f"{error.filename}: not found; {files.missing}") from None
        except (ValueError, OSError, KeyError) as error:
            raise UserError(f"{files}: damaged ({one_line(error)}); {files.damaged}") from None
        if len(labels) != len(images):
            raise UserError(
                f"{files}: damaged ({len(images)} images, {len(labels)} rows in the index); {files.damaged}"
            )
        about = {name: tuple(value) if isinstance(value, list) else value for name, value in about.items()}
        return cls(
            images=images,
            labels=labels,
            split=split,
            files=files,
            **about,
        )

    @property
    def folder(self) -> Path:
        """The folder of the files, for code that reads them by path; only for local files."""
        assert isinstance(self.files, FilesOnDisk)
        return self.files.folder

    def rows(self, split: str) -> np.ndarray:
        """The row numbers of a split ("train", "validation" or "test"), ascending, (n,) int64."""
        return np.flatnonzero(self.split == SPLITS.index(split))

    def targets(self, task: str) -> np.ndarray:
        """(N,) int64: the labels for a multiclass task; 1 for positive categories and 0 for others in a binary task."""
        if task == "multiclass":
            return self.labels
        return np.isin(np.array(self.categories), self.positive).astype(np.int64)[self.labels]

    def class_names(self, task: str) -> tuple[str, ...]:
        """The names of the targets: the categories, or the two classes of a binary task (negative first)."""
        if task == "multiclass":
            return self.categories
        name = self.positive_name
        return (f"not {name}", name) if name else ("negative", "positive")

    @cached_property
    def index(self) -> pd.DataFrame:
        """One row per drawing: category, label, split, row (in its file), file (if files are not one per category),
        num_strokes and num_points for strokes, and key_id, countrycode, recognized and timestamp if known."""
        with self.files.stream("index.parquet") as opened:
            return pd.read_parquet(opened)

    @property
    def has_strokes(self) -> bool:
        """Whether the dataset contains strokes in addition to images."""
        return self.files.has("points.npy")

    @overload
    def inputs(self, input: StrokeInput) -> Sequences: ...
    @overload
    def inputs(self, input: RasterInput) -> Rasters: ...
    @overload
    def inputs(self, input: Input) -> np.ndarray | Rasters | Sequences: ...
    def inputs(self, input: Input) -> np.ndarray | Rasters | Sequences:
        """The N drawings in the form that a network with that input expects.

        This is `images`, Rasters of the input's size, or Sequences of max_points + 1 points.

        Raises UserError if the input needs strokes and the dataset has none.
        """
        if input.kind == "images":
            return self.images
        if not self.has_strokes:
            raise UserError(f"{self.files}: the model needs strokes, but this dataset has only bitmaps")
        points, stroke_offsets = (self.files.array(name) for name in ("points.npy", "offsets.npy"))
        with self.files.stream("index.parquet") as opened:
            num_strokes = pd.read_parquet(opened, columns=["num_strokes"])["num_strokes"]
        drawing_offsets = np.concatenate([[0], np.cumsum(num_strokes.to_numpy(np.int64))])
        if isinstance(input, RasterInput):
            drawings = Drawings.from_arrays(points, stroke_offsets, drawing_offsets)
            return Rasters(drawings, input.size, "gray" if input.channels == 1 else "stroke_order")
        return Sequences(points, stroke_offsets, drawing_offsets, input.max_points + 1)


def _labels_and_splits(files: Files) -> tuple[np.ndarray, np.ndarray]:
    """The labels, (N,) int64, and splits, (N,) int8, of the index, read in batches to limit memory use."""
    with files.stream("index.parquet") as opened, pq.ParquetFile(opened) as file:
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
