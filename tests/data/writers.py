"""The same drawings in any format of a dataset, laid out as other people's programs do."""

import csv
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sketch_classifier.drawings.formats import write_binary, write_ndjson
from sketch_classifier.drawings.formats.tfrecord import example_type, masked_crc
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.strokes import Drawings

OfCategory = dict[str, Drawings]


def simplified(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        write_ndjson(folder / f"simplified/{category}.ndjson", drawings)


def raw(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        write_ndjson(folder / f"raw/{category}.ndjson", drawings)


def numpy_bitmap(folder: Path, of_category: OfCategory) -> None:
    (folder / "numpy_bitmap").mkdir()
    for category, drawings in of_category.items():
        np.save(folder / f"numpy_bitmap/{category}.npy", bitmaps(drawings).reshape(-1, 784))


def binary(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        write_binary(folder / f"binary/{category}.bin", drawings)


def tfrecord(folder: Path, of_category: OfCategory) -> None:
    """In two shards, the categories mixed. The drawings keep their scale; the tutorial's own program stretches them."""
    mixed = [
        tf_record(strokes, label)
        for nth in zip(*(drawings.to_lists() for drawings in of_category.values()), strict=True)
        for label, strokes in enumerate(nth)
    ]
    half = len(mixed) // 2
    for shard, records in enumerate((mixed[:half], mixed[half:])):
        (folder / f"training.tfrecord-0000{shard}-of-00002").write_bytes(b"".join(records))
    (folder / "training.tfrecord.classes").write_text("\n".join([*of_category, ""]), encoding="utf-8")


def kaggle_csv(folder: Path, of_category: OfCategory) -> None:
    """With the spaces that Python's json puts after commas, as the competition's files have them."""
    (folder / "train_simplified").mkdir()
    for category, drawings in of_category.items():
        with (folder / f"train_simplified/{category}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["countrycode", "drawing", "key_id", "recognized", "timestamp", "word"])
            for index, strokes in enumerate(drawings.to_lists()):
                country = drawings.countrycode[index].decode()
                when = str(drawings.timestamp[index]).replace("T", " ")
                known = [int(drawings.key_id[index]), bool(drawings.recognized[index]), when, category]
                rows.writerow([country, json.dumps(strokes), *known])


def hub_strokes(folder: Path, of_category: OfCategory) -> None:
    """Two shards of strokes with times, the word as the number of a class."""
    rows = [
        {
            "key_id": str(drawings.key_id[index]),
            "word": label,
            "recognized": bool(drawings.recognized[index]),
            "timestamp": drawings.timestamp[index].item(),
            "countrycode": drawings.countrycode[index].decode(),
            "drawing": {
                "x": [[float(x) for x in stroke[0]] for stroke in strokes],
                "y": [[float(y) for y in stroke[1]] for stroke in strokes],
                "t": [list(range(len(stroke[0]))) for stroke in strokes],
            },
        }
        for label, drawings in enumerate(of_category.values())
        for index, strokes in enumerate(drawings.to_lists())
    ]
    floats, numbers = pa.list_(pa.list_(pa.float32())), pa.list_(pa.list_(pa.int32()))
    schema = pa.schema(
        {
            "key_id": pa.string(),
            "word": pa.int64(),
            "recognized": pa.bool_(),
            "timestamp": pa.timestamp("us", "UTC"),
            "countrycode": pa.string(),
            "drawing": pa.struct({"x": floats, "y": floats, "t": numbers}),
        }
    )
    _write_shards(folder, rows, schema, "word", of_category)


def hub_bitmaps(folder: Path, of_category: OfCategory) -> None:
    rows = [
        {"image": {"bytes": png(bitmap), "path": None}, "label": label}
        for label, drawings in enumerate(of_category.values())
        for bitmap in bitmaps(drawings)
    ]
    schema = pa.schema({"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()})
    _write_shards(folder, rows, schema, "label", of_category)


def _write_shards(folder: Path, rows: list[dict], schema: pa.Schema, label: str, of_category: OfCategory) -> None:
    features = {label: {"names": list(of_category), "_type": "ClassLabel"}}
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    half = len(rows) // 2
    for shard, some in enumerate((rows[:half], rows[half:])):
        table = pa.Table.from_pylist(some, schema)
        pq.write_table(table, folder / f"train-0000{shard}-of-00002.parquet", row_group_size=7)


def pictures(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        (folder / category).mkdir()
        for index, bitmap in enumerate(bitmaps(drawings)):
            (folder / category / f"{index}.png").write_bytes(png(bitmap))


def pictures_dark_on_light(folder: Path, of_category: OfCategory) -> None:
    """In three kinds of files, one of them in colour."""
    for category, drawings in of_category.items():
        (folder / category).mkdir()
        for index, bitmap in enumerate(bitmaps(drawings)):
            image = Image.fromarray(255 - bitmap)
            kind = ("BMP", "GIF", "PNG")[index % 3]
            (image.convert("RGB") if kind == "PNG" else image).save(folder / category / f"{index}.{kind.lower()}")


def p5_bin(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        (folder / f"{category}.bin").write_bytes(bitmaps(drawings).tobytes())


def p5_bin_with_header(folder: Path, of_category: OfCategory) -> None:
    """As tutorials make them: .npy files of another name."""
    for category, drawings in of_category.items():
        with (folder / f"{category}.bin").open("wb") as file:
            np.save(file, bitmaps(drawings).reshape(-1, 784))


def sketch_rnn(folder: Path, of_category: OfCategory) -> None:
    for category, drawings in of_category.items():
        inks = np.empty(len(drawings), object)
        for index, strokes in enumerate(drawings.to_lists()):
            points, ends = _points(strokes)
            inks[index] = np.column_stack([np.diff(points, axis=0, prepend=0), ends]).astype(np.int16)
        np.savez_compressed(folder / f"{category}.npz", train=inks)


Writer = Callable[[Path, OfCategory], None]
WRITERS: dict[str, tuple[str, Writer]] = {  # by what it is called in tests: the format, and what writes it
    "simplified": ("simplified", simplified),
    "raw": ("raw", raw),
    "numpy_bitmap": ("numpy_bitmap", numpy_bitmap),
    "binary": ("binary", binary),
    "tfrecord": ("tfrecord", tfrecord),
    "csv": ("csv", kaggle_csv),
    "parquet": ("parquet", hub_strokes),
    "parquet bitmaps": ("parquet", hub_bitmaps),
    "image_folder": ("image_folder", pictures),
    "image_folder dark": ("image_folder", pictures_dark_on_light),
    "p5": ("p5", p5_bin),
    "p5 header": ("p5", p5_bin_with_header),
    "sketch_rnn": ("p5", sketch_rnn),
}
BITMAPS = {"numpy_bitmap", "parquet bitmaps", "image_folder", "image_folder dark", "p5", "p5 header"}
KNOWS = {"simplified", "raw", "binary", "csv", "parquet"}  # key_id, country, flag and time of each drawing


def bitmaps(drawings: Drawings) -> np.ndarray:
    return rasterize(drawings, as_is=True)


def png(bitmap: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(bitmap).save(file, "PNG")
    return file.getvalue()


def tf_record(strokes: list, label: int) -> bytes:
    """A drawing as a record of the tutorial: the way from each point to the next, and whether a stroke ends there."""
    points, ends = _points(strokes)
    ink = np.column_stack([np.diff(points, axis=0), ends[1:]])
    example = example_type()()
    feature = example.features.feature
    feature["ink"].float_list.value.extend(np.ravel(ink))
    feature["shape"].int64_list.value.extend(ink.shape)
    feature["class_index"].int64_list.value.append(label)
    data = example.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def _points(strokes: list) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) float64, and for each point whether a stroke ends there."""
    points = np.concatenate([np.array(stroke[:2], float).T for stroke in strokes])
    ends = np.zeros(len(points))
    ends[np.cumsum([len(stroke[0]) for stroke in strokes]) - 1] = 1
    return points, ends
