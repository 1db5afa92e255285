"""Write the Kaggle competition's files: `train_simplified/<class>.csv`, or `train_raw/<class>.csv` with times."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import orjson

from sketch_classifier.drawings.formats.ndjson import strokes_of
from sketch_classifier.drawings.formats.writers.writer import COLUMNS, Form, Writer, by_class
from sketch_classifier.drawings.strokes import Drawings

HEADER = ("countrycode", "drawing", "key_id", "recognized", "timestamp", "word")


class Csv(Writer):
    name = "csv"
    holds = COLUMNS | {"times"}

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        self._folder = folder / ("train_simplified" if form.simplified else "train_raw")
        self._folder.mkdir()

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        for label, rows in by_class(labels):
            with (self._folder / f"{self.classes[label]}.csv").open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                if not file.tell():
                    writer.writerow(HEADER)
                writer.writerows(_rows(drawings[rows]))


def _rows(drawings: Drawings):
    timestamps = np.char.replace(np.datetime_as_string(drawings.timestamp, "us"), "T", " ")
    return zip(
        np.char.decode(drawings.countrycode, "ascii").tolist(),
        (orjson.dumps(drawing).decode() for drawing in strokes_of(drawings)),
        drawings.key_id.tolist(),
        drawings.recognized.tolist(),
        timestamps.tolist(),
        drawings.word.tolist(),
        strict=True,
    )
