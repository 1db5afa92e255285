"""Learning curves: one line an epoch for people, a CSV file for pictures, and DVCLive."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from sketch_classifier.training.checkpoint import Row

COLUMNS = ("epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


class Curves:
    """Writes each row to learning_curves.csv of a folder; with "dvclive" among `loggers`, DVCLive's files too.

    No file holds a time, so the same run gives the same bytes.
    """

    def __init__(self, folder: Path, loggers: tuple[str, ...]):
        self.file = folder / "learning_curves.csv"
        self.live = _live(folder) if "dvclive" in loggers else None
        with self.file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)

    def add(self, row: Row) -> None:
        with self.file.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([row[name] for name in COLUMNS])
        if self.live is None:
            return
        self.live.step = row["epoch"]
        for name in COLUMNS[1:]:
            self.live.log_metric(name.replace("_", "/"), row[name], timestamp=False)
        self.live.make_summary()


@contextmanager
def open_curves(folder: Path, loggers: tuple[str, ...]) -> Iterator[Curves]:
    """Curves that are closed at the end of the block."""
    curves = Curves(folder, loggers)
    try:
        yield curves
    finally:
        if curves.live is not None:
            curves.live.end()


class EpochLine:
    """Prints a line an epoch on stderr: the figures, and the training and validation time since the last."""

    def __init__(self, epochs: int):
        self.epochs = epochs
        self.since = time.perf_counter()

    def print(self, row: Row) -> None:
        now = time.perf_counter()
        tqdm.write(
            f"epoch {row['epoch']:>{len(str(self.epochs))}}/{self.epochs}"
            f"  train loss {row['train_loss']:.4f} accuracy {row['train_accuracy']:.4f}"
            f"  validation loss {row['validation_loss']:.4f} accuracy {row['validation_accuracy']:.4f}"
            f"  {now - self.since:.1f} s",
            file=sys.stderr,
        )
        self.since = now


def _live(folder: Path):
    from dvclive import Live  # here: it looks for a repository and takes a second

    return Live(dir=str(folder), dvcyaml=False, save_dvc_exp=False, report=None)
