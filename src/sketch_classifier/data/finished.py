"""Stores finished parts of a dataset in a work folder, with checksums, so that a killed run can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from sketch_classifier.drawings.files import NpyWriter, replaced_file

BLOCK = 1 << 22  # bytes copied or checked at a time


class Layout(NamedTuple):
    """The shape and dtype of the rows of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def num_bytes(self) -> int:
        """Bytes per row."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))


def layouts(image_size: int, channels: int | str) -> dict[str, Layout]:
    """The layouts of a dataset's arrays; `points` and `offsets` are written only for strokes."""
    shape = (image_size, image_size) if channels == 1 else (3, image_size, image_size)
    return {
        "images": Layout(shape, np.dtype(np.uint8)),
        "points": Layout((2,), np.dtype(np.uint8)),
        "offsets": Layout((), np.dtype(np.int64)),
    }


@dataclass(frozen=True)
class Record:
    """The metadata of a finished part.

    input         SHA-256 of the input file
    num_drawings  number of drawings kept
    num_rows      number of rows of each array, by name
    digests       SHA-256 of each array, by name, and of `index`
    fractions     `hash_fractions` of the drawings, if there are only few
    messages      messages of the reader, one per line
    """

    input: str
    num_drawings: int
    num_rows: dict[str, int]
    digests: dict[str, str]
    fractions: list[float]
    messages: str


class PartFiles:
    """The files of the part with this number: one per array, the rows of the index, and the record, written last.

    `offsets` are relative to the part, without the leading 0.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number

    def path(self, name: str) -> Path:
        return self.folder / f"{self.number:06}.{name}"

    @cached_property
    def record(self) -> Record | None:
        """The record, or None if the part is not finished or its record is damaged."""
        try:
            digest, text = self.path("record").read_bytes().split(b"\n", 1)
            return Record(**json.loads(text)) if digest.decode() == sha256(text).hexdigest() else None
        except (OSError, ValueError, TypeError):
            return None

    @property
    def is_joined(self) -> bool:
        """Whether its arrays have been appended to those of the dataset, and removed here."""
        return self.record is not None and not self.path("images").exists()

    def is_intact(self, input: str) -> bool:
        """Whether all files are intact and were made from the input with this SHA-256."""
        record = self.record
        try:
            return record is not None and record.input == input and all(
                digest_of(self.path(name)) == digest for name, digest in record.digests.items()
            )  # fmt: skip
        except OSError:
            return False

    def batches(self) -> Iterator[pa.Table]:
        """The rows of the index, in the batches in which they were written."""
        with pa.OSFile(str(self.path("index"))) as file, pa.ipc.open_stream(file) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def remove_arrays(self) -> None:
        for name in ("images", "points", "offsets"):
            self.path(name).unlink(missing_ok=True)


class PartWriter(ExitStack):
    """Writes the files of a part, a batch at a time; `finish` completes them.

    num_drawings  rows of the index so far
    num_rows      rows of each array so far, by name
    """

    def __init__(self, files: PartFiles, layouts: Mapping[str, Layout]) -> None:
        super().__init__()
        files.path("record").unlink(missing_ok=True)
        files.remove_arrays()
        self.files, self.layouts = files, layouts
        self.num_drawings = 0
        self.num_rows = dict.fromkeys(layouts, 0)
        self._opened: dict[str, tuple[Any, Any]] = {}  # file and digest, by array name
        self._index: pa.ipc.RecordBatchStreamWriter | None = None

    def append(self, name: str, rows: np.ndarray) -> None:
        """Append rows to an array."""
        if name not in self._opened:
            self._opened[name] = self.enter_context(self.files.path(name).open("wb")), sha256()
        file, digest = self._opened[name]
        if rows.shape[1:] != self.layouts[name].shape:
            raise ValueError(f"{name}: rows of shape {self.layouts[name].shape} expected, found {rows.shape[1:]}")
        data = np.ascontiguousarray(rows, self.layouts[name].dtype).data
        file.write(data)
        digest.update(data)
        self.num_rows[name] += len(rows)

    def append_index(self, rows: pa.Table) -> None:
        """Append one row for each drawing."""
        if self._index is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            file = self.enter_context(pa.OSFile(str(self.files.path("index")), "wb"))
            self._index = self.enter_context(pa.ipc.new_stream(file, rows.schema, options=options))
        self._index.write_table(rows)
        self.num_drawings += len(rows)

    def finish(self, input: str, fractions: list[float], messages: str) -> Record:
        """Complete the files; the record is written last, atomically."""
        self.close()
        digests = {name: digest.hexdigest() for name, (_, digest) in self._opened.items()}
        digests["index"] = digest_of(self.files.path("index"))
        rows = {name: self.num_rows[name] for name in self._opened}
        record = Record(input, self.num_drawings, rows, digests, fractions, messages)
        text = json.dumps(asdict(record)).encode()
        with replaced_file(self.files.path("record")) as partial:
            partial.write_bytes(sha256(text).hexdigest().encode() + b"\n" + text)
        return record


class Joined(ExitStack):
    """The arrays of the dataset in the work folder: those of the parts so far, concatenated in order.

    folder  the work folder
    kept    records of the parts that the arrays already contain; anything after these is truncated
    """

    def __init__(self, folder: Path, layouts: Mapping[str, Layout], kept: list[Record]) -> None:
        super().__init__()
        self.folder, self.layouts = folder, layouts
        self.num_drawings = sum(record.num_drawings for record in kept)
        self._writers: dict[str, NpyWriter] = {}
        for name in kept[0].num_rows if kept else ():
            self._open(name, sum(record.num_rows[name] for record in kept) + (name == "offsets"))

    def append(self, files: PartFiles, record: Record) -> None:
        """Append the arrays of the next part, and remove its files except the index and the record."""
        first_point = self._writers["points"].num_rows if "points" in self._writers else 0
        for name in record.num_rows:
            if name not in self._writers:
                self._open(name, 0)
            for rows in _rows(files.path(name), 0, record.num_rows[name], self.layouts[name]):
                self._writers[name].append(rows + first_point if name == "offsets" else rows)
        for writer in self._writers.values():
            writer.flush()
        files.remove_arrays()
        self.num_drawings += record.num_drawings

    def _open(self, name: str, keep: int) -> None:
        writer = NpyWriter(self.folder / f"{name}.npy", *self.layouts[name], keep=keep)
        self._writers[name] = self.enter_context(writer)
        if name == "offsets" and not keep:
            writer.append(np.zeros(1, np.int64))


def is_part_of(folder: Path, layouts: Mapping[str, Layout], record: Record, before: Mapping[str, int]) -> bool:
    """Whether the arrays in a work folder contain a part, byte for byte, after `before` rows of each array."""
    try:
        for name, num_rows in record.num_rows.items():
            path = folder / f"{name}.npy"
            with path.open("rb") as file:
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
                start = file.tell()
            first = before[name] + (name == "offsets")
            digest = sha256()
            for rows in _rows(path, start + first * layouts[name].num_bytes, num_rows, layouts[name]):
                digest.update(np.ascontiguousarray(rows - before["points"] if name == "offsets" else rows).data)
            if digest.hexdigest() != record.digests[name]:
                return False
    except (OSError, ValueError):
        return False
    return True


def _rows(path: Path, start: int, count: int, layout: Layout) -> Iterator[np.ndarray]:
    """`count` rows of a file from byte offset `start`, in blocks; fewer if the file is shorter."""
    most = max(1, BLOCK // layout.num_bytes)
    width = layout.num_bytes // layout.dtype.itemsize
    with path.open("rb") as file:
        file.seek(start)
        while count > 0:
            values = np.fromfile(file, layout.dtype, min(count, most) * width)
            rows = values[: len(values) // width * width].reshape(-1, *layout.shape)
            if not len(rows):
                return
            yield rows
            count -= len(rows)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
