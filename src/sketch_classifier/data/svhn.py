"""SVHN format 2: 32×32 photographs of house-number digits in MAT-files (version 5), read in bounded memory.

A file contains two variables: `X`, uint8 (32, 32, 3, N), and `y`, N labels from 1 to 10, where 10 is the digit 0.
MATLAB stores arrays in column-major order, so the images are contiguous and can be read while the stream is
decompressed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from sketch_classifier.drawings.limits import check_size
from sketch_classifier.errors import UserError, cut, reading

Order = Literal["<", ">"]

SIDE = 32
# The files of http://ufldl.stanford.edu/housenumbers: sizes in bytes, and SHA-256.
PUBLISHED = {
    "train_32x32": (182040794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
    "test_32x32": (64275384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
    "extra_32x32": (1329278602, "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3"),
}

HEADER = 128  # bytes before the first variable
IMAGE = SIDE * SIDE * 3  # bytes
MAX_IMAGES = 1 << 22  # per file; the largest published one has 531,131
MAX_VARIABLES = 1000  # per file; a valid one has two
BLOCK = 2**16  # bytes read from the file at a time
MATRIX, COMPRESSED = 14, 15  # types of top-level elements
# Numeric data types in the file, and array types in memory (MATLAB's classes).
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8", 9: "uint8",
    10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
}  # fmt: skip
NUMERIC = {kind for code, kind in CLASSES.items() if code > 5}


@dataclass(frozen=True)
class SvhnFile:
    """A file of N photographs.

    name    name of the file in error messages
    digits  (N,) uint8: the digit of each photograph, 0 to 9
    """

    path: Path
    name: str
    digits: np.ndarray
    _pixels: _Variable

    @classmethod
    def open(cls, path: str | Path, name: str | None = None) -> SvhnFile:
        """Read the labels and validate the headers. `name` is the name of the file in error messages.

        Raises UserError for a file that is truncated or not a MAT-file of version 5, and for variables that are missing
        or have the wrong shape or type.
        """
        path = Path(path)
        name = name or str(path)
        with reading(name), path.open("rb") as file:
            variables = {variable.name: variable for variable in _variables(file, path.stat().st_size, name)}
            for wanted in ("X", "y"):
                if wanted not in variables:
                    found = ", ".join(variables) or "none"
                    raise UserError(f"{name}: no variable {wanted}; expected X and y, found {cut(found)}")
            pixels = variables["X"]
            shape = pixels.shape + (1,) * (4 - len(pixels.shape))  # MATLAB drops the last axis of a single image
            if pixels.type != "uint8" or shape[:3] != (SIDE, SIDE, 3) or len(shape) != 4:
                found = f"{pixels.type} {pixels.shape}"
                raise UserError(f"{name}: X: uint8 of shape (32, 32, 3, N) expected, found {cut(found)}")
            num_labels = prod(variables["y"].shape)
            if shape[3] != num_labels:
                raise UserError(f"{name}: {shape[3]} images in X and {num_labels} labels in y")
            check_size(name, "images in X, an array", prod(shape), MAX_IMAGES * IMAGE)
            digits = _digits(file, variables["y"], name)
        if not len(digits):
            raise UserError(f"{name}: no images")
        return cls(path, name, digits, pixels)

    def __len__(self) -> int:
        return len(self.digits)

    def images(self, num: int | None = None, chunk: int = 4096) -> Iterator[np.ndarray]:
        """The first `num` images (None: all), a chunk at a time: (n, 3, 32, 32) uint8, RGB.

        Raises UserError if the file turns out to be damaged.
        """
        num = len(self) if num is None else min(num, len(self))
        with reading(self.name), self.path.open("rb") as file:
            stream = _Stream(file, self._pixels, self.name)
            for start in range(0, num, chunk):
                data = stream.numbers(min(chunk, num - start) * IMAGE)
                yield data.reshape(-1, 3, SIDE, SIDE).swapaxes(2, 3)
            if num == len(self):
                stream.finish()


def check_header(head: bytes, name: str) -> Order:
    """The byte order ("<" or ">") in the first 128 bytes of a MAT-file of version 5.

    Raises UserError, with `name` as the name of the file, if they are not the header of such a file.
    """
    orders: dict[bytes, Order] = {b"IM": "<", b"MI": ">"}
    order = orders.get(head[126:128])
    if head.startswith(b"MATLAB 7.3") or head.startswith(b"\x89HDF"):
        raise UserError(f"{name}: a MAT-file of version 7.3 (HDF5); version 5 is accepted (in MATLAB: save -v7)")
    if order is None or struct.unpack(order + "H", head[124:126])[0] != 0x0100:
        raise UserError(f"{name}: not a MAT-file of version 5: it begins with {head[:20]!r}")
    return order


@dataclass(frozen=True)
class _Variable:
    """The type, shape and location of an array in the file."""

    name: str
    type: str
    shape: tuple[int, ...]
    order: Order  # byte order, in the notation of `struct`
    start: int  # byte offset of the element's data, after its tag
    num_bytes: int  # size of the element's data
    is_compressed: bool


def _variables(file: BinaryIO, size: int, name: str) -> Iterator[_Variable]:
    """The arrays of a file of `size` bytes, in file order."""
    order = check_header(file.read(HEADER), name)
    start = HEADER
    for _ in range(MAX_VARIABLES):
        if start >= size:
            return
        file.seek(start)
        tag = file.read(8)
        if len(tag) < 8:
            raise UserError(f"{name}: truncated: it ends after {size} bytes, within a variable")
        kind, num_bytes = struct.unpack(order + "II", tag)
        start += 8
        if kind not in (MATRIX, COMPRESSED):
            raise UserError(f"{name}: damaged: element of unknown type {kind} at byte {start - 8}")
        if start + num_bytes > size:
            raise UserError(f"{name}: truncated: {start + num_bytes} bytes expected, found {size}")
        place = _Variable("", "", (), order, start, num_bytes, kind == COMPRESSED)
        yield _Stream(file, place, name).variable
        start += num_bytes
    raise UserError(f"{name}: more than {MAX_VARIABLES} variables; expected X and y")


class _Stream:
    """The data of one array, read sequentially, after its header."""

    def __init__(self, file: BinaryIO, place: _Variable, called: str) -> None:
        self._file, self._called, self._order = file, called, place.order
        self._left = place.num_bytes  # unread bytes in the file
        self._zlib = zlib.decompressobj() if place.is_compressed else None
        file.seek(place.start)
        if self._zlib:
            self._numbers("II", 8)  # the tag of the matrix inside
        flags = self._element()
        shape = tuple(np.frombuffer(self._element(), place.order + "i4").tolist())
        name = self._element().decode("latin-1")
        kind = CLASSES.get(struct.unpack_from(place.order + "I", flags.ljust(4, b"\0"))[0] & 0xFF, "unknown")
        self.variable = _Variable(name, kind, shape, place.order, place.start, place.num_bytes, place.is_compressed)
        self._numbers_left = -1  # unread bytes of the numbers; −1 before the first

    def numbers(self, num: int) -> np.ndarray:
        """The next `num` numbers of the array (its real part), (num,), in the type in which they are stored."""
        if self._numbers_left < 0:
            code, self._numbers_left, inline = self._tag()
            if code not in TYPES:
                raise self._damaged(f"numbers of unknown type {code}")
            self._dtype = np.dtype(TYPES[code]).newbyteorder(self._order)
            self._inline = inline
        num_bytes = num * self._dtype.itemsize
        if num_bytes > self._numbers_left:
            raise self._damaged(
                cut(f"{self.variable.name} has fewer numbers than its shape {self.variable.shape} says")
            )
        self._numbers_left -= num_bytes
        if self._inline is not None:
            return np.frombuffer(self._inline[:num_bytes], self._dtype)
        return np.frombuffer(self._read(num_bytes), self._dtype)

    def finish(self) -> None:
        """Check that the array ends where it should, and verify its checksum if it is compressed."""
        if self._numbers_left:
            raise self._damaged(cut(f"{self.variable.name} has more numbers than its shape {self.variable.shape} says"))
        if self._zlib:
            while not self._zlib.eof:
                if len(self._inflate(BLOCK)) > 8:  # more than padding
                    raise self._damaged("bytes after the last number")

    def _element(self) -> bytes | bytearray:
        """The data of the next small element (any but the numbers)."""
        _, num_bytes, inline = self._tag()
        if inline is not None:
            return inline
        if num_bytes > BLOCK:
            raise self._damaged(f"a header of {num_bytes} bytes")
        return self._read(num_bytes + -num_bytes % 8)[:num_bytes]

    def _tag(self) -> tuple[int, int, bytes | None]:
        """The next element's type and number of bytes, and its data if it is stored inside the tag."""
        code, num_bytes = self._numbers("II", 8)
        if code >> 16:  # small element format: up to 4 bytes of data inside the tag
            inline = struct.pack(self._order + "I", num_bytes)
            return code & 0xFFFF, min(code >> 16, 4), inline[: code >> 16]
        return code, num_bytes, None

    def _numbers(self, form: str, num_bytes: int) -> tuple[int, ...]:
        return struct.unpack(self._order + form, self._read(num_bytes))

    def _read(self, num: int) -> bytearray:
        data = bytearray()
        while len(data) < num:
            part = self._inflate(num - len(data)) if self._zlib else self._from_file(min(num - len(data), 2**24))
            if not part:
                raise self._damaged("it ends before its last number")
            data += part
        return data

    def _inflate(self, most: int) -> bytes:
        """Decompress up to `most` bytes; empty at the end."""
        assert self._zlib is not None
        while not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._from_file(BLOCK)
            try:
                part = self._zlib.decompress(packed, most)
            except zlib.error as error:
                raise self._damaged(str(error)) from None
            if part:
                return part
            if not packed:
                raise self._damaged("its compressed data is truncated")
        return b""

    def _from_file(self, most: int) -> bytes:
        part = self._file.read(min(most, self._left))
        self._left -= len(part)
        return part

    def _damaged(self, what: str) -> UserError:
        return UserError(f"{self._called}: damaged: {what}")


def _digits(file: BinaryIO, labels: _Variable, name: str) -> np.ndarray:
    """(N,) uint8, from labels 1 to 10."""
    num = prod(labels.shape)
    if labels.type not in NUMERIC or (num and num != max(labels.shape)):
        raise UserError(f"{name}: y: expected N numbers in one column, found {labels.type} {cut(str(labels.shape))}")
    stream = _Stream(file, labels, name)
    values = stream.numbers(num)
    stream.finish()
    wrong = values[~np.isin(values, np.arange(1, 11))]
    if len(wrong):
        raise UserError(f"{name}: y: expected labels from 1 to 10 (10 for the digit 0), found {wrong[0]}")
    return (values % 10).astype(np.uint8)
