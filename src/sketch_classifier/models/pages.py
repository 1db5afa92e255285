"""Memory-mapped files: the pages that were read are given back."""

from __future__ import annotations

import mmap

import numpy as np

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences


def forget_pages(stored: np.ndarray | Rasters | Sequences) -> None:
    """Give back the memory that pages of a memory-mapped file take; they are read again where they are wanted again."""
    if isinstance(stored, Rasters):
        stored = stored.drawings.points
    elif isinstance(stored, Sequences):
        stored = stored.points
    mapped = getattr(stored, "_mmap", None)  # of np.memmap and its views
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
