"""The class `Predictor`: a trained model for predictions with ONNX Runtime. Does not import torch."""

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
REINSTALL = "reinstall sketch-classifier, of which this file is a part"


def has_model(folder: str | Path) -> bool:
    """Whether the folder contains a model of the pipeline, exported or not."""
    return any((Path(folder) / name).exists() for name in (FILE, "model.json"))


class Predictor:
    """The model that the `export` stage wrote to a folder.

    folder   folder of model.onnx
    int8     use model_int8.onnx, which is a quarter of the size
    threads  number of threads per prediction; a Predictor is thread-safe

    Raises UserError if the folder contains no exported model.
    """

    def __init__(self, folder: str | Path = "models", *, int8: bool = False, threads: int = 1) -> None:
        self._session = Session(Path(folder) / (SMALL_FILE if int8 else FILE), threads)

    @classmethod
    def pretrained(cls, name: str = STANDARD, *, threads: int = 1) -> Predictor:
        """A pre-trained model of this package, trained on real drawings; README.md in its folder is the model card.

        name  sketchnet, or sketchnet_tiny, which is smaller and faster

        Nothing is downloaded or written. Raises UserError for an unknown name or damaged files.
        """
        folder = shipped_folder(name)
        predictor = cls.__new__(cls)
        predictor._session = Session(folder / FILE, threads, folder / WEIGHTS_FILE, REINSTALL)
        return predictor

    @property
    def about(self) -> Served:
        """Metadata of the model: its preset, classes, categories and input."""
        return self._session.about

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order of the columns of probabilities; for a binary model (negative, positive)."""
        return self.about.class_names

    def predict(self, drawings: np.ndarray | Drawings | Iterable[Sequence], drawn: Sequence[Drawn] = ()) -> Predictions:
        """The predictions for images, as `predict_images` takes them, or for strokes, as `predict_strokes` does.

        drawn  origin of each drawing, for its name; by default they are numbered from 1

        The result contains the image of each drawing, so memory use is proportional to their number.
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
        """The predictions for all drawings of files: .ndjson, .npy, pictures (PNG, JPEG, WebP, GIF, BMP, TIFF,
        HEIC), or folders of such files.

        Their type is detected from their content, as by the command `predict`. Malformed records of .ndjson files are
        left out, with a UserWarning. Raises UserError for a file that cannot be read or is not suitable for the model.
        """
        from sketch_classifier.serving.input_files import files_of, predictions_of  # here: it imports this module

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

        images is (N, H, W) uint8 in the dataset's format, usually 28×28, or (N, 3, H, W) for a dataset with three
        channels; images of another size are resized. See `stored_images` for other accepted formats. Images that are
        dark on light are inverted, with a warning. Raises UserError for another shape or dtype.
        """
        return self._session.probabilities(self._stored(images))

    def predict_strokes(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, num_classes) float32 probabilities for strokes: `Drawings`, or nested lists as in an .ndjson file.

        The canvas may have any size: each drawing is simplified like the dataset's, unless it is already simplified
        (see `simplify`). Drawings are then rasterised, or cut to their last points, like the training data.
        """
        return self._session.probabilities(self._read(drawings))

    def features_images(self, images: np.ndarray) -> np.ndarray:
        """(N, num_features) float32: the inputs of the network's last layer; similar drawings have similar features."""
        return self._session.answers(self._stored(images)).features

    def features_strokes(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, num_features) float32: the same for strokes."""
        return self._session.answers(self._read(drawings)).features

    def answer_images(self, images: np.ndarray) -> Answers:
        """Probabilities and features in one pass, for the input of `predict_images`."""
        return self._session.answers(self._stored(images))

    def answer_strokes(self, drawings: Drawings | Iterable[Sequence]) -> Answers:
        """Probabilities and features in one pass, for the input of `predict_strokes`."""
        return self._session.answers(self._read(drawings))

    def bitmaps(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray:
        """(N, H, W) or (N, 3, H, W) uint8: the strokes rasterised like the dataset's images, the input of the network.

        For a model whose input is strokes, they are only for display. Raises UserError for a model that was trained on
        photographs.
        """
        if self.about.channels == "color":
            raise UserError("strokes: this model was trained on photographs; use predict_images")
        channels = "stroke_order" if self.about.channels == "stroke_order" else "gray"
        images = rasterize(drawings, size=self.about.image_shape[-1], channels=channels)
        return self._stored_channels(images)

    def _read(self, drawings: Drawings | Iterable[Sequence]) -> np.ndarray | Sequences:
        """The model's input for strokes."""
        length = self.about.sequence_length
        if length is None:  # its input is images
            return self.bitmaps(drawings)
        drawings = simplify(drawings)
        return Sequences(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, length)

    def _stored(self, images: np.ndarray) -> np.ndarray:
        """Images in the dataset's storage format. Raises UserError if they cannot be converted."""
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
