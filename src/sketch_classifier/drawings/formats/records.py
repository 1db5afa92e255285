"""What every reader shares: how files are opened and how malformed records are reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from sketch_classifier.drawings.limits import too_large, too_many
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, reading

Source = str | Path | BinaryIO


class BadRecord(NamedTuple):
    """Where a malformed record stands (`line` counts from 1; in files without lines, records do) and what is wrong."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class BadRecords:
    """Counts the malformed records that a reader skips, and keeps the first few.

    total   records seen, good and malformed, in every file that was read with it
    count   malformed ones
    first   the first `keep` of them; str() of one is "file:line: reason"
    """

    keep: int = 10
    total: int = 0
    count: int = 0
    first: list[BadRecord] = field(default_factory=list)

    @property
    def fraction(self) -> float:
        """The share of malformed records, 0 where none was seen."""
        return self.count / self.total if self.total else 0.0

    def add(self, file: str, line: int, reason: str) -> None:
        """Count one malformed record (`total` is the reader's to count)."""
        self.count += 1
        if len(self.first) < self.keep:
            self.first.append(BadRecord(file, line, reason))


def report(bad: BadRecords | None, file: str, line: int, reason: str) -> None:
    """Count a malformed record, or raise UserError with "<file>:<line>: <reason>" where nobody counts."""
    if bad is None:
        raise UserError(f"{file}:{line}: {reason}")
    bad.add(file, line, reason)


def acceptable(drawings: Drawings, file: str, bad: BadRecords | None) -> Drawings:
    """The drawings without those of more than MAX_POINTS points, which are reported as malformed records."""
    large = too_large(drawings)
    if not len(large):
        return drawings
    for index in large.tolist():
        report(bad, file, int(drawings.row[index]) + 1, too_many(len(drawings[index].points)) or "")
    kept = np.ones(len(drawings), bool)
    kept[large] = False
    return drawings[kept]


@contextmanager
def open_source(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """An open binary file and its name, from a local path, an fsspec URL or a file that is open already.

    Raises UserError if there is no such file or it cannot be read.
    """
    if hasattr(source, "read"):
        name = str(getattr(source, "name", "<file>"))
        with reading(name):
            yield cast(BinaryIO, source), name
        return
    name = str(source)
    with reading(name):
        if "://" in name:
            import fsspec

            opened = fsspec.open(name, "rb")
        else:
            opened = Path(name).open("rb")
        with opened as file:
            yield file, name
