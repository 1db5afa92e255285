"""Every image model of the three that are compared trains on photographs in colour as they are."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.models.predict import predict_logits
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import load_params
from sketch_classifier.synthetic.digits import write_digits
from sketch_classifier.training import batches
from sketch_classifier.training.batches import Noise
from sketch_classifier.training.train import augmenting, train

PARAMS = load_params(Path(__file__).parents[2] / "params.yaml")


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("digits")
    write_digits(folder / "raw", "svhn", PARAMS.datasets["svhn"].files, 60)
    preprocess(folder / "raw", PARAMS.datasets["svhn"], PARAMS.split, folder / "processed")
    return Dataset.open(folder / "processed")


@pytest.mark.parametrize("name", ["cnn_small", pytest.param("resnet18", marks=pytest.mark.slow), "resnet18_augmented"])
def test_models_train_on_digits(digits, tmp_path, capsys, name):
    preset = PARAMS.models[name].model_copy(update={"epochs": 1, "weights": ("none",), "batch_size": 20})
    if name != "cnn_small":
        preset = preset.model_copy(update={"input": preset.input.model_copy(update={"size": 32})})
    out, curves, cache = (tmp_path / part for part in ("models", "curves", "cache"))
    train(digits, preset, PARAMS.train, name=name, seed=0, out=out, curves=curves, cache=cache)
    network, about = load_model(out)
    assert about.class_names == tuple("0123456789") and about.channels == "color"
    assert predict_logits(network, digits.images[digits.rows("test")]).shape == (60, 10)
    assert ("no flips" in capsys.readouterr().err) == (name == "resnet18_augmented")


@pytest.mark.parametrize(("is_photograph", "darkest"), [(True, 1.0), (False, 0.0)])
def test_what_lies_around_a_photograph_is_what_its_border_has(is_photograph, darkest):
    preset = PARAMS.models["resnet18_augmented"]
    plain = preset.input.model_copy(update={"mean": (0.0,), "std": (1.0,)})
    white = torch.full((16, 3, 32, 32), 255, dtype=torch.uint8)
    changed = augmenting(preset.model_copy(update={"input": plain}), mirror=False, is_photograph=is_photograph)(
        white, Noise(0, 16, slice(None), "cpu")
    )
    assert changed.min().item() == pytest.approx(darkest, abs=1e-5)


def test_samples_that_are_placed_in_parts_are_the_same(digits, monkeypatch):
    rows = np.arange(0, 120, 7)
    monkeypatch.setattr(batches, "CHUNK", 5 * 3072)
    placed = batches.place(digits.images, rows, digits.labels, torch.device("cpu"), lambda inputs, noise: inputs)
    images, labels = placed.batch(torch.arange(len(rows)))
    np.testing.assert_array_equal(images.numpy(), digits.images[rows])
    np.testing.assert_array_equal(labels.numpy(), digits.labels[rows])
