"""What `data/` asks of a format."""

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
KNOWN = frozenset({"key_id", "countrycode", "recognized", "timestamp"})  # what a format may know of a drawing
DIVISIONS = {  # the names of parts of a data set, and the split that each one is
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A file of data/raw that is to be written.

    name      where, within the folder of its format: "cat.ndjson", "train/cat.tar"
    category  whose drawings it holds; of mixed categories its own name without an ending
    files     of the source, that it is made from
    classes   the names of the classes that its records have numbers of, where they have

    Raises UserError where the name or the category, which may come from a server or an archive, is none for a file.
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
    """Which drawings to fetch: those of the categories, at most `limit` (None: all) of each in a piece; and the folder
    that keeps what was fetched, or None."""

    categories: tuple[str, ...]
    limit: int | None
    cache: Path | None


@dataclass(frozen=True)
class Part:
    """A file of data/raw that is to be read: its category, or None where these are mixed, and the split that it is in
    the source's own division, or None where it has none."""

    path: Path
    name: str
    category: str | None = None
    split: str | None = None


class Batch(NamedTuple):
    """n drawings as they are read, either as strokes or as bitmaps.

    labels    (n,) int16: index into the categories
    rows      (n,) int64: which line, row or record of the part each is, from 0, with those counted that are left out
    drawings  strokes on any canvas, or None
    bitmaps   (n, 28, 28) uint8, white ink on black, or photographs (n, 3, H, W), or None where there are strokes
    images    (n, S, S) uint8: the bitmaps at the data set's image size, where they are not simply resized
    """

    labels: np.ndarray
    rows: np.ndarray
    drawings: Drawings | None = None
    bitmaps: np.ndarray | None = None
    images: np.ndarray | None = None


class Format(ABC):
    """How drawings of a format get from a source to data/raw, and from there into arrays.

    name           as `format` has it; what params.yaml must know is in `params.formats`
    official       what the source `official` stands for
    is_simplified  whether its drawings should be simplified already
    may_be_empty   whether a file without a byte is a malformed record, which may be left out, or a shard without any
    """

    name: ClassVar[str]
    official: ClassVar[str] = OFFICIAL
    is_simplified: ClassVar[bool] = False
    may_be_empty: ClassVar[bool] = False

    @abstractmethod
    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        """The categories (None: all that there are, now by name), and what to fetch of them.

        Raises UserError if a folder, a file or a category is not there.
        """

    @abstractmethod
    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        """Write a piece to `path`; how many drawings it has. Raises UserError for a malformed file."""

    @abstractmethod
    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        """What was fetched into a folder, in the order in which drawings are read. Raises UserError if it is not."""

    @abstractmethod
    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        """The drawings of a part that are in the preset's categories, a batch at a time.

        `bad` skips and counts malformed records; without it the first one raises UserError.
        """

    def reads_in_processes(self, parts: Sequence[Part]) -> bool:
        """Whether `read` starts processes of its own, so that its caller need not."""
        return False

    def known(self, parts: Sequence[Part]) -> frozenset[str]:
        """Which of KNOWN every part says of its drawings."""
        return KNOWN if FORMATS[self.name].has_flags else frozenset()


def fetch_piece(format: Format, piece: Piece, folder: Path, wanted: Wanted) -> tuple[Piece, int]:
    """Write a piece below `folder`: the piece as it was fetched, and how many drawings it has.

    Where a file turns out to be of two versions, or not what its checksum says, the piece is fetched from its start
    once more, as its files are by then. Raises UserError where that fails, too.
    """
    path = path_within(folder, piece.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        num = format.fetch(piece, path, wanted)
        for file in piece.files:
            file.check_is_same()
        return piece, num
    except Unsound:
        if any(file.source.is_local for file in piece.files):  # in an archive, whose list of members is old, too
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
        """What is fetched of a file of the source."""
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
        """What cuts a file of the source to its first rows."""


class Quota:
    """Which drawings of a piece of mixed categories are wanted.

    num_taken  drawings so far
    """

    def __init__(self, wanted: Wanted, classes: Sequence[str]) -> None:
        most = sys.maxsize if wanted.limit is None else wanted.limit
        self.num_taken = 0
        self._names = classes
        self._most = most
        self._left = {classes.index(category): most for category in wanted.categories}
        self._open = len(self._left)  # categories of which more are wanted

    @property
    def is_full(self) -> bool:
        """Whether no more are wanted."""
        return not self._open

    def take(self, label: int) -> bool:
        """Whether a drawing of the class with this number is wanted, which then counts."""
        left = self._left.get(label, 0)
        if not left:
            return False
        self._left[label] = left - 1
        self._open -= left == 1
        self.num_taken += 1
        return True

    def check(self, where: str) -> None:
        """Raise UserError for a category of which there was no drawing."""
        missing = [self._names[label] for label, left in self._left.items() if left == self._most]
        if missing:
            raise UserError(f"{where}: no drawing of {', '.join(map(repr, missing[:10]))}")


class Prefix(Protocol):
    """The first rows of a file, from its bytes as they come: see `data/prefix.py`."""

    rows: int

    def wanted(self) -> int: ...
    def feed(self, block: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


def of_one_class(part: Part, batches: Iterator[Drawings]) -> Iterator[Drawings]:
    """The drawings of a file that is named for its class. A line on standard error says that it holds several words."""
    words: set[str] = set()
    for drawings in batches:
        words.update(drawings.word.tolist())
        yield drawings
    words.discard("")
    if len(words) > 1:
        few = ", ".join(map(repr, sorted(words)[:3])) + (", …" if len(words) > 3 else "")
        print(
            f"{part.path.name}: {len(words)} words in it ({few}), and all are taken for {part.name!r}", file=sys.stderr
        )


def labelled(part: Part, preset: DatasetPreset, count: int) -> np.ndarray:
    """(count,) int16: the label of the part's category for each of its drawings."""
    assert part.category is not None
    return np.full(count, preset.categories.index(part.category), np.int16)


def chosen(where: str, categories: Sequence[str] | None, there: Sequence[str]) -> tuple[str, ...]:
    """The categories (None: all) out of those that a source has. Raises UserError if one is not there."""
    if categories is None:
        if not there:
            raise UserError(f"{where}: no category in it")
        return tuple(there)
    missing = [category for category in categories if category not in there]
    if missing:
        also = f" (also missing: {', '.join(map(repr, missing[1:6]))})" if missing[1:] else ""
        raise UserError(f"{where}: {unknown_name('category', missing[0], there)}{also}")
    return tuple(categories)
