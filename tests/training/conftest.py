"""A small dataset on disk, as preprocess writes it, and presets that train on it within a second."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.params import ModelPreset

NUM_DRAWINGS = (200, 50, 80)  # training, validation, test


@pytest.fixture(scope="session")
def write_dataset_in():
    """Write drawings of three classes, each a bar at its own height among noise, to a subfolder, and open it."""

    def write(parent, counts=NUM_DRAWINGS, positive=("high",), labels=None, name="processed") -> Dataset:
        folder = parent / name
        folder.mkdir()
        random = np.random.default_rng(0)
        labels = random.integers(0, 3, sum(counts)) if labels is None else labels
        images = random.integers(0, 120, (len(labels), 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[4 + 8 * label : 8 + 8 * label] += 130
        np.save(folder / "images.npy", images)
        split = np.repeat(SPLITS, counts)
        pd.DataFrame({"label": labels, "split": split}).to_parquet(folder / "index.parquet")
        about = {
            "categories": ["high", "middle", "low"],
            "positive": positive,
            "positive_name": "up",
            "channels": 1,
            "mirror": True,
        }
        (folder / "classes.json").write_text(json.dumps(about))
        return Dataset.open(folder)

    return write


@pytest.fixture
def write_dataset(tmp_path, write_dataset_in):
    """The same, in a folder of the test's own."""
    return partial(write_dataset_in, tmp_path)


@pytest.fixture(scope="session")
def cnn() -> ModelPreset:
    return ModelPreset.model_validate(
        {
            "architecture": "cnn",
            "task": "multiclass",
            "input": {"size": 16, "channels": 1},
            "optimizer": {"name": "Adam", "lr": 0.001},
            "batch_size": 32,
            "epochs": 4,
        }
    )


@pytest.fixture
def mobilenet(backbone_file) -> ModelPreset:
    """Frozen on a backbone that stands in a file."""
    return ModelPreset.model_validate(
        {
            "architecture": "mobilenet_v2",
            "task": "binary",
            "input": {"size": 32, "channels": 3, "mean": [0.5], "std": [0.25]},
            "weights": [str(backbone_file)],
            "freeze_backbone": True,
            "optimizer": {"name": "Adam", "lr": 0.01},
            "batch_size": 32,
            "epochs": 3,
        }
    )


@pytest.fixture(scope="session")
def backbone_file(tmp_path_factory):
    """A state dict of torchvision's whole MobileNetV2, with random weights. Tests only read it."""
    import torch
    from safetensors.torch import save_file
    from torchvision.models import mobilenet_v2

    path = tmp_path_factory.mktemp("backbone") / "mobilenet_v2.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        save_file(mobilenet_v2().state_dict(), path)
    return path
