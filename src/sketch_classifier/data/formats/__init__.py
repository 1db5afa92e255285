"""The formats of a dataset, one per module: how their files are found in a source, fetched and read."""

from __future__ import annotations

from sketch_classifier.data.formats.format import Batch, Format, Part, Piece, Wanted, fetch_piece

__all__ = ["Batch", "Format", "Part", "Piece", "Wanted", "fetch_piece", "format_of"]


def format_of(name: str) -> Format:
    """The format with that name, one of `params.FORMATS`."""
    from sketch_classifier.data.formats import (
        binary,
        csv,
        image_folder,
        numpy_bitmap,
        p5,
        parquet,
        raw,
        simplified,
        svhn,
        tfrecord,
    )  # fmt: skip

    modules = (simplified, raw, numpy_bitmap, svhn, tfrecord, binary, csv, parquet, image_folder, p5)
    return {format.name: format for format in (module.FORMAT for module in modules)}[name]
