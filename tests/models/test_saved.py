"""A model folder: the same network comes back, the same bytes go out, and damage is one clear line."""

import dataclasses
import json

import pytest
import torch

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import build_network
from sketch_classifier.models.saved import About, load_model, save_model
from sketch_classifier.params import ModelPreset

PRESET = ModelPreset.model_validate(
    {
        "architecture": "cnn",
        "task": "multiclass",
        "input": {"size": 28, "channels": 1},
        "optimizer": {"name": "Adam", "lr": 0.001, "arguments": {"betas": [0.9, 0.99]}},
        "batch_size": 8,
        "epochs": 1,
    }
)
ABOUT = About(
    name="preset",
    preset=PRESET,
    class_names=("apfel", "bäume", "cat"),
    categories=("apfel", "bäume", "cat"),
    positive=(),
    positive_name=None,
    image_shape=(28, 28),
    channels=1,
    weights="none",
    failed_weights=("imagenet",),
    frozen=False,
    flip_average=False,
    num_parameters=454155,
    num_train=10,
    num_validation=2,
    seed=3,
    final={"epoch": 1, "train_loss": 0.5},
)


@pytest.fixture
def folder(tmp_path):
    save_model(tmp_path / "models", build_network("cnn", PRESET.input, 3, seed=9), ABOUT)
    return tmp_path / "models"


def test_comes_back_as_it_was(folder):
    network, about = load_model(folder)
    assert about == ABOUT
    assert not network.training
    for key, value in build_network("cnn", PRESET.input, 3, seed=9).state_dict().items():
        assert torch.equal(network.state_dict()[key], value)


def test_same_model_same_bytes_also_in_channels_last(folder, tmp_path):
    network = build_network("cnn", PRESET.input, 3, seed=9).to(memory_format=torch.channels_last)
    save_model(tmp_path / "other", network, dataclasses.replace(ABOUT))
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "other" / name).read_bytes() == (folder / name).read_bytes()


def test_replaces_both_files_and_keeps_what_else_is_in_the_folder(folder):
    before = {name: (folder / name).read_bytes() for name in ("model.json", "model.safetensors")}
    (folder / "notes.txt").write_text("mine")
    save_model(folder, build_network("cnn", PRESET.input, 3), dataclasses.replace(ABOUT, seed=4))
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.safetensors", "notes.txt"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert all((folder / name).read_bytes() != old for name, old in before.items())


def _edit(change):
    def edit(folder):
        values = json.loads((folder / "model.json").read_text())
        change(values)
        (folder / "model.json").write_text(json.dumps(values))

    return edit


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.json").unlink(),
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "model.json").write_text("{"),
        lambda folder: (folder / "model.json").write_text("[]"),
        lambda folder: (folder / "model.json").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "model.safetensors").write_bytes(b"short"),
        lambda folder: (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-100]),
        _edit(lambda values: values.pop("class_names")),
        _edit(lambda values: values.update(unheard_of=1)),
        _edit(lambda values: values["preset"].update(epochs="many")),
        _edit(lambda values: values.update(class_names=["one", "two"])),
        _edit(lambda values: values["preset"].update(architecture="unheard_of")),
    ],
)
def test_damage_is_one_line_that_says_what_to_run(folder, damage):
    damage(folder)
    with pytest.raises(UserError) as raised:
        load_model(folder)
    assert "\n" not in str(raised.value)
    assert "dvc repro train" in str(raised.value)


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="dvc repro train"):
        load_model(tmp_path / "nowhere")
