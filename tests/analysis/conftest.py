"""A small processed dataset, and what evaluate would have written of it."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from sketch_classifier.analysis import typefaces
from sketch_classifier.data.dataset import SPLITS, Dataset


@pytest.fixture(autouse=True)
def plain_letters(monkeypatch):
    """The typefaces that another test needed are forgotten: each of them makes every later figure slower."""
    monkeypatch.setattr(typefaces, "_in_use", set())


@pytest.fixture(scope="session")
def write_dataset():
    """A function that writes a processed folder of random blots and opens it."""

    def write(folder, channels=1, positive=(), positive_name=None, categories=("cat", "dog", "sea cow")) -> Dataset:
        per_class = 10
        rng = np.random.default_rng(0)
        labels = np.repeat(np.arange(len(categories)), per_class)
        shape = (len(labels), 28, 28) if channels == 1 else (len(labels), 3, 28, 28)
        folder.mkdir()
        np.save(folder / "images.npy", rng.integers(0, 256, shape, dtype=np.uint8))
        split = np.array(SPLITS)[np.resize([0, 0, 1, 2, 2], len(labels))]
        pd.DataFrame({"label": labels, "split": split, "row": np.arange(len(labels)) % per_class}).to_parquet(
            folder / "index.parquet"
        )
        about = {
            "categories": categories,
            "positive": positive,
            "positive_name": positive_name,
            "channels": channels,
            "mirror": True,
        }
        (folder / "classes.json").write_text(json.dumps(about), encoding="utf-8")
        return Dataset.open(folder)

    return write


@pytest.fixture
def make_dataset(tmp_path, write_dataset):
    """`write_dataset` in a folder of the test's own."""
    return partial(write_dataset, tmp_path / "processed")


@pytest.fixture
def predictions():
    """A function from a dataset to a table of predictions, right but for the first `num_wrong` of the test drawings."""

    def make(dataset: Dataset, num_wrong: int = 0, task: str = "multiclass") -> pd.DataFrame:
        rows, names = dataset.rows("test"), np.array(dataset.class_names(task))
        actual = dataset.targets(task)[rows]
        said = np.where(np.arange(len(rows)) < num_wrong, (actual + 1) % len(names), actual)
        confidence = np.random.default_rng(1).uniform(0.5, 1, len(rows)).round(6)
        return pd.DataFrame(
            {
                "row": rows, "key_id": "", "actual": names[actual], "predicted": names[said],
                "confidence": confidence, "correct": actual == said,
            }
        )  # fmt: skip

    return make
