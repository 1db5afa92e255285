"""A model that sees bitmaps drawn from the strokes, from training to what is asked of it."""

import json

import numpy as np
import pytest

from sketch_classifier import Predictor, UserError
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import Augmentation, ModelPreset, Optimizer, RasterInput, Train
from sketch_classifier.serving.export import export
from sketch_classifier.training.train import train

INPUT = RasterInput(kind="rasters", size=24, channels=3)


@pytest.fixture(scope="module")
def processed(model_folder):
    """A dataset of grey 28×28 images, and their strokes."""
    return model_folder(1).parent / "processed 1"


@pytest.fixture(scope="module")
def folder(processed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasters")
    preset = ModelPreset(
        architecture="cnn", task="multiclass", input=INPUT, augmentation=Augmentation(rotate=5.0),
        optimizer=Optimizer(name="Adam", lr=0.002), batch_size=32, epochs=6,
    )  # fmt: skip
    train(
        Dataset.open(processed), preset, Train(loggers=()), name="preset", seed=0,
        out=folder / "models", curves=folder / "curves", cache=folder / "cache",
    )  # fmt: skip
    export(processed, folder / "models", folder / "models", folder / "export.json")
    return folder


def test_the_exported_model_agrees_with_the_trained_one(folder):
    figures = json.loads((folder / "export.json").read_text())
    assert figures["agreement_onnx"] == 1 and figures["accuracy_onnx"] > 0.6


def test_strokes_are_drawn_as_in_training(folder, processed, unseen):
    dataset, predictor = Dataset.open(processed), Predictor(folder / "models")
    assert predictor.about.input_shape == dataset.inputs(INPUT).shape[1:] == (3, 24, 24)
    rows = np.arange(10)
    drawings = dataset.inputs(INPUT).drawings[rows]
    np.testing.assert_array_equal(
        predictor.features_strokes(drawings.to_lists()), predictor.features_images(dataset.inputs(INPUT)[rows])
    )
    for index, category in enumerate(predictor.classes):
        assert (predictor.predict_strokes(unseen(category)).argmax(axis=1) == index).mean() > 0.7


def test_the_order_of_the_strokes_counts(folder, unseen):
    predictor, drawings = Predictor(folder / "models"), simplify(unseen("house")).to_lists()
    backwards = [[[xs[::-1], ys[::-1]] for xs, ys in reversed(drawing)] for drawing in drawings]
    images = predictor.bitmaps(drawings)
    assert (images != predictor.bitmaps(backwards)).any()
    assert (predictor.predict_strokes(drawings) != predictor.predict_strokes(backwards)).any()


def test_pictures_are_refused_in_one_line(folder):
    with pytest.raises(UserError, match="needs the order of the strokes; use predict_strokes"):
        Predictor(folder / "models").predict_images(np.zeros((2, 28, 28), np.uint8))


def test_evaluation_measures_the_weights_that_were_saved(folder, processed, tmp_path):
    figures = evaluate(processed, folder / "models", tmp_path / "metrics", tmp_path / "plots")
    final = load_model(folder / "models")[1].final
    assert figures["validation_accuracy"] == pytest.approx(final["validation_accuracy"], abs=2e-5)
