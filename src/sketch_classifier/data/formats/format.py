"""The interface that each dataset format implements, and functions that several formats share."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import numpy as np

from sketch_classifier.data.cache import stream
from sketch_classifier.data.ranges import Unsound
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.data.sources import OFFICIAL, Source
from sketch_classifier.drawings.names import path_within, unusable_name
from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import FORMATS, SUFFIXES, DatasetPreset

if TYPE_CHECKING:  # they load numba, which fetching does not need
    from sketch_classifier.drawings.formats import BadRecords
    from sketch_classifier.drawings.strokes import Drawings

CHUNK = 4096  # drawings in memory at a time
KNOWN = frozenset({"key_id", "countrycode", "recognized", "timestamp"})  # metadata that a format may record
DIVISIONS = {  # names under which sources publish their splits, and the split that each one is
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A file to be written to data/raw.

    name      path within the folder of its format: "cat.ndjson", "train/cat.tar"
    category  the category of its drawings; for mixed categories, the file's own name without the suffix
    files     files of the source from which it is made
    classes   class names, if its records store class numbers

    Raises UserError if the name or the category, which may come from a server or an archive, is not a valid file name.
    """

    name: str
    category: str
    files: tuple[SourceFile, ...]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        path_within(Path(), self.name)
        if why := unusable_name(self.category):
            raise UserError(f"categories: {why}")


@dataclass(frozen=True)
class Wanted:
    """Which drawings to fetch: those of `categories`, at most `limit` (None: all) of each per piece; and the cache
    folder, or None."""

    categories: tuple[str, ...]
    limit: int | None
    cache: Path | None


@dataclass(frozen=True)
class Part:
    """A file of data/raw to be read: its category, or None for mixed categories, and its split in the source, or None
    if the source has no splits."""

    path: Path
    name: str
    category: str | None = None
    split: str | None = None


class Batch(NamedTuple):
    """n drawings, either as strokes or as bitmaps.

    labels    (n,) int16: index into the categories
    rows      (n,) int64: line, row or record number in the part, from 0, counting those that were left out
    drawings  strokes on a canvas of any size, or None
    bitmaps   (n, 28, 28) uint8, white ink on black, or photographs (n, 3, H, W), or None for strokes
    images    (n, S, S) uint8: the bitmaps at the dataset's image size, if these are not simply the resized bitmaps
    """

    labels: np.ndarray
    rows: np.ndarray
    drawings: Drawings | None = None
    bitmaps: np.ndarray | None = None
    images: np.ndarray | None = None


class Format(ABC):
    """How drawings of a format are fetched from a source to data/raw, and read from there into arrays.

    name           value of `format` in params.yaml; its other properties for params.yaml are in `params.formats`
    official       what the source `official` stands for
    is_simplified  whether its drawings should already be simplified
    may_be_empty   whether a file of 0 bytes is allowed: as a malformed record, which may be left out, or an empty shard
    """

    name: ClassVar[str]
    official: ClassVar[str] = OFFICIAL
    is_simplified: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = False

    @abstractmethod
    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        """The categories (for None: all, sorted by name), and the pieces to fetch for them.

        Raises UserError if a folder, a file or a category is missing.
        """

    @abstractmethod
    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        """Write a piece to `path`; return its number of drawings. Raises UserError for a malformed file."""

    @abstractmethod
    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        """The parts fetched into a folder, in the order in which they are read. Raises UserError if any is missing."""

    @abstractmethod
    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        """The drawings of a part that belong to the preset's categories, a batch at a time.

        `bad` skips and counts malformed records; without it the first one raises UserError.
        """

    def reads_in_processes(self, parts: Sequence[Part]) -> bool:
        """Whether `read` starts processes itself, so that its caller need not."""
        return False

    def known(self, parts: Sequence[Part]) -> frozenset[str]:
        """Which of KNOWN all of the parts record."""
        return KNOWN if FORMATS[self.name].has_flags else frozenset()


def fetch_piece(format: Format, piece: Piece, folder: Path, wanted: Wanted) -> tuple[Piece, int]:
    """Write a piece below `folder`; return the piece as it was fetched, and its number of drawings.

    If a file changes during the download or fails its checksum, the whole piece is fetched once more, from the current
    versions of its files. Raises UserError if that fails, too.
    """
    path = path_within(folder, piece.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        num = format.fetch(piece, path, wanted)
        for file in piece.files:
            file.check_is_same()
        return piece, num
    except Unsound:
        if any(file.source.is_local for file in piece.files):  # in an archive, whose list of members is also outdated
            raise
        piece = replace(piece, files=tuple(file.refreshed() for file in piece.files))
    return piece, format.fetch(piece, path, wanted)


class OneFileEach(Format):
    """A format with one file for each category."""

    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        files = source.find(self.name, categories)
        pieces = [self.piece(file) for file in files]
        return tuple(piece.category for piece in pieces), pieces

    def piece(self, file: SourceFile) -> Piece:
        """The piece to fetch for a file of the source."""
        return Piece(f"{file.category}{SUFFIXES[self.name]}", file.category, (file,))

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        (file,) = piece.files
        prefix = self.prefix(file, wanted.limit)
        with path.open("wb") as output:
            for block in stream(file, prefix.wanted, wanted.cache):
                output.write(prefix.feed(block))
            output.write(prefix.finish())
        return prefix.rows

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        suffix = SUFFIXES[self.name]
        parts = [Part(folder / f"{name}{suffix}", name, name) for name in preset.categories]
        for part in parts:
            if not part.path.exists():
                raise UserError(f"{part.path}: not found; run `dvc repro download` first")
        return parts

    @abstractmethod
    def prefix(self, file: SourceFile, limit: int | None) -> Prefix:
        """An object that cuts a file of the source to its first rows."""


class Quota:
    """Counts the drawings taken from a piece with mixed categories, up to the limit of each category.

    num_taken  number of drawings so far
    """

    def __init__(self, wanted: Wanted, classes: Sequence[str]) -> None:
        most = sys.maxsize if wanted.limit is None else wanted.limit
        self.num_taken = 0
        self._names = classes
        self._most = most
        self._left = {classes.index(category): most for category in wanted.categories}
        self._open = len(self._left)  # categories that have not reached the limit

    @property
    def is_full(self) -> bool:
        """Whether all categories have reached the limit."""
        return not self._open

    def take(self, label: int) -> bool:
        """Whether a drawing of the class with this number is wanted; if so, it is counted."""
        left = self._left.get(label, 0)
        if not left:
            return False
        self._left[label] = left - 1
        self._open -= left == 1
        self.num_taken += 1
        return True

    def check(self, where: str) -> None:
        """Raise UserError if there was no drawing of a category."""
        missing = [self._names[label] for label, left in self._left.items() if left == self._most]
        if missing:
            raise UserError(f"{where}: no drawings of {', '.join(map(repr, missing[:10]))}")


class Prefix(Protocol):
    """Cuts a stream of bytes to the first rows of a file: see `data/prefix.py`."""

    rows: int

    def wanted(self) -> int: ...
    def feed(self, block: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


def of_one_class(part: Part, batches: Iterator[Drawings]) -> Iterator[Drawings]:
    """The drawings of a file that is named after its class. Warns on standard error if it contains several words."""
    words: set[str] = set()
    for drawings in batches:
        words.update(drawings.word.tolist())
        yield drawings
    words.discard("")
    if len(words) > 1:
        few = ", ".join(map(repr, sorted(words)[:3])) + (", …" if len(words) > 3 else "")
        print(f"{part.path.name}: contains {len(words)} words ({few}); all are labelled {part.name!r}", file=sys.stderr)


def labelled(part: Part, preset: DatasetPreset, count: int) -> np.ndarray:
    """(count,) int16: the label of the part's category, repeated."""
    assert part.category is not None
    return np.full(count, preset.categories.index(part.category), np.int16)


def chosen(where: str, categories: Sequence[str] | None, there: Sequence[str]) -> tuple[str, ...]:
    """The categories (None: all) out of those that a source has. Raises UserError if one is missing."""
    if categories is None:
        if not there:
            raise UserError(f"{where}: no categories found")
        return tuple(there)
    missing = [category for category in categories if category not in there]
    if missing:
        also = f" (also missing: {', '.join(map(repr, missing[1:6]))})" if missing[1:] else ""
        raise UserError(f"{where}: {unknown_name('category', missing[0], there)}{also}")
    return tuple(categories)
