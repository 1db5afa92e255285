"""A checkpoint is used as it was saved or not at all."""

import os
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier.errors import UserError
from sketch_classifier.params import Train
from sketch_classifier.training.checkpoint import Checkpoint
from sketch_classifier.training.train import train

HISTORY = [{"epoch": 1, "train_loss": 0.25}]
PAGE = 4096


class Made:
    """A saved checkpoint of a small network with its optimizer, and its bytes."""

    def __init__(self, folder):
        torch.manual_seed(0)
        self.parts = new_parts()
        module, optimizer = self.parts["module"], self.parts["optimizer"]
        module(torch.randn(4, 30)).sum().backward()
        optimizer.step()
        self.checkpoint = Checkpoint(folder / "last.pt", "stamp")
        self.checkpoint.save(self.parts, HISTORY)
        self.data = self.checkpoint.path.read_bytes()


def new_parts():
    module = torch.nn.Linear(30, 90)
    return {"module": module, "optimizer": torch.optim.Adam(module.parameters())}


def same(first, second):
    """Whether the states of the parts are equal, bit for bit."""
    saved = [{name: part.state_dict() for name, part in parts.items()} for parts in (first, second)]
    (leaves, form), (others, other_form) = map(torch.utils._pytree.tree_flatten, saved)
    return form == other_form and all(
        torch.equal(leaf, other) if isinstance(leaf, torch.Tensor) else leaf == other
        for leaf, other in zip(leaves, others, strict=True)
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("checkpoint"))


def test_what_is_loaded_is_what_was_saved(made):
    made.checkpoint.path.write_bytes(made.data)
    parts = new_parts()
    assert not same(parts, made.parts)
    assert made.checkpoint.load(parts) == HISTORY
    assert same(parts, made.parts)


@st.composite
def damage(draw):
    """A function from bytes to others: a flipped bit, a page of zeros, a cut, more, a part exchanged."""
    kind, place = (
        draw(st.sampled_from(["flip", "page", "cut", "more", "swap"])),
        draw(st.floats(0, 1, exclude_max=True)),
    )
    bit = draw(st.integers(0, 7))

    def damaged(data):
        at = int(place * len(data))
        if kind == "flip":
            return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        if kind == "page":
            at -= at % PAGE
            return data[:at] + bytes(len(data[at : at + PAGE])) + data[at + PAGE :]
        return {"cut": data[:at], "more": data + data[at:] + b"x", "swap": data[at:] + data[:at]}[kind]

    return damaged


def load_damaged(made, data):
    """Whether the damage was noticed; without it, the bytes are those that were saved."""
    made.checkpoint.path.write_bytes(data)
    parts = new_parts()
    before = {name: part.state_dict() for name, part in parts.items()}["module"]["weight"].clone()
    if data == made.data:
        assert made.checkpoint.load(parts) == HISTORY and same(parts, made.parts)
        return False
    with pytest.raises(UserError) as raised:
        made.checkpoint.load(parts)
    assert len(str(raised.value).splitlines()) == 1 and str(made.checkpoint.path) in str(raised.value)
    assert torch.equal(parts["module"].weight, before) and not parts["optimizer"].state, "nothing of it is used"
    return True


@given(damage())
def test_any_damage_is_noticed(made, damaged):
    load_damaged(made, damaged(made.data))


def test_each_zeroed_page_is_noticed(made):
    zeroed = [made.data[:at] + bytes(PAGE) + made.data[at + PAGE :] for at in range(0, len(made.data), PAGE)]
    assert sum(load_damaged(made, data[: len(made.data)]) for data in zeroed) == len(zeroed)


@pytest.mark.slow
def test_thousands_of_flips_are_noticed(made):
    numbers = random.Random(0)
    for _ in range(5000):
        data = bytearray(made.data)
        for _ in range(numbers.choice([1, 1, 2, 100])):
            data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
        load_damaged(made, bytes(data))


@pytest.mark.parametrize("foreign", ["empty", "text", "torch", "of another run"])
def test_foreign_files(tmp_path, foreign):
    made = Made(tmp_path)
    path = made.checkpoint.path
    if foreign == "of another run":
        assert Checkpoint(path, "other").load(made.parts) == []
        return
    if foreign == "torch":
        torch.save({"fingerprint": "stamp", "parts": {}, "history": HISTORY}, path)
    else:
        path.write_bytes(b"" if foreign == "empty" else b"hello")
    with pytest.raises(UserError, match="not a checkpoint of this version"):
        made.checkpoint.load(made.parts)


def test_runs_at_the_same_time_keep_their_checkpoints(tmp_path):
    """And of those that were never finished, some."""
    made = Made(tmp_path)
    runs = [Checkpoint.within(tmp_path / "checkpoints", f"{number:064}"[::-1]) for number in range(1, 8)]
    for number, run in enumerate(runs):
        run.path.parent.mkdir(exist_ok=True)
        run.prepare()
        run.save(made.parts, HISTORY)
        os.utime(run.path, (number, number))
    assert [bool(run.load(made.parts)) for run in runs] == [False, False, *5 * [True]]


def test_none_yet(tmp_path):
    assert Checkpoint(tmp_path / "checkpoints/last.pt", "stamp").load(new_parts()) == []


@pytest.mark.parametrize("wrong", ["page", "folder", "unreadable"])
def test_training_starts_afresh_and_says_so(write_dataset, cnn, tmp_path, capsys, monkeypatch, wrong):
    if wrong == "unreadable" and not os.geteuid():
        pytest.skip("root reads everything")
    dataset = write_dataset((20, 10, 10))

    def begin(name):
        folders = {"out": tmp_path / name / "models", "curves": tmp_path / name / "curves"}
        preset = cnn.model_copy(update={"epochs": 1})
        train(dataset, preset, Train(device="cpu"), name="preset", seed=0, cache=tmp_path / name / "cache", **folders)
        return (folders["out"] / "model.safetensors").read_bytes()

    prepared: list[Path] = []
    prepare = Checkpoint.prepare
    monkeypatch.setattr(Checkpoint, "prepare", lambda self: (prepared.append(self.path), prepare(self)))
    expected = begin("undisturbed")
    path = tmp_path / "disturbed/cache/checkpoints" / prepared[0].name
    path.parent.mkdir(parents=True)
    if wrong == "folder":
        path.mkdir()
        (path / "mine").write_text("kept")
    else:
        path.write_bytes(bytes(PAGE))
        path.chmod(0 if wrong == "unreadable" else 0o600)
    capsys.readouterr()
    assert begin("disturbed") == expected
    said = [line for line in capsys.readouterr().err.splitlines() if "starts from the beginning" in line]
    assert len(said) == 1 and str(path) in said[0]
    if wrong == "folder":
        assert [found.read_text() for found in path.parent.rglob("mine")] == ["kept"]
