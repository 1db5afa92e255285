"""A trained model, ready to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sketch_classifier.data.raster import rasterize
from sketch_classifier.data.resize import resize
from sketch_classifier.data.sequences import Sequences
from sketch_classifier.data.simplify import simplify
from sketch_classifier.data.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.models.predict import predict_logits, probabilities
from sketch_classifier.models.saved import load_model


class Predictor:
    """The model of a folder that the `train` stage wrote, and what it thinks of drawings.

    Raises UserError where the folder holds no model.
    """

    def __init__(self, folder: str | Path = "models") -> None:
        self._network, self._about = load_model(folder)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the columns of what is predicted; for a binary model (negative, positive)."""
        return self._about.class_names

    def predict_images(self, images: np.ndarray) -> np.ndarray:
        """(N, num_classes) float32 probabilities, rows that sum to 1, for images of white ink on black.

        images is (N, H, W) uint8 in the dataset's format, 28×28 as a rule, or (N, 3, H, W) for a dataset of three
        channels; another size is resized first. Raises UserError for another shape or dtype.
        """
        images = _checked(images)
        if self._network.input.kind == "strokes":
            raise UserError("images: this model learnt from strokes; use predict_strokes")
        if images.ndim == 3 and self._about.channels == "stroke_order":
            raise UserError("images: this model needs the order of the strokes; use predict_strokes")
        size = self._about.image_shape[-1]
        if images.shape[-2:] != (size, size):
            images = resize(images, size)
        return probabilities(predict_logits(self._network, images), self._about.task)

    def predict_strokes(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, num_classes) float32 probabilities for strokes: `Drawings`, or nested lists as in an .ndjson file.

        Coordinates may be simplified (whole numbers from 0 to 255) or of any canvas: these are simplified first, as the
        dataset's drawings were. They are rasterised, or cut to their last points, as the training data was.
        """
        drawings = Drawings.of(drawings)
        if drawings.points.dtype != np.uint8:
            drawings = simplify(drawings)
        if self._network.input.kind == "strokes":
            length = self._network.input.max_points + 1
            sequences = Sequences(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, length)
            return probabilities(predict_logits(self._network, sequences), self._about.task)
        channels = "stroke_order" if self._about.channels == "stroke_order" else "gray"
        return self.predict_images(rasterize(drawings, size=self._about.image_shape[-1], channels=channels))


def _checked(images) -> np.ndarray:
    expected = "images: (N, H, W) or (N, 3, H, W) uint8 expected, found"
    try:
        images = np.asarray(images)
    except ValueError:
        raise UserError(f"{expected} rows of different lengths") from None
    fits = images.ndim == 3 or (images.ndim == 4 and images.shape[1] == 3)
    if images.dtype != np.uint8 or not fits or 0 in images.shape[1:]:
        raise UserError(f"{expected} {images.shape} {images.dtype}")
    return images
