"""The formats that can be written, one per module: each writes drawings of many classes to a folder, in batches."""

from __future__ import annotations

from sketch_classifier.drawings.formats.writers.writer import Form, Writer

__all__ = ["WRITABLE", "Form", "Writer", "writer_of"]

WRITABLE = (
    "simplified", "raw", "numpy_bitmap", "binary", "csv", "tfrecord", "parquet", "p5", "image_folder",
)  # fmt: skip


def writer_of(name: str) -> type[Writer]:
    """The writer of a format in WRITABLE."""
    from sketch_classifier.drawings.formats.writers import bitmaps, csv, image_folder, ndjson, p5, parquet, tfrecord

    writers: tuple[type[Writer], ...] = (
        ndjson.Simplified, ndjson.Raw, ndjson.Binary, bitmaps.NumpyBitmap, csv.Csv, tfrecord.Tfrecord, parquet.Parquet,
        p5.P5, image_folder.ImageFolder,
    )  # fmt: skip
    return {writer.name: writer for writer in writers}[name]
