"""Learning curves: one line an epoch for people, a CSV file for pictures, and whatever loggers are asked for."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sketch_classifier.training.checkpoint import Row
from sketch_classifier.training.loggers import Logger, open_logger

COLUMNS = ("epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


class Curves:
    """Writes each row to learning_curves.csv of a folder, and to all `loggers`. The CSV file holds no time."""

    def __init__(self, folder: Path, loggers: list[Logger]):
        self.file = folder / "learning_curves.csv"
        self.loggers = loggers
        with self.file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)

    def add(self, row: Row) -> None:
        with self.file.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([row[name] for name in COLUMNS])
        for logger in self.loggers:
            logger.add(row)


@contextmanager
def open_curves(folder: Path, loggers: Sequence[str], cache: Path, config: dict[str, Any]) -> Iterator[Curves]:
    """Curves with the loggers of those names, closed at the end of the block; see `open_logger` for the others."""
    with ExitStack() as stack:
        opened = []
        for name in loggers:
            opened.append(open_logger(name, folder, cache, config))
            stack.callback(opened[-1].close)
        yield Curves(folder, opened)


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
