"""Models trained on a few synthetic drawings and exported, and drawings that they have not seen."""

import pytest

from sketch_classifier import Predictor, synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.models import shipped
from sketch_classifier.params import DatasetPreset, ImageInput, ModelPreset, Optimizer, Split, Train
from sketch_classifier.serving.export import export
from sketch_classifier.synthetic import generate
from sketch_classifier.training.train import train

CATEGORIES = ("apple", "bicycle", "house")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """Folders of models, by (channels, task), trained on 100 synthetic drawings a category and exported.

    What they were trained on lies beside each, in "processed" and the name of the channels.
    """
    folder = tmp_path_factory.mktemp("serving")
    synthetic.write(folder / "raw", "simplified", CATEGORIES, 100, seed=0)

    def model(channels=1, task="multiclass"):
        out, processed = folder / f"{channels} {task}", folder / f"processed {channels}"
        if not processed.exists():
            dataset = DatasetPreset(
                format="simplified", categories=CATEGORIES, limit=None, channels=channels, positive=("bicycle",)
            )
            preprocess(folder / "raw", dataset, Split(train=0.8, validation=0.1, test=0.1), processed)
        if not out.exists():
            preset = ModelPreset(
                architecture="cnn",
                task=task,
                input=ImageInput(size=28, channels=1 if channels == 1 else 3),
                optimizer=Optimizer(name="Adam", lr=0.002),
                batch_size=32,
                epochs=6,
            )
            train(
                Dataset.open(processed), preset, Train(loggers=()), name="preset", seed=0,
                out=out, curves=folder / "curves", cache=folder / "cache",
            )  # fmt: skip
            export(processed, out, out, out / "export.json")
        return out

    return model


@pytest.fixture(scope="session")
def trained(model_folder):
    """Their predictors, by (channels, task)."""
    return lambda channels=1, task="multiclass": Predictor(model_folder(channels, task))


@pytest.fixture(scope="session")
def unseen():
    """Raw drawings of a category that no model was trained on, without bad ones."""

    def drawings(category: str, num: int = 30):
        drawings, truth = generate(category, num, seed=99)
        return drawings[(truth.drawn == category) & ~truth.bad]

    return drawings


@pytest.fixture(scope="session")
def shipped_folder(shipped_or_like, model_folder):
    """The folder of the shipped models, or of stand-ins."""
    return shipped_or_like(model_folder(), model_folder().parent / "processed 1")


@pytest.fixture
def pretrained(shipped_folder, monkeypatch):
    """The same; `Predictor.pretrained` and `predict` find them there."""
    monkeypatch.setattr(shipped, "FOLDER", shipped_folder)
    return shipped_folder
