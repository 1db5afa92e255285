"""Weights learnt from drawings: what `pack` writes is what `weights: [sketches]` finds, and its card says what it is."""

import json
import shutil

import pytest
import torch
from safetensors import safe_open

from sketch_classifier.errors import UserError
from sketch_classifier.models import shipped
from sketch_classifier.models.network import build_network
from sketch_classifier.models.pretrained_weights import main, packed
from sketch_classifier.models.saved import About, save_model, write_model
from sketch_classifier.models.weights import load_weights
from sketch_classifier.params import ImageInput, load_params

INPUT = ImageInput(size=32, channels=3)
PRESET = load_params().models["mobilenet"].model_copy(update={"input": INPUT})
ABOUT = About(
    name="mobilenet",
    preset=PRESET,
    class_names=("cat", "dog", "house plant"),
    categories=("cat", "dog", "house plant"),
    positive=(),
    positive_name=None,
    image_shape=(28, 28),
    channels=1,
    weights="some/folder/first.safetensors",
    failed_weights=("imagenet",),
    frozen=False,
    flip_average=False,
    num_parameters=0,
    num_train=12345,
    num_validation=678,
    seed=0,
    final={"epoch": 6, "train_loss": 0.51239, "validation_accuracy": 0.87654},
)
SHIPPED = shipped.FOLDER / "mobilenet_v2_sketches.safetensors"


@pytest.fixture(scope="module")
def trained():
    """A network whose batch normalisation has seen images; one of its variances is far out of float16's range."""
    torch.manual_seed(0)
    network = build_network("mobilenet_v2", INPUT, 3, seed=1).train()
    with torch.no_grad():
        for _ in range(5):
            network(torch.randn(16, 3, 32, 32))
        network.backbone[0][3].conv[0][1].running_var[:2] = torch.tensor([1e-9, 1e6])
    return network.eval()


@pytest.fixture(scope="module")
def out(trained, tmp_path_factory):
    """The packed file."""
    folder = tmp_path_factory.mktemp("pack")
    save_model(folder / "models", trained, ABOUT)
    out = folder / "pretrained/mobilenet_v2_sketches.safetensors"
    main([str(folder / "models"), str(out), "--command", "dvc exp run -S model=mobilenet"])
    return out


@pytest.fixture
def found(out, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", out.parent)
    return out


def test_sketches_are_the_backbone_that_was_packed(trained, found):
    network = build_network("mobilenet_v2", INPUT, 5, seed=2).eval()
    head = network.classifier[0].weight.clone()
    weights = load_weights(network, ["sketches", "none"])
    assert weights.used == "sketches" and weights.failed == ()
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert torch.equal(network.classifier[0].weight, head)

    theirs = trained.backbone.state_dict()
    for name, value in network.backbone.state_dict().items():
        assert torch.equal(value, theirs[name] if value.ndim < 2 else theirs[name].half().float()), name
    images = torch.randn(8, 3, 32, 32)
    with torch.inference_mode():
        ours, original = network.features(images), trained.features(images)
    assert (ours - original).norm() < 0.01 * original.norm()


def test_sketches_stand_in_for_what_cannot_be_downloaded(found, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    weights = load_weights(build_network("mobilenet_v2", INPUT, 1), load_params().models["mobilenet_binary"].weights)
    assert weights.used == "sketches" and weights.failed == ("imagenet",)


def test_the_file_is_small_and_says_what_it_is(out):
    assert 4e6 < out.stat().st_size < 5e6
    with safe_open(out, "pt") as file:
        about = json.loads(file.metadata()["about"])
    assert about["architecture"] == "mobilenet_v2"
    assert about["categories"] == ["cat", "dog", "house plant"]
    assert "CC BY 4.0" in about["licence"] and "Google" in about["licence"]


def test_the_same_model_gives_the_same_bytes(trained, out, tmp_path):
    save_model(tmp_path / "models", trained, ABOUT)
    for number in range(3):
        main([str(tmp_path / "models"), str(tmp_path / f"{number}.safetensors"), "--command", "same"])
        assert (tmp_path / f"{number}.safetensors").read_bytes() == out.read_bytes()


def test_the_card_says_data_command_figures_and_licence(out):
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    for said in (
        "# mobilenet_v2_sketches.safetensors",
        f"{out.stat().st_size:,} bytes",
        "12,345 training",
        "cat, dog, house plant",
        "`dvc exp run -S model=mobilenet`",
        "`first.safetensors` weights",
        "| epoch | 6 |",
        "| validation accuracy | 87.7% |",
        "CC BY 4.0",
        "Google",
    ):
        assert said in card, said
    assert "some/folder" not in card


def test_the_card_says_where_the_first_weights_come_from(trained, tmp_path):
    save_model(tmp_path / "models", trained, ABOUT)
    main([str(tmp_path / "models"), str(tmp_path / "out.safetensors"), "--command", "x", "--began", "a known source"])
    assert "**Initial weights**: a known source." in (tmp_path / "out.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", ["missing", "cut short", "other"])
def test_a_damaged_part_of_the_package_is_an_error_and_no_reason_for_the_next_entry(damage, out, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    file = tmp_path / out.name
    if damage == "cut short":
        file.write_bytes(out.read_bytes()[:-100])
    if damage == "other":
        shutil.copy(out, file)
        file.write_bytes(file.read_bytes().replace(b'"0.0.0.weight"', b'"0.9.9.weight"'))
    with pytest.raises(UserError, match="sketches") as raised:
        load_weights(build_network("mobilenet_v2", INPUT, 1), ["sketches", "none"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "architecture, changes, name, said",
    [
        ("mobilenet_v2", {"frozen": True}, "out.safetensors", "frozen"),
        ("mobilenet_v2", {}, "out.pth", "ends in .safetensors"),
        ("cnn", {}, "out.safetensors", "cnn has no `sketches` weights"),
    ],
)
def test_what_cannot_be_packed_is_refused(architecture, changes, name, said, tmp_path):
    preset = PRESET.model_copy(update={"architecture": architecture})
    about = About(**vars(ABOUT) | {"preset": preset} | changes)
    save_model(tmp_path / "models", build_network(architecture, INPUT, 3), about)
    with pytest.raises(UserError, match=said):
        main([str(tmp_path / "models"), str(tmp_path / name), "--command", "none"])
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


@pytest.mark.skipif(not SHIPPED.is_file(), reason="the package has no weights learnt from drawings yet")
def test_the_files_of_this_package_load_and_have_cards():
    network = build_network("mobilenet_v2", INPUT, 1)
    before = network.backbone[0][18][0].weight.clone()
    assert load_weights(network, ["sketches"]).used == "sketches"
    assert not torch.equal(network.backbone[0][18][0].weight, before)
    assert all(value.isfinite().all() for value in network.state_dict().values())
    card = (shipped.FOLDER / "mobilenet_v2_sketches.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in card and "Categories" in card


@pytest.mark.parametrize("architecture", ["sketchnet", "sketchnet_tiny"])
def test_sketches_of_a_shipped_model_are_its_backbone(architecture, tmp_path, monkeypatch):
    """Whatever the number of classes, that of the shipped model as well: the classifier stays as it was."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    drawings = ImageInput(size=28, channels=1)
    original = build_network(architecture, drawings, 3, seed=1)
    (tmp_path / architecture).mkdir()
    write_model(tmp_path / architecture, packed(original.state_dict()), ABOUT)
    for num_outputs in (3, 5):
        network = build_network(architecture, drawings, num_outputs, seed=2)
        head = network.classifier.weight.clone()
        assert load_weights(network, ["sketches", "none"]).used == "sketches"
        assert network.classifier.weight.equal(head)
        for name, value in network.backbone.state_dict().items():
            theirs = original.backbone.state_dict()[name]
            assert value.equal(theirs if value.ndim < 2 else theirs.half().float()), name
    (tmp_path / architecture / "model.safetensors").unlink()
    with pytest.raises(
        UserError, match=f"sketches: {architecture}/model.safetensors, which is part of this package"
    ) as raised:
        load_weights(network, ["sketches", "none"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("architecture", ["sketchnet", "sketchnet_tiny"])
def test_the_shipped_models_are_sketches(architecture):
    if architecture not in shipped.shipped_models():
        pytest.skip("the package has no such trained model yet")
    network = build_network(architecture, ImageInput(size=28, channels=1), 5)
    assert load_weights(network, ["sketches"]).used == "sketches"
    assert all(value.isfinite().all() for value in network.state_dict().values())
