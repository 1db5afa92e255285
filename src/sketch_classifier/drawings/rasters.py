"""Drawings that are rasterised on access, at any size, independently of the stored images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.drawings.strokes import Drawings


@dataclass(frozen=True, eq=False)
class Rasters:
    """Bitmaps of N drawings, indexed like an (N, size, size) or (N, 3, size, size) uint8 array, but computed on access.

    drawings  simplified drawings, whose points may be memory-mapped
    size      pixels per side
    channels  "gray" or, for three channels, "stroke_order": see `rasterize`
    """

    drawings: Drawings
    size: int
    channels: Literal["gray", "stroke_order"]

    @property
    def shape(self) -> tuple[int, ...]:
        layers = () if self.channels == "gray" else (3,)
        return (len(self.drawings), *layers, self.size, self.size)

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.drawings)

    def __getitem__(self, rows) -> np.ndarray:
        """(n, …) uint8 for a slice or (n,) integers; (…) for a single one."""
        from sketch_classifier.drawings.raster import rasterize  # here: importing it loads Numba

        images = rasterize(self.drawings[rows], self.size, as_is=True, channels=self.channels)
        return images if isinstance(rows, slice) or np.ndim(rows) else images[0]

    def sequences(self) -> Sequences:
        """The point sequences of the same drawings, with all their points."""
        drawings = self.drawings
        bounds = drawings.stroke_offsets[drawings.drawing_offsets]
        longest = int(np.diff(bounds).max(initial=1))
        return Sequences(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, longest)
