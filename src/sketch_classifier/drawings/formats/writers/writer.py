"""The base class of all format writers."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

COLUMNS = frozenset({"key_id", "countrycode", "recognized", "timestamp"})


@dataclass(frozen=True)
class Form:
    """The form in which drawings are written.

    simplified  whether the strokes are simplified: points uint8, no times
    size        width and height of pictures in pixels
    image       file type of pictures: png or svg
    """

    simplified: bool = True
    size: int = 28
    image: str = "png"


class Writer(AbstractContextManager, ABC):
    """Writes drawings to a folder laid out like a source of this format; complete when the context exits.

    folder   an existing, empty folder
    classes  the names of all classes, in label order
    form     how to write them

    name              value of `format` in params.yaml
    holds_strokes     whether the format can store strokes
    holds_bitmaps     whether the format can store bitmaps
    needs_simplified  whether it can store only simplified strokes
    holds             what else it can store: any of COLUMNS, `times` of points, and the `division` into splits
    """

    name: ClassVar[str]
    holds_strokes: ClassVar[bool] = True
    holds_bitmaps: ClassVar[bool] = False
    needs_simplified: ClassVar[bool] = False
    holds: ClassVar[frozenset[str]] = COLUMNS

    def __init__(self, folder: Path, classes: Sequence[str], form: Form) -> None:
        for name in classes:
            if why := unusable_name(name):
                raise UserError(f"categories: {why}")
        self.folder, self.classes, self.form = folder, tuple(classes), form

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        """Append n drawings; `word` is the name of each one's class.

        labels  (n,) index into the classes
        split   train, validation or test if the source has splits, otherwise None

        Raises UserError for drawings that the format cannot store.
        """
        raise NotImplementedError(f"{self.name} cannot store strokes")

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        """Append n bitmaps: (n, H, W) uint8, white ink on black, or photographs, (n, 3, H, W).

        key_id  (n,) uint64, if the drawings have one
        """
        raise NotImplementedError(f"{self.name} cannot store bitmaps")

    def __exit__(self, *exception) -> None:
        """Finish the files, unless an exception was raised, after which they are discarded."""
        if exception[0] is None:
            self.finish()

    def finish(self) -> None:
        """Write what can only be written at the end. Does nothing by default."""


def by_class(labels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """For each label that occurs: the label, and the indices of its drawings in order."""
    for label in np.unique(labels):
        yield int(label), np.flatnonzero(labels == label)
