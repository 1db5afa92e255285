"""A run that dies goes on from its last epoch, and ends as if nothing had happened."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch

from sketch_classifier.params import Train
from sketch_classifier.training import loop
from sketch_classifier.training.train import train

SETTINGS = Train(device="cpu")
COUNTS = (70, 20, 10)


def begin(dataset, preset, folder, seed=0):
    folders = {"out": folder / "models", "curves": folder / "curves", "cache": folder / "cache"}
    train(dataset, preset, SETTINGS, name="preset", seed=seed, **folders)


def outputs(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in ("models", "curves")
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def epochs_run(monkeypatch):
    """The numbers of the epochs that were really trained, and a way to die in one of them."""
    seen = []
    original = loop._train_epoch

    def spy(run, epoch, seed):
        figures = original(run, epoch, seed)
        if epoch == spy.dies_in:
            raise KeyboardInterrupt  # after the steps of the epoch, before anything of it is kept
        seen.append(epoch)
        return figures

    spy.dies_in, spy.seen = None, seen
    monkeypatch.setattr(loop, "_train_epoch", spy)
    return spy


@pytest.fixture
def mixing(cnn):
    """On mixtures of flipped drawings, validated with mirror images."""
    augmentation = {"flip": 0.5, "mixup": 0.4, "cutmix": 0.4}
    changes = {"architecture": "cnn_small", "augmentation": augmentation, "test_time_flip": True, "ema": 0.9}
    return cnn.model_validate(cnn.model_dump() | changes)


@pytest.mark.parametrize(
    ("preset", "dies_in"),
    [("cnn", 2), ("cnn", 4), ("mobilenet", 2), pytest.param("mobilenet", 4, marks=pytest.mark.slow), ("mixing", 3)],
)
def test_goes_on_and_ends_with_the_same_bytes(write_dataset, tmp_path, epochs_run, request, preset, dies_in):
    preset = request.getfixturevalue(preset)
    preset = preset.model_copy(update={"epochs": 4})
    dataset = write_dataset(COUNTS)
    begin(dataset, preset, tmp_path / "undisturbed")
    epochs_run.seen.clear()

    epochs_run.dies_in = dies_in
    with pytest.raises(KeyboardInterrupt):
        begin(dataset, preset, tmp_path / "killed")
    assert outputs(tmp_path / "killed") == {}, "nothing under a final name before the end"
    epochs_run.dies_in = None
    begin(dataset, preset, tmp_path / "killed")

    assert epochs_run.seen == [1, 2, 3, 4], "each epoch is trained once"
    assert outputs(tmp_path / "killed") == outputs(tmp_path / "undisturbed")
    assert not list((tmp_path / "killed/cache/checkpoints").iterdir())


@pytest.mark.parametrize("change", ["seed", "preset", "data", "labels", "code"])
def test_any_change_starts_afresh(write_dataset, cnn, tmp_path, epochs_run, change, monkeypatch):
    epochs_run.dies_in = 3
    with pytest.raises(KeyboardInterrupt):
        begin(write_dataset(COUNTS), cnn, tmp_path)
    epochs_run.dies_in = None
    epochs_run.seen.clear()

    dataset = write_dataset(COUNTS, name="again")
    if change == "data":
        pixels = torch.from_numpy(dataset.images.copy()).numpy()
        pixels[0, 0, 0] += 1
        object.__setattr__(dataset, "images", pixels)
    if change == "labels":
        object.__setattr__(dataset, "labels", (dataset.labels + 1) % 3)
    if change == "code":
        (tmp_path / "changed").mkdir()
        (tmp_path / "changed/loop.py").write_text("# another loop\n")
        monkeypatch.setattr("sketch_classifier.training.__file__", str(tmp_path / "changed/__init__.py"))
    preset = cnn.model_copy(update={"batch_size": 31}) if change == "preset" else cnn
    begin(dataset, preset, tmp_path, seed=1 if change == "seed" else 0)
    assert epochs_run.seen == [1, 2, 3, 4]


def test_the_same_run_from_an_equal_dataset_elsewhere_goes_on(write_dataset, cnn, tmp_path, epochs_run):
    epochs_run.dies_in = 3
    with pytest.raises(KeyboardInterrupt):
        begin(write_dataset(COUNTS), cnn, tmp_path)
    epochs_run.dies_in = None
    begin(write_dataset(COUNTS, name="again"), cnn, tmp_path)
    assert epochs_run.seen == [1, 2, 3, 4]


SCRIPT = """
import sys
from pathlib import Path
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training.train import train
processed, preset, folder = Path(sys.argv[1]), ModelPreset.model_validate_json(sys.argv[2]), Path(sys.argv[3])
train(Dataset.open(processed), preset, Train(device="cpu"), name="preset", seed=0,
      out=folder / "models", curves=folder / "curves", cache=folder / "cache")
"""


@pytest.mark.slow
def test_kill_9(write_dataset, cnn, tmp_path):
    dataset = write_dataset()
    preset = cnn.model_copy(update={"epochs": 12})

    def command(name):
        return [sys.executable, "-c", SCRIPT, str(dataset.folder), preset.model_dump_json(), str(tmp_path / name)]

    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command("undisturbed"), check=True, env=environment, capture_output=True)

    process = subprocess.Popen(command("killed"), env=environment, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("epoch  3/12"):
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert outputs(tmp_path / "killed") == {}

    again = subprocess.run(command("killed"), check=True, env=environment, capture_output=True, text=True)
    assert re.search(r"^resuming after epoch \d+ of 12 from .*\.pt$", again.stderr, re.MULTILINE)
    assert "epoch  1/12" not in again.stderr
    assert outputs(tmp_path / "killed") == outputs(tmp_path / "undisturbed")
