"""A trained model through the one public import."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest

from sketch_classifier import Predictor, UserError, rasterize
from sketch_classifier.drawings.simplify import simplify

CATEGORIES = ("apple", "bicycle", "house")


@pytest.mark.parametrize("channels", [1, pytest.param(3, marks=pytest.mark.slow), "stroke_order"])
def test_strokes_are_recognised(trained, unseen, channels):
    predictor = trained(channels)
    assert predictor.classes == CATEGORIES
    for label, category in enumerate(CATEGORIES):
        probabilities = predictor.predict_strokes(unseen(category))
        assert probabilities.shape[1] == 3
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        assert (probabilities.argmax(axis=1) == label).mean() > 0.7


def test_images_lists_and_raw_strokes_agree(trained, unseen):
    predictor = trained(1)
    raw = unseen("house")
    simplified = simplify(raw)
    expected = predictor.predict_strokes(simplified)
    np.testing.assert_array_equal(predictor.predict_strokes(raw), expected)
    np.testing.assert_array_equal(predictor.predict_strokes(simplified.to_lists()), expected)
    np.testing.assert_array_equal(predictor.predict_images(rasterize(simplified)), expected)


def test_images_of_another_size(trained, unseen):
    predictor = trained(1)
    large = predictor.predict_images(rasterize(simplify(unseen("bicycle")), size=112))
    assert (large.argmax(axis=1) == CATEGORIES.index("bicycle")).mean() > 0.7


@pytest.mark.slow
def test_a_binary_model_has_two_columns(trained, unseen):
    predictor = trained(1, task="binary")
    assert predictor.classes == ("negative", "positive")
    assert predictor.predict_strokes(unseen("bicycle"))[:, 1].mean() > 0.7
    assert predictor.predict_strokes(unseen("apple"))[:, 1].mean() < 0.3


def test_none_at_all(trained):
    assert trained(1).predict_images(np.zeros((0, 28, 28), np.uint8)).shape == (0, 3)
    assert trained(1).features_strokes([]).shape == (0, 50)


def test_features_come_with_probabilities(trained, unseen):
    predictor, drawings = trained(1), unseen("apple")
    answers = predictor.answer_strokes(drawings)
    np.testing.assert_array_equal(answers.probabilities, predictor.predict_strokes(drawings))
    np.testing.assert_array_equal(answers.features, predictor.features_strokes(drawings))
    images = predictor.bitmaps(drawings)
    np.testing.assert_array_equal(images, rasterize(simplify(drawings)))
    np.testing.assert_array_equal(answers.features, predictor.features_images(images))
    np.testing.assert_array_equal(answers.probabilities, predictor.answer_images(images).probabilities)
    # Drawings of a kind lie nearer to each other than to those of another.
    centre = answers.features.mean(axis=0)
    others = predictor.features_strokes(unseen("bicycle"))
    assert np.linalg.norm(answers.features - centre, axis=1).mean() < np.linalg.norm(others - centre, axis=1).mean()


@pytest.mark.slow  # with the model that this takes
def test_grey_images_for_a_model_of_three_channels(trained, unseen):
    images = rasterize(simplify(unseen("house")))
    predictor = trained(3)
    np.testing.assert_array_equal(
        predictor.predict_images(images), predictor.predict_images(np.repeat(images[:, None], 3, axis=1))
    )


def test_a_model_of_photographs_refuses_strokes(model_folder, tmp_path):
    model = onnx.load(model_folder("stroke_order") / "model.onnx")
    next(entry for entry in model.metadata_props if entry.key == "channels").value = '"color"'
    onnx.save(model, tmp_path / "model.onnx")
    predictor = Predictor(tmp_path)
    assert predictor.predict_images(np.zeros((1, 3, 28, 28), np.uint8)).shape == (1, 3)
    for ask in (predictor.predict_strokes, predictor.answer_strokes, predictor.bitmaps):
        with pytest.raises(UserError, match="trained on photographs; use predict_images"):
            ask([[[[0, 10], [5, 5]]]])


def test_the_model_says_what_it_is(trained):
    about = trained("stroke_order").about
    assert (about.name, about.task, about.kind) == ("preset", "multiclass", "images")
    assert (about.class_names, about.categories, about.positive) == (CATEGORIES, CATEGORIES, ("bicycle",))
    assert (about.image_shape, about.channels, about.num_features) == ((3, 28, 28), "stroke_order", 50)


def test_no_torch_is_imported(model_folder):
    """In a new process: it is what makes a start take a second, and a small installation do."""
    code = f"""
import json, sys
from sketch_classifier import Predictor
predictor = Predictor({str(model_folder())!r})
shape = predictor.predict_strokes([[[[0, 10.5, 900], [0, 100, 255]]]]).shape
print(json.dumps([shape, sorted({{"torch", "onnx", "pandas", "pydantic"}} & set(sys.modules))]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[1, 3], []]


def test_the_small_model_agrees(model_folder, trained, unseen):
    small, drawings = Predictor(model_folder(), int8=True), unseen("house")
    np.testing.assert_allclose(small.predict_strokes(drawings), trained(1).predict_strokes(drawings), atol=0.15)


def test_mistakes(trained, tmp_path):
    with pytest.raises(UserError, match=r"found \(2, 784\) uint8"):
        trained(1).predict_images(np.zeros((2, 784), np.uint8))
    with pytest.raises(UserError, match="different lengths"):
        trained(1).predict_images([[1, 2], [3]])
    with pytest.raises(UserError, match=r"\(2, 0, 0\)"):
        trained(1).predict_images(np.zeros((2, 0, 0), np.uint8))
    for drawings in ([[[[0, 10], [5]]]], "x", [[[[0, float("nan")], [5, 6]]]]):
        with pytest.raises(UserError, match="^drawings: "):
            trained(1).predict_strokes(drawings)
    for value in (2.5, np.nan):
        with pytest.raises(UserError, match="float64"):
            trained(1).predict_images(np.full((2, 28, 28), value))
    with pytest.raises(UserError, match="order of the strokes"):
        trained("stroke_order").predict_images(np.zeros((2, 28, 28), np.uint8))
    with pytest.raises(UserError, match="grey"):
        trained(1).predict_images(np.zeros((2, 3, 28, 28), np.uint8))
    with pytest.raises(UserError, match="dvc repro export"):
        Predictor(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UserError, match="not a model"):
        Predictor(tmp_path)
