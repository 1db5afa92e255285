"""Other people's drawings through the whole pipeline: TFRecords with test drawings of their own."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.data import writers

from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.synthetic.generate import generate

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

CATEGORIES = ("cat", "house plant", "tree")


def drawn(num: int, seed: int) -> dict[str, Drawings]:
    return {category: simplify(generate(category, num, seed, among=CATEGORIES)[0]) for category in CATEGORIES}


def use(project, source, model: str, **mine) -> None:
    """Let the project read this source, with a block of no more than it needs."""

    def change(params: dict) -> None:
        params.update(source=str(source), dataset="mine", model=model)
        params["datasets"]["mine"] = {"categories": "all", "limit": None, **mine}
        params["models"][model]["epochs"] = 1
        params["analyze"]["tsne_samples"] = 20

    project.edit(change)


def test_tfrecords_and_strokes(project, tmp_path):
    training, evaluation = drawn(40, 1), drawn(6, 2)
    zigzag = [[[x % 2 * 255 for x in range(300)], [y % 256 for y in range(300)]]]
    training["cat"] = Drawings.concatenate([training["cat"][1:], Drawings.from_lists([zigzag])])
    writers.tfrecord(tmp_path, training)
    records = [
        writers.tf_record(one, label) for label, part in enumerate(evaluation.values()) for one in part.to_lists()
    ]
    (tmp_path / "eval.tfrecord-00000-of-00001").write_bytes(b"".join(records))
    use(project, tmp_path, "conv_lstm", format="tfrecord")
    project.run("dvc", "repro")

    index = pd.read_parquet(project.root / "data/processed/index.parquet")
    assert index.groupby("file", observed=True)["split"].unique().map(set).to_dict() == {
        "training": {"train", "validation"},
        "eval": {"test"},
    }
    assert index["num_points"].max() > 100
    assert len(np.load(project.root / "data/processed/offsets.npy")) == index["num_strokes"].sum() + 1
    assert json.loads((project.root / "metrics/metrics.json").read_text())["num_test"] == 18
    assert json.loads((project.root / "metrics/export.json").read_text())["agreement_onnx"] == 1
    quality = pd.read_csv(project.root / "metrics/quality.csv")
    assert set(quality["quality"]) == {"num_strokes", "num_points"}
