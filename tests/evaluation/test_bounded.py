"""Many drawings of many classes: what is kept of each is a few numbers, and large tables are Parquet files."""

import json
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.evaluation import bootstrap, predictions
from sketch_classifier.evaluation import evaluate as evaluate_module
from sketch_classifier.evaluation.binary import binary_figures
from sketch_classifier.evaluation.bootstrap import groups_of, intervals
from sketch_classifier.evaluation.index import index_parts, index_rows
from sketch_classifier.evaluation.metrics import class_figures
from sketch_classifier.evaluation.outcomes import answers
from sketch_classifier.evaluation.tables import read_predictions
from sketch_classifier.params import ImageInput

NUM_CLASSES = 300


class Pixels(nn.Module):
    """Logits of 300 classes from a drawing's pixels, at once."""

    input = ImageInput(size=8, channels=1)

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.weights = nn.Parameter(torch.randn(64, NUM_CLASSES))

    def forward(self, x):
        return x.flatten(1) @ self.weights


@pytest.fixture
def evaluate(tmp_path, monkeypatch):
    """Evaluate so many test drawings, and a third as many for validation; the figures and the peak of NumPy's memory."""
    names = tuple(f"class {number}" for number in range(NUM_CLASSES))
    about = SimpleNamespace(task="multiclass", categories=names, weights="none")
    monkeypatch.setattr(evaluate_module, "load_model", lambda folder: (Pixels(), about))
    monkeypatch.setattr(bootstrap, "SINGLE", 1000)
    monkeypatch.setattr(bootstrap, "NUM_GROUPS", 32)

    def evaluate(num_test):
        folder, random, num = tmp_path / str(num_test), np.random.default_rng(0), num_test * 4 // 3
        folder.mkdir()
        np.save(folder / "images.npy", random.integers(0, 256, (num, 8, 8), dtype=np.uint8))
        split = np.array(SPLITS)[np.where(np.arange(num) % 4, 2, 1)]
        columns = {"label": random.integers(NUM_CLASSES, size=num), "split": split, "key_id": np.arange(num)}
        pd.DataFrame(columns).to_parquet(folder / "index.parquet", row_group_size=5000)
        rest = {"positive": [], "positive_name": None, "channels": 1, "mirror": True}
        (folder / "classes.json").write_text(json.dumps({"categories": names, **rest}))
        tracemalloc.start()
        figures = evaluate_module.evaluate(folder, folder, folder / "m", folder / "p")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return figures, peak, folder

    return evaluate


@pytest.mark.slow
def test_memory_does_not_grow_with_the_logits(evaluate, monkeypatch):
    monkeypatch.setattr(evaluate_module, "KEPT_BYTES", 2_000_000)
    evaluate(300)  # what is imported and cached at first use
    few, many = 6000, 15_000
    (_, before, _), (figures, after, _) = evaluate(few), evaluate(many)
    assert figures["num_test"] == many
    assert after - before < (many - few) * NUM_CLASSES * 4 / 3


def test_a_temperature_is_fitted_on_what_is_kept(evaluate, monkeypatch, capsys):
    whole = evaluate(900)[0]
    assert "fitted on" not in capsys.readouterr().err
    monkeypatch.setattr(evaluate_module, "KEPT_BYTES", 4 * NUM_CLASSES * 200)
    part = evaluate(903)[0]
    assert "fitting the temperature on a random sample of 200 of the 301 validation drawings" in capsys.readouterr().err
    assert part["temperature"] == pytest.approx(whole["temperature"], rel=0.2)
    assert part["validation_loss"] == pytest.approx(whole["validation_loss"], rel=0.02)


def test_the_table_of_many_drawings_is_a_parquet_file_and_a_sample(evaluate, monkeypatch):
    monkeypatch.setattr(predictions, "MOST_ROWS", 899)
    monkeypatch.setattr(predictions, "SAMPLED_ROWS", 50)
    folder = evaluate(900)[2]
    whole, sample = (read_predictions(folder / f"m/predictions.{kind}") for kind in ("parquet", "csv"))
    assert len(whole) == 900 and len(sample) == 50 and sample["row"].is_monotonic_increasing
    chosen = whole.set_index("row").loc[sample["row"]].reset_index()
    for name in ("actual", "predicted", "confidence", "correct"):
        assert chosen[name].tolist() == sample[name].tolist()
    assert chosen["key_id"].astype(str).tolist() == sample["key_id"].tolist()
    monkeypatch.setattr(predictions, "MOST_ROWS", 902)
    assert len(read_predictions(evaluate(903)[2] / "m/predictions.csv")) == 50
    monkeypatch.setattr(predictions, "MOST_ROWS", 906)
    assert len(read_predictions(evaluate(906)[2] / "m/predictions.csv")) == 906


def test_groups_of_drawings_give_the_figures_and_about_the_intervals_of_single_ones(random_logits, monkeypatch):
    logits, labels = random_logits(num_classes=5, count=6000)
    logits[:, 1] += logits[:, 0] / 2
    made, positive = answers(logits, labels), labels % 2
    monkeypatch.setattr(bootstrap, "SINGLE", 5000)
    monkeypatch.setattr(bootstrap, "NUM_GROUPS", 1000)
    assert groups_of(5000) is None
    groups = groups_of(6000)
    assert np.bincount(groups).tolist() == [6] * 1000
    tables = []
    for group in (None, groups):
        tables.append(
            intervals(
                lambda counts, group=group: (
                    class_figures(made, counts, group) | binary_figures(logits[:, 1], positive, 0.6, counts, group)
                ),
                6000,
                num_resamples=400,
                groups=group,
            ).set_index("figure")
        )
    single, grouped = tables
    pd.testing.assert_series_equal(grouped["value"], single["value"], atol=1e-6)
    widths = [table["high"] - table["low"] for table in tables]
    assert (widths[1] / widths[0]).between(0.75, 1.33).all(), widths
    assert {"accuracy", "macro_f1", "roc_auc", "balanced_accuracy_at_threshold"} <= set(single.index)


def test_rows_of_the_index_are_read_in_parts(tmp_path, monkeypatch):
    table = pd.DataFrame({"label": range(1000), "key_id": np.arange(1000) * 7, "recognized": np.arange(1000) % 3 == 0})
    table.to_parquet(tmp_path / "index.parquet", row_group_size=130)
    rows = np.random.default_rng(0).permutation(1000)[:300]
    found = index_rows(tmp_path, rows, ["key_id", "countrycode"])
    assert list(found) == ["key_id"] and found["key_id"].tolist() == (rows * 7).tolist()
    assert len(index_rows(tmp_path, rows[:0], ["key_id"])) == 0
    assert list(index_rows(tmp_path, rows[:0], ["recognized", "num_points"])) == ["recognized"]
    ascending = np.sort(rows)
    parts = list(index_parts(tmp_path, ascending, ["countrycode"]))  # a column that is not there
    assert [row for part, _ in parts for row in ascending[part]] == ascending.tolist()
    assert all(len(part) == place.stop - place.start for place, part in parts)
