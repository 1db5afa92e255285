"""Read Parquet files of drawings like Hugging Face's `google/quickdraw`: strokes as nested lists, or pictures.

`drawing` is a struct of lists {x: [[…], …], y: [[…], …], t: …}, a list of structs [{x: […], y: […], t: …}, …], lists
as in .ndjson, or JSON text. `image` is a picture, as a struct {bytes, path} or as bytes. The class is in `word` or
`label`, as a name, or as a number whose name is in the metadata. key_id, countrycode, recognized and timestamp are
optional.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sketch_classifier.drawings.formats.ndjson_line import MAX_FLOAT32, Malformed, check_drawing
from sketch_classifier.drawings.formats.records import BadRecords, acceptable, report
from sketch_classifier.drawings.limits import MAX_GROUP, check_size
from sketch_classifier.drawings.strokes import Drawings, offsets_of
from sketch_classifier.errors import UserError, one_line, reading

LABELS = ("word", "label", "class", "category")
STROKES, PICTURE = "drawing", "image"
COLUMNS = ("key_id", "countrycode", "recognized", "timestamp")
BATCH = 1024  # rows in memory at a time
PICTURES = 64  # pictures in memory at a time, which a dictionary may repeat
MAX_CLASSES = 100_000


class ParquetDrawings:
    """A Parquet file of drawings.

    name         name of the file in error messages
    has_strokes  whether it contains strokes; otherwise it contains pictures
    label        column of the class
    classes      class names, in the order of their numbers; None if the column contains names
    columns      which of COLUMNS it has
    """

    def __init__(self, file: Any, name: str) -> None:
        """Open `file`, a path or a seekable open file. Raises UserError if it is not a Parquet file of drawings."""
        self.name = name
        self.file = open_parquet(file, name)
        schema = _without_views(self.file.schema_arrow)
        self.metadata = schema.metadata
        names = set(schema.names)
        self.has_strokes = STROKES in names
        self.columns = tuple(column for column in COLUMNS if column in names and self.has_strokes)
        labels = [column for column in LABELS if column in names]
        if not labels or not names & {STROKES, PICTURE}:
            found = ", ".join(schema.names[:8])
            raise UserError(f"{name}: expected columns drawing or image, word or label, found {found}")
        if self.has_strokes and not _is_readable(drawing := schema.field(STROKES).type):
            raise UserError(f"{name}: expected lists x and y for each stroke in column drawing; found {drawing}")
        self.label = labels[0]
        self.classes = _classes(schema.metadata, self.label)
        kind = schema.field(self.label).type
        if not (_is_text(kind) or pa.types.is_dictionary(kind)):
            if not pa.types.is_integer(kind):
                raise UserError(f"{name}: expected class numbers or names in column {self.label}; found {kind}")
            if self.classes is None:
                raise UserError(f"{name}: {self.label} contains numbers, but the metadata do not name the classes")
        else:
            self.classes = None

    def names(self) -> tuple[str, ...]:
        """The class names. If the metadata do not list them, the whole column is read."""
        if self.classes is not None:
            return self.classes
        found: set[str] = set()
        with reading(self.name):
            for batch in self._batches(1 << 16, [self.label]):
                found.update(pc.unique(batch.column(0)).to_pylist())
                check_size(self.name, "names of classes, a list", len(found), MAX_CLASSES, "names")
        return tuple(sorted(name for name in found if name))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        """The rows of the file in batches, and their class names, (n,) of str or None."""
        with reading(self.name):
            for batch in self._batches(BATCH if self.has_strokes else PICTURES, columns):
                yield batch, self._words(batch)

    def _batches(self, size: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        for batch in self.file.iter_batches(size, columns=columns):
            schema = _without_views(batch.schema)
            yield batch if schema == batch.schema else batch.cast(schema)

    def _words(self, batch: pa.RecordBatch) -> np.ndarray:
        column = batch.column(batch.schema.get_field_index(self.label))
        if self.classes is None:
            return np.array(column.to_pylist(), object)
        numbers = pc.fill_null(column, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        names = np.array([*self.classes, None], object)
        return names[np.where((numbers >= 0) & (numbers < len(self.classes)), numbers, len(self.classes))]


def open_parquet(file: Any, name: str) -> pq.ParquetFile:
    """Open a Parquet file, a path or a seekable open file, with verification of page checksums, if any.

    Raises UserError for any other file, and if a row group decompresses to more than MAX_GROUP.
    """
    try:
        # With pre-buffering, everything that was read would stay in memory.
        opened = pq.ParquetFile(file, pre_buffer=False, page_checksum_verification=True)
    except FileNotFoundError:
        raise UserError(f"{name}: not found") from None
    except UserError:
        raise
    except Exception as error:  # raised by Arrow, Thrift or the schema
        raise UserError(f"{name}: not a Parquet file ({one_line(error)})") from error
    # Sizes of row groups, not of columns: accessing column metadata with damaged statistics aborts the process in Arrow
    # 26, by an uncaught C++ exception.
    for group in range(opened.metadata.num_row_groups):
        size = opened.metadata.row_group(group).total_byte_size
        check_size(name, f"row group {group}, a part", size, MAX_GROUP)
    return opened


def iter_parquet(path: Any, name: str, *, bad: BadRecords | None = None) -> Iterator[Drawings]:
    """The drawings of a Parquet file of strokes in batches, with memory independent of the size of the file.

    Points are uint8 if they are so in the file, otherwise float64. `bad` skips and counts malformed rows; without it
    the first one raises UserError "<file>:<row, from 1>: <reason>".
    """
    file = ParquetDrawings(path, name)
    row = 0
    for batch, words in file.batches([file.label, STROKES, *file.columns]):
        with reading(name):  # `drawing` may be of any type
            reasons, drawings = _strokes(batch.column(batch.schema.get_field_index(STROKES)))
        if bad is not None:
            bad.total += len(batch)
        for index in np.flatnonzero(reasons != ""):
            report(bad, name, row + int(index) + 1, reasons[index])
        good = np.flatnonzero(reasons == "")
        known = {column: _column(batch, column, good, name) for column in file.columns}
        yield acceptable(replace(drawings, word=words[good].astype("U"), row=row + good, **known), name, bad)
        row += len(batch)


def _without_views(schema: pa.Schema) -> pa.Schema:
    """The schema without views, which Polars writes for text and bytes and many Arrow functions do not support."""
    return pa.schema([field.with_type(_without_view(field.type)) for field in schema], schema.metadata)


def _without_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_without_view(field.type)) for field in kind])
    if pa.types.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _classes(metadata: dict[bytes, bytes] | None, label: str) -> tuple[str, ...] | None:
    """The class names of a column in Hugging Face's metadata."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    if isinstance(names, dict):  # by number
        names = [names[str(number)] for number in range(len(names))]
    return tuple(map(str, names))


def _strokes(column: pa.Array) -> tuple[np.ndarray, Drawings]:
    """(n,) str objects with the error of each row ("" if valid); and the valid drawings, with default columns."""
    kind = column.type
    if _is_text(kind):
        return _of_values(column, orjson.loads)
    if _depth(kind) == 3:
        return _of_values(column, lambda drawing: drawing)
    reasons = np.full(len(column), "", object)
    if pa.types.is_struct(kind):
        axes = {name: pc.struct_field(column, name) for name in kind.names}
        lengths = _lengths(axes["x"])
        reasons[_any_differs(axes, lengths)] = "x and y have different numbers of strokes"
        inner = {name: axis.flatten() for name, axis in axes.items()}
    else:
        lengths = _lengths(column)
        flat = column.flatten()
        inner = {name: pc.struct_field(flat, name) for name in flat.type.names}
    if not reasons.any():
        of_stroke = np.repeat(np.arange(len(column)), lengths)
        counts = _lengths(inner["x"])
        reasons[lengths == 0] = "the drawing has no strokes"
        reasons[of_stroke[counts == 0]] = "a stroke has no points"
        reasons[of_stroke[_any_differs(inner, counts)]] = "a stroke has lists of different lengths"
    if reasons.any():  # keep only the valid rows
        kept, drawings = _strokes(column.filter(pa.array(reasons == "")))
        reasons[reasons == ""] = kept
        return reasons, drawings
    points = np.stack([_numbers(inner["x"]), _numbers(inner["y"])], axis=1)
    if points.dtype != np.uint8:
        points = points.astype(np.float64)
        wrong = ~(np.abs(points) <= MAX_FLOAT32).all(axis=1)  # NaN stands for null
        reasons[np.repeat(of_stroke, counts)[wrong]] = "a coordinate is missing or too large"
    times = _numbers(inner["t"]).astype(np.float32) if "t" in inner else None
    empty = Drawings.from_lists([[]] * len(column))
    drawings = replace(
        empty, points=points, stroke_offsets=offsets_of(counts), drawing_offsets=offsets_of(lengths), times=times
    )
    return reasons, drawings[reasons == ""]


def _of_values(column: pa.Array, load: Callable[[Any], Any]) -> tuple[np.ndarray, Drawings]:
    """Like `_strokes`, for drawings that `load` converts to lists."""
    reasons, drawings = np.full(len(column), "", object), []
    for index, value in enumerate(column.to_pylist()):
        try:
            drawing: Any = load(value) if value else None
            check_drawing(drawing)
            drawings.append(drawing)
        except (orjson.JSONDecodeError, Malformed) as error:
            reasons[index] = one_line(error)
    return reasons, Drawings.from_lists(drawings)


def _is_readable(kind: pa.DataType) -> bool:
    """Whether drawings of this type can be read: see the module docstring."""
    if _is_text(kind) or _depth(kind) == 3:
        return True
    is_list = _depth(kind) == 1
    fields = kind.value_type if is_list else kind
    if not pa.types.is_struct(fields):
        return False
    depths = {field.name: _depth(field.type) for field in fields}
    return {"x", "y"} <= set(depths) and set(depths.values()) == {1 if is_list else 2}


def _depth(kind: pa.DataType) -> int:
    """The nesting depth of lists."""
    depth = 0
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind, depth = kind.value_type, depth + 1
    return depth


def _any_differs(axes: dict[str, pa.Array], lengths: np.ndarray) -> np.ndarray:
    """(n,) bool: whether the list of any axis differs in length from that of x."""
    return np.any([_lengths(axis) != lengths for axis in axes.values()], axis=0)


def _lengths(lists: pa.Array) -> np.ndarray:
    return pc.fill_null(lists.value_lengths(), 0).to_numpy(zero_copy_only=False).astype(np.int64)


def _numbers(lists: pa.Array) -> np.ndarray:
    values = lists.flatten()
    return values.to_numpy(zero_copy_only=False)


def _column(batch: pa.RecordBatch, column: str, rows: np.ndarray, name: str) -> np.ndarray:
    values = batch.column(batch.schema.get_field_index(column)).take(pa.array(rows))
    try:
        if column == "key_id":
            return pc.fill_null(values.cast(pa.uint64()), 0).to_numpy(zero_copy_only=False)
        if column == "recognized":
            return pc.fill_null(values.cast(pa.bool_()), True).to_numpy(zero_copy_only=False)
        if column == "countrycode":
            return np.array([(value or "").encode("ascii", "replace")[:2] for value in values.to_pylist()], "S2")
        if _is_text(values.type):  # 2017-03-02 23:25:10.07453 UTC, 2017-03-02T23:25:10Z, …
            values = pc.replace_substring_regex(values, r"^(.{10})[T ](.{8}(\.\d{1,6})?).*$", r"\1 \2")
        return pc.fill_null(values.cast(pa.timestamp("us")), 0).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    except pa.ArrowException as error:
        raise UserError(f"{name}: column {column} ({one_line(error)})") from None
