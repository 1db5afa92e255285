"""Evaluates a trained model on the validation and test sets; writes the metrics, and the tables that DVC plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file, require_writable
from sketch_classifier.evaluation.binary import binary_figures, choose_threshold
from sketch_classifier.evaluation.bootstrap import intervals
from sketch_classifier.evaluation.calibration import calibration, curve, fit_temperature
from sketch_classifier.evaluation.confusion import DIGITS, classes_to_show, confusion_matrix, most_confused, per_class
from sketch_classifier.evaluation.metrics import class_figures, probability_figures
from sketch_classifier.evaluation.outcomes import answers, class_logits
from sketch_classifier.evaluation.tables import by_country, by_recognized, confusion_sample, predictions, write_table
from sketch_classifier.models.predict import predict_logits, require_numbers, rows_to_test
from sketch_classifier.models.saved import About, load_model
from sketch_classifier.progress import step

# Metrics that are in intervals.csv but not in metrics.json, so that `dvc exp show` has few columns.
DETAILS = ("_scaled", "_at_threshold")
SCALED = "_scaled"  # suffix of metrics after temperature scaling
INFLATED = ("expected_calibration_error", "expected_calibration_error_scaled")
SHARES = ("accuracy", "top3_accuracy", "top5_accuracy", "accuracy_at_threshold")


def evaluate(processed: str | Path, model: str | Path, out_metrics: str | Path, out_plots: str | Path) -> dict:
    """Predict every test drawing of the folder `processed` with the model in the folder `model`.

    Writes in `out_metrics`
      metrics.json          the main metrics, flat, with the interval of the accuracy. validation_accuracy and
                            validation_loss are measured on the validation set, for model selection; the others on the
                            test set
      intervals.csv         every metric with its 95 % interval: figure, value, low, high
      per_class.csv, confusion_matrix.csv, most_confused.csv, calibration.csv, by_country.csv, by_recognized.csv
      predictions.csv       one row per test drawing
    and in `out_plots` confusion.csv, a sample for DVC's confusion matrix template, and calibration.csv and
    calibration_scaled.csv, the curves before and after temperature scaling. Returns the content of metrics.json.

    The temperature and a binary model's threshold are fitted on the validation set; without validation drawings there
    are none, and both curves are the same. Undefined metrics are missing in metrics.json and empty in the tables. The
    same inputs give the same bytes.

    Raises UserError if there are no test drawings, if the model was trained on other categories, if its outputs are not
    finite, or if a folder cannot be written.
    """
    require_writable(out_metrics, out_plots)
    dataset = Dataset.open(processed)
    network, about = load_model(model)
    rows = rows_to_test(dataset, about, model)
    validation_rows = dataset.rows("validation")
    inputs = dataset.inputs(network.input)
    step(f"predicting {len(validation_rows):,} validation and {len(rows):,} test drawings")
    validation, test = (
        require_numbers(class_logits(predict_logits(network, inputs, chosen), about.task), model)
        for chosen in (validation_rows, rows)
    )
    targets, names = dataset.targets(about.task), dataset.class_names(about.task)

    step("computing the metrics and their bootstrap intervals")
    table, chosen = measure(test, targets[rows], validation, targets[validation_rows], about.task)
    validated = validation_figures(validation, targets[validation_rows])
    figures = _headline(table, validated | chosen, about, len(rows))
    before = answers(test, targets[rows])
    after = answers(test, targets[rows], chosen["temperature"]) if "temperature" in chosen else None
    confusion = confusion_matrix(before.labels, before.predicted, names)
    each = predictions(rows, dataset.index, before.labels, before.predicted, before.confidence, names)

    out_metrics, out_plots = Path(out_metrics), Path(out_plots)
    with replaced_file(out_metrics / "metrics.json") as path:
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    write_table(table, out_metrics / "intervals.csv")
    write_table(confusion, out_metrics / "confusion_matrix.csv", index=True)
    write_table(per_class(before.labels, before.predicted, names), out_metrics / "per_class.csv")
    write_table(most_confused(confusion), out_metrics / "most_confused.csv")
    bins = calibration(before, after)
    write_table(bins, out_metrics / "calibration.csv")
    write_table(curve(bins, "before"), out_plots / "calibration.csv")
    write_table(curve(bins, "after" if after else "before"), out_plots / "calibration_scaled.csv")
    write_table(by_country(each), out_metrics / "by_country.csv")
    write_table(by_recognized(each), out_metrics / "by_recognized.csv")
    write_table(each, out_metrics / "predictions.csv")
    write_table(
        confusion_sample(each, [names[code] for code in classes_to_show(confusion)]), out_plots / "confusion.csv"
    )
    return figures


def measure(
    logits: np.ndarray, labels: np.ndarray, validation_logits: np.ndarray, validation_labels: np.ndarray, task: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """All metrics of the test set with their intervals, and the values fitted on the validation set.

    logits  (n, C) float, from `class_logits` (of a binary task the first column is 0), and labels (n,) int of
            the test drawings; n is at least 1
    validation_logits, validation_labels  the same of the validation drawings, of which there may be none
    task    multiclass or binary

    The table has one row per metric: figure, value, low, high. The suffix "_scaled" means after temperature scaling.
    The second value is {"temperature": T, "threshold": t}, without those that could not be fitted.
    """
    temperature = fit_temperature(validation_logits, validation_labels)
    before = answers(logits, labels)
    after = None if temperature is None else answers(logits, labels, temperature)
    is_binary, threshold = task == "binary", None
    if is_binary:
        threshold = choose_threshold(validation_logits[:, 1], validation_labels)

    def figures(counts: np.ndarray) -> dict[str, np.ndarray]:
        found = class_figures(before, counts)
        if after is not None:
            found |= probability_figures(after, counts, SCALED)
        return found | (binary_figures(logits[:, 1], labels, threshold, counts) if is_binary else {})

    choices = {"temperature": temperature, "threshold": threshold}
    chosen = {name: value for name, value in choices.items() if value is not None}
    return intervals(figures, len(labels), INFLATED, shares=SHARES), chosen


def validation_figures(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy and log loss of the validation set, for model selection; empty without validation drawings.

    logits  (n, C) float, from `class_logits`; labels (n,) int

    They come from the weights that were saved, whichever epoch's or moving average's these are.
    """
    if not len(labels):
        return {}
    said = answers(logits, labels)
    figures = {"validation_accuracy": (said.rank == 0).mean(), "validation_loss": said.loss.mean()}
    return {name: round(float(value), DIGITS) for name, value in figures.items()}


def _headline(table: pd.DataFrame, validated: dict[str, float], about: About, num_test: int) -> dict[str, Any]:
    """The content of metrics.json. Not the model's name: `dvc exp show` has it as a parameter, under the same name.

    validated  what the validation set gave: its figures, the temperature and the threshold
    """
    figures: dict[str, Any] = {"weights": about.weights, "num_test": num_test}
    for row in table.dropna(subset="value").itertuples():
        if not row.figure.endswith(DETAILS):
            figures[row.figure] = row.value
        if row.figure == "accuracy":
            figures |= {"accuracy_low": row.low, "accuracy_high": row.high}
    return figures | validated
