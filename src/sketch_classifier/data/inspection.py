"""Summarises a source: classes, counts, sizes, flags, countries, malformed records, and sample drawings per class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

from sketch_classifier.data.formats import Batch
from sketch_classifier.data.reading import Reading, recognise, recognised_formats
from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import FORMATS

SHOWN = 8  # sample drawings per class
MOST_LISTED = 50  # categories that a params.yaml block lists by name
MOST_COMPARED = 10  # classes whose first pictures are read in both ways
CLEAN = 0.9  # minimum correlation between the results of both
MOST_SHOWN = 40  # classes with sample drawings


@dataclass
class OfClass:
    """Statistics of a class.

    num             number of drawings read
    is_cut          whether the class may have more drawings, because the limit was reached
    num_recognized  number of recognised drawings among them
    num_points      total number of points; `num_strokes` likewise
    samples         (n, H, W) uint8, white ink on black, or (n, 3, H, W): the first few drawings
    """

    num: int = 0
    is_cut: bool = False
    num_recognized: int = 0
    num_points: int = 0
    num_strokes: int = 0
    samples: list[np.ndarray] = field(default_factory=list)


@dataclass
class Inspection:
    """Statistics of a source.

    format      format in which it was read
    others      other formats that it contains
    classes     statistics by class name
    splits      number of drawings by split, if the source has splits
    known       metadata columns of its files (key_id, countrycode, recognized, timestamp)
    countries   number of drawings by country
    num_bytes   total size of its files
    shape       shape of a bitmap or picture, such as (28, 28); None for strokes
    reading     for image_folder: the reading that was used, which suits its pictures
    bad         malformed records
    unreadable  error of each file that cannot be read at all
    """

    source: str
    format: str
    others: tuple[str, ...]
    limit: int | None
    has_strokes: bool
    has_times: bool
    classes: dict[str, OfClass]
    splits: Counter[str] = field(default_factory=Counter)
    known: frozenset[str] = frozenset()
    countries: Counter[str] = field(default_factory=Counter)
    num_files: int = 0
    num_bytes: int = 0
    shape: tuple[int, ...] | None = None
    reading: str | None = None
    bad: BadRecords = field(default_factory=BadRecords)
    unreadable: list[str] = field(default_factory=list)

    @property
    def num(self) -> int:
        """Number of drawings read."""
        return sum(one.num for one in self.classes.values())

    def block(self) -> dict:
        """A dataset preset for the source, as in params.yaml."""
        names = [name for name, one in self.classes.items() if one.num]
        official = self.source == "official"
        listed = names if official or len(names) <= MOST_LISTED else "all"
        block: dict = {"format": self.format, "categories": listed, "limit": None}
        if self.reading:
            block["reading"] = self.reading
        if self.bad.count:
            block["max_bad_records"] = ceil(self.bad.fraction * 1000) / 1000
        return block


def inspect(
    source: str,
    *,
    source_format: str | None = None,
    categories: Sequence[str] | None = None,
    limit: int | None = 1000,
    reading: str | None = None,
) -> Inspection:
    """Read the first `limit` (None: all) drawings of each class, in each split if the source has splits.

    The other arguments are those of `convert`; without `reading`, `fitting_reading` chooses that of an image_folder.
    Raises UserError if the source does not exist, or if no drawings are found in it in any format.
    """
    if source_format is not None and source_format not in FORMATS:
        raise UserError(f"--from: {unknown_name('format', source_format, FORMATS)}")
    found = recognise(source, (source_format,) if source_format else None, categories)
    others = () if source_format else tuple(
        other.format for other in recognised_formats(source, categories=categories) if other.format != found.format
    )  # fmt: skip
    opened = Reading.of(source, found.format, categories, limit=limit, reading=reading)
    if found.format == "image_folder":
        reading = reading or fitting_reading(opened)
        opened = replace(opened, reading=reading)
    else:
        reading = None
    result = Inspection(
        source=source,
        format=found.format,
        others=others,
        limit=limit,
        has_strokes=found.has_strokes,
        has_times=found.has_times,
        reading=reading,
        classes={name: OfClass() for name in opened.categories},
    )
    files = {file.url: file.size for piece in opened.pieces for file in piece.files}
    result.num_files, result.num_bytes = len(files), sum(files.values())
    known: list[frozenset[str]] = []
    with TemporaryDirectory() as folder, tqdm(opened.each(), "inspect", unit="file", disable=None) as bar:
        for one in bar:
            try:
                for fetched in one.fetch(Path(folder) / "source"):
                    known.append(opened.known(fetched))
                    before = np.array([of.num for of in result.classes.values()])
                    for batch in opened.read(fetched, result.bad):
                        _add(result, batch, opened.categories, fetched.part.split)
                    for of, num in zip(result.classes.values(), before, strict=True):
                        of.is_cut |= limit is not None and of.num - num >= limit
            except UserError as error:
                result.unreadable.append(str(error))
    result.known = frozenset.intersection(*known) if known else frozenset()
    return result


def fitting_reading(opened: Reading) -> str:
    """Which `reading` suits the pictures of an image_folder.

    "resize" if it gives nearly the same result for the first pictures as "ink": if they are clean and square, and the
    drawing fills them with the line width of the dataset. Otherwise "ink".
    """
    few = replace(opened, limit=SHOWN, pieces=opened.pieces[:MOST_COMPARED])
    ink, resized = (_first(replace(few, reading=name)) for name in ("ink", "resize"))
    same = [np.corrcoef(ink[key], resized[key])[0, 1] for key in ink.keys() & resized.keys()]
    return "resize" if same and np.median(same) >= CLEAN else "ink"


def _first(opened: Reading) -> dict[tuple[str, int], np.ndarray]:
    """The pixels of the readable, non-blank pictures, by part and row."""
    found = {}
    with TemporaryDirectory() as folder:
        for one in opened.each():
            try:
                for fetched in one.fetch(Path(folder) / "source"):
                    for batch in one.read(fetched, BadRecords()):
                        assert batch.bitmaps is not None
                        for row, bitmap in zip(batch.rows.tolist(), batch.bitmaps, strict=True):
                            if np.ptp(bitmap):
                                found[fetched.part.name, row] = bitmap.ravel()
            except UserError:  # reported when all pictures are read
                continue
    return found


def _add(result: Inspection, batch: Batch, categories: Sequence[str], split: str | None) -> None:
    drawings: Any = batch.drawings  # or bitmaps: one of them is None
    if split:
        result.splits[split] += len(batch.labels)
    if batch.bitmaps is not None:
        result.shape = batch.bitmaps.shape[1:]
    else:
        assert drawings is not None
        names, counts = np.unique(drawings.countrycode, return_counts=True)
        result.countries.update(dict(zip((name.decode() for name in names), counts.tolist(), strict=True)))
        num_strokes = np.diff(drawings.drawing_offsets)
        num_points = np.diff(drawings.stroke_offsets[drawings.drawing_offsets])
    for label in np.unique(batch.labels).tolist():
        rows = np.flatnonzero(batch.labels == label)
        of = result.classes[categories[label]]
        of.num += len(rows)
        if drawings is not None:
            of.num_recognized += int(drawings.recognized[rows].sum())
            of.num_strokes += int(num_strokes[rows].sum())
            of.num_points += int(num_points[rows].sum())
        wanted = rows[: SHOWN - len(of.samples)]
        if len(wanted) and (of.samples or sum(bool(other.samples) for other in result.classes.values()) < MOST_SHOWN):
            pictures = batch.bitmaps[wanted] if batch.bitmaps is not None else rasterize(drawings[wanted], 64)
            of.samples += list(pictures)
