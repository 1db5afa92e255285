"""Models that are part of the package: what `stages.ship` writes is what `Predictor.pretrained` reads."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors import safe_open
from stages.ship import main

from sketch_classifier import Predictor, UserError
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.entry_point import exit_code
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.models import predict, shipped
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import load_params
from sketch_classifier.serving import ship as ship_module
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.ship import ship

ROOT = Path(__file__).parents[2]
FILES = ["README.md", "model.json", "model.onnx", "model.safetensors"]
SHIPPED = [name for name in (shipped.STANDARD, shipped.SMALL) if name in shipped.shipped_models()]
only_shipped = pytest.mark.skipif(not SHIPPED, reason="the package has no trained models yet")


@pytest.fixture(scope="module")
def evaluated(model_folder, tmp_path_factory):
    """The folders of a trained model, of what was found of it, and of its drawings."""
    metrics, processed = tmp_path_factory.mktemp("evaluated"), model_folder().parent / "processed 1"
    evaluate(processed, model_folder(), metrics, metrics / "plots")
    return model_folder(), metrics, processed


@pytest.fixture(scope="module")
def out(evaluated, tmp_path_factory):
    """What was shipped of it."""
    out = tmp_path_factory.mktemp("shipped") / "sketchnet"
    ship(*evaluated, out, "dvc exp run -S model=cnn", "a known source")
    return out


@pytest.fixture
def found(out, monkeypatch, tmp_path):
    """A copy of it, to be damaged, where `Predictor.pretrained` looks."""
    shutil.copytree(out, tmp_path / "pretrained/sketchnet")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "pretrained")
    return tmp_path / "pretrained/sketchnet"


def test_it_says_what_the_trained_model_says_but_calibrated(found, evaluated, trained, unseen):
    temperature = json.loads((evaluated[1] / "metrics.json").read_text())["temperature"]
    predictor, drawings = Predictor.pretrained(), unseen("house")
    assert temperature != 1
    sharpened = trained().predict_strokes(drawings).astype(float) ** (1 / temperature)
    expected = sharpened / sharpened.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(predictor.predict_strokes(drawings), expected, atol=0.03)
    assert predictor.classes == trained().classes


def test_it_is_a_model_folder_with_one_copy_of_the_weights(out, evaluated):
    assert sorted(path.name for path in out.iterdir()) == FILES
    network, about = load_model(out)
    trained, _ = load_model(evaluated[0])
    for name, value in network.state_dict().items():
        theirs = trained.state_dict()[name]
        assert value.equal(theirs if value.ndim < 2 else theirs.half().float()), name
    assert about.temperature == json.loads((evaluated[1] / "metrics.json").read_text())["temperature"]
    with safe_open(out / "model.safetensors", "pt") as file:
        kinds = {len(file.get_slice(name).get_shape()) > 1: file.get_slice(name).get_dtype() for name in file.keys()}
    assert kinds == {True: "F16", False: "F32"}
    graph = onnx.load(out / "model.onnx", load_external_data=False).graph
    assert (out / "model.onnx").stat().st_size < 50_000
    assert {tensor.data_location for tensor in graph.initializer if tensor.name.startswith("network.")} == {
        onnx.TensorProto.EXTERNAL
    }
    stored = Dataset.open(evaluated[2]).images[:3]
    np.testing.assert_array_equal(  # as the pipeline's own models are opened, too
        Predictor(out).predict_images(stored).shape, (3, 3)
    )


def test_the_card_is_of_the_evaluated_run(out, evaluated):
    card, figures = (out / "README.md").read_text(), json.loads((evaluated[1] / "metrics.json").read_text())
    for said in (
        "# sketchnet", "`cnn`", "apple, bicycle, house", "`dvc exp run -S model=cnn`", "CC BY 4.0", "Google", "a known source",
        f"| accuracy | {100 * figures['accuracy']:.1f}% |",
        f"| balanced accuracy | {100 * figures['balanced_accuracy']:.1f}% |", f"| log loss | {figures['log_loss']:.3f} |",
        "| expected calibration error, calibrated |", f"divided by {figures['temperature']}", f"{figures['num_test']} test",
        f"{(out / 'model.safetensors').stat().st_size:,} bytes", "28×28 pixels", "## Limitations",
    ):  # fmt: skip
        assert said in card, said
    assert "{" not in card and str(evaluated[0]) not in card


def test_no_path_of_the_machine_is_shipped(evaluated, tmp_path):
    model, metrics, processed = evaluated
    shutil.copytree(model, tmp_path / "model")
    about = json.loads((model / "model.json").read_text())
    about |= {"weights": "/home/somebody/first.safetensors", "failed_weights": ["/home/somebody/none.pth"]}
    about["preset"]["weights"] = ["imagenet", "/home/somebody/first.safetensors"]
    (tmp_path / "model/model.json").write_text(json.dumps(about))
    ship(tmp_path / "model", metrics, processed, tmp_path / "out", "dvc exp run")
    for name in FILES:
        assert b"somebody" not in (tmp_path / "out" / name).read_bytes(), name
    assert "`first.safetensors` weights" in (tmp_path / "out/README.md").read_text()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"accuracy": 0.1}, "is not that of"),
        ({"num_test": 3}, "is not that of"),
        ({"accuracy": None}, "not what `evaluate` wrote"),
        (None, "metrics.json: not found; run `dvc repro evaluate`"),
    ],
)
def test_figures_of_another_run_are_refused(change, said, evaluated, tmp_path):
    model, metrics, processed = evaluated
    shutil.copytree(metrics, tmp_path / "metrics")
    path = tmp_path / "metrics/metrics.json"
    if change is None:
        path.unlink()
    else:
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=said) as raised:
        ship(model, tmp_path / "metrics", processed, tmp_path / "out", "dvc exp run")
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()


def test_the_command_gives_the_same_bytes_again(evaluated, out, tmp_path, monkeypatch, capsys):
    model, metrics, processed = map(str, evaluated)
    command = ["ship", "--command", "dvc exp run -S model=cnn", "--began", "a known source", "--models", model]
    monkeypatch.setattr(sys, "argv", [*command, "--metrics", metrics, "--data", processed, "--out", str(tmp_path)])
    main()
    assert "bytes, accuracy" in capsys.readouterr().err.splitlines()[-1]
    written = {path.name: path.read_bytes() for path in (tmp_path / "preset").iterdir()}  # by the name of its preset
    expected = {name: (out / name).read_bytes() for name in FILES}
    expected["README.md"] = expected["README.md"].replace(b"sketchnet", b"preset")
    assert written == expected
    monkeypatch.setattr(
        sys, "argv", ["ship", "--command", "x", "--models", str(tmp_path / "none"), "--out", str(tmp_path)]
    )
    assert exit_code(main) == 1
    assert "no trained model here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name, damage, said",
    [
        ("model.safetensors", "cut", "model.onnx: not a model"),
        ("model.safetensors", "changed", "model.safetensors is not the file that it was exported with"),
        ("model.safetensors", "missing", "model.safetensors"),
        ("model.onnx", "cut", "model.onnx: not a model"),
        ("model.onnx", "missing", "model.onnx: no exported model here"),
    ],
)
def test_a_damaged_file_is_one_clear_line(name, damage, said, found):
    content = bytearray((found / name).read_bytes())
    if damage == "missing":
        (found / name).unlink()
    elif damage == "cut":
        (found / name).write_bytes(content[:-100])
    else:
        content[-1] ^= 1
        (found / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as raised:
        Predictor.pretrained()
    assert "\n" not in str(raised.value) and "reinstall sketch-classifier" in str(raised.value)


def test_an_unknown_name(found):
    with pytest.raises(UserError, match="unknown pre-trained model 'sketchnets': did you mean 'sketchnet'"):
        Predictor.pretrained("sketchnets")
    shutil.rmtree(found)
    with pytest.raises(UserError, match="accepted are none"):
        Predictor.pretrained()


def test_its_start_imports_no_torch(pretrained):
    code = f"""
import json, pathlib, sys
from sketch_classifier import Predictor
from sketch_classifier.models import shipped
shipped.FOLDER = pathlib.Path({str(pretrained)!r})
Predictor.pretrained("sketchnet_tiny")
print(json.dumps(sorted({{"torch", "onnx", "pandas", "pydantic", "safetensors"}} & set(sys.modules))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_all_files_are_package_data():
    globs = _package_data()["sketch_classifier.models"]
    package = ROOT / "src/sketch_classifier/models"
    files = [path for path in (package / "pretrained").rglob("*") if path.is_file()]
    assert files
    assert set(files) <= {path for pattern in globs for path in package.glob(pattern)}


def _package_data():
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]


@only_shipped
@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_whole(name):
    folder = shipped.shipped_folder(name)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    network, about = load_model(folder)
    predictor = Predictor.pretrained(name)
    assert network.architecture == name and about.name in load_params(ROOT / "params.yaml").models
    assert predictor.classes == about.class_names and len(about.class_names) == 39
    assert sum(path.stat().st_size for path in shipped.FOLDER.glob("sketchnet*/*")) < 5e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in card and "## Limitations" in card and "dvc exp run" in card


@only_shipped
@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_knows_real_drawings(name, mirror):
    """Most of these it was trained on: this is about the files, and the figures on others stand in its card."""
    predictor = Predictor.pretrained(name)
    images = [np.load(mirror / f"numpy_bitmap/{category}.npy", mmap_mode="r")[:10] for category in predictor.classes]
    predicted = predictor.predict_images(np.concatenate(images).reshape(-1, 28, 28)).argmax(axis=1)
    assert (predicted == np.repeat(np.arange(len(images)), 10)).mean() > 0.85


def test_no_more_test_drawings_are_in_memory_than_a_block(evaluated, out, tmp_path, monkeypatch):
    sizes, probabilities = [], Session.probabilities

    def spy(session, stored):
        sizes.append(len(stored))
        return probabilities(session, stored)

    monkeypatch.setattr(Session, "probabilities", spy)
    monkeypatch.setattr(ship_module, "ROWS", 1)
    monkeypatch.setattr(predict, "BATCH_SIZE", 16)
    figures = ship(*evaluated, tmp_path / "sketchnet", "dvc exp run -S model=cnn", "a known source")
    num_test = len(Dataset.open(evaluated[2]).rows("test"))
    assert max(sizes) == 16 < num_test == sum(sizes)
    for path in out.iterdir():
        assert path.read_bytes() == (tmp_path / "sketchnet" / path.name).read_bytes()
    assert figures["agreement_shipped"] > 0.9
