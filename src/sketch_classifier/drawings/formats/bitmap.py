"""Open the published bitmaps: `numpy_bitmap/<category>.npy`, uint8 (N, 784), white ink on black."""

from __future__ import annotations

import io
from math import prod
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from sketch_classifier.drawings.limits import MAX_ARRAY, check_size
from sketch_classifier.drawings.npy_header import read_npy_header
from sketch_classifier.errors import UserError, one_line, reading

PIXELS = 28 * 28


def open_bitmaps(path: str | Path) -> np.ndarray:
    """The rows of a bitmap file as a read-only memory map, (N, 784) uint8.

    Raises UserError if the file is missing, truncated, not an .npy file or of another type or shape.
    """
    path = Path(path)
    bitmaps = open_npy(path)
    if bitmaps.dtype != np.uint8 or bitmaps.shape[1:] != (PIXELS,):
        raise UserError(f"{path}: found {bitmaps.dtype} {bitmaps.shape}, expected uint8 (N, {PIXELS})")
    return bitmaps


def open_npy(path: str | Path) -> np.ndarray:
    """The numeric array in an .npy file as a read-only memory map.

    Raises UserError if the file is missing, truncated, not an .npy file or an array of objects.
    """
    with reading(path), Path(path).open("rb") as file:
        shape, order, dtype = _numbers(file, str(path))
        start, size = file.tell(), file.seek(0, io.SEEK_END)
        needed = prod(shape) * dtype.itemsize
        if start + needed > size:
            raise UserError(
                f"{path}: truncated: its header and an array of shape {shape} take {start + needed:,} bytes, "
                f"found {size:,}"
            )
        if not needed:
            return np.empty(shape, dtype)
        return np.memmap(path, dtype, "r", start, shape, order)


def read_npy(file: BinaryIO, name: str) -> np.ndarray:
    """The numeric array, at most MAX_ARRAY bytes, in an open .npy file that cannot be memory-mapped, such as a pipe.

    Raises UserError for any other file.
    """
    with reading(name):
        shape, order, dtype = _numbers(file, name)
        needed = prod(shape) * dtype.itemsize
        check_size(name, f"an array of shape {shape}", needed, MAX_ARRAY)
        data = file.read(needed)
        if len(data) < needed:
            raise UserError(f"{name}: truncated: {needed:,} bytes expected, found {len(data):,}")
        return np.frombuffer(data, dtype).reshape(shape, order=order)


def _numbers(file: BinaryIO, name: str) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype]:
    """Shape, order and dtype of a numeric array, from its header. Raises UserError for any other array."""
    shape, fortran_order, dtype = read_npy_header(file, name)
    if dtype.hasobject or dtype.kind not in "buif":
        raise UserError(f"{name}: an array of numbers is expected, found {one_line(dtype)}")
    return shape, "F" if fortran_order else "C", dtype
