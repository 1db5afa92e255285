"""Read Parquet files of drawings as Hugging Face's `google/quickdraw` has them: strokes as nested lists, or pictures.

`drawing` is a struct of lists {x: [[…], …], y: [[…], …], t: …}, a list of structs [{x: […], y: […], t: …}, …], lists
as in .ndjson, or JSON text. `image` is a struct {bytes, path}, or bytes, of a picture. The class stands in `word` or
`label`, as a name or as a number whose name is in the metadata. key_id, countrycode, recognized and timestamp may be
missing.
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
PICTURES = 64  # likewise of pictures, which a dictionary may repeat
MAX_CLASSES = 100_000


class ParquetDrawings:
    """A Parquet file of drawings.

    name         what errors call it
    has_strokes  whether it holds strokes; else it holds pictures
    label        the column of the class
    classes      the names of the classes, in the order of their numbers; None where the column holds names
    columns      which of COLUMNS it has
    """

    def __init__(self, file: Any, name: str) -> None:
        """Open `file`, a path or an open file that can be sought in. Raises UserError for any other file."""
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
            raise UserError(f"{name}: columns drawing or image, and word or label expected; found {found}")
        if self.has_strokes and not _is_readable(drawing := schema.field(STROKES).type):
            raise UserError(f"{name}: drawing holds {drawing}; lists x and y of each stroke expected")
        self.label = labels[0]
        self.classes = _classes(schema.metadata, self.label)
        kind = schema.field(self.label).type
        if not (_is_text(kind) or pa.types.is_dictionary(kind)):
            if not pa.types.is_integer(kind):
                raise UserError(f"{name}: {self.label} holds {kind}; a class's number or name expected")
            if self.classes is None:
                raise UserError(f"{name}: {self.label} holds numbers, and the metadata do not name the classes")
        else:
            self.classes = None

    def names(self) -> tuple[str, ...]:
        """The names of the classes. Where the file does not list them, the whole column is read."""
        if self.classes is not None:
            return self.classes
        found: set[str] = set()
        with reading(self.name):
            for batch in self._batches(1 << 16, [self.label]):
                found.update(pc.unique(batch.column(0)).to_pylist())
                check_size(self.name, "names of classes, a list", len(found), MAX_CLASSES, "names")
        return tuple(sorted(name for name in found if name))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        """The rows of the file, some at a time, and the names of their classes, (n,) of str or None."""
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
    """A Parquet file by its path, or open and able to seek. Its pages are compared with their checksums, if any.

    Raises UserError for any other file, and where a part that is read at once would inflate beyond MAX_GROUP.
    """
    try:
        # Buffered in advance, all that was read would be kept.
        opened = pq.ParquetFile(file, pre_buffer=False, page_checksum_verification=True)
    except FileNotFoundError:
        raise UserError(f"{name}: not found") from None
    except UserError:
        raise
    except Exception as error:  # of Arrow, of Thrift, of the schema
        raise UserError(f"{name}: not a Parquet file ({one_line(error)})") from error
    # Of groups, not of columns: asked for those, Arrow 26 ends the process where their statistics are damaged, by an
    # exception of C++ that nothing catches.
    for group in range(opened.metadata.num_row_groups):
        size = opened.metadata.row_group(group).total_byte_size
        check_size(name, f"row group {group}, a part", size, MAX_GROUP)
    return opened


def iter_parquet(path: Any, name: str, *, bad: BadRecords | None = None) -> Iterator[Drawings]:
    """The drawings of a Parquet file of strokes, some at a time, in memory that does not grow with it.

    Points are uint8 where the file has them so, else float64. `bad` skips and counts malformed rows; without it the
    first one raises UserError "<file>:<row, from 1>: <reason>".
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
    """The schema with text and bytes as most of Arrow's functions take them: Polars writes them as views."""
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
    """The names of the classes that Hugging Face's metadata give for a column."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    if isinstance(names, dict):  # by number
        names = [names[str(number)] for number in range(len(names))]
    return tuple(map(str, names))


def _strokes(column: pa.Array) -> tuple[np.ndarray, Drawings]:
    """(n,) str objects, what is wrong with each row (nothing: ""); and the others, with the defaults of all columns."""
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
    if reasons.any():  # what is left is flat once more
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
    """Likewise, of drawings that `load` gives as lists."""
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
    """Whether drawings of this type can be read: see the top of this file."""
    if _is_text(kind) or _depth(kind) == 3:
        return True
    is_list = _depth(kind) == 1
    fields = kind.value_type if is_list else kind
    if not pa.types.is_struct(fields):
        return False
    depths = {field.name: _depth(field.type) for field in fields}
    return {"x", "y"} <= set(depths) and set(depths.values()) == {1 if is_list else 2}


def _depth(kind: pa.DataType) -> int:
    """How many lists lie within one another."""
    depth = 0
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind, depth = kind.value_type, depth + 1
    return depth


def _any_differs(axes: dict[str, pa.Array], lengths: np.ndarray) -> np.ndarray:
    """(n,) bool: whether a list of any axis has another length than that of x."""
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
