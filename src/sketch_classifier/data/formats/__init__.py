"""The formats of a dataset, one a file: how their files are found in a source, fetched and read."""

from __future__ import annotations

from sketch_classifier.data.formats.format import Batch, Format, Part, Piece, Wanted

__all__ = ["Batch", "Format", "Part", "Piece", "Wanted", "format_of"]


def format_of(name: str) -> Format:
    """The format of that name, which is one of `params.FORMATS`."""
    from sketch_classifier.data.formats import binary, numpy_bitmap, raw, simplified, svhn, tfrecord

    modules = (simplified, raw, numpy_bitmap, svhn, tfrecord, binary)
    return {format.name: format for format in (module.FORMAT for module in modules)}[name]
