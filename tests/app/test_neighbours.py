"""The training drawings nearest to a drawing."""

from types import SimpleNamespace

import numpy as np
import pytest
from app import neighbours
from app.neighbours import Neighbours, load_neighbours, sample_rows

from sketch_classifier import Predictor
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.params import RasterInput


def test_nearest_is_what_a_full_sort_gives():
    rng = np.random.default_rng(0)
    sample = Neighbours(rng.normal(size=(200, 16)).astype(np.float32), np.zeros((200, 2, 2), np.uint8), ["x"] * 200)
    for _ in range(5):
        features = rng.normal(size=16).astype(np.float32)
        order = sorted(range(200), key=lambda i: np.linalg.norm(sample.features[i] - features))
        assert sample.nearest(features).tolist() == order[:8]
        assert sample.nearest(features, 500).tolist() == order


def test_of_none_none_is_nearest():
    empty = Neighbours(np.empty((0, 4), np.float32), np.empty((0, 2, 2), np.uint8), [])
    assert empty.nearest(np.zeros(4)).tolist() == []


def test_a_training_drawing_is_its_own_nearest(project, tmp_path):
    dataset, predictor = Dataset.open(project / "data/processed"), Predictor(project / "models")
    near = load_neighbours(project / "models/model.onnx", predictor, dataset, tmp_path, 60)
    rows = sample_rows(dataset, 60)
    assert set(dataset.split[rows]) == {SPLITS.index("train")}
    assert near.names == [dataset.categories[label] for label in dataset.labels[rows]]
    assert {near.names.count(name) for name in dataset.categories} == {10}
    for i in (0, 17, 59):
        features = predictor.features_images(dataset.images[rows[i]][None])[0]
        nearest = near.nearest(features, 1)[0]
        np.testing.assert_array_equal(near.images[nearest], dataset.images[rows[i]])


@pytest.mark.parametrize(
    ("shape", "channels"), [((28, 28), 1), ((32, 32), 1), ((3, 28, 28), "stroke_order"), ((3, 32, 32), "stroke_order")]
)
def test_features_are_of_the_images_that_the_model_sees(project, monkeypatch, shape, channels):
    """Those stored, or others that are drawn from the strokes."""
    monkeypatch.setattr(neighbours, "CHUNK", 7)
    dataset, rows = Dataset.open(project / "data/processed"), np.arange(5, 25)
    about = SimpleNamespace(kind="images", image_shape=shape, channels=channels)
    pixels = SimpleNamespace(
        about=about, features_images=lambda images: images.reshape(len(images), int(np.prod(images.shape[1:])))
    )
    found = neighbours._features(pixels, dataset, rows)
    every = dataset.inputs(RasterInput(kind="rasters", size=shape[-1], channels=3 if len(shape) == 3 else 1))
    np.testing.assert_array_equal(found.reshape(-1, *shape), every[rows])
    assert neighbours._features(pixels, dataset, rows[:0]).shape == (0, found.shape[1])


def test_features_are_computed_once_and_again_where_the_file_is_damaged(project, tmp_path, monkeypatch):
    dataset, predictor = Dataset.open(project / "data/processed"), Predictor(project / "models")
    first = load_neighbours(project / "models/model.onnx", predictor, dataset, tmp_path, 60)
    (path,) = tmp_path.iterdir()

    def never(*_):
        raise AssertionError("computed again")

    with monkeypatch.context() as patched:
        patched.setattr(neighbours, "_features", never)
        second = load_neighbours(project / "models/model.onnx", predictor, dataset, tmp_path, 60)
    np.testing.assert_array_equal(first.features, second.features)
    for damaged in (path.read_bytes()[:100], b"", b"nonsense"):
        path.write_bytes(damaged)
        third = load_neighbours(project / "models/model.onnx", predictor, dataset, tmp_path, 60)
        np.testing.assert_array_equal(first.features, third.features)
