"""What is in a source: classes, counts, sizes, flags, countries, malformed records, and some drawings of each class."""

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

SHOWN = 8  # drawings of a class that are kept to be shown
MOST_LISTED = 50  # categories that a block names
MOST_COMPARED = 10  # classes whose first pictures are read in both ways
CLEAN = 0.9  # correlation of what both give, at least
MOST_SHOWN = 40  # classes of which they are kept


@dataclass
class OfClass:
    """What is known of a class.

    num             drawings that were read
    is_cut          whether there may be more, as no more were to be read
    num_recognized  of these
    num_points      of all these, and `num_strokes`
    samples         (n, H, W) uint8, white ink on black, or (n, 3, H, W): the first few
    """

    num: int = 0
    is_cut: bool = False
    num_recognized: int = 0
    num_points: int = 0
    num_strokes: int = 0
    samples: list[np.ndarray] = field(default_factory=list)


@dataclass
class Inspection:
    """What is known of a source.

    format      in which it was read
    others      formats that it has, too
    classes     by name
    splits      drawings by split, where the source is divided into splits
    known       which columns its files have (key_id, countrycode, recognized, timestamp)
    countries   drawings by country
    num_bytes   of its files
    shape       of a bitmap or picture: (28, 28); None where it has strokes
    reading     of image_folder: how its pictures were read, and should be
    bad         records that cannot be read
    unreadable  what is wrong with each file that cannot be read at all
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
        """Drawings that were read."""
        return sum(one.num for one in self.classes.values())

    def block(self) -> dict:
        """The preset of a dataset that reads the source, as params.yaml has it."""
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
    """Read the first `limit` (None: all) drawings of each class, in each part of a source that is divided.

    The other arguments are those of `convert`; without `reading`, an image_folder is read as fits its first pictures
    (`fitting_reading`). Raises UserError if the source is not there, and where no format
    recognises anything in it.
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
    """Which reading fits the pictures of an image_folder.

    "resize" where it makes nearly the same of the first pictures as "ink" does: where they are clean and square, and
    the drawing fills them and has as broad a pen as in the dataset. Else "ink".
    """
    few = replace(opened, limit=SHOWN, pieces=opened.pieces[:MOST_COMPARED])
    ink, resized = (_first(replace(few, reading=name)) for name in ("ink", "resize"))
    same = [np.corrcoef(ink[key], resized[key])[0, 1] for key in ink.keys() & resized.keys()]
    return "resize" if same and np.median(same) >= CLEAN else "ink"


def _first(opened: Reading) -> dict[tuple[str, int], np.ndarray]:
    """The pixels of the pictures that can be read and show something, by their part and row."""
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
            except UserError:  # which the reading of all reports
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
