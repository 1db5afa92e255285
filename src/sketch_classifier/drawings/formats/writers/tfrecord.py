"""Write the files of TensorFlow's drawing tutorial: `training.tfrecord-00000-of-00001`, and `….classes` beside them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sketch_classifier.drawings.formats.tfrecord import example_type, masked_crc
from sketch_classifier.drawings.formats.writers.writer import Form, Writer
from sketch_classifier.drawings.strokes import Drawings

STEMS = {None: "training", "train": "training", "validation": "validation", "test": "eval"}


class Tfrecord(Writer):
    """The tutorial scales x and y of every drawing independently to a unit square, which cannot be undone. This writer
    divides a drawing by the smallest power of two not below its larger side, which preserves its shape exactly in
    float32. The format cannot store the position of a drawing, nor a first stroke of one point."""

    name = "tfrecord"
    holds = frozenset({"division"})

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        self._files: dict[str, BinaryIO] = {}

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        stem = STEMS[split]
        if stem not in self._files:
            names = "\n".join([*self.classes, ""])
            (self.folder / f"{stem}.tfrecord.classes").write_text(names, encoding="utf-8", newline="\n")
            self._files[stem] = (self.folder / f"{stem}.tfrecord-00000-of-00001").open("wb")
        self._files[stem].write(b"".join(_records(drawings, labels)))

    def __exit__(self, *exception) -> None:
        for file in self._files.values():
            file.close()


def _records(drawings: Drawings, labels: np.ndarray) -> Iterator[bytes]:
    example = example_type()()
    for index, label in enumerate(labels.tolist()):
        ink = _ink(drawings.strokes(index))
        example.Clear()
        feature = example.features.feature
        feature["ink"].float_list.value.extend(ink.ravel().tolist())
        feature["shape"].int64_list.value.extend(ink.shape)
        feature["class_index"].int64_list.value.append(label)
        data = example.SerializeToString(deterministic=True)
        length = struct.pack("<Q", len(data))
        checksums = (struct.pack("<I", masked_crc(part)) for part in (length, data))
        yield b"".join((length, next(checksums), data, next(checksums)))


def _ink(strokes: list[np.ndarray]) -> np.ndarray:
    """(P − 1, 3) float32: the delta from each point to the next, and whether a stroke ends there."""
    points = np.concatenate(strokes).astype(np.float64)
    extent = np.ptp(points, axis=0).max()
    unit = 2.0 ** np.ceil(np.log2(extent)) if extent else 1.0
    ends = np.zeros(len(points))
    ends[np.cumsum([len(stroke) for stroke in strokes]) - 1] = 1
    # Differences of rounded points, so that their cumulative sums restore these points exactly.
    moved = ((points - points[0]) / unit).astype(np.float32)
    return np.column_stack([np.diff(moved, axis=0), ends[1:]]).astype(np.float32)
