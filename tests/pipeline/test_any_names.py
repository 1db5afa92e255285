"""Pictures of classes with any names, five of each, through the whole pipeline."""

import json
import tarfile
from html import escape

import numpy as np
import onnx
import pandas as pd
import pytest

from sketch_classifier.drawings.formats.writers import Form, writer_of
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.synthetic.generate import generate

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

NAMES = ("007", 'it\'s "quoted", <b>', "🐱", "猫", "null", "$a_b$ {x}")
CATEGORIES = ("cat", "house", "tree", "bus", "fish", "apple")


@pytest.fixture
def pictures(tmp_path):
    """An archive with five drawings of each class, in a folder."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    with writer_of("image_folder")(folder, NAMES, Form()) as writer:
        for label, category in enumerate(CATEGORIES):
            writer.bitmaps(rasterize(generate(category, 5, 2)[0]), np.full(5, label), None)
    with tarfile.open(tmp_path / "pictures.tar.gz", "w:gz") as archive:
        archive.add(folder, "my pictures")
    return tmp_path / "pictures.tar.gz"


def test_five_drawings_of_classes_with_any_names(project, pictures):
    def change(params: dict) -> None:
        params |= {"source": str(pictures), "dataset": "mine", "model": "cnn_small"}
        params["datasets"]["mine"] = {"format": "image_folder", "categories": list(NAMES), "limit": None}
        params["models"]["cnn_small"]["epochs"] = 1

    project.edit(change)
    done = project.run("dvc", "repro")
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    assert "test drawings, so metrics of single classes are unreliable" in done.stderr

    index = pd.read_parquet(project.root / "data/processed/index.parquet")
    assert index["category"].value_counts().to_dict() == dict.fromkeys(NAMES, 5)
    assert set(index["split"]) == {"train", "validation", "test"}
    assert "recognized" not in index and "countrycode" not in index
    for name in ("by_country", "by_recognized", "quality"):
        assert len(pd.read_csv(project.root / f"metrics/{name}.csv")) == 0
    matrix = pd.read_csv(
        project.root / "metrics/confusion_matrix.csv", index_col=0, keep_default_na=False, dtype={0: str}
    )
    assert list(matrix.columns) == list(NAMES) and matrix.to_numpy().sum() == (index["split"] == "test").sum()
    metadata = onnx.load(str(project.root / "models/model.onnx")).metadata_props
    about = {entry.key: json.loads(entry.value) for entry in metadata}
    assert about["class_names"] == list(NAMES)
    report = (project.root / "plots/report.html").read_text(encoding="utf-8")
    assert (
        escape(NAMES[1]) in report.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        and 'quoted", <b>' not in report
    )
    page = (project.root / "plots/tsne_3d.html").read_text(encoding="utf-8")
    assert "猫" in page
    project.run("dvc", "plots", "show", "--out", "shown")
    assert "quoted" in (project.root / "shown/index.html").read_text(encoding="utf-8")
