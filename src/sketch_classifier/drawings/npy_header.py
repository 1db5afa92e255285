"""Reads the header of an .npy file robustly, even if it is malformed."""

from __future__ import annotations

import io
import struct
import threading
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy

from sketch_classifier.drawings.limits import MAX_HEADER
from sketch_classifier.errors import UserError, one_line

# numpy parses headers with `ast`, whose recursion depth counter is shared by all threads in CPython 3.11: if a garbage
# collection lets another thread parse in between, it raises "SystemError: AST constructor recursion depth mismatch".
_one_parse = threading.Lock()


def read_npy_header(file: Any, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """(shape, whether in Fortran order, dtype) of the array in an open .npy file; advances the file to its data.

    Raises UserError for any other file, whereas numpy's parser raises a dozen types of exceptions, and reads as much as
    the header's length claims before checking it.
    """
    try:
        head = file.read(10)
        if head[:6] != npy.MAGIC_PREFIX or len(head) < 10 or head[6] not in (1, 2, 3):
            raise UserError(f"{name}: not an .npy file: it begins with {head[:12]!r}")
        if head[6] != 1:
            head += file.read(2)
        length = struct.unpack("<H" if head[6] == 1 else "<I", head[8:])[0]
        if length > MAX_HEADER:
            raise UserError(f"{name}: not an .npy file: version {head[6]} with a header of {length} bytes")
        text = file.read(length)
        # Version 3 differs from 2 only in the text encoding of field names, and our arrays have no fields.
        read = npy.read_array_header_1_0 if head[6] == 1 else npy.read_array_header_2_0
        with _one_parse:
            shape, fortran_order, dtype = read(io.BytesIO(head[8:] + text))
        if prod(shape) * dtype.itemsize >= 2**63 or any(size < 0 for size in shape):
            raise UserError(f"{name}: not an .npy file: an array of shape {str(shape)[:60]}")
    except UserError:
        raise
    except Exception as error:  # ValueError, SyntaxError, TokenError, OverflowError, RecursionError, MemoryError, …
        raise UserError(f"{name}: not an .npy file: {one_line(error)}") from error
    return shape, fortran_order, dtype
