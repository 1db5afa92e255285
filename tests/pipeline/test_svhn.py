"""Photographs of digits, in colour and with a test file of their own, through the whole pipeline."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

CHANGES = ["dataset=svhn", "model=cnn_small", "datasets.svhn.limit=300", "models.cnn_small.epochs=1"]


def saturation(path) -> np.ndarray:
    """How far the channels of each pixel lie apart, 0–255; colours of frames and letters are in every picture."""
    pixels = np.asarray(Image.open(path).convert("RGB"), np.int16)
    return np.ptp(pixels, axis=2)


def test_photographs_of_digits(project):
    project.run("dvc", "exp", "run", *(part for change in CHANGES for part in ("-S", change)))

    index = pd.read_parquet(project.root / "data/processed/index.parquet")
    # The official protocol: the 300 rows of the test file are the test split, and nothing else is.
    assert (index["split"] == "test").sum() == 300 and index["split"].isin(["train", "validation"]).sum() == 300
    images = np.load(project.root / "data/processed/images.npy", mmap_mode="r")
    assert images.shape == (600, 3, 32, 32) and images.dtype == np.uint8

    metrics = json.loads((project.root / "metrics/metrics.json").read_text())
    assert metrics["num_test"] == 300 and metrics["accuracy_low"] <= metrics["accuracy"] <= metrics["accuracy_high"]
    predictions = pd.read_csv(project.root / "metrics/predictions.csv", dtype={"actual": str})
    assert set(predictions["actual"]) == set("0123456789")
    assert json.loads((project.root / "metrics/export.json").read_text())["agreement_onnx"] == 1
    # Nobody knows who photographed, so there is no accuracy by country and by the game's flag.
    for name in ("by_country", "by_recognized", "quality"):
        assert len(pd.read_csv(project.root / f"metrics/{name}.csv")) == 0
    report = (project.root / "plots/report.html").read_text(encoding="utf-8")
    assert "These photographs are synthetic" in report
    assert "<h2" in report and 'alt="quality"' not in report and 'alt="by country"' not in report
    for name in ("samples", "errors", "label_issues"):
        coloured = saturation(project.root / f"plots/{name}.png") > 30
        assert coloured.mean() > 0.05, f"{name}.png shows photographs in grey"
    project.run("dvc", "plots", "show", "--out", "shown")

    refused = project.run("dvc", "exp", "run", "-S", "model=conv_lstm", check=False)
    assert refused.returncode
    errors = re.findall(r"^error: .*", refused.stderr, re.MULTILINE)
    assert len(errors) == 1 and "'conv_lstm' needs strokes" in errors[0]
    assert "Traceback" not in refused.stdout + refused.stderr
