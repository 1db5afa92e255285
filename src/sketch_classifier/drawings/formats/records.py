"""Code shared by all readers: opening files and reporting malformed records."""

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
    """The location and error of a malformed record. `line` counts from 1, and counts records in binary files."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class BadRecords:
    """Counts the malformed records that a reader skips, and keeps the first few.

    total   number of records read, valid and malformed, in all files
    count   number of malformed records
    first   the first `keep` malformed records; str() of one is "file:line: reason"
    """

    keep: int = 10
    total: int = 0
    count: int = 0
    first: list[BadRecord] = field(default_factory=list)

    @property
    def fraction(self) -> float:
        """The fraction of malformed records; 0 if no records were read."""
        return self.count / self.total if self.total else 0.0

    def add(self, file: str, line: int, reason: str) -> None:
        """Count one malformed record. The reader itself updates `total`."""
        self.count += 1
        if len(self.first) < self.keep:
            self.first.append(BadRecord(file, line, reason))


def report(bad: BadRecords | None, file: str, line: int, reason: str) -> None:
    """Count a malformed record, or raise UserError "<file>:<line>: <reason>" if `bad` is None."""
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
    """An open binary file and its name, from a local path, an fsspec URL or an open file.

    Raises UserError if the file does not exist or cannot be read.
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
