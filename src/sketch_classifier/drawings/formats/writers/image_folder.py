"""Write pictures, `<class>/<number>.png` or `.svg`: dark ink on white paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from sketch_classifier.drawings.formats.writers.writer import Form, Writer, by_class
from sketch_classifier.drawings.raster import MARGIN, RADIUS, REGION
from sketch_classifier.drawings.strokes import Drawings


class ImageFolder(Writer):
    """Pictures are numbered in order, followed by the key_id if there is one. If the source has splits, the class
    folders are in `train/`, `validation/` and `test/`."""

    name = "image_folder"
    holds_bitmaps = True
    needs_simplified = True
    holds = frozenset({"key_id", "division"})

    def __init__(self, folder: Path, classes, form: Form) -> None:
        super().__init__(folder, classes, form)
        self._counts: Counter[tuple[str | None, int]] = Counter()
        self.holds_strokes = form.image == "svg"  # type: ignore[misc]  # of this one alone

    def strokes(self, drawings: Drawings, labels: np.ndarray, split: str | None) -> None:
        """Write SVG files; PNG files are made from bitmaps."""
        for path, index in self._paths(labels, split, drawings.key_id, ".svg"):
            path.write_text(_svg(drawings.strokes(index), self.form.size), encoding="utf-8")

    def bitmaps(
        self, bitmaps: np.ndarray, labels: np.ndarray, split: str | None, key_id: np.ndarray | None = None
    ) -> None:
        for path, index in self._paths(labels, split, key_id, ".png"):
            bitmap = bitmaps[index]
            picture = 255 - bitmap if bitmap.ndim == 2 else np.moveaxis(bitmap, 0, -1)
            Image.fromarray(np.ascontiguousarray(picture)).save(path, compress_level=3)

    def _paths(self, labels, split: str | None, key_id, suffix: str) -> Iterator[tuple[Path, int]]:
        for label, rows in by_class(labels):
            folder = self.folder / (split or "") / self.classes[label]
            folder.mkdir(parents=True, exist_ok=True)
            for index in rows.tolist():
                number = self._counts[split, label]
                self._counts[split, label] += 1
                key = f"_{key_id[index]}" if key_id is not None and key_id[index] else ""
                yield folder / f"{number:06d}{key}{suffix}", index


def _svg(strokes: list[np.ndarray], size: int) -> str:
    """The drawing with the rasteriser's position and line width."""
    points = np.concatenate(strokes)
    left, top = (256.0 - points.max(axis=0).astype(np.float64)) / 2 + MARGIN
    paths = " ".join(f"M{' '.join(f'{x:g} {y:g}' for x, y in _closed(stroke))}" for stroke in strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {REGION:g} {REGION:g}">'
        f'<rect width="100%" height="100%" fill="#fff"/><path transform="translate({left:g} {top:g})" d="{paths}" '
        f'fill="none" stroke="#000" stroke-width="{2 * RADIUS:g}" stroke-linecap="round" stroke-linejoin="round"/>'
        "</svg>\n"
    )


def _closed(stroke: np.ndarray) -> list[list[float]]:
    """A stroke; one of a single point becomes a line to itself, which is drawn as a dot."""
    points = stroke.tolist()
    return points if len(points) > 1 else points * 2
