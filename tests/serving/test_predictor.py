"""A trained model through the one public import."""

import numpy as np
import pytest

from sketch_classifier import Predictor, UserError, rasterize
from sketch_classifier.data import synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.data.simplify import simplify
from sketch_classifier.data.synthetic import generate
from sketch_classifier.params import DatasetPreset, ImageInput, ModelPreset, Optimizer, Split, Train
from sketch_classifier.serving.export import export
from sketch_classifier.training.train import train

CATEGORIES = ("apple", "bicycle", "house")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Predictors, by (channels, task), trained on 100 synthetic drawings a category and exported."""
    folder = tmp_path_factory.mktemp("predictor")
    synthetic.write(folder / "raw", "simplified", CATEGORIES, 100, seed=0)

    def model(channels, task="multiclass"):
        out = folder / f"{channels} {task}"
        if not out.exists():
            dataset = DatasetPreset(
                format="simplified", categories=CATEGORIES, limit=None, channels=channels, positive=("bicycle",)
            )
            preprocess(folder / "raw", dataset, Split(train=0.8, validation=0.1, test=0.1), folder / "processed")
            preset = ModelPreset(
                architecture="cnn",
                task=task,
                input=ImageInput(size=28, channels=1 if channels == 1 else 3),
                optimizer=Optimizer(name="Adam", lr=0.002),
                batch_size=32,
                epochs=6,
            )
            train(
                Dataset.open(folder / "processed"), preset, Train(loggers=()), name="preset", seed=0,
                out=out, curves=folder / "curves", cache=folder / "cache",
            )  # fmt: skip
            export(folder / "processed", out, out, folder / "export.json")
        return Predictor(out)

    return model


def unseen(category: str, num: int = 30):
    drawings, truth = generate(category, num, seed=99)
    return drawings[(truth.drawn == category) & ~truth.bad]


@pytest.mark.parametrize("channels", [1, 3, "stroke_order"])
def test_strokes_are_recognised(trained, channels):
    predictor = trained(channels)
    assert predictor.classes == CATEGORIES
    for label, category in enumerate(CATEGORIES):
        probabilities = predictor.predict_strokes(unseen(category))
        assert probabilities.shape[1] == 3
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        assert (probabilities.argmax(axis=1) == label).mean() > 0.7


def test_images_lists_and_raw_strokes_agree(trained):
    predictor = trained(1)
    raw = unseen("house")
    simplified = simplify(raw)
    expected = predictor.predict_strokes(simplified)
    np.testing.assert_array_equal(predictor.predict_strokes(raw), expected)
    np.testing.assert_array_equal(predictor.predict_strokes(simplified.to_lists()), expected)
    np.testing.assert_array_equal(predictor.predict_images(rasterize(simplified)), expected)


def test_images_of_another_size(trained):
    predictor = trained(1)
    large = predictor.predict_images(rasterize(simplify(unseen("bicycle")), size=112))
    assert (large.argmax(axis=1) == CATEGORIES.index("bicycle")).mean() > 0.7


def test_a_binary_model_has_two_columns(trained):
    predictor = trained(1, task="binary")
    assert predictor.classes == ("negative", "positive")
    assert predictor.predict_strokes(unseen("bicycle"))[:, 1].mean() > 0.7
    assert predictor.predict_strokes(unseen("apple"))[:, 1].mean() < 0.3


def test_none_at_all(trained):
    assert trained(1).predict_images(np.zeros((0, 28, 28), np.uint8)).shape == (0, 3)


def test_mistakes(trained, tmp_path):
    with pytest.raises(UserError, match=r"uint8 expected, found \(2, 784\) uint8"):
        trained(1).predict_images(np.zeros((2, 784), np.uint8))
    with pytest.raises(UserError, match="different lengths"):
        trained(1).predict_images([[1, 2], [3]])
    with pytest.raises(UserError, match=r"\(2, 0, 0\)"):
        trained(1).predict_images(np.zeros((2, 0, 0), np.uint8))
    for drawings in ([[[[0, 10], [5]]]], "x", [[[[0, float("nan")], [5, 6]]]]):
        with pytest.raises(UserError, match="^drawings: "):
            trained(1).predict_strokes(drawings)
    with pytest.raises(UserError, match="float64"):
        trained(1).predict_images(np.zeros((2, 28, 28)))
    with pytest.raises(UserError, match="order of the strokes"):
        trained("stroke_order").predict_images(np.zeros((2, 28, 28), np.uint8))
    with pytest.raises(UserError, match="dvc repro export"):
        Predictor(tmp_path)
