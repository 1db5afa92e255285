"""What stored drawings are read from: the pages of memory-mapped files are given back, reads from afar cancelled."""

from __future__ import annotations

import mmap

import numpy as np

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences


def forget_pages(stored: np.ndarray | Rasters | Sequences) -> None:
    """Give back the memory that pages of a memory-mapped file take; they are read again where they are wanted again."""
    mapped = getattr(_array(stored), "_mmap", None)  # of np.memmap and its views
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def cancel_reads(stored: np.ndarray | Rasters | Sequences) -> None:
    """Let reads in other threads fail soon if they are from a server (data/remote.py): nobody wants them any more."""
    cancel = getattr(_array(stored), "cancel", None)
    if cancel is not None:
        cancel()


def _array(stored: np.ndarray | Rasters | Sequences) -> np.ndarray:
    if isinstance(stored, Rasters):
        return stored.drawings.points
    return stored.points if isinstance(stored, Sequences) else stored
