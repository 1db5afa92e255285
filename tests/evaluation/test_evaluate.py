"""What evaluate writes: every file, every column, and nothing where it must refuse."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from benchmarks.kills import hashes, stage_killed

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.evaluate import evaluate, validation_figures
from sketch_classifier.evaluation.outcomes import answers
from sketch_classifier.evaluation.predictions import confusion_sample
from sketch_classifier.evaluation.tables import read_predictions, read_table, write_table
from sketch_classifier.models.network import build_network
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.params import ImageInput, ModelPreset, Optimizer

CATEGORIES = ("cat", "null", "sea cow")  # "null" is a word like another


def write_dataset(folder, strokes=True, test=True):
    """Thirty drawings, of which the tenth, the twentieth and so on are test drawings."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 10)
    folder.mkdir()
    np.save(folder / "images.npy", rng.integers(0, 256, (30, 28, 28), dtype=np.uint8))
    split = np.array(SPLITS)[np.tile([0, 0, 0, 1, 2 if test else 0], 6)]
    columns = {"category": np.array(CATEGORIES)[labels], "label": labels, "split": split, "row": np.tile(range(10), 3)}
    if strokes:
        columns |= {
            "key_id": np.arange(30, dtype=np.uint64) + 2**63,
            "countrycode": np.resize(["US", "NA"], 30),
            "recognized": np.arange(30) % 4 > 0,
        }
    pd.DataFrame(columns).to_parquet(folder / "index.parquet", index=False)
    about = {"categories": CATEGORIES, "positive": ["cat"], "positive_name": "pet", "channels": 1, "mirror": True}
    (folder / "classes.json").write_text(json.dumps(about))
    return folder


def write_model(folder, task="multiclass", categories=CATEGORIES, spoil=False):
    """An untrained network; with `spoil` one that diverged."""
    preset = ModelPreset(
        architecture="cnn", task=task, input=ImageInput(size=28, channels=1), optimizer=Optimizer(name="Adam", lr=0.001),
        batch_size=8, epochs=1,
    )  # fmt: skip
    names = categories if task == "multiclass" else ("not pet", "pet")
    network = build_network("cnn", preset.input, len(names) if task == "multiclass" else 1)
    if spoil:
        next(network.classifier.parameters()).data.fill_(torch.nan)
    about = About(
        name="preset", preset=preset, class_names=names, categories=categories, positive=("cat",), positive_name="pet",
        image_shape=(28, 28), channels=1, weights="none", failed_weights=(), frozen=False, flip_average=False, num_parameters=1,
        num_train=18, num_validation=6, seed=0, final={},
    )  # fmt: skip
    save_model(folder, network, about)
    return folder


def run(tmp_path, **model):
    return evaluate(tmp_path / "processed", write_model(tmp_path / "model", **model), tmp_path / "m", tmp_path / "p")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["evaluate", "export"])
def test_a_stage_is_killed_and_run_again(tmp_path, stage):
    """Before any file is written, in the middle and before the last one gets its name: the same bytes, nothing else."""
    (tmp_path / "data").mkdir()
    write_dataset(tmp_path / "data/processed")
    write_model(tmp_path / "models")
    before = hashes(tmp_path)
    assert stage_killed(tmp_path, stage, [0.0, 0.3, 0.6, 0.99]) == []
    made = hashes(tmp_path).keys() - before.keys()
    files = {"evaluate": "metrics/predictions.parquet", "export": "models/model_int8.onnx"}
    assert files[stage] in made and len(made) >= 3


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "'=", "''@", "＝", "\t", "'", "a"])
def test_no_text_is_a_formula_of_a_spreadsheet(tmp_path, first):
    """Class and country names come from anyone's files, and are read as they were written."""
    name = f"{first}HYPERLINK(1)"
    table = pd.DataFrame({"class": [name, "cat"], "actual": ["cat", name], "count": [-1, 2], name: [-0.5, 1.0]})
    write_table(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell[0] in "=+-@＝\t" and not re.fullmatch(r"-[\d.]+", cell)] == []
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), table, check_dtype=False)


def test_labels_of_a_matrix_are_no_formulas(tmp_path):
    names = pd.Index(["=A1", "cat"], name="actual")
    write_table(pd.DataFrame([[1, 2], [3, 4]], index=names, columns=list(names)), tmp_path / "t.csv", index=True)
    assert (tmp_path / "t.csv").read_text() == "actual,'=A1,cat\n'=A1,1,2\ncat,3,4\n"


def test_every_file_agrees_with_the_others(tmp_path):
    write_dataset(tmp_path / "processed")
    figures = run(tmp_path)
    assert json.loads((tmp_path / "m/metrics.json").read_text()) == figures
    assert figures["num_test"] == 6 and figures["weights"] == "none"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "by_country.csv", "by_recognized.csv", "calibration.csv", "confusion_matrix.csv", "intervals.csv", "metrics.json",
        "most_confused.csv", "per_class.csv", "predictions.csv", "predictions.parquet",
    ]  # fmt: skip
    table = read_predictions(tmp_path / "m/predictions.csv")
    assert list(table.columns) == [
        "row", "key_id", "actual", "predicted", "confidence", "correct", "countrycode", "recognized",
    ]  # fmt: skip
    assert table["row"].tolist() == [4, 9, 14, 19, 24, 29]
    assert table["key_id"].tolist() == [str(2**63 + row) for row in table["row"]]
    assert table["actual"].tolist() == ["cat", "cat", "null", "null", "sea cow", "sea cow"]
    assert table["countrycode"].tolist() == ["US", "NA"] * 3
    assert table["recognized"].tolist() == [bool(row % 4) for row in table["row"]]
    assert (table["correct"] == (table["actual"] == table["predicted"])).all()
    assert table["correct"].mean() == pytest.approx(figures["accuracy"], abs=1e-6)
    assert table["confidence"].between(1 / 3, 1).all()

    lines = (tmp_path / "m/confusion_matrix.csv").read_text().splitlines()
    assert lines[0] == r"actual\predicted,cat,null,sea cow"
    counts = {(a, p): int(n) for a, *row in (line.split(",") for line in lines[1:])
              for p, n in zip(CATEGORIES, row, strict=True)}  # fmt: skip
    for (actual, predicted), count in counts.items():
        assert count == ((table["actual"] == actual) & (table["predicted"] == predicted)).sum()
    classes = pd.read_csv(tmp_path / "m/per_class.csv", keep_default_na=False)
    assert list(classes.columns) == ["class", "precision", "recall", "f1", "support"]
    assert classes["support"].tolist() == [2, 2, 2]
    sample = pd.read_csv(tmp_path / "p/confusion.csv", keep_default_na=False)
    assert sample.equals(table[["actual", "predicted"]])
    bins = pd.read_csv(tmp_path / "m/calibration.csv")
    for scaling, name in (("before", "calibration"), ("after", "calibration_scaled")):
        drawn = bins[(bins["scaling"] == scaling) & (bins["count"] > 0)]
        curve = pd.read_csv(tmp_path / f"p/{name}.csv")
        assert (
            curve[["confidence", "accuracy"]].to_numpy().tolist()
            == drawn[["confidence", "accuracy"]].to_numpy().tolist()
        )


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_no_figure_of_the_validation_set_depends_on_the_test_set(tmp_path, task):
    """What a run is chosen by, and what is fitted, stay the same whatever the test drawings are."""
    write_dataset(tmp_path / "processed")
    before = run(tmp_path, task=task)
    index = pd.read_parquet(tmp_path / "processed/index.parquet")
    images = np.load(tmp_path / "processed/images.npy")
    images[(index["split"] == "test").to_numpy()] = 255
    np.save(tmp_path / "processed/images.npy", images)
    after = run(tmp_path, task=task)
    of_validation = {"validation_accuracy", "validation_loss", "temperature"} | (
        {"threshold"} if task == "binary" else set()
    )
    assert of_validation <= set(before)
    assert {name: before[name] for name in of_validation} == {name: after[name] for name in of_validation}
    assert before["log_loss"] != after["log_loss"]


@pytest.mark.parametrize("right", [0, 3, 4])
def test_validation_figures_are_those_of_a_loop(right):
    logits, labels = np.eye(4, 3, dtype=np.float32) * 2, np.array([0, 1, 2, 0])
    labels[right:] = (labels[right:] + 1) % 3
    loss = [np.log(np.exp(row).sum()) - row[label] for row, label in zip(logits.astype(float), labels, strict=True)]
    found = validation_figures(answers(logits, labels))
    hits = [row.argmax() == label for row, label in zip(logits, labels, strict=True)]
    assert found["validation_accuracy"] == np.mean(hits)
    assert found["validation_loss"] == pytest.approx(np.mean(loss), abs=1e-6)
    assert validation_figures(answers(logits[:0], labels[:0])) == {}


def test_the_same_model_gives_the_same_bytes(tmp_path):
    write_dataset(tmp_path / "processed")
    run(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "m").iterdir()}
    run(tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "m").iterdir()} == before


def test_bitmaps_have_no_key_and_no_country(tmp_path):
    write_dataset(tmp_path / "processed", strokes=False)
    run(tmp_path)
    table = read_predictions(tmp_path / "m/predictions.csv")
    for name in ("key_id", "countrycode", "recognized"):
        assert set(table[name]) == {""}
    for name in ("by_country", "by_recognized"):
        assert read_table(tmp_path / f"m/{name}.csv").empty


def test_a_binary_model(tmp_path):
    write_dataset(tmp_path / "processed")
    figures = run(tmp_path, task="binary")
    table = read_predictions(tmp_path / "m/predictions.csv")
    assert table["actual"].tolist() == ["pet", "pet"] + ["not pet"] * 4
    assert table["confidence"].between(0.5, 1).all()
    assert not {"top3_accuracy", "map3"} & set(figures)
    assert {"recall", "roc_auc", "threshold"} <= set(figures)  # an untrained network may call nothing positive


@pytest.mark.parametrize(
    ("dataset", "model", "message"),
    [
        ({"test": False}, {}, "the test split is empty"),
        ({}, {"categories": ("cat", "dog", "cow")}, "other categories.*dvc repro train"),
        ({}, {"spoil": True}, "training diverged"),
    ],
)
def test_refusals_write_nothing(tmp_path, dataset, model, message):
    write_dataset(tmp_path / "processed", **dataset)
    with pytest.raises(UserError, match=message):
        run(tmp_path, **model)
    assert not (tmp_path / "m").exists() and not (tmp_path / "p").exists()


def test_predictions_that_are_missing(tmp_path):
    with pytest.raises(UserError, match="dvc repro evaluate"):
        read_predictions(tmp_path / "predictions.csv")


def test_the_sample_for_dvc_is_capped_and_always_the_same():
    table = pd.DataFrame({"actual": np.arange(25_000).astype(str), "predicted": "cat", "row": 0})
    shown = [*table["actual"], "cat"]
    sample = confusion_sample(table, shown)
    assert list(sample.columns) == ["actual", "predicted"]
    assert len(sample) == len(set(sample["actual"])) == 10_000
    assert sample.equals(confusion_sample(table, shown))
    assert sample["actual"].astype(int).is_monotonic_increasing
    assert len(confusion_sample(table.head(10), shown)) == 10


def test_the_sample_for_dvc_shows_some_classes_and_calls_the_others_by_one_name():
    table = pd.DataFrame({"actual": ["a", "a", "b", "c"], "predicted": ["a", "c", "c", "a"]})
    sample = confusion_sample(table, ["a", "b"])
    assert sample.to_numpy().tolist() == [["a", "a"], ["a", "(other classes)"], ["b", "(other classes)"]]
