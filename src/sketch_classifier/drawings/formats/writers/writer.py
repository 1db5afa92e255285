"""What writers of every format have in common."""

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
    """In which form drawings are written.

    simplified  whether the strokes are simplified: points uint8, no times
    size        pixels a side of pictures
    image       what pictures are: png or svg
    """

    simplified: bool = True
    size: int = 28
    image: str = "png"


class Writer(AbstractContextManager, ABC):
    """Writes drawings to a folder that is laid out as a source of this format is; complete when the context ends.

    folder   an existing, empty folder
    classes  the names of all classes, which labels are indices of
    form     how to write them

    name              as `format` of a dataset has it
    holds_strokes     whether it holds strokes
    holds_bitmaps     whether it holds bitmaps
    needs_simplified  whether it holds simplified strokes only
    holds             what else it holds: any of COLUMNS, `times` of points, and the `division` of a source into splits
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
        split   train, validation or test where the source is divided into these, else None

        Raises UserError for what the format cannot hold.
        """
        raise NotImplementedError(f"{self.name} holds no strokes")

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        """Append n bitmaps: (n, H, W) uint8, white ink on black, or photographs, (n, 3, H, W).

        key_id  (n,) uint64 of drawings that have one
        """
        raise NotImplementedError(f"{self.name} holds no bitmaps")

    def __exit__(self, *exception) -> None:
        """Finish the files, where no exception says that they will be thrown away."""
        if exception[0] is None:
            self.finish()

    def finish(self) -> None:
        """Write what can be written only when everything is known. By default there is no such thing."""


def by_class(labels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(a label, which of the drawings have it) for each label that there is; the drawings in their order."""
    for label in np.unique(labels):
        yield int(label), np.flatnonzero(labels == label)
