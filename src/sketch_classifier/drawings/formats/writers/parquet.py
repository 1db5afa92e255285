"""Write shards as on the Hugging Face Hub: `data/<split>-00000-of-00001.parquet`, with class names in the schema.

Rows are like those of `google/quickdraw`'s raw and simplified configurations for strokes, and of its bitmap
configuration for bitmaps.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sketch_classifier.drawings.formats.writers.writer import COLUMNS, Form, Writer
from sketch_classifier.drawings.strokes import Drawings

ROW_GROUP = 2**14  # rows per row group, which readers keep in memory


class Parquet(Writer):
    name = "parquet"
    holds_bitmaps = True
    holds = COLUMNS | {"times", "division"}

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        (folder / "data").mkdir()
        self._files: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._schema: pa.Schema | None = None

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        self._append(_columns(drawings, labels, not self.form.simplified), split)

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        images = pa.array(
            [{"bytes": _png(bitmap), "path": None} for bitmap in bitmaps],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        )
        self._append({"image": images, "label": pa.array(labels, pa.int64())}, split)

    def __exit__(self, *exception) -> None:
        if exception[0] is None:
            for name in list(self._waiting):
                self._write(name)
        for file in self._files.values():
            file.close()

    def _append(self, columns: dict[str, pa.Array], split: str | None) -> None:
        table = pa.table(columns)
        if self._schema is None:
            about = json.dumps({"info": {"features": _features(table.schema, self.classes)}}, ensure_ascii=False)
            self._schema = table.schema.with_metadata({"huggingface": about.encode()})
        waiting = self._waiting.setdefault(split or "train", [])
        waiting.append(table.cast(self._schema))
        if sum(map(len, waiting)) >= ROW_GROUP:
            self._write(split or "train")

    def _write(self, name: str) -> None:
        if name not in self._files:
            path = self.folder / f"data/{name}-00000-of-00001.parquet"
            self._files[name] = pq.ParquetWriter(path, self._schema)
        if self._waiting[name]:
            self._files[name].write_table(pa.concat_tables(self._waiting[name]), row_group_size=ROW_GROUP)
        self._waiting[name] = []


def _columns(drawings: Drawings, labels: np.ndarray, raw: bool) -> dict[str, pa.Array]:
    points = drawings.points.astype(np.float64) if raw else drawings.points
    axes = {"x": _nested(points[:, 0], drawings), "y": _nested(points[:, 1], drawings)}
    if raw:
        times = pa.nulls(len(points), pa.float32()) if drawings.times is None else drawings.times
        axes["t"] = _nested(times, drawings)
    return {
        "key_id": pa.array(drawings.key_id.astype(str).tolist(), pa.string()),
        "word": pa.array(labels, pa.int64()),
        "recognized": pa.array(drawings.recognized),
        "timestamp": pa.array(drawings.timestamp, pa.timestamp("us", "UTC")),
        "countrycode": pa.array(np.char.decode(drawings.countrycode, "ascii").tolist(), pa.string()),
        "drawing": pa.StructArray.from_arrays(list(axes.values()), list(axes)),
    }


def _nested(values, drawings: Drawings) -> pa.ListArray:
    """A list of strokes for each drawing, a list of values for each stroke."""
    flat = values if isinstance(values, pa.Array) else pa.array(np.ascontiguousarray(values))
    strokes = pa.ListArray.from_arrays(pa.array(drawings.stroke_offsets, pa.int32()), flat)
    return pa.ListArray.from_arrays(pa.array(drawings.drawing_offsets, pa.int32()), strokes)


def _features(schema: pa.Schema, classes: tuple[str, ...]) -> dict[str, Any]:
    """The columns as features of the `datasets` library."""
    return {field.name: _feature(field.name, field.type, classes) for field in schema}


def _feature(name: str, kind: pa.DataType, classes: tuple[str, ...]) -> dict[str, Any]:
    if name in ("word", "label"):
        return {"names": list(classes), "_type": "ClassLabel"}
    if name == "image":
        return {"_type": "Image"}
    if pa.types.is_struct(kind):  # of lists: a Sequence in `datasets`
        return {"feature": {item.name: _feature("", item.type.value_type, ()) for item in kind}, "_type": "Sequence"}
    if pa.types.is_list(kind):
        return {"feature": _feature("", kind.value_type, ()), "_type": "Sequence"}
    names = {"double": "float64", "float": "float32"}
    return {"dtype": names.get(str(kind), str(kind)), "_type": "Value"}


def _png(bitmap: np.ndarray) -> bytes:
    file = io.BytesIO()
    picture = bitmap if bitmap.ndim == 2 else np.moveaxis(bitmap, 0, -1)
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "png", compress_level=3)
    return file.getvalue()
