"""The Python snippets and the notebook of the documents run as they stand there."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from tests.serving import photos

from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.params import ImageInput
from sketch_classifier.synthetic import generate

ROOT = Path(__file__).parents[1]


def snippets(document: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A folder with a trained and exported model, its drawings, and files to classify, named as in the documents."""
    from sketch_classifier.data.dataset import Dataset
    from sketch_classifier.data.preprocess import preprocess
    from sketch_classifier.params import DatasetPreset, ModelPreset, Optimizer, Split, Train
    from sketch_classifier.serving.export import export
    from sketch_classifier.synthetic import write
    from sketch_classifier.training.train import train

    folder = tmp_path_factory.mktemp("documents")
    write(folder / "raw", "simplified", ("apple", "cat"), 30, seed=0)
    dataset = DatasetPreset(format="simplified", categories=("apple", "cat"), limit=None)
    preprocess(folder / "raw", dataset, Split(train=0.6, validation=0.2, test=0.2), folder / "data/processed")
    preset = ModelPreset(
        architecture="cnn", task="multiclass", input=ImageInput(size=28, channels=1),
        optimizer=Optimizer(name="Adam", lr=0.002), batch_size=16, epochs=1,
    )  # fmt: skip
    train(
        Dataset.open(folder / "data/processed"), preset, Train(loggers=()), name="preset", seed=0,
        out=folder / "models", curves=folder / "curves", cache=folder / "cache",
    )  # fmt: skip
    export(folder / "data/processed", folder / "models", folder / "models", folder / "export.json")
    drawings, _ = generate("cat", 6, seed=5)
    write_ndjson(folder / "drawings.ndjson", drawings)
    (folder / "photo.jpg").write_bytes(photos.photo(drawings.strokes(0), quality=90).read())
    return folder


@pytest.fixture
def here(exported, shipped_or_like, monkeypatch):
    """The working folder of the snippets; without a display."""
    import matplotlib
    import matplotlib.pyplot as plt

    from sketch_classifier.models import shipped

    matplotlib.use("Agg")
    monkeypatch.setattr(shipped, "FOLDER", shipped_or_like(exported / "models", exported / "data/processed"))
    monkeypatch.chdir(exported)
    yield exported
    plt.close("all")


def test_the_snippet_of_the_readme(here):
    (code,) = snippets("README.md")
    found = {}
    exec(code, found)
    assert [one.name for one in found["result"]] == ["photo.jpg"]


def test_the_snippets_of_predictions(here):
    files, arrays, onnx = snippets("docs/predict.md")
    found = {}
    exec(files, found)
    assert [one.name for one in found["result"]] == [*(f"drawings.ndjson:{n}" for n in range(1, 7)), "photo.jpg"]
    exec(arrays, found)
    assert found["probabilities"].shape == (6, 2) and found["bitmaps"].shape == (6, 28, 28)
    np.testing.assert_allclose(found["probabilities"], found["result"].probabilities[:6], atol=1e-6)
    assert "sketch_classifier" not in onnx


def test_onnx_runtime_alone_gives_the_same_probabilities(here, capsys):
    from sketch_classifier import Predictor

    found = {}
    exec(snippets("docs/predict.md")[2], found)
    predictor = Predictor("models")
    np.testing.assert_allclose(found["probabilities"], predictor.predict_images(np.array(found["images"])), atol=1e-6)
    assert tuple(found["classes"]) == predictor.classes
    assert capsys.readouterr().out.count("'") == 10  # five names


def test_the_notebook(here, monkeypatch):
    cells = json.loads((ROOT / "docs/predict.ipynb").read_text(encoding="utf-8"))["cells"]
    found = {}
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(codes) > 4 and all(not cell.get("outputs") for cell in cells)
    for code in codes:
        exec(code, found)
    assert "<table>" in found["result"]._repr_html_()
    assert found["probabilities"].shape == (6, len(found["predictor"].classes))
    np.testing.assert_allclose(found["predictor"].predict_images(found["images"]), found["probabilities"], atol=1e-6)


def test_the_architecture_of_the_documents_can_be_built(monkeypatch):
    name = "sketch_classifier.models.tiny_mlp"
    (code,) = snippets("docs/architecture.md")
    module = ModuleType(name)
    exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, name, module)
    network = module.build(ImageInput(size=28, channels=1), 5)
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 5)
    assert network.features(torch.rand(2, 1, 28, 28)).shape == (2, 256)
