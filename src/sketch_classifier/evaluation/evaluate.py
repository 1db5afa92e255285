"""From a trained model and the test drawings to metrics/ and plots/confusion.csv."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.files import replaced_file
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.metrics import confusion_matrix, metrics, per_class
from sketch_classifier.evaluation.tables import confusion_sample, predictions
from sketch_classifier.models.predict import predict_logits, probabilities
from sketch_classifier.models.saved import load_model


def evaluate(processed: str | Path, model: str | Path, out_metrics: str | Path, out_plots: str | Path) -> dict:
    """Predict every test drawing of the folder `processed` with the model in the folder `model`.

    Writes metrics.json (flat), confusion_matrix.csv, per_class.csv and predictions.csv in `out_metrics`, and
    confusion.csv, a sample for DVC's `confusion` template, in `out_plots`. Returns what metrics.json holds.

    Raises UserError where there is no test drawing, where the model was trained on other categories, and where its
    outputs are not numbers.
    """
    dataset = Dataset.open(processed)
    network, about = load_model(model)
    rows = _test_rows(dataset, about.categories, processed, model)
    outputs = probabilities(predict_logits(network, dataset.images, rows), about.task)
    if not np.isfinite(outputs).all():
        raise UserError(f"{model}: the network's outputs are not numbers: training diverged; try a lower learning rate")
    labels = dataset.targets(about.task)[rows]
    names = dataset.class_names(about.task)
    predicted = outputs.argmax(axis=1)

    figures = metrics(outputs, labels) | {"weights": about.weights}
    table = predictions(rows, dataset.index, labels, outputs, names)
    with replaced_file(Path(out_metrics) / "metrics.json") as path:
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _write_csv(confusion_matrix(labels, predicted, names), Path(out_metrics) / "confusion_matrix.csv", index=True)
    _write_csv(per_class(labels, predicted, names), Path(out_metrics) / "per_class.csv")
    _write_csv(table, Path(out_metrics) / "predictions.csv")
    _write_csv(confusion_sample(table), Path(out_plots) / "confusion.csv")
    return figures


def _test_rows(dataset: Dataset, categories: tuple[str, ...], processed: str | Path, model: str | Path) -> np.ndarray:
    if categories != dataset.categories:
        raise UserError(f"{model}: trained on other categories than {processed} holds; run `dvc repro train`")
    rows = dataset.rows("test")
    if not len(rows):
        raise UserError(f"{processed}: no drawing falls in the test split; raise the dataset's `limit` or `split.test`")
    return rows


def _write_csv(table, path: Path, index: bool = False) -> None:
    with replaced_file(path) as partial:
        table.to_csv(partial, index=index, lineterminator="\n")
