"""Open the published bitmaps: `numpy_bitmap/<category>.npy`, uint8 (N, 784), white ink on black."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sketch_classifier.errors import UserError

PIXELS = 28 * 28


def open_bitmaps(path: str | Path) -> np.ndarray:
    """The rows of a bitmap file as a read-only memory map, (N, 784) uint8.

    Raises UserError if the file is missing, truncated, no .npy file or of another type or shape.
    """
    path = Path(path)
    try:
        bitmaps = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: not found") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: no bitmaps or cut short ({' '.join(str(error).split())})") from None
    if not isinstance(bitmaps, np.ndarray) or bitmaps.dtype != np.uint8 or bitmaps.shape[1:] != (PIXELS,):
        found = f"{bitmaps.dtype} {bitmaps.shape}" if isinstance(bitmaps, np.ndarray) else type(bitmaps).__name__
        raise UserError(f"{path}: found {found}, expected uint8 (N, {PIXELS})")
    return bitmaps
