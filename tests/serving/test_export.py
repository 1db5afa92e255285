"""Exported models against the networks that they were made from."""

import dataclasses
import functools
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sketch_classifier import Predictor, UserError
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.resize import resize
from sketch_classifier.models.network import build_network, num_outputs
from sketch_classifier.models.predict import feature_batches, hashed, predict_logits, probabilities
from sketch_classifier.models.saved import About, load_model, save_model
from sketch_classifier.params import load_params
from sketch_classifier.serving.export import export
from sketch_classifier.serving.onnx_graph import onnx_model
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.quantise import quantise

ROOT = Path(__file__).parents[2]
PRESETS = load_params(ROOT / "params.yaml").models
ALIKE = {"resnet18_augmented", "mobilenet"}  # the graphs of resnet18 and mobilenet_binary, but for the last layer
QUICK = {"cnn", "cnn_small"}
SMALLEST = 0.25 * 1.1  # of the bytes


@pytest.fixture(scope="module")
def processed(model_folder):
    return model_folder().parent / "processed 1"


def save_untrained(folder, processed, name, change=lambda network: None, flip_average=False):
    """A model of the preset with random weights, and batch statistics that differ from layer to layer."""
    dataset, preset = Dataset.open(processed), PRESETS[name]
    names = dataset.class_names(preset.task)
    network = build_network(preset.architecture, preset.input, num_outputs(preset.task, len(names)), seed=3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for module in network.modules():
            if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    change(network)
    is_drawn = preset.input.kind == "rasters"
    about = About(
        name=name, preset=preset, class_names=names, categories=dataset.categories, positive=dataset.positive,
        positive_name=dataset.positive_name,
        image_shape=dataset.inputs(preset.input).shape[1:] if is_drawn else dataset.images.shape[1:],
        channels="stroke_order" if is_drawn else dataset.channels,
        weights="none", failed_weights=(), frozen=False, flip_average=flip_average, num_parameters=1, num_train=1,
        num_validation=1, seed=0, final={},
    )  # fmt: skip
    save_model(folder, network, about)


@pytest.fixture(scope="module")
def exported(processed, model_folder, tmp_path_factory):
    """Folders of models by preset, untrained but for the one that other tests use, exported once; tests only read them."""

    @functools.cache
    def exported(name):
        if name == "cnn":
            return model_folder(), json.loads((model_folder() / "export.json").read_text())
        folder = tmp_path_factory.mktemp(name)
        save_untrained(folder, processed, name)
        return folder, export(processed, folder, folder, folder / "export.json")

    return exported


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in PRESETS if name not in ALIKE],
)
def test_every_preset(name, processed, exported):
    folder, figures = exported(name)
    assert json.loads((folder / "export.json").read_text()) == figures
    assert figures["largest_difference_onnx"] < 1e-5
    assert figures["agreement_onnx"] == 1
    assert figures["bytes_int8"] <= SMALLEST * figures["bytes_onnx"]
    for form, file in (("onnx", "model.onnx"), ("int8", "model_int8.onnx")):
        assert figures[f"bytes_{form}"] == (folder / file).stat().st_size

    dataset = Dataset.open(processed)
    network, about = load_model(folder)
    session = Session(folder / "model.onnx")
    assert session.about.input_shape == dataset.inputs(network.input).shape[1:]
    stored = dataset.inputs(network.input)[np.arange(5)]
    answers = session.answers(stored)
    expected = probabilities(predict_logits(network, stored), about.task)
    np.testing.assert_allclose(answers.probabilities, expected, atol=1e-5)
    ((_, whole),) = feature_batches(network, stored)
    features = hashed(torch.from_numpy(whole)).numpy()
    np.testing.assert_allclose(answers.features, features, atol=1e-4 * np.abs(features).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "sketchnet_tiny"])
def test_the_mirror_image_is_looked_at_within_the_graph(name, processed, tmp_path):
    save_untrained(tmp_path, processed, name, flip_average=True)
    network, about = load_model(tmp_path)
    onnx.save(onnx_model(network, about), tmp_path / "model.onnx")
    session = Session(tmp_path / "model.onnx")
    stored = np.ascontiguousarray(Dataset.open(processed).images[:5])
    expected = probabilities(predict_logits(network, stored), about.task)
    for images in (stored, np.ascontiguousarray(stored[..., ::-1])):
        np.testing.assert_allclose(session.answers(images).probabilities, expected, atol=2e-6)
    network.flip_average = False
    plain = probabilities(predict_logits(network, stored), about.task)
    assert np.abs(plain - expected).max() > 1e-5


def test_a_trained_model(model_folder):
    """On drawings that tell something, the small model errs as the large one does."""
    figures = json.loads((model_folder() / "export.json").read_text())
    assert figures["num_checked"] > 10
    assert figures["agreement_onnx"] == 1 and figures["accuracy_onnx"] == figures["accuracy_torch"] > 0.8
    assert figures["agreement_int8"] > 0.95


def test_metadata_and_input(model_folder):
    for file in ("model.onnx", "model_int8.onnx"):
        model = onnx.load(model_folder("stroke_order") / file)
        values = {prop.key: json.loads(prop.value) for prop in model.metadata_props}
        assert values["class_names"] == ["apple", "bicycle", "house"]
        assert values["opset"] == next(opset.version for opset in model.opset_import if not opset.domain)
        (drawings,) = model.graph.input
        assert drawings.type.tensor_type.elem_type == onnx.TensorProto.UINT8
        batch, *shape = drawings.type.tensor_type.shape.dim
        assert batch.dim_param and [dim.dim_value for dim in shape] == [3, 28, 28]
        assert [output.name for output in model.graph.output] == ["probabilities", "features"]


def test_the_same_model_gives_the_same_bytes_and_no_path(model_folder, processed, tmp_path):
    folder = model_folder()
    export(processed, folder, tmp_path, tmp_path / "export.json")
    for file in ("model.onnx", "model_int8.onnx"):
        content = (tmp_path / file).read_bytes()
        assert content == (folder / file).read_bytes()
        assert str(ROOT).encode() not in content and b"site-packages" not in content


def test_the_int8_weights_leave_room_for_two_products(model_folder):
    """What CPUs without VNNI add up in 16 bits does not overflow."""
    model = onnx.load(model_folder() / "model_int8.onnx")
    matrices = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) > 1
    ]
    assert len(matrices) == 5
    assert max(np.abs(matrix.astype(int)).max() for matrix in matrices) <= 64


@pytest.mark.parametrize(
    "shape, size",
    [
        ((3, 40, 70), 28),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in [((28, 28), 96), ((28, 28), 20), ((3, 32, 32), 64)]),
    ],
)
def test_images_are_resized_as_anywhere_else(shape, size):
    """Byte for byte, within the graph and within the one in 8 bits."""
    preset = PRESETS["cnn_small"].model_copy(
        update={"input": PRESETS["cnn_small"].input.model_copy(update={"size": size})}
    )
    network = build_network(preset.architecture, preset.input, 2, seed=0)
    about = About(
        name="small", preset=preset, class_names=("a", "b"), categories=("a", "b"), positive=(), positive_name="",
        image_shape=shape, channels=1 if len(shape) == 2 else 3, weights="none", failed_weights=(), frozen=False, flip_average=False,
        num_parameters=1, num_train=1, num_validation=1, seed=0, final={},
    )  # fmt: skip
    images = np.random.default_rng(size).integers(0, 256, (20, *shape), np.uint8)
    exact = onnx_model(network, about)
    for model in (exact, quantise(exact, images, np.arange(20))):
        to_bytes = [
            node.output[0]
            for node in model.graph.node
            for attribute in node.attribute
            if node.op_type == "Cast" and attribute.i == onnx.TensorProto.UINT8
        ]
        model.graph.output.append(onnx.helper.make_tensor_value_info(to_bytes[0], onnx.TensorProto.UINT8, None))
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found = session.run([to_bytes[0]], {model.graph.input[0].name: images})[0]
        np.testing.assert_array_equal(found.reshape(20, *shape[:-2], size, size), resize(images, size))


@pytest.mark.slow
def test_strokes_for_a_model_of_strokes(processed, exported, unseen):
    folder, _ = exported("conv_lstm")
    predictor = Predictor(folder)
    network, about = load_model(folder)
    dataset = Dataset.open(processed)
    drawings = unseen("house", 3)
    assert predictor.about.kind == "strokes" and predictor.predict_strokes(drawings).shape == (len(drawings), 3)
    with pytest.raises(UserError, match="trained on strokes"):
        predictor.predict_images(dataset.images[:2])


def test_mistakes(processed, tmp_path, model_folder):
    with pytest.raises(UserError, match="dvc repro train"):
        export(processed, tmp_path, tmp_path, tmp_path / "export.json")

    def diverge(network):
        network.classifier.bias.data[0] = float("nan")

    save_untrained(tmp_path / "diverged", processed, "cnn", diverge)
    with pytest.raises(UserError, match="not finite"):
        export(processed, tmp_path / "diverged", tmp_path / "out", tmp_path / "export.json")
    assert not (tmp_path / "out").exists() and not (tmp_path / "export.json").exists()

    network, about = load_model(model_folder())
    save_model(tmp_path / "other", network, dataclasses.replace(about, categories=("apple", "bicycle", "car")))
    with pytest.raises(UserError, match="other categories"):
        export(processed, tmp_path / "other", tmp_path / "out", tmp_path / "export.json")
