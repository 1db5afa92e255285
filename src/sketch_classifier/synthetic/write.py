"""Writes synthetic drawings in the dataset's own file formats, a block of drawings at a time."""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from sketch_classifier.drawings.files import NpyWriter
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.params import SKETCHES as FORMATS
from sketch_classifier.synthetic.generate import check, generate

DEFAULT_LIMIT = 1000
BLOCK = 500  # drawings in memory at a time, per process
MANY = 4000  # number of drawings above which starting processes pays off


class _Block(NamedTuple):
    """The drawings `start` … `start + num - 1` of a category, to be written to `path`."""

    category: str
    start: int
    num: int
    fmt: str
    seed: int
    among: tuple[str, ...]
    path: Path


def write(
    folder: str | Path,
    fmt: str,
    categories: Sequence[str],
    limit: int | None = None,
    seed: int = 0,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write `limit` (None: 1000) drawings of each category as `<folder>/<fmt>/<category>.ndjson` or `.npy`.

    fmt       simplified | raw | numpy_bitmap
    workers   number of processes; by default that of the cores (at most 8) if there are many drawings. It does not
              affect the output
    progress  called with the number of drawings just written

    `<folder>/truth.csv` has the ground truth of each drawing: word, row, key_id, drawn (the category actually drawn),
    bad (True or False) and countrycode. Files are written atomically. Returns the paths of the drawings' files. Raises
    UserError for a category without a template.
    """
    check(*categories)
    folder = Path(folder)
    (folder / fmt).mkdir(parents=True, exist_ok=True)
    limit = DEFAULT_LIMIT if limit is None else limit
    paths = [folder / fmt / f"{category}{FORMATS[fmt]}" for category in categories]
    with ExitStack() as stack:
        parts = Path(stack.enter_context(TemporaryDirectory(prefix=".partial-", dir=folder)))
        among = tuple(categories)
        blocks = [
            [
                _Block(category, start, min(BLOCK, limit - start), fmt, seed, among, parts / f"{number} {start}")
                for start in range(0, limit, BLOCK)
            ]
            for number, category in enumerate(categories)
        ]
        flat = [block for of_category in blocks for block in of_category]
        if workers is None:
            workers = min(os.cpu_count() or 1, len(flat), 8) if limit * len(categories) >= MANY else 1
        done = stack.enter_context(closing(_in_order(flat, workers)))
        truth = stack.enter_context((parts / "truth.csv").open("w", encoding="utf-8", newline=""))
        rows = csv.writer(truth, lineterminator="\n")
        rows.writerow(["word", "row", "key_id", "drawn", "bad", "countrycode"])
        for path, of_category in zip(paths, blocks, strict=True):
            whole = parts / "whole"
            with _joined(whole, fmt) as append:
                for block in of_category:
                    rows.writerows(next(done))
                    append(block.path)
                    block.path.unlink()
                    if progress:
                        progress(block.num)
            whole.replace(path)
        truth.close()
        (parts / "truth.csv").replace(folder / "truth.csv")
    return paths


def _in_order(blocks: Sequence[_Block], workers: int) -> Generator[list[tuple]]:
    """Write the blocks and yield the ground truth of each, in order, with bounded read-ahead."""
    if workers < 2:
        yield from map(_write_block, blocks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[tuple]]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(_write_block, block))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _write_block(block: _Block) -> list[tuple]:
    """Write one block to its file; return its rows of truth.csv."""
    drawings, truth = generate(block.category, block.num, block.seed, start=block.start, among=block.among)
    if block.fmt == "raw":
        write_ndjson(block.path, drawings)
    else:
        simple = simplify(drawings)
        if block.fmt == "simplified":
            write_ndjson(block.path, simple)
        else:
            with block.path.open("wb") as file:
                np.save(file, rasterize(simple, as_is=True).reshape(block.num, -1), allow_pickle=False)
    return list(zip(
        drawings.word.tolist(), range(block.start, block.start + block.num), drawings.key_id.tolist(),
        truth.drawn.tolist(), truth.bad.tolist(), np.char.decode(drawings.countrycode).tolist(), strict=True,
    ))  # fmt: skip


@contextmanager
def _joined(path: Path, fmt: str) -> Iterator[Callable[[Path], object]]:
    """A function that appends the file of a block to `path`: its bytes (.ndjson), or its rows (.npy)."""
    if fmt == "numpy_bitmap":
        with NpyWriter(path, (784,), np.uint8) as writer:
            yield lambda part: writer.append(np.load(part, allow_pickle=False))
    else:
        with path.open("wb") as file:
            yield lambda part: file.write(part.read_bytes())
