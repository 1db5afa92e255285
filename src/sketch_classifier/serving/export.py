"""Exports a trained model to .onnx files, which can be used without torch, and compares them with the model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file, require_writable
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.models.predict import predict_logits, probabilities, require_numbers, rows_to_test
from sketch_classifier.models.saved import load_model
from sketch_classifier.progress import step
from sketch_classifier.serving.onnx_graph import onnx_model
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.quantise import quantise

NUM_CALIBRATION = 512  # training drawings for calibrating the activation ranges
NUM_CHECKED = 2000  # maximum number of test drawings for the comparison
DIGITS = 6


def export(processed: str | Path, model: str | Path, out: str | Path, metrics: str | Path) -> dict[str, Any]:
    """Write model.onnx and model_int8.onnx to the folder `out`, and their comparison with the model to `metrics`.

    processed  output folder of preprocess
    model      folder of the trained model
    metrics    JSON file to write

    Returns the contents of `metrics`: for `onnx` and `int8` the share of test drawings with the same predicted class as
    the model (agreement), the largest difference of a probability, and the size in bytes; and the accuracy of all three
    on these drawings. The output is reproducible byte for byte.

    Raises UserError if an input is missing or does not match the other, the network's outputs are NaN, or a folder
    cannot be written.
    """
    require_writable(out, Path(metrics).parent)
    dataset = Dataset.open(processed)
    network, about = load_model(model)
    test = _some(rows_to_test(dataset, about, model), NUM_CHECKED)
    stored, labels = dataset.inputs(network.input), dataset.targets(about.task)[test]
    step(f"predicting {len(test):,} test drawings with the trained model")
    expected = probabilities(predict_logits(network, stored, test, device="cpu"), about.task)
    require_numbers(expected, model)

    step("converting the model to ONNX")
    exact = onnx_model(network, about)
    step("quantising the model to 8 bits")
    small = quantise(exact, stored, _some(dataset.rows("train"), NUM_CALIBRATION))

    figures: dict[str, Any] = {"num_checked": len(test), "accuracy_torch": _share(expected.argmax(axis=1) == labels)}
    for name, graph, file in (("onnx", exact, "model.onnx"), ("int8", small, "model_int8.onnx")):
        path = Path(out) / file
        with replaced_file(path) as partial:
            partial.write_bytes(graph.SerializeToString(deterministic=True))
        step(f"checking {path} on {len(test):,} test drawings")
        figures |= compare(Session(path), stored, test, labels, [(slice(None), expected)], name)
        figures[f"bytes_{name}"] = path.stat().st_size
    with replaced_file(metrics) as path:
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return figures


def compare(
    session: Session,
    stored: np.ndarray | Rasters | Sequences,
    rows: np.ndarray,
    labels: np.ndarray,
    expected: Iterable[tuple[slice, np.ndarray]],
    name: str,
) -> dict[str, float]:
    """Compare an exported model's probabilities for `rows` (n,) int64 of `stored` with the expected ones.

    labels    (n,) int64
    expected  batches of a slice of the rows, and their probabilities, (b, num_classes) float32
    """
    hits = np.zeros(len(rows), bool)
    agrees, largest = hits.copy(), 0.0
    for part, wanted in expected:
        found = session.probabilities(stored[rows[part]])
        hits[part] = found.argmax(axis=1) == labels[part]
        agrees[part] = found.argmax(axis=1) == wanted.argmax(axis=1)
        largest = max(largest, float(np.abs(found - wanted).max()))
    return {
        f"accuracy_{name}": _share(hits),
        f"agreement_{name}": _share(agrees),
        f"largest_difference_{name}": float(f"{largest:.2g}"),
    }


def _some(rows: np.ndarray, num: int) -> np.ndarray:
    """At most `num` of the rows, ascending; a deterministic sample."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:num])


def _share(hits: np.ndarray) -> float:
    return round(float(hits.mean()), DIGITS)
