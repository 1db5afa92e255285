"""`image_folder`: pictures in one folder per class, optionally below `train/`, `validation/` and `test/`.

The pictures of a class are stored unchanged in one file, `<class>.parquet` or `train/<class>.parquet`, whose column
`image` is a struct of bytes and name. They are in natural order of their names: 2.png comes before 10.png.
"""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sketch_classifier.data.formats.format import DIVISIONS, Batch, Format, Part, Piece, Wanted, chosen, labelled
from sketch_classifier.data.sources import NoFiles, Source
from sketch_classifier.drawings.limits import MAX_PICTURE
from sketch_classifier.drawings.picture_kinds import PICTURE_SUFFIXES
from sketch_classifier.errors import UserError, reading
from sketch_classifier.params import FORMATS, DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords

SUFFIX = ".parquet"
SHARE = 64  # pictures that a thread or a process reads at a time
MANY = 500  # number of pictures above which starting processes pays off
IGNORED = {"thumbs.db", "desktop.ini", "__macosx"}  # files of operating systems, in addition to names with a dot


class ImageFolder(Format):
    name = "image_folder"
    may_be_empty = True

    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        for folder in FORMATS[self.name].folders:
            classes = _folders(source.entries(folder))
            if classes:
                break
        else:
            raise source.refuse(self.name)
        where = source.address(folder)
        splits = _splits(source, folder, classes)
        if not splits:
            categories = chosen(where, categories, tuple(classes))
            return categories, _pieces(source, [(folder, "", category) for category in categories])
        there: dict[str, list[str]] = {
            name: _folders(source.entries(f"{folder}/{name}".lstrip("/"))) for name in splits.values()
        }
        first = splits.get("train", next(iter(splits.values())))
        categories = chosen(f"{where}/{first}", categories, tuple(there[first]))
        wanted = [
            (f"{folder}/{name}".lstrip("/"), f"{split}/", category)
            for split, name in splits.items()
            for category in categories
            if category in there[name]
        ]
        return categories, _pieces(source, wanted)

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        import pyarrow as pa
        import pyarrow.parquet as pq

        files = piece.files[: wanted.limit]
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        with pq.ParquetWriter(path, pa.schema([("image", kind)]), compression="none", use_dictionary=False) as writer:
            for start in range(0, len(files), SHARE):
                share = files[start : start + SHARE]
                rows = [{"bytes": file.read_whole(MAX_PICTURE), "path": file.category} for file in share]
                writer.write_batch(pa.record_batch([pa.array(rows, kind)], ["image"]))
        return len(files)

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        splits = [split for split in ("train", "validation", "test") if (folder / split).is_dir()]
        if not splits:
            parts = [Part(folder / f"{name}{SUFFIX}", name, name) for name in preset.categories]
        else:
            parts = [
                Part(folder / split / f"{name}{SUFFIX}", f"{split}/{name}", name, split)
                for split in splits
                for name in preset.categories
                if split == "train" or (folder / split / f"{name}{SUFFIX}").exists()
            ]
        for part in parts:
            if not part.path.exists():
                raise UserError(f"{part.path}: not found; run `dvc repro download` first")
        return parts

    def reads_in_processes(self, parts: Sequence[Part]) -> bool:
        return True

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats.parquet import open_parquet

        file = open_parquet(part.path, str(part.path))

        def batches() -> Iterator[Pictures]:
            start = 0
            with reading(part.path):
                for batch in file.iter_batches(SHARE):
                    images = batch.column(0)
                    rows = np.arange(start, start + len(batch))
                    start += len(batch)
                    names = images.field("path").to_pylist()
                    yield Pictures(images.field("bytes").to_pylist(), names, rows, labelled(part, preset, len(batch)))

        yield from read_pictures(batches(), file.metadata.num_rows, part.name, preset, bad)


class Pictures(NamedTuple):
    """Some pictures: the contents of their files, their names for error messages, and labels and rows as in `Batch`."""

    data: list[bytes]
    names: list[str]
    rows: np.ndarray
    labels: np.ndarray


def read_pictures(
    batches: Iterable[Pictures], num: int, where: str, preset: DatasetPreset, bad: BadRecords | None
) -> Iterator[Batch]:
    """Decode about `num` pictures according to the preset's `reading`, in order.

    They are read in several threads, or in several processes if there are many, with bounded read-ahead. `bad` skips
    and counts those that cannot be read; without it the first one raises UserError.
    """
    from sketch_classifier.drawings.formats.records import report

    size = preset.image_size
    arguments = ("color" if preset.channels == "color" else preset.reading or "ink", size)
    for pictures, (bitmaps, images, reasons) in _in_order(_read, batches, arguments, num):
        if bad is not None:
            bad.total += len(pictures.data)
        kept = np.array([reason is None for reason in reasons])
        for index in np.flatnonzero(~kept):
            report(bad, f"{where}/{pictures.names[index]}", int(pictures.rows[index]) + 1, str(reasons[index]))
        if kept.any():
            yield Batch(pictures.labels[kept], pictures.rows[kept], bitmaps=bitmaps, images=images)


def _read(data: Sequence[bytes], reading: str, size: int) -> tuple[np.ndarray, np.ndarray | None, list[str | None]]:
    """The bitmaps and images (see `Batch`) of the readable pictures, and an error or None for every picture."""
    from sketch_classifier.drawings.picture import bitmaps_of

    return bitmaps_of(data, reading, size)


def _in_order(
    function: Callable, batches: Iterable[Pictures], arguments: tuple, num: int
) -> Iterator[tuple[Pictures, Any]]:
    """Each batch and the result of the function for its data."""
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)
    pool = _processes(workers) if arguments[0] == "ink" and num >= MANY and workers > 1 else _threads(workers)
    waiting: deque[tuple[Pictures, Future]] = deque()
    try:
        for pictures in batches:
            waiting.append((pictures, pool.submit(function, pictures.data, *arguments)))
            if len(waiting) > 2 * workers:
                pictures, future = waiting.popleft()
                yield pictures, future.result()
        while waiting:
            pictures, future = waiting.popleft()
            yield pictures, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


@cache
def _processes(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@cache
def _threads(workers: int) -> Executor:
    return ThreadPoolExecutor(workers)


def _folders(entries: dict[str, dict[str, Any]] | None) -> list[str]:
    """The names of the folders among the entries of a source, sorted."""
    return sorted(
        name for name, entry in (entries or {}).items() if entry["type"] == "directory" and not _is_ignored(name)
    )


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in IGNORED


def _splits(source: Source, folder: str, classes: Sequence[str]) -> dict[str, str]:
    """The folders that are splits, by split; empty if the folders are classes."""
    named = [name for name in classes if name.lower() in DIVISIONS]
    over = [name for name in named if _folders(source.entries(f"{folder}/{name}".lstrip("/")))]
    if not over:
        return {}
    where = source.address(folder)
    if len(over) < len(classes):
        other = next(name for name in classes if name not in over)
        raise UserError(f"{where}: {over[0]} contains class folders, but {other} beside it does not")
    splits: dict[str, str] = {}
    for name in over:
        split = DIVISIONS[name.lower()]
        if split in splits:
            raise UserError(f"{where}: {splits[split]} and {name} both stand for {split}")
        splits[split] = name
    if "train" not in splits:
        raise UserError(f"{where}: expected a folder train beside {', '.join(splits.values())}")
    return {split: splits[split] for split in ("train", "validation", "test") if split in splits}


def _pieces(source: Source, wanted: Sequence[tuple[str, str, str]]) -> list[Piece]:
    """A piece for each folder, prefix and category. Raises NoFiles if the first folder contains no pictures, so that
    the source may be in another format, and UserError if any other does not."""
    pieces: list[Piece] = []
    for folder, prefix, category in wanted:
        try:
            pieces.append(_piece(source, folder, prefix, category))
        except NoFiles as error:
            if pieces:
                raise UserError(str(error)) from None
            raise
    return pieces


def _piece(source: Source, folder: str, prefix: str, category: str) -> Piece:
    """The piece with the pictures of a class, whose folder is in `folder`."""
    path = f"{folder}/{category}".lstrip("/")
    entries = {name: entry for name, entry in (source.entries(path) or {}).items() if not _is_ignored(name)}
    pictures = [name for name in entries if name.lower().endswith(PICTURE_SUFFIXES) and entries[name]["type"] == "file"]
    others = sorted(set(entries) - set(pictures))
    where = source.address(path)
    few = ", ".join(map(repr, others[:3])) + (", …" if others[3:] else "")
    if not pictures and _folders(entries):
        raise UserError(f"{where}: expected pictures, found folders ({few}); if they are classes, set source to it")
    if not pictures:
        raise NoFiles(f"{where}: no {', '.join(PICTURE_SUFFIXES)} files; found {few or 'nothing'}")
    if others:
        _say_once(f"{where}: ignored entries that are not images ({len(others)}): {few}")
    files = tuple(source.file(name, f"{path}/{name}", entries[name]) for name in sorted(pictures, key=_natural))
    return Piece(f"{prefix}{category}{SUFFIX}", category, files)


@cache
def _say_once(line: str) -> None:
    """Print a line on standard error once, even if a source is listed several times."""
    print(line, file=sys.stderr)


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), part) if part.isascii() and part.isdigit() else (0, 0, part) for part in parts]


FORMAT = ImageFolder()
