"""Finds the training drawings nearest to a drawing in the model's feature space."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sketch_classifier import Predictor
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.params import RasterInput, StrokeInput
from sketch_classifier.serving.metadata import Served

CHUNK = 512  # drawings in memory at a time


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A sample of the training drawings.

    features  (S, D) float32
    images    (S, H, W) uint8, white ink on black
    names     (S,) category names
    """

    features: np.ndarray
    images: np.ndarray
    names: Sequence[str]

    def nearest(self, features: np.ndarray, num: int = 8) -> np.ndarray:
        """The rows of the sample nearest to the features (D,) of one drawing by Euclidean distance, nearest first."""
        distances = np.square(self.features - features).sum(axis=1)
        num = min(num, len(distances))
        nearest = np.argpartition(distances, num - 1)[:num] if num else np.empty(0, np.int64)
        return nearest[np.argsort(distances[nearest], kind="stable")]


def load_neighbours(model: Path, predictor: Predictor, dataset: Dataset, cache: Path, num: int = 4000) -> Neighbours:
    """A sample of `num` training drawings, the same number per category, with the features of `predictor`.

    model  the model file of `predictor`

    The features are computed once for each model, dataset and `num`, and stored in `cache`.
    """
    rows = sample_rows(dataset, num)
    digest = hashlib.sha256(model.read_bytes())
    digest.update((dataset.folder / "index.parquet").read_bytes())
    path = cache / f"neighbours-{digest.hexdigest()[:16]}-{num}.npy"
    features = _cached(path, len(rows))
    if features is None:
        features = _features(predictor, dataset, rows)
        with replaced_file(path) as partial, partial.open("wb") as file:
            np.save(file, features, allow_pickle=False)
    images = np.asarray(dataset.images[rows])
    return Neighbours(
        features=features,
        images=images if images.ndim == 3 else images.max(axis=1),
        names=np.array(dataset.categories)[dataset.labels[rows]].tolist(),
    )


def sample_rows(dataset: Dataset, num: int) -> np.ndarray:
    """The row numbers of the first training drawings of each category, `num` divided equally among the categories,
    ascending."""
    rows = dataset.rows("train")
    labels = dataset.labels[rows]
    each = max(1, num // len(dataset.categories))
    first = [rows[labels == label][:each] for label in range(len(dataset.categories))]
    return np.sort(np.concatenate(first))


def _cached(path: Path, num: int) -> np.ndarray | None:
    try:
        features = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return features if len(features) == num else None


def _features(predictor: Predictor, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    if predictor.about.kind == "images":
        images = _seen(predictor.about, dataset)
        parts = [rows[start : start + CHUNK] for start in range(0, max(len(rows), 1), CHUNK)]
        return np.concatenate([predictor.features_images(images[part]) for part in parts])
    stored = dataset.inputs(StrokeInput(kind="strokes", max_points=predictor.about.sequence_length - 1))
    drawings = []
    for row in rows:
        bounds = stored.stroke_offsets[stored.drawing_offsets[row] : stored.drawing_offsets[row + 1] + 1]
        drawings.append([stored.points[a:b].T for a, b in zip(bounds[:-1], bounds[1:], strict=True)])
    return predictor.features_strokes(Drawings.from_lists(drawings, dtype=np.uint8))


def _seen(about: Served, dataset: Dataset) -> np.ndarray | Rasters:
    """The dataset's images as the model sees them: the stored ones, or ones rasterised from the strokes."""
    stored = (dataset.images.shape[1:], dataset.channels)
    if stored == (about.image_shape, about.channels) or not dataset.has_strokes:
        return dataset.images
    channels: Literal[1, 3] = 3 if about.channels == "stroke_order" else 1
    return dataset.inputs(RasterInput(kind="rasters", size=about.image_shape[-1], channels=channels))
