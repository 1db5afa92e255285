"""Reads the drawings of any source: detects its formats, and opens its files one at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sketch_classifier.data.download import find
from sketch_classifier.data.formats import Batch, Format, Part, Piece, Wanted, fetch_piece, format_of
from sketch_classifier.data.sources import NoFiles, Source
from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import FORMATS, DatasetPreset

# The order in which formats are detected in a source; the first one found is read. Strokes come before bitmaps made
# from them, and drawings in `.bin` files before the format that accepts any file as bitmaps.
ORDER = (
    "simplified", "raw", "binary", "csv", "parquet", "tfrecord", "p5", "numpy_bitmap", "svhn", "image_folder",
)  # fmt: skip
OF_BUCKET = ("simplified", "raw", "binary", "numpy_bitmap")  # formats of the source `official`
SVHN = "svhn"
FEW = 3  # files to try


@dataclass(frozen=True)
class Fetched:
    """A fetched part of a source, and the URL it came from."""

    part: Part
    address: str


@dataclass(frozen=True)
class Reading:
    """A source in one of its formats.

    categories  categories that it has, or the selected ones, in label order
    limit       maximum number of drawings of each, in each of its parts; None: all
    """

    source: Source
    format: Format
    categories: tuple[str, ...]
    pieces: tuple[Piece, ...]
    limit: int | None
    image_size: int
    reading: str | None

    @classmethod
    def of(
        cls,
        source: str,
        format: str,
        categories: Sequence[str] | None = None,
        *,
        limit: int | None = None,
        image_size: int = 28,
        reading: str | None = None,
    ) -> Reading:
        """Find the categories (None: all) of a source in a format.

        reading  for image_folder: ink (the default) or resize

        Raises UserError if a folder, a file or a category is missing.
        """
        kind = format_of(format)
        where = Source(source, kind.official)
        if format == SVHN:
            digits = tuple(map(str, range(10)))
            for category in categories or ():
                if category not in digits:
                    raise UserError(unknown_name("category", category, digits))
            _, pieces = find(kind, where, ("train_32x32", "test_32x32"))
            names: Sequence[str] = tuple(categories or digits)
        else:
            names, pieces = find(kind, where, categories or None)
        return cls(where, kind, tuple(names), tuple(pieces), limit, image_size, reading)

    @property
    def num_pieces(self) -> int:
        return len(self.pieces)

    def each(self) -> list[Reading]:
        """The same source, divided into what can be read separately: one category each, or all if files mix them."""
        return [replace(self, pieces=(piece,)) for piece in self.pieces] if self._by_category else [self]

    def fetch(self, folder: Path) -> Iterator[Fetched]:
        """Fetch the parts of the source one by one; each can be read until the next one is requested.

        folder  empty folder to fetch into, which contains at most one file per category at a time

        Raises UserError for a file that cannot be fetched.
        """
        wanted = Wanted(self.categories, self.limit, None)
        for group in (reading.pieces for reading in self.each()):
            into = folder / self.format.name
            try:
                for piece in group:
                    fetch_piece(self.format, piece, into, wanted)
                address_of = {into / piece.name: piece.files[0].url for piece in group}
                categories = (group[0].category,) if self._by_category else self.categories
                for part in self.format.parts(into, self._preset(categories)):
                    yield Fetched(part, address_of.get(part.path, str(part.path)))
            finally:
                shutil.rmtree(into, ignore_errors=True)

    def read(self, fetched: Fetched, bad: BadRecords | None = None) -> Iterator[Batch]:
        """The drawings of a part, a batch at a time; labels count `categories`.

        `bad` skips and counts malformed records; without it the first one raises UserError. Messages name a file by the
        URL that it came from.
        """
        part = fetched.part
        categories = (part.category,) if self._by_category and part.category else self.categories
        label_of = np.array([self.categories.index(category) for category in categories], np.int64)
        here = None if bad is None else BadRecords()
        path, address = str(part.path), fetched.address
        try:
            for batch in self.format.read(part, self._preset(categories), here):
                if len(batch.labels):
                    yield batch._replace(labels=label_of[batch.labels])
        except UserError as error:
            raise UserError(str(error).replace(path, address)) from None
        finally:
            if bad is not None and here is not None:
                bad.total += here.total
                bad.count += here.count
                first = [record._replace(file=record.file.replace(path, address)) for record in here.first]
                bad.first = [*bad.first, *first][: bad.keep]

    def known(self, fetched: Fetched) -> frozenset[str]:
        """The metadata columns that the part's file has."""
        return self.format.known([fetched.part])

    @property
    def _by_category(self) -> bool:
        return FORMATS[self.format.name].by_category

    def _preset(self, categories: tuple[str, ...]) -> DatasetPreset:
        """A preset without validation, which would reject a dataset with a single category."""
        is_svhn = self.format.name == SVHN
        reading = self.reading or "ink" if self.format.name == "image_folder" else None
        return DatasetPreset.model_construct(
            format=self.format.name,
            categories=categories,
            limit=self.limit,
            image_size=self.image_size,
            channels="color" if is_svhn else 1,
            reading=reading,
        )


@dataclass(frozen=True)
class Recognised:
    """A format that was detected in a source.

    first  its first drawing
    """

    format: str
    first: Batch

    @property
    def has_strokes(self) -> bool:
        return self.first.drawings is not None

    @property
    def has_times(self) -> bool:
        return self.first.drawings is not None and self.first.drawings.times is not None

    @property
    def is_simplified(self) -> bool:
        """Whether its strokes count as simplified: whole numbers, no times, and not in a file of the raw format."""
        drawings = self.first.drawings
        if drawings is None:
            return False
        return format_of(self.format).is_simplified or (self.format != "raw" and bool(are_whole(drawings).all()))


def recognise(source: str, among: Sequence[str] | None = None, categories: Sequence[str] | None = None) -> Recognised:
    """The first format, of those named or of all, in which drawings of the source can be read.

    Each format looks for its files and reads the first drawing. Raises UserError if no format succeeds, with the errors
    of the formats whose files were found.
    """
    refusals: dict[str, UserError] = {}
    for recognised in recognised_formats(source, among, categories, refusals):
        return recognised
    if categories:
        found = recognise(source, among)
        Reading.of(source, found.format, categories)  # raises the error about the missing one
    if len(refusals) == 1:
        raise next(iter(refusals.values()))
    if refusals:
        raise UserError("; ".join(f"as {name}: {error}" for name, error in refusals.items()))
    layouts = ", ".join(_layout(name) for name in among or ORDER)
    raise UserError(f"source {source!r}: no drawings found; accepted are {layouts}")


def recognised_formats(
    source: str,
    among: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
    refusals: dict[str, UserError] | None = None,
) -> Iterator[Recognised]:
    """All formats in which drawings of the source can be read; see `recognise`.

    refusals  receives, by format, the error of those whose files were found but cannot be read
    """
    _check(source)
    for name in among or (OF_BUCKET if source == "official" else ORDER):
        try:
            first = _first(source, name, categories)
            if not among:
                _check_kind(source, name, first, categories)
            yield Recognised(name, first)
        except UserError as error:
            if among and len(among) == 1:
                raise
            if refusals is not None and not isinstance(error, NoFiles):
                refusals[name] = error


def are_whole(drawings: Drawings) -> np.ndarray:
    """(N,) bool: which drawings have no times, and whole-number coordinates from 0 to 255."""
    if drawings.times is not None or not len(drawings):
        return np.zeros(len(drawings), bool)
    if drawings.points.dtype == np.uint8:
        return np.ones(len(drawings), bool)
    points = drawings.points
    good = ((points >= 0) & (points <= 255) & (points == np.rint(points))).all(axis=1)
    return np.logical_and.reduceat(good, drawings.stroke_offsets[drawings.drawing_offsets[:-1]])


def _check_kind(source: str, format: str, first: Batch, categories: Sequence[str] | None) -> None:
    """Raise NoFiles if .ndjson files outside folders `simplified` and `raw` prove to be of the other format."""
    if format not in ("simplified", "raw") or first.drawings is None:
        return
    file = Reading.of(source, format, categories, limit=1).pieces[0].files[0]
    is_named = f"/{format}/" in file.url or FORMATS[format].prefix in file.url
    if not is_named and are_whole(first.drawings).all() != (format == "simplified"):
        raise NoFiles(f"{file.url}: not {format}")


def _check(source: str) -> None:
    """Raise UserError if a source cannot be accessed at all, for which each format would raise the same error."""
    if source == "synthetic":
        raise UserError(
            "source synthetic: generated on demand; `python -m sketch_classifier.synthetic OUT` writes it to a folder"
        )
    where = Source(source)
    if not where.is_http and where.entries() is None:
        raise UserError(f"source {source!r}: no folder {where.url}")


def _first(source: str, format: str, categories: Sequence[str] | None) -> Batch:
    """The first drawing that can be read in one of the first files."""
    refusal = UserError(f"source {source!r}: its {format} files contain no drawings")
    bad = BadRecords()
    every = Reading.of(source, format, categories, limit=1)
    if FORMATS[format].by_category or format == SVHN:
        tried = every.each()[:FEW]
    else:  # reads a file only up to the first drawing of the class
        tried = [replace(every, categories=(name,), pieces=every.pieces[:1]) for name in every.categories[:FEW]]
    with TemporaryDirectory() as folder:
        for reading in tried:
            try:
                for fetched in reading.fetch(Path(folder) / "source"):
                    for batch in reading.read(fetched, bad):
                        return batch
                if bad.count:
                    refusal = UserError(str(bad.first[0]))
            except UserError as error:
                refusal = error
    raise refusal


def _layout(name: str) -> str:
    about = FORMATS[name]
    return f"{name} ({'/'.join(filter(None, (about.folders[0], f'*{about.suffixes[0]}')))})"
