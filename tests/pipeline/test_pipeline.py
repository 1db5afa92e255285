"""What a user sees of the pipeline: real `dvc` commands in a temporary git repository."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

STAGES = ["download", "preprocess", "train", "export", "evaluate", "analyze"]
PICTURES = [
    "samples", "errors", "confusion_matrix", "class_distribution", "learning_curves", "look_alikes", "quality",
    "by_country", "reliability", "tsne_2d", "tsne_3d", "centroid_distances", "label_issues",
]  # fmt: skip
METRICS = [
    "accuracy", "balanced_accuracy", "macro_f1", "top3_accuracy", "top5_accuracy", "map3", "log_loss",
    "expected_calibration_error", "num_test", "validation_accuracy", "validation_loss",
]  # fmt: skip


def ran(output: str) -> list[str]:
    """The stages that `dvc repro` says it ran."""
    return [stage for stage in STAGES if f"Running stage '{stage}'" in output]


def test_repro_writes_every_output(finished):
    metrics = json.loads((finished.root / "metrics/metrics.json").read_text())
    assert [name for name in METRICS if name not in metrics] == []
    index = pd.read_parquet(finished.root / "data/processed/index.parquet")
    assert metrics["num_test"] == (index["split"] == "test").sum()
    assert metrics["accuracy"] > 2 / 12, "the network learned nothing"
    for picture in PICTURES:
        assert (finished.root / f"plots/{picture}.png").read_bytes().startswith(b"\x89PNG")
    matrix = pd.read_csv(finished.root / "metrics/confusion_matrix.csv", index_col=0)
    assert list(matrix.index) == list(matrix.columns) == finished.params()["datasets"]["starter"]["categories"]
    assert matrix.to_numpy().sum() == metrics["num_test"]
    exported = json.loads((finished.root / "metrics/export.json").read_text())
    assert exported["accuracy_torch"] == metrics["accuracy"] and exported["agreement_onnx"] == 1


def test_repro_ends_with_the_accuracy_and_where_the_report_lies(finished):
    """And says on the way what it does, with no bar that redraws itself, since this is no terminal."""
    done = finished.run("dvc", "repro", "--force", "--single-item", "analyze")
    metrics = json.loads((finished.root / "metrics/metrics.json").read_text())
    low, value, high = (f"{100 * metrics[name]:.1f}" for name in ("accuracy_low", "accuracy", "accuracy_high"))
    accuracy = f"test accuracy {value}% (95% interval {low}–{high}%) on {metrics['num_test']} drawings"
    assert f"{accuracy}; report: plots/report.html\n" in done.stdout
    assert "t-SNE of 60 test drawings" in done.stderr and "\r" not in done.stderr
    assert "These drawings are synthetic" in (finished.root / "plots/report.html").read_text(encoding="utf-8")
    finished.run("git", "checkout", "--quiet", ".")


def test_processed_data(finished):
    processed = finished.root / "data/processed"
    images = np.load(processed / "images.npy", mmap_mode="r", allow_pickle=False)
    index = pd.read_parquet(processed / "index.parquet")
    points, offsets = np.load(processed / "points.npy"), np.load(processed / "offsets.npy")
    assert images.shape == (12 * 60, 28, 28) and images.dtype == np.uint8
    assert len(index) == len(images)
    assert offsets[-1] == len(points) == index["num_points"].sum()
    assert len(offsets) - 1 == index["num_strokes"].sum()
    split_of = {}
    for image, split in zip(images, index["split"], strict=True):
        assert split_of.setdefault(image.tobytes(), split) == split


def test_second_repro_does_nothing(finished):
    output = finished.run("dvc", "repro").stdout
    assert ran(output) == []
    assert "up to date" in output


def test_a_preset_that_is_not_selected_changes_nothing(finished):
    before = (finished.root / "params.yaml").read_text()
    finished.edit(lambda params: params["models"]["mobilenet_binary"].update(epochs=7))
    finished.edit(lambda params: params["datasets"]["animals_2"].update(limit=7))
    try:
        assert "up to date" in finished.run("dvc", "status").stdout
    finally:
        (finished.root / "params.yaml").write_text(before)


def test_another_model_rebuilds_train_and_what_follows(finished):
    output = finished.run("dvc", "exp", "run", "-n", "binary", "-S", "model=mobilenet_binary").stdout
    assert ran(output) == ["train", "export", "evaluate", "analyze"]
    diff = json.loads(finished.run("dvc", "metrics", "diff", "--json", "HEAD", "binary").stdout)
    assert diff["metrics/metrics.json"]["accuracy"]["diff"] != 0
    matrix = pd.read_csv(finished.root / "metrics/confusion_matrix.csv", index_col=0)
    assert list(matrix.columns) == ["not motor vehicle", "motor vehicle"]
    finished.run("git", "checkout", "--quiet", ".")
    finished.run("dvc", "checkout")


def test_plots_show(finished):
    shown = finished.run("dvc", "plots", "show", "--out", "shown").stdout
    page = Path(shown.strip().removeprefix("file://"))
    html = page.read_text()
    for name in ("Loss", "Accuracy", "Confusion matrix", "Calibration", "Calibration after temperature scaling",
                 "Accuracy by country", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy"):  # fmt: skip
        assert f'"{name}"' in html
    for picture in PICTURES:
        assert f"{picture}.png" in html


def test_same_seed_same_bytes(finished, project):
    project.run("dvc", "repro")
    for name in (
        "metrics/metrics.json",
        "metrics/predictions.csv",
        "plots/training/learning_curves.csv",
        "plots/errors.png",
        "models/model.onnx",
        "models/model_int8.onnx",
    ):
        assert (project.root / name).read_bytes() == (finished.root / name).read_bytes(), name
