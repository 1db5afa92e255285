"""Evaluates a trained model on the validation and test sets; writes metrics, tables and the data of DVC's plots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file, require_writable
from sketch_classifier.evaluation.binary import binary_figures, choose_threshold
from sketch_classifier.evaluation.bootstrap import groups_of, intervals
from sketch_classifier.evaluation.calibration import calibration, curve, fit_temperature
from sketch_classifier.evaluation.confusion import DIGITS, classes_to_show, confusion_matrix, most_confused, per_class
from sketch_classifier.evaluation.metrics import class_figures, probability_figures
from sketch_classifier.evaluation.outcomes import ROWS, Answers, class_logits, streamed_answers
from sketch_classifier.evaluation.predictions import by_country, by_recognized, confusion_sample, write_predictions
from sketch_classifier.evaluation.tables import write_table
from sketch_classifier.models.predict import logit_blocks, require_numbers, rows_to_test
from sketch_classifier.models.saved import About, load_model
from sketch_classifier.progress import step

# Metrics that are in intervals.csv but not in metrics.json, so that `dvc exp show` has few columns.
DETAILS = ("_scaled", "_at_threshold")
SCALED = "_scaled"  # suffix of metrics after temperature scaling
INFLATED = ("expected_calibration_error", "expected_calibration_error_scaled")
KEPT_BYTES = 2**28  # maximum size of the validation logits in memory
SHARES = ("accuracy", "top3_accuracy", "top5_accuracy", "accuracy_at_threshold")


def evaluate(processed: str | Path, model: str | Path, out_metrics: str | Path, out_plots: str | Path) -> dict:
    """Evaluate the model in the folder `model` on the test drawings of the folder `processed`.

    Writes in `out_metrics`
      metrics.json          the main metrics, flat, with the interval of the accuracy; validation_accuracy and
                            validation_loss are measured on the validation set, for model selection, the others on the
                            test set
      intervals.csv         every metric with its 95 % interval: figure, value, low, high
      per_class.csv, confusion_matrix.csv, most_confused.csv, calibration.csv, by_country.csv, by_recognized.csv
      predictions.parquet   one row per test drawing
      predictions.csv       the same; for more than MOST_ROWS drawings, a random sample of SAMPLED_ROWS
    and in `out_plots` confusion.csv, a sample for DVC's confusion matrix template, and calibration.csv and
    calibration_scaled.csv, the reliability curves before and after temperature scaling. Returns the content of
    metrics.json.

    The temperature and a binary model's threshold are fitted on the validation set; without validation drawings they
    are omitted and both curves are the same. Undefined metrics are missing in metrics.json and empty in the tables. The
    same inputs give the same bytes.

    Logits are reduced block by block, so that only a few numbers per drawing are kept in memory. If the validation
    logits exceed KEPT_BYTES, the temperature and the threshold are fitted on a random sample of that size.

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
    targets, names = dataset.targets(about.task), dataset.class_names(about.task)

    def logits(chosen: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        for part, outputs in logit_blocks(network, inputs, chosen, ROWS):
            yield part, require_numbers(class_logits(outputs, about.task), model)

    validated, chosen = fitted(logits(validation_rows), targets[validation_rows], len(names), about.task)
    temperatures = [1.0, *([chosen["temperature"]] if "temperature" in chosen else [])]
    scores = np.empty(len(rows) if about.task == "binary" else 0, np.float32)
    before, *scaled = streamed_answers(kept(logits(rows), scores), targets[rows], len(names), temperatures)
    after = scaled[0] if scaled else None

    step("computing the metrics and their bootstrap intervals")
    table = measure(before, after, scores if about.task == "binary" else None, chosen.get("threshold"))
    figures = _headline(table, validated | chosen, about, len(rows))
    confusion = confusion_matrix(before.labels, before.predicted, names)

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
    countries, recognized = write_predictions(out_metrics, dataset.folder, rows, before, names)
    write_table(by_country(countries), out_metrics / "by_country.csv")
    write_table(by_recognized(recognized), out_metrics / "by_recognized.csv")
    said = {"actual": before.labels, "predicted": before.predicted}
    each = pd.DataFrame({column: np.array(names, dtype=object)[codes] for column, codes in said.items()})
    write_table(
        confusion_sample(each, [names[code] for code in classes_to_show(confusion)]), out_plots / "confusion.csv"
    )
    return figures


def fitted(
    parts: Iterable[tuple[slice, np.ndarray]], labels: np.ndarray, num_classes: int, task: str
) -> tuple[dict[str, float], dict[str, float]]:
    """The metrics on the validation drawings, and the temperature and threshold that are fitted on them.

    parts   blocks of the n drawings: (slice, logits (b, C) float from `class_logits`)
    labels  (n,) int; may be empty
    task    multiclass or binary

    The second value is {"temperature": T, "threshold": t}, without those that could not be fitted.
    """
    most = max(1, KEPT_BYTES // (4 * num_classes))
    places = np.arange(len(labels))
    if len(labels) > most:
        places = np.sort(np.random.default_rng(0).permutation(len(labels))[:most])
        step(f"fitting the temperature on a random sample of {most:,} of the {len(labels):,} validation drawings")
    logits = np.empty((len(places), num_classes), np.float32)

    def noted() -> Iterator[tuple[slice, np.ndarray]]:
        for part, values in parts:
            start, end = np.searchsorted(places, [part.start, part.stop])
            logits[start:end] = values[places[start:end] - part.start]
            yield part, values

    (said,) = streamed_answers(noted(), labels, num_classes, (1.0,))
    choices = {
        "temperature": fit_temperature(logits, labels[places]),
        "threshold": choose_threshold(logits[:, 1], labels[places]) if task == "binary" else None,
    }
    return validation_figures(said), {name: value for name, value in choices.items() if value is not None}


def kept(parts: Iterable[tuple[slice, np.ndarray]], scores: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Pass `parts` through, and write the logits of the second class to scores, (n,) float32, unless it is empty."""
    for part, values in parts:
        if len(scores):
            scores[part] = values[:, 1]
        yield part, values


def measure(before: Answers, after: Answers | None, scores: np.ndarray | None, threshold: float | None) -> pd.DataFrame:
    """All metrics on the test drawings with their intervals, one row each: figure (its name), value, low, high.

    before, after  the answers without and with temperature scaling; metrics of the latter have the suffix "_scaled"
    scores         (n,) float: the logits of the positive class of a binary task
    threshold      of a binary task, from `choose_threshold`
    """
    groups = groups_of(len(before.labels))

    def figures(counts: np.ndarray) -> dict[str, np.ndarray]:
        found = class_figures(before, counts, groups)
        if after is not None:
            found |= probability_figures(after, counts, SCALED, groups)
        return found | ({} if scores is None else binary_figures(scores, before.labels, threshold, counts, groups))

    return intervals(figures, len(before.labels), INFLATED, shares=SHARES, groups=groups)


def validation_figures(said: Answers) -> dict[str, float]:
    """Accuracy and log loss on the validation set, for model selection; empty without validation drawings.

    They are those of the saved weights, whichever epoch or moving average these are from.
    """
    if not len(said.labels):
        return {}
    figures = {"validation_accuracy": (said.rank == 0).mean(), "validation_loss": said.loss.mean()}
    return {name: round(float(value), DIGITS) for name, value in figures.items()}


def _headline(table: pd.DataFrame, validated: dict[str, float], about: About, num_test: int) -> dict[str, Any]:
    """The content of metrics.json, without the model's name: `dvc exp show` shows the parameter of the same name.

    validated  the metrics on the validation set, the temperature and the threshold
    """
    figures: dict[str, Any] = {"weights": about.weights, "num_test": num_test}
    for row in table.dropna(subset="value").itertuples():
        if not row.figure.endswith(DETAILS):
            figures[row.figure] = row.value
        if row.figure == "accuracy":
            figures |= {"accuracy_low": row.low, "accuracy_high": row.high}
    return figures | validated
