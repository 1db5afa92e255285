"""Runs as a revision would hold them."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from dvc.repo import Repo

from sketch_classifier.comparison.runs import Run


def params_of(seed=0, model="cnn", dataset="pets", fold=0, folds=0, lr=0.001, limit=10) -> dict:
    preset = {"format": "simplified", "categories": ["cat", "dog"], "recognized_only": False, "max_bad_records": 0.0}
    return {
        "dataset": dataset,
        "model": model,
        "seed": seed,
        "split": {"train": 0.7, "validation": 0.1, "test": 0.2, "folds": folds, "fold": fold},
        "train": {"device": "auto"},
        "datasets": {"pets": preset | {"limit": limit}, "other": preset | {"limit": 3}},
        "models": {"cnn": {"epochs": 2, "optimizer": {"name": "Adam", "lr": lr}}, "tall": {"epochs": 9}},
    }


def predictions_of(actual: str, predicted: str, keys=None, start=0) -> pd.DataFrame:
    """A table of predictions; the classes are written as a letter each, such as "ccd"."""
    names = {"c": "cat", "d": "dog", "o": "owl"}
    actual, predicted = ([names[letter] for letter in text] for text in (actual, predicted))
    rows = np.arange(start, start + len(actual))
    return pd.DataFrame(
        {
            "row": rows, "key_id": [str(1000 + row) for row in rows] if keys is None else keys, "actual": actual,
            "predicted": predicted, "confidence": np.linspace(0.9, 0.5, len(actual)), "correct": np.equal(actual, predicted),
        }
    )  # fmt: skip


@pytest.fixture
def make_run():
    """A function that makes a Run of letters: make_run("a", "ccdd", "cddd", seed=1)."""

    def make(name, actual, predicted, keys=None, start=0, figures=None, data="hash", distances=None, **params) -> Run:
        table = predictions_of(actual, predicted, keys, start)
        return Run(name, params_of(**params), (), figures or {}, table, distances, data)

    return make


class Repository:
    """A git and DVC repository whose branches hold finished runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.org")
        Repo.init(str(root)).close()

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, actual, predicted, keys=None, start=0, **params) -> None:
        """The results of a run, in the workspace."""
        table = predictions_of(actual, predicted, keys, start)
        table.to_csv(self.root / "predictions.csv", index=False)
        (self.root / "metrics.json").write_text(json.dumps({"accuracy": float(table["correct"].mean())}))
        (self.root / "params.yaml").write_text(yaml.safe_dump(params_of(**params)))

    def branch(self, name, actual, predicted, keys=None, start=0, cached=False, raw=None, **params) -> None:
        """A branch with the results of a run, its predictions in git or in DVC's cache; of downloaded files, too."""
        self.git("checkout", "--quiet", "-B", name)
        self.write(actual, predicted, keys, start, **params)
        if raw is not None:
            (self.root / "raw").mkdir(exist_ok=True)
            (self.root / "raw/cat.npy").write_text(raw)
        tracked = ["predictions.csv"] * cached + ["raw"] * (raw is not None)
        with Repo(str(self.root)) as repo:
            for path in tracked:
                repo.add(str(self.root / path))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", name)


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Repository:
    """An empty repository, which is the working directory while the test runs."""
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    return Repository(root)
