"""The same drawings in any format of a dataset, laid out as other people's programs do."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sketch_classifier.drawings.formats import write_binary, write_ndjson
from sketch_classifier.drawings.formats.tfrecord import example_type, masked_crc
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.strokes import Drawings


def simplified(folder: Path, of_category: dict[str, Drawings]) -> None:
    for category, drawings in of_category.items():
        write_ndjson(folder / f"simplified/{category}.ndjson", drawings)


def raw(folder: Path, of_category: dict[str, Drawings]) -> None:
    for category, drawings in of_category.items():
        write_ndjson(folder / f"raw/{category}.ndjson", drawings)


def numpy_bitmap(folder: Path, of_category: dict[str, Drawings]) -> None:
    (folder / "numpy_bitmap").mkdir()
    for category, drawings in of_category.items():
        np.save(folder / f"numpy_bitmap/{category}.npy", _bitmaps(drawings).reshape(-1, 784))


def binary(folder: Path, of_category: dict[str, Drawings]) -> None:
    for category, drawings in of_category.items():
        write_binary(folder / f"binary/{category}.bin", drawings)


def tfrecord(folder: Path, of_category: dict[str, Drawings]) -> None:
    """In two shards, the categories mixed. The drawings keep their scale; the tutorial's own program stretches them."""
    records = [
        (index, tf_record(strokes, label))
        for label, drawings in enumerate(of_category.values())
        for index, strokes in enumerate(drawings.to_lists())
    ]
    mixed = [record for _, record in sorted(records, key=lambda pair: pair[0])]
    for shard in range(2):
        data = b"".join(mixed[shard::2] if shard else mixed[0::2])
        (folder / f"training.tfrecord-0000{shard}-of-00002").write_bytes(data)
    (folder / "training.tfrecord.classes").write_text("\n".join([*of_category, ""]), encoding="utf-8")


WRITERS: dict[str, Callable[[Path, dict[str, Drawings]], None]] = {
    writer.__name__: writer for writer in (simplified, raw, numpy_bitmap, binary, tfrecord)
}


def tf_record(strokes: list, label: int) -> bytes:
    """A drawing as a record of the tutorial: the way from each point to the next, and whether a stroke ends there."""
    points = np.concatenate([np.array(stroke[:2], float).T for stroke in strokes])
    ends = np.zeros(len(points))
    ends[np.cumsum([len(stroke[0]) for stroke in strokes]) - 1] = 1
    ink = np.column_stack([np.diff(points, axis=0), ends[1:]])
    example = example_type()()
    feature = example.features.feature
    feature["ink"].float_list.value.extend(np.ravel(ink))
    feature["shape"].int64_list.value.extend(ink.shape)
    feature["class_index"].int64_list.value.append(label)
    data = example.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def _bitmaps(drawings: Drawings) -> np.ndarray:
    return rasterize(drawings, as_is=True)
