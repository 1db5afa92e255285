"""Read the .npz files of sketch-rnn: lists of drawings, each an int16 array of rows (dx, dy, end of stroke).

Such a file contains `train.npy`, `valid.npy` and `test.npy`, arrays of objects, which NumPy writes as pickles. They are
never unpickled: a small interpreter executes only the opcodes that build numeric arrays, and rejects all others, and
any function or class other than NumPy's own for arrays.
"""

from __future__ import annotations

import pickletools
import sys
import zipfile
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sketch_classifier.drawings.formats.records import BadRecords, report
from sketch_classifier.drawings.limits import MAX_RECORD, Limited, check_inflation, check_size, too_many
from sketch_classifier.drawings.npy_header import read_npy_header
from sketch_classifier.drawings.strokes import Drawings, offsets_of
from sketch_classifier.errors import UserError, cut, one_line, reading, shown

LISTS = ("train", "valid", "test")
MAX_STACK = 1 << 16  # values on a pickle's stack; a list of arrays is appended to in batches of a thousand
MAX_MEMO = 1 << 20  # values in a pickle's memo; a list of arrays has a few for each
MAX_KEPT = 64  # characters of a string in a pickle's memo
FUNCTIONS = {  # functions that a pickle may name, and what replaces calling them
    ("numpy", "ndarray"): "type",
    ("numpy", "dtype"): "dtype",
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("numpy.core.numeric", "_frombuffer"): "buffer",
    ("numpy._core.numeric", "_frombuffer"): "buffer",
    ("_codecs", "encode"): "encode",
}
NUMBERS = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f2", "f4", "f8"}
OBJECTS = {"O", "O4", "O8"}
VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
MARK = object()


class _Refused(Exception):
    """A pickle contains something other than numeric arrays."""


def read_sketch_rnn(path: str | Path, name: str = "train", *, bad: BadRecords | None = None) -> Drawings:
    """All drawings of one list of a file; see `iter_sketch_rnn`."""
    return Drawings.concatenate(list(iter_sketch_rnn(path, name, batch_size=sys.maxsize, bad=bad)))


def sketch_rnn_lists(path: str | Path, name: str | None = None) -> dict[str, int]:
    """Which of LISTS a file has, each with its number of drawings. `name` is the file's name in error messages.

    Raises UserError if it has none of them or is not an .npz file.
    """
    name = name or str(path)
    counts = {}
    with reading(name), _opened(path, name) as archive:
        there = {member.removesuffix(".npy") for member in archive.namelist()}
        for list_name in LISTS:
            if list_name in there:
                with archive.open(f"{list_name}.npy") as member:
                    shape, _ = _header(member, f"{name}/{list_name}")
                    counts[list_name] = shape[0] if shape else 0
    if not counts:
        raise UserError(f"{name}: no list train, valid or test; found {cut(', '.join(sorted(there))) or 'nothing'}")
    return counts


def iter_sketch_rnn(
    path: str | Path,
    name: str = "train",
    *,
    batch_size: int = 4096,
    limit: int | None = None,
    bad: BadRecords | None = None,
) -> Iterator[Drawings]:
    """The drawings of one list of a file, `batch_size` at a time, with memory independent of its size.

    Points are the cumulative sums of the deltas, as float64, since a drawing may be anywhere; the first delta is from
    (0, 0) to the first point. The last point of a drawing ends its last stroke. The other columns have their defaults.

    bad  skips and counts drawings without points or with invalid deltas; without it the first one raises UserError
         "<file>/<list>:<drawing, from 1>: <reason>"

    Always raises UserError for a file that contains anything but lists of numeric arrays.
    """
    limit = sys.maxsize if limit is None else limit
    called = f"{path}/{name}"
    inks: list[np.ndarray] = []
    rows: list[int] = []
    with reading(path), _opened(path, str(path)) as archive:
        if f"{name}.npy" not in archive.namelist():
            raise UserError(f"{path}: no list {name}")
        with archive.open(f"{name}.npy") as member:
            for row, ink in enumerate(_arrays(member, called)):
                if limit <= 0:
                    break
                if bad is not None:
                    bad.total += 1
                if reason := _wrong(ink):
                    report(bad, called, row + 1, reason)
                    continue
                limit -= 1
                inks.append(ink)
                rows.append(row)
                if len(inks) == batch_size:
                    yield _drawings(inks, rows)
                    inks, rows = [], []
    if inks:
        yield _drawings(inks, rows)


def _opened(path: str | Path, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UserError(f"{name}: not found") from None
    except Exception as error:  # BadZipFile, OSError, and unexpected ones: struct.error, NotImplementedError
        raise UserError(f"{name}: not an .npz file ({one_line(error)})") from error
    for member in archive.infolist():
        check_inflation(f"{name}/{shown(member.filename)}", member.compress_size, member.file_size)
    return archive


def _header(file: Any, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of the array in an .npy file, from its header."""
    shape, _, dtype = read_npy_header(file, name)
    return shape, dtype


def _wrong(ink: np.ndarray) -> str | None:
    """The error in a drawing, or None."""
    if ink.ndim != 2 or ink.shape[1] != 3 or ink.dtype.kind not in "iuf":
        return f"expected (n, 3) numbers, found {ink.dtype} {ink.shape}"
    if not len(ink):
        return "the drawing has no points"
    if not np.isfinite(ink).all() or not np.isin(ink[:, 2], (0, 1)).all():
        return "a number is not finite, or an end of stroke is neither 0 nor 1"
    return too_many(len(ink))


def _drawings(inks: list[np.ndarray], rows: list[int]) -> Drawings:
    points = [np.cumsum(ink[:, :2], axis=0, dtype=np.float64) for ink in inks]
    ends = [np.union1d(np.flatnonzero(ink[:, 2]) + 1, len(ink)) for ink in inks]
    count = len(inks)
    return Drawings(
        points=np.concatenate(points),
        stroke_offsets=offsets_of(np.concatenate([np.diff(end, prepend=0) for end in ends])),
        drawing_offsets=offsets_of([len(end) for end in ends]),
        key_id=np.zeros(count, np.uint64),
        word=np.full(count, ""),
        countrycode=np.zeros(count, "S2"),
        recognized=np.ones(count, bool),
        timestamp=np.zeros(count, "datetime64[us]"),
        row=np.array(rows),
    )


def _arrays(file: Any, name: str) -> Iterator[np.ndarray]:
    """The arrays of a list, one at a time, from an .npy file of objects."""
    shape, dtype = _header(file, name)
    if dtype.kind != "O":
        if (
            len(shape) == 3 and shape[2] == 3 and dtype.kind in "iuf"
        ):  # drawings of equal length, which NumPy stores as one array
            yield from _rows(file, shape, dtype, name)
            return
        raise UserError(f"{name}: expected a list of arrays, found {dtype} {shape}")
    count = 0
    for array in _walk(file, name):
        count += 1
        yield array
    if len(shape) == 1 and count != shape[0]:
        raise UserError(f"{name}: expected {shape[0]} drawings, found {count}")


def _rows(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype, name: str) -> Iterator[np.ndarray]:
    size = prod(shape[1:]) * dtype.itemsize
    check_size(name, "a drawing", size, MAX_RECORD)
    for _ in range(shape[0]):
        data = file.read(size)
        if len(data) < size:
            raise UserError(f"{name}: truncated")
        yield np.frombuffer(data, dtype).reshape(shape[1:])


class _Unfilled:
    """An array that a pickle has created, but not yet filled."""


def _walk(file: Any, name: str) -> Iterator[np.ndarray]:
    """The arrays in a pickle of an array of arrays, whose opcodes are interpreted without unpickling.

    Arrays are yielded as soon as they are appended to their list, and neither they nor their bytes are kept.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    num_memo = 0
    argument: Any
    limited: Any = Limited(file, name, MAX_RECORD)
    try:
        for opcode, argument, _ in pickletools.genops(limited):
            if len(stack) > MAX_STACK or len(memo) > MAX_MEMO:
                raise _Refused
            match opcode.name:
                case "PROTO" | "FRAME" | "STOP":
                    pass
                case "MARK":
                    stack.append(MARK)
                case "NONE" | "NEWTRUE" | "NEWFALSE" | "EMPTY_LIST" | "EMPTY_TUPLE":
                    constants = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
                    stack.append(constants[opcode.name] if opcode.name in constants else [])
                case code if code in VALUES:
                    stack.append(argument)
                case "STRING" | "BINSTRING" | "SHORT_BINSTRING":  # str of Python 2
                    stack.append(argument.encode("latin-1"))
                case "GLOBAL":
                    stack.append(_function(*argument.split(" ")))
                case "STACK_GLOBAL":
                    stack[-2:] = [_function(*stack[-2:])]
                case "TUPLE1" | "TUPLE2" | "TUPLE3":
                    num = int(opcode.name[-1])
                    stack[-num:] = [tuple(stack[-num:])]
                case "TUPLE":
                    stack.append(tuple(_to_mark(stack)))
                case "APPEND" | "APPENDS":
                    items = [stack.pop()] if opcode.name == "APPEND" else _to_mark(stack)
                    if not isinstance(stack[-1], list) or not all(isinstance(item, np.ndarray) for item in items):
                        raise _Refused
                    yield from items
                case "REDUCE":
                    stack[-2:] = [_called(*stack[-2:])]
                case "BUILD":
                    state = stack.pop()
                    stack[-1] = _filled(stack[-1], state)
                case "PUT" | "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                    if _is_kept(stack[-1]):
                        memo[num_memo if argument is None else argument] = stack[-1]
                    num_memo += 1
                case "GET" | "BINGET" | "LONG_BINGET":
                    stack.append(memo[argument])
                case _:
                    raise _Refused
        if len(stack) != 1 or not isinstance(stack[0], list):
            raise _Refused
    except (_Refused, IndexError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{name}: not a list of numeric arrays; nothing else is accepted, as pickles can contain code"
        ) from None
    except (ValueError, zlib.error, zipfile.BadZipFile, EOFError, OSError) as error:
        raise UserError(f"{name}: damaged ({one_line(error)})") from None


def _to_mark(stack: list) -> list:
    """Pop the values above the last mark, and the mark, off the stack."""
    place = max(index for index, value in enumerate(stack) if value is MARK)
    values = stack[place + 1 :]
    del stack[place:]
    return values


def _function(module: Any, function: Any) -> str:
    """The replacement for a function named in a pickle; rejects all except those that build arrays."""
    if (module, function) not in FUNCTIONS:
        raise _Refused
    return FUNCTIONS[module, function]


def _called(function: Any, arguments: Any) -> Any:
    match function, arguments:
        case "array", ("type", (0,), _):
            return _Unfilled()
        case "dtype", (str() | bytes() as code, *_):
            return _dtype(code if isinstance(code, str) else code.decode("ascii"))
        case "encode", (str() as text, str() | bytes()):
            return text.encode("latin-1")
        case "buffer", (
            bytes() | bytearray() as data,
            np.dtype() as dtype,
            tuple() as shape,
            "C" | b"C" | "F" | b"F" as order,
        ):
            return _numbers(data, dtype, shape, order in ("F", b"F"))
    raise _Refused


def _dtype(code: str) -> np.dtype:
    if code not in NUMBERS and code not in OBJECTS:
        raise _Refused
    return np.dtype("O" if code in OBJECTS else code)


def _filled(value: Any, state: Any) -> Any:
    """An array or dtype with its state set."""
    match value, state:
        case np.dtype(), (int(), str() | bytes() as order, None, None, None, *_):
            order = order if isinstance(order, str) else order.decode("ascii")
            return value.newbyteorder("<" if order == "<" else ">") if order in ("<", ">") else value
        case _Unfilled(), (
            1,
            tuple() as shape,
            np.dtype() as dtype,
            int() as by_columns,
            bytes() | bytearray() as data,
        ):
            return _numbers(data, dtype, shape, bool(by_columns))
        case _Unfilled(), (1, tuple(), np.dtype() as dtype, int(), []) if dtype.kind == "O":
            return state[-1]  # the outer array, whose items have been yielded
    raise _Refused


def _numbers(data: bytes | bytearray, dtype: np.dtype, shape: tuple, by_columns: bool) -> np.ndarray:
    if dtype.kind == "O" or len(data) > MAX_RECORD:
        raise _Refused
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")


def _is_kept(value: Any) -> bool:
    """Whether a value is kept in the memo: all except arrays, their bytes and their containers."""
    if isinstance(value, tuple):
        return len(value) <= 9 and all(isinstance(item, int | str | type(None)) for item in value)
    return isinstance(value, np.dtype | int) or (isinstance(value, str | bytes) and len(value) <= MAX_KEPT)
