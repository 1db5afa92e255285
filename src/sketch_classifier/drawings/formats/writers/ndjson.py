"""Write the bucket's formats with strokes: `simplified/<class>.ndjson`, `raw/<class>.ndjson`, `binary/<class>.bin`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sketch_classifier.drawings.formats.binary import write_binary
from sketch_classifier.drawings.formats.ndjson import write_ndjson
from sketch_classifier.drawings.formats.writers.writer import COLUMNS, Form, Writer, by_class
from sketch_classifier.drawings.strokes import Drawings


class _OfBucket(Writer):
    """One file per class, to which records are appended."""

    suffix: ClassVar[str] = ".ndjson"
    write: ClassVar[Any] = staticmethod(write_ndjson)

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        (folder / self.name).mkdir()

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        for label, rows in by_class(labels):
            with (self.folder / self.name / f"{self.classes[label]}{self.suffix}").open("ab") as file:
                self.write(file, drawings if len(rows) == len(drawings) else drawings[rows])


class Simplified(_OfBucket):
    name = "simplified"
    needs_simplified = True


class Raw(_OfBucket):
    name = "raw"
    holds = COLUMNS | {"times"}


class Binary(_OfBucket):
    name = "binary"
    needs_simplified = True
    suffix = ".bin"
    write = staticmethod(write_binary)
