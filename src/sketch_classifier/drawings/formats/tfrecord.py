"""Read the TFRecord files of the TensorFlow drawing-classification tutorial, without TensorFlow.

A record is an Example with `ink` (floats: dx, dy, end of stroke, flattened), `shape` (rows, 3) and `class_index`. The
tutorial scales a drawing to a unit square (x and y independently) and omits the row of the first point, so drawings
begin at (0, 0) here. The class names are in `<files>.classes`, one per line.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from sketch_classifier.drawings.formats.records import BadRecords, open_source, report
from sketch_classifier.drawings.limits import MAX_RECORD, MAX_TEXT, check_size, too_many
from sketch_classifier.drawings.strokes import Drawings, offsets_of
from sketch_classifier.errors import UserError, one_line

GZIP = b"\x1f\x8b"  # at the beginning of a compressed file
MAX_FLOAT32 = float(np.finfo(np.float32).max)
SHARD = re.compile(r"-(\d+|[?*]+|\[.*\])-of-(\d+|[?*]+|\[.*\])$")


class _Bad(ValueError):
    """A malformed record, after which reading can continue; the message says why."""


def read_tfrecord(
    pattern: str | Path,
    *,
    classes: Sequence[str] | None = None,
    limit: int | None = None,
    bad: BadRecords | None = None,
) -> Drawings:
    """All drawings of the files, or the first `limit`; see `iter_tfrecord`."""
    return Drawings.concatenate(list(iter_tfrecord(pattern, classes=classes, limit=limit, bad=bad)))


def iter_tfrecord(
    pattern: str | Path,
    *,
    classes: Sequence[str] | None = None,
    batch_size: int = 4096,
    limit: int | None = None,
    bad: BadRecords | None = None,
) -> Iterator[Drawings]:
    """The drawings of TFRecord files, `batch_size` at a time: words, and float64 points, the sums of the deltas.

    pattern  a path or fsspec URL, or a pattern such as "training.tfrecord-?????-of-?????" (files sorted by name)
    classes  the class names; by default they are read from "training.tfrecord.classes" beside the files
    limit    stop after this many drawings
    bad      skips and counts malformed records; without it the first one raises UserError
             "<file>:<record, from 1>: <reason>"

    The other columns have their defaults (`Drawings.from_lists`). Always raises UserError if the length of a record is
    damaged, since nothing else marks where the next one begins.
    """
    limit = sys.maxsize if limit is None else limit
    files = _files(str(pattern))
    classes = _classes(str(pattern)) if classes is None else list(classes)
    words = np.array(classes)
    inks, labels, rows = [], [], []
    for path in files:
        with open_source(path) as (file, name):
            for number, (record, is_whole) in enumerate(_records(file, name), 1):
                if limit <= 0:
                    break
                if bad is not None:
                    bad.total += 1
                try:
                    ink, label = _ink(record if is_whole else None, len(classes))
                except _Bad as error:
                    report(bad, name, number, str(error))
                    continue
                limit -= 1
                inks.append(ink)
                labels.append(label)
                rows.append(number - 1)
                if len(inks) == batch_size:
                    yield _drawings(inks, words[labels], rows)
                    inks, labels, rows = [], [], []
    if inks:
        yield _drawings(inks, words[labels], rows)


def iter_records(file: BinaryIO, name: str) -> Iterator[tuple[bytes, int | None]]:
    """The records of a TFRecord file, each with its length and checksums, and its class number.

    The number is None for a malformed record; one that is damaged or truncated is given a wrong checksum, so that other
    records can follow it in a file. `name` is the file's name in error messages. Raises UserError if the length is
    damaged.
    """
    from google.protobuf.message import DecodeError

    for data, is_good in _records(file, name):
        head = struct.pack("<Q", len(data))
        checksum = masked_crc(data) ^ (not is_good)
        label = None
        if is_good:
            with suppress(DecodeError):
                numbers = example_type().FromString(data).features.feature["class_index"].int64_list.value
                label = numbers[0] if len(numbers) == 1 else None
        yield head + struct.pack("<I", masked_crc(head)) + data + struct.pack("<I", checksum), label


def _files(pattern: str) -> list[str]:
    path = Path(pattern)
    if "://" in pattern:
        import fsspec

        system, _, names = fsspec.get_fs_token_paths(pattern)
        files = [system.unstrip_protocol(name) for name in names]
    else:
        files = [pattern] if path.exists() else [str(found) for found in path.parent.glob(path.name)]
    if not files:
        raise UserError(f"{pattern}: not found")
    return sorted(files)


def _classes(pattern: str) -> list[str]:
    path = SHARD.sub("", pattern) + ".classes"
    with open_source(path) as (file, _):
        data = file.read(MAX_TEXT + 1)
        check_size(path, "a list of classes", len(data), MAX_TEXT)
        return data.decode("utf-8-sig", errors="replace").rstrip("\r\n").splitlines()


def _records(file: BinaryIO, name: str) -> Iterator[tuple[bytes, bool]]:
    """The records of a TFRecord file (length, its checksum, data, its checksum), and whether they are intact."""
    try:
        yield from _records_of(_inflated(file), name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{name}: damaged ({one_line(error)})") from None


def _records_of(file: BinaryIO, name: str) -> Iterator[tuple[bytes, bool]]:
    number = 0
    while head := file.read(12):
        number += 1
        if len(head) < 12:
            yield b"", False
            return
        length, checksum = struct.unpack("<QI", head)
        if checksum != masked_crc(head[:8]) or length > MAX_RECORD:
            raise UserError(f"{name}:{number}: damaged record length; the file is damaged or not a TFRecord file")
        record = file.read(length)
        tail = file.read(4)
        yield record, len(tail) == 4 and struct.unpack("<I", tail)[0] == masked_crc(record)


def _inflated(file: BinaryIO) -> BinaryIO:
    """The file itself, or its decompressed contents if it was written with TensorFlow's option GZIP."""
    peeked = io.BufferedReader(cast(io.RawIOBase, file))
    return cast(BinaryIO, gzip.GzipFile(fileobj=peeked)) if peeked.peek(2)[:2] == GZIP else peeked


def masked_crc(data: bytes) -> int:
    """The checksum of the TFRecord format: CRC-32C, rotated by 15 bits, plus a constant."""
    import google_crc32c

    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _ink(record: bytes | None, num_classes: int) -> tuple[np.ndarray, int]:
    """(rows (n, 3) float64, class) of one record. Raises _Bad."""
    from google.protobuf.message import DecodeError

    if record is None:
        raise _Bad("truncated, or its checksum is wrong")
    try:
        features = example_type().FromString(record).features.feature
    except DecodeError:
        raise _Bad("no Example") from None
    ink = np.array(features["ink"].float_list.value, np.float64)
    shape = list(features["shape"].int64_list.value)
    label = list(features["class_index"].int64_list.value)
    if len(shape) != 2 or shape[0] < 0 or shape[1] != 3 or shape[0] * 3 != len(ink):
        raise _Bad(f"'shape' is {shape[:4]}, 'ink' has {len(ink)} numbers, expected [n, 3] and 3 n numbers")
    if len(label) != 1 or not 0 <= label[0] < num_classes:
        raise _Bad(f"'class_index' is {label[:4]}, expected one number below {num_classes}")
    ink = ink.reshape(-1, 3)
    if not np.abs(ink).sum() < MAX_FLOAT32 or not np.isin(ink[:, 2], (0, 1)).all():
        raise _Bad("'ink' has numbers that are not finite or too large, or an end of stroke that is neither 0 nor 1")
    if reason := too_many(len(ink) + 1):
        raise _Bad(reason)
    return ink, label[0]


def _drawings(inks: list[np.ndarray], words: np.ndarray, rows: list[int]) -> Drawings:
    lengths, points, strokes_of = [], [], []
    for ink in inks:
        xy = np.zeros((len(ink) + 1, 2))
        np.cumsum(ink[:, :2], axis=0, out=xy[1:])
        points.append(xy)
        ends = np.flatnonzero(ink[:, 2]) + 2  # row i is point i + 1, and offsets are after the last point
        ends = ends if len(ends) and ends[-1] == len(xy) else np.append(ends, len(xy))
        lengths.append(np.diff(ends, prepend=0))
        strokes_of.append(len(ends))
    count = len(inks)
    return Drawings(
        points=np.concatenate(points),
        stroke_offsets=offsets_of(np.concatenate(lengths)),
        drawing_offsets=offsets_of(strokes_of),
        key_id=np.zeros(count, np.uint64),
        word=words,
        countrycode=np.zeros(count, "S2"),
        recognized=np.ones(count, bool),
        timestamp=np.zeros(count, "datetime64[us]"),
        row=np.array(rows),
    )


@cache
def example_type() -> Any:
    """tensorflow.Example as a protobuf message, defined here because only TensorFlow's own packages include it.

    It has its own descriptor pool, so that it does not conflict with TensorFlow in the same process.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")

    def message(parent, name: str, *fields: tuple[str, int, str | None]):
        added = parent.add(name=name)
        for number, (field, kind, type_name) in enumerate(fields, 1):
            label = kinds.LABEL_REPEATED if field in ("value", "feature") and parent is file.message_type else 1
            added.field.add(name=field, number=number, type=kind, type_name=type_name, label=label)
        return added

    nested = kinds.TYPE_MESSAGE
    message(file.message_type, "BytesList", ("value", kinds.TYPE_BYTES, None))
    message(file.message_type, "FloatList", ("value", kinds.TYPE_FLOAT, None))
    message(file.message_type, "Int64List", ("value", kinds.TYPE_INT64, None))
    feature = message(
        file.message_type,
        "Feature",
        ("bytes_list", nested, ".tensorflow.BytesList"),
        ("float_list", nested, ".tensorflow.FloatList"),
        ("int64_list", nested, ".tensorflow.Int64List"),
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    features = message(file.message_type, "Features", ("feature", nested, ".tensorflow.Features.FeatureEntry"))
    entry = message(
        features.nested_type, "FeatureEntry", ("key", kinds.TYPE_STRING, None), ("value", nested, ".tensorflow.Feature")
    )
    entry.options.map_entry = True
    message(file.message_type, "Example", ("features", nested, ".tensorflow.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))
