"""Resources behind stored drawings: release pages of memory-mapped files and cancel pending remote reads."""

from __future__ import annotations

import mmap

import numpy as np

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences


def forget_pages(stored: np.ndarray | Rasters | Sequences) -> None:
    """Release the resident pages of a memory-mapped file; they are read again on the next access."""
    mapped = getattr(_array(stored), "_mmap", None)  # an attribute of np.memmap and its views
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def cancel_reads(stored: np.ndarray | Rasters | Sequences) -> None:
    """Make pending reads of other threads from a server (data/remote.py) fail soon, when they are no longer needed."""
    cancel = getattr(_array(stored), "cancel", None)
    if cancel is not None:
        cancel()


def _array(stored: np.ndarray | Rasters | Sequences) -> np.ndarray:
    if isinstance(stored, Rasters):
        return stored.drawings.points
    return stored.points if isinstance(stored, Sequences) else stored
