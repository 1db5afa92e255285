"""A trained model for predictions, on ONNX Runtime. Imports no torch."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.models.shipped import STANDARD, shipped_folder
from sketch_classifier.serving.arrays import stored_images
from sketch_classifier.serving.metadata import Served
from sketch_classifier.serving.onnx_session import Answers, Session
from sketch_classifier.serving.results import Drawn, Prediction, Predictions

FILE, SMALL_FILE, WEIGHTS_FILE = "model.onnx", "model_int8.onnx", "model.safetensors"
REINSTALL = "install sketch-classifier again, which this file is a part of"


def has_model(folder: str | Path) -> bool:
    """Whether the pipeline left a model in the folder, exported or not yet."""
    return any((Path(folder) / name).exists() for name in (FILE, "model.json"))


class Predictor:
    """The model that the `export` stage wrote to a folder.

    folder   where model.onnx lies
    int8     use model_int8.onnx, a quarter of the size
    threads  that a prediction uses; several threads may ask at the same time

    Raises UserError where the folder holds no exported model.
    """

    def __init__(self, folder: str | Path = "models", *, int8: bool = False, threads: int = 1) -> None:
        self._session = Session(Path(folder) / (SMALL_FILE if int8 else FILE), threads)

    @classmethod
    def pretrained(cls, name: str = STANDARD, *, threads: int = 1) -> Predictor:
        """A model that is part of this package and knows real drawings; see README.md in its folder.

        name  sketchnet, or sketchnet_tiny, which is smaller and faster

        Nothing is fetched or written. Raises UserError for an unknown name, and where its files are damaged.
        """
        folder = shipped_folder(name)
        predictor = cls.__new__(cls)
        predictor._session = Session(folder / FILE, threads, folder / WEIGHTS_FILE, REINSTALL)
        return predictor

    @property
    def about(self) -> Served:
        """What the model is: its preset, classes, categories, and what it reads."""
        return self._session.about

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the columns of what is predicted; for a binary model (negative, positive)."""
        return self.about.class_names

    def predict(self, drawings: np.ndarray | Drawings | Iterable[Sequence], drawn: Sequence[Drawn] = ()) -> Predictions:
        """The predictions for images, as `predict_images` takes them, or for strokes, as `predict_strokes` does.

        drawn  where each drawing comes from, for its name; by default they are numbered from 1

        The result holds the image of each drawing, so it takes memory in proportion to their number.
        """
        if isinstance(drawings, np.ndarray):
            stored: np.ndarray | Sequences = (images := self._stored(drawings))
        else:
            drawings = drawings if isinstance(drawings, Drawings) else list(drawings)
            stored = self._read(drawings)
            images = stored if isinstance(stored, np.ndarray) else self.bitmaps(drawings)
        drawn = drawn or [Drawn("drawing", number, len(images) == 1) for number in range(1, len(images) + 1)]
        shares = self._session.probabilities(stored)
        return Predictions(
            [Prediction(where, self.classes, *one) for where, *one in zip(drawn, shares, images, strict=True)]
        )

    def predict_files(self, files: str | Path | Sequence[str | Path]) -> Predictions:
        """The predictions for all drawings of files: .ndjson, .npy, pictures (PNG, JPEG), or folders of such files.

        Their type is detected from their content, as by the command `predict`. Malformed records of .ndjson files are
        left out, with a UserWarning. Raises UserError for a file that cannot be read or that the model cannot take.
        """
        from sketch_classifier.serving.input_files import files_of, predictions_of  # which imports this module

        names, failures = files_of([str(file) for file in ([files] if isinstance(files, str | Path) else files)])
        if failures:
            raise UserError(failures[0])
        complaints: list[str] = []
        found = [one for name in names for batch in predictions_of(name, self, complaints) for one in batch]
        for complaint in complaints:
            warnings.warn(complaint, stacklevel=2)
        return Predictions(found)

    def predict_images(self, images: np.ndarray) -> np.ndarray:
        """(N, num_classes) float32 probabilities, rows that sum to 1, for images of white ink on black.

        images is (N, H, W) uint8 in the dataset's format, 28×28 as a rule, or (N, 3, H, W) for a dataset of three
        channels; another size is resized first. What else is taken: see `stored_images`. Images that are dark on light
        are turned, with a warning. Raises UserError for another shape or dtype.
        """
        return self._session.probabilities(self._stored(images))

    def predict_strokes(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, num_classes) float32 probabilities for strokes: `Drawings`, or nested lists as in an .ndjson file.

        Coordinates may be of any canvas: each drawing is simplified, as the dataset's drawings were, unless it is
        already; see `simplify` for how that is told. They are rasterised, or cut to their last points, as the training
        data was.
        """
        return self._session.probabilities(self._read(drawings))

    def features_images(self, images: np.ndarray) -> np.ndarray:
        """(N, num_features) float32: what the last layers see of images; near features are of drawings alike."""
        return self._session.answers(self._stored(images)).features

    def features_strokes(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, num_features) float32: what the last layers see of strokes."""
        return self._session.answers(self._read(drawings)).features

    def answer_images(self, images: np.ndarray) -> Answers:
        """Probabilities and features at the price of one, of what `predict_images` takes."""
        return self._session.answers(self._stored(images))

    def answer_strokes(self, drawings: Drawings | Iterable[Sequence]) -> Answers:
        """Probabilities and features at the price of one, of what `predict_strokes` takes."""
        return self._session.answers(self._read(drawings))

    def bitmaps(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, H, W) or (N, 3, H, W) uint8: strokes as the dataset's images show them, which is what the network sees.

        A model that reads strokes does not see them; they show what was drawn all the same. Raises
        UserError where the model learnt from photographs: strokes are none.
        """
        if self.about.channels == "color":
            raise UserError("strokes: this model was trained on photographs; use predict_images")
        channels = "stroke_order" if self.about.channels == "stroke_order" else "gray"
        images = rasterize(drawings, size=self.about.image_shape[-1], channels=channels)
        return self._stored_channels(images)

    def _read(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray | Sequences:
        """What the model reads of strokes."""
        length = self.about.sequence_length
        if length is None:  # it reads images
            return self.bitmaps(drawings)
        drawings = simplify(drawings)
        return Sequences(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, length)

    def _stored(self, images: np.ndarray) -> np.ndarray:
        """Images as the dataset would store them. Raises UserError where they cannot be."""
        images = stored_images(images, color=self.about.channels == "color")
        if self.about.kind == "strokes":
            raise UserError("images: this model was trained on strokes; use predict_strokes")
        if images.ndim == 3 and self.about.channels == "stroke_order":
            raise UserError("images: this model needs the order of the strokes; use predict_strokes")
        if images.ndim == 4 and len(self.about.image_shape) == 2:
            raise UserError(f"images: this model reads grey images, (N, H, W); found {images.shape}")
        return self._stored_channels(resize(images, self.about.image_shape[-1]))

    def _stored_channels(self, images: np.ndarray) -> np.ndarray:
        is_grey_thrice = images.ndim == 3 and len(self.about.image_shape) == 3
        return np.repeat(images[:, None], 3, axis=1) if is_grey_thrice else images
