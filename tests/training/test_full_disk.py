"""A disk that is full when a checkpoint, a model, a picture or a table is saved: one line, and what was there stays."""

import pandas as pd
import pytest
import torch
from tests.data.test_writing import little_space

from sketch_classifier.analysis.style import save
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.tables import write_table
from sketch_classifier.params import Train
from sketch_classifier.training.checkpoint import Checkpoint
from sketch_classifier.training.train import train

FULL = r"^[^\n]*cannot be written: [^\n]+$"


def test_a_checkpoint_on_a_full_disk(tmp_path):
    parts = {"module": torch.nn.Linear(100, 100)}
    checkpoint = Checkpoint(tmp_path / "last.pt", "stamp")
    checkpoint.save(parts, [{"epoch": 1}])
    with little_space(20_000), pytest.raises(UserError, match=FULL):
        checkpoint.save(parts, [{"epoch": 1}, {"epoch": 2}])
    assert checkpoint.load(parts) == [{"epoch": 1}]
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_training_on_a_full_disk(write_dataset, cnn, tmp_path):
    folders = {"out": tmp_path / "models", "curves": tmp_path / "curves", "cache": tmp_path / "cache"}
    folders["out"].mkdir()
    (folders["out"] / "mine").write_text("mine")
    dataset = write_dataset((20, 10, 10))
    with little_space(20_000), pytest.raises(UserError, match=FULL):
        train(dataset, cnn, Train(device="cpu", loggers=()), name="x", seed=0, **folders)
    assert [path.name for path in folders["out"].iterdir()] == ["mine"] and not folders["curves"].exists()


@pytest.mark.parametrize("what", ["picture", "table"])
def test_a_picture_or_a_table_on_a_full_disk(tmp_path, what):
    path = tmp_path / "file"
    path.write_text("before")

    def picture():
        from matplotlib.figure import Figure

        save(Figure(figsize=(4, 4), facecolor="red"), path)

    def table():
        write_table(pd.DataFrame({"a": range(1000)}), path)

    with little_space(500), pytest.raises(UserError, match=FULL):
        picture() if what == "picture" else table()
    assert path.read_text() == "before" and [each.name for each in tmp_path.iterdir()] == ["file"]
