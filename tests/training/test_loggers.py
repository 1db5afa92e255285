"""Loggers: each has the figures of the CSV file, none changes what training writes, and none can stop it."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

from sketch_classifier.errors import UserError
from sketch_classifier.params import Train
from sketch_classifier.training import loggers, loop
from sketch_classifier.training.train import train


@pytest.fixture
def run(tmp_path, write_dataset, cnn):
    """Train with those loggers into a folder of that name; the folder."""
    dataset = write_dataset()

    def run(name, *names):
        folder = tmp_path / name
        folders = {"out": folder / "models", "curves": folder / "curves", "cache": folder / "cache"}
        train(dataset, cnn, Train(device="cpu", loggers=names), name="cnn", seed=0, **folders)
        return folder

    return run


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """Weights & Biases without a network, an account or a trace in the home folder."""
    import wandb

    for name in ("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "wandb_cache"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb.teardown()  # it reads its environment once
    yield
    wandb.teardown()


@pytest.fixture
def die_in(monkeypatch):
    """Let training die in an epoch, or in none."""
    original = loop._train_epoch

    def die_in(number):
        def train_epoch(run, epoch, seed):
            if epoch == number:
                raise KeyboardInterrupt
            return original(run, epoch, seed)

        monkeypatch.setattr(loop, "_train_epoch", train_epoch)

    return die_in


def outputs(folder):
    paths = [path for name in ("models", "curves") for path in (folder / name).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def curves(folder):
    """The CSV file's figures by the loggers' names: lists of (epoch, value)."""
    table = pd.read_csv(folder / "curves/learning_curves.csv")
    return {
        name.replace("_", "/"): [
            (epoch, pytest.approx(value, rel=1e-6)) for epoch, value in table[["epoch", name]].values
        ]
        for name in table.columns.drop("epoch")
    }


def tensorboard_figures(folder):
    """Lists of (step, value) by name, from the event files of one run's folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {name: [(event.step, event.value) for event in events.Scalars(name)] for name in events.Tags()["scalars"]}


def wandb_records(file):
    """A .wandb file: lists of (step, value) by name, the run's config and its project."""
    from wandb.proto import wandb_internal_pb2

    found, config, project = {}, {}, None
    for data in leveldb_records(file.read_bytes()):
        record = wandb_internal_pb2.Record.FromString(data)
        if record.HasField("run"):
            project = record.run.project
            config = {item.key: json.loads(item.value_json) for item in record.run.config.update}
        if record.HasField("history"):
            row = {item.key or "/".join(item.nested_key): item.value_json for item in record.history.item}
            assert int(row["epoch"]) == record.history.step.num
            for name, value in row.items():
                if name != "epoch" and not name.startswith("_"):  # _step, _timestamp and the like are wandb's own
                    found.setdefault(name, []).append((int(row["epoch"]), float(value)))
    return found, config, project


def leveldb_records(data: bytes) -> Iterator[bytes]:
    """The records of a .wandb file: 7 bytes, then a LevelDB log (blocks of 32 KiB; checksum, length, type, data)."""
    whole, place = b"", 7
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # full, last
            yield whole
            whole = b""


def test_wandb_has_the_curves_and_the_run(run, offline, capfd):
    folder = run("run", "wandb")
    (file,) = (folder / "cache/wandb").rglob("*.wandb")
    found, config, project = wandb_records(file)
    assert found == curves(folder)
    assert project == "sketch-classifier"
    assert config["name"] == "cnn" and config["preset"]["batch_size"] == 32
    said = capfd.readouterr()
    assert "wandb" not in said.out + said.err, "it says nothing where all is as asked for"


@pytest.mark.slow
def test_the_environment_of_wandb_wins(run, offline, monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    folder = run("run", "wandb")
    (file,) = (tmp_path / "elsewhere").rglob("*.wandb")
    assert wandb_records(file)[2] == "mine"
    assert not (folder / "cache/wandb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("key", [None, "not a key"])
def test_wandb_without_an_account_stays_offline_and_says_so(run, offline, monkeypatch, capfd, key):
    monkeypatch.delenv("WANDB_MODE")
    if key:
        monkeypatch.setenv("WANDB_API_KEY", key)
    folder = run("run", "wandb")
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("wandb:")]
    (file,) = (folder / "cache/wandb").rglob("*.wandb")
    assert Path(re.search("`wandb sync (.*)`", line)[1]) == file.parent
    assert ("not logged in" in line) == (key is None)
    assert wandb_records(file)[0] == curves(folder)


@pytest.mark.slow
def test_the_death_of_wandbs_own_process_does_not_stop_training(run, offline, monkeypatch, capfd):
    original = loop._train_epoch

    def kill_in_epoch_2(run, epoch, seed):
        if epoch == 2:
            killed = [child for child in psutil.Process().children(recursive=True) if "wandb" in child.name()]
            assert killed, "there is something to kill"
            for child in killed:
                child.kill()
            psutil.wait_procs(killed)
        return original(run, epoch, seed)

    without = outputs(run("without"))
    monkeypatch.setattr(loop, "_train_epoch", kill_in_epoch_2)
    assert outputs(run("with", "wandb")) == without
    assert capfd.readouterr().err.count("wandb: logging stopped: ") == 1


def test_tensorboard_has_the_curves(run):
    folder = run("run", "tensorboard")
    (own,) = (folder / "cache/tensorboard").iterdir()
    assert own.name.startswith("cnn-")
    assert tensorboard_figures(own) == curves(folder)


def test_a_resumed_run_has_each_epoch_once_in_tensorboard(run, die_in, tmp_path):
    die_in(3)
    with pytest.raises(KeyboardInterrupt):
        run("run", "tensorboard")
    (killed,) = (tmp_path / "run/cache/tensorboard").iterdir()
    die_in(None)
    folder = run("run", "tensorboard")
    (resumed,) = set((folder / "cache/tensorboard").iterdir()) - {killed}
    assert tensorboard_figures(resumed) == curves(folder)


def test_a_resumed_run_has_each_epoch_once_in_wandb(run, offline, die_in, tmp_path):
    die_in(3)
    with pytest.raises(KeyboardInterrupt):
        run("run", "wandb")
    killed = set((tmp_path / "run/cache/wandb").rglob("*.wandb"))
    die_in(None)
    folder = run("run", "wandb")
    (resumed,) = set((folder / "cache/wandb").rglob("*.wandb")) - killed
    assert killed and wandb_records(resumed)[0] == curves(folder)


def test_what_training_writes_is_the_same_with_and_without(run, offline):
    assert outputs(run("with", "wandb", "tensorboard")) == outputs(run("without"))


@pytest.mark.parametrize("fails_in", ["__init__", "add", "close"])
def test_a_logger_that_fails_does_not_stop_training(run, monkeypatch, capsys, fails_in):
    class Broken:
        def __init__(self, cache, config):
            self.fail("__init__")

        def add(self, row):
            self.fail("add")

        def close(self):
            self.fail("close")

        def fail(self, where):
            if where == fails_in:
                raise ConnectionError("the service\nis gone")

    monkeypatch.setattr(loggers, "_WandB", Broken)
    assert outputs(run("with", "wandb")) == outputs(run("without"))
    assert capsys.readouterr().err.count("wandb: logging stopped: the service is gone\n") == 1


@pytest.mark.parametrize("name", ["dvclive", "wandb", "tensorboard"])
def test_a_package_that_is_missing_is_refused_before_any_work(run, monkeypatch, tmp_path, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=rf"train.loggers: {name} is not installed; pip install .*\[loggers\]"):
        run("run", "dvclive", "wandb", "tensorboard")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_wandb_left_is_not_taken_for_the_package(monkeypatch, tmp_path):
    (tmp_path / "wandb").mkdir()
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(UserError, match="wandb is not installed"):
        loggers.check_loggers(["wandb"])


def test_figures_that_belong_to_no_split_keep_their_name():
    row = {"epoch": 1, "train_loss": 2.0, "validation_top5_accuracy": 0.5, "learning_rate": 0.1}
    assert loggers.figures(row) == {"train/loss": 2.0, "validation/top5_accuracy": 0.5, "learning_rate": 0.1}


def test_nothing_is_imported_that_is_not_asked_for(run, monkeypatch):
    for name in ("wandb", "tensorboard", "torch.utils.tensorboard", "dvclive"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails
    run("run")
