"""Project folders with a small exported model and its drawings, and a browser in front of the app that serves one."""

import pytest
from app.browser import browser, chromium, served

from sketch_classifier import synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.models import shipped
from sketch_classifier.params import DatasetPreset, ImageInput, ModelPreset, Optimizer, Split, Train
from sketch_classifier.serving.export import export
from sketch_classifier.synthetic import generate
from sketch_classifier.training.train import train

CATEGORIES = ("apple", "bicycle", "cat", "house", "tree", "umbrella")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """models/ and data/processed/, made from 300 synthetic drawings of each of six categories: the model knows a drawing
    when it sees one."""
    root = tmp_path_factory.mktemp("project")
    synthetic.write(root / "data/raw", "simplified", CATEGORIES, 300, seed=0)
    dataset = DatasetPreset(format="simplified", categories=CATEGORIES, limit=None, channels=1)
    preprocess(root / "data/raw", dataset, Split(train=0.8, validation=0.1, test=0.1), root / "data/processed")
    preset = ModelPreset(
        architecture="cnn",
        task="multiclass",
        input=ImageInput(size=28, channels=1),
        optimizer=Optimizer(name="Adam", lr=0.002),
        batch_size=32,
        epochs=10,
    )
    train(
        Dataset.open(root / "data/processed"), preset, Train(loggers=()), name="preset", seed=0,
        out=root / "models", curves=root / "curves", cache=root / ".cache",
    )  # fmt: skip
    export(root / "data/processed", root / "models", root / "models", root / "metrics/export.json")
    return root


@pytest.fixture(scope="session")
def shipped_folder(shipped_or_like, project):
    """The folder of the shipped models, or of stand-ins."""
    return shipped_or_like(project / "models", project / "data/processed")


@pytest.fixture
def pretrained(shipped_folder, monkeypatch):
    """The same; app and page find them there."""
    monkeypatch.setattr(shipped, "FOLDER", shipped_folder)
    return shipped_folder


@pytest.fixture(scope="session")
def template():
    """The strokes of a synthetic drawing of a category that no model was trained on, [(n, 2), …], simplified: a few
    moves of the mouse each."""

    def strokes(category):
        drawings, truth = generate(category, 20, seed=99)
        return simplify(drawings).strokes(int(((truth.drawn == category) & ~truth.bad).argmax()))

    return strokes


@pytest.fixture(scope="session")
def chrome():
    """A headless browser; the test is skipped if there is none."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if chromium() is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def address(project, chrome):
    """Where the app serves the small model."""
    with served(project) as at:
        yield at
