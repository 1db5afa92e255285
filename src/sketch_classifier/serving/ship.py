"""Adds a trained and evaluated model to this package, with a model card."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import torch
from jinja2 import StrictUndefined, Template

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.cells import from_cell
from sketch_classifier.drawings.files import replaced_folder, require_writable
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.models.network import class_probabilities
from sketch_classifier.models.predict import logit_blocks, require_numbers, rows_to_test
from sketch_classifier.models.pretrained_weights import ATTRIBUTION, packed
from sketch_classifier.models.saved import About, load_model, write_model
from sketch_classifier.params import ModelPreset, StrokeInput
from sketch_classifier.progress import step
from sketch_classifier.serving.export import compare
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.predictor import FILE, WEIGHTS_FILE
from sketch_classifier.serving.shared_weights import onnx_graph

TOLERANCE = 0.002  # of a recomputed accuracy, possibly on another kind of processor
LOWEST_AGREEMENT = 0.99  # minimum agreement of the float16 copy with the trained model
ROWS = 4096  # test drawings whose probabilities are in memory at a time
NUM_WEAKEST = 8  # classes, and pairs of classes, listed in the card
NEEDED = ("num_test", "accuracy", "accuracy_low", "accuracy_high")
FIGURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "top3_accuracy": "top-3 accuracy",
    "top5_accuracy": "top-5 accuracy",
    "log_loss": "log loss",
    "log_loss_scaled": "log loss, calibrated",
    "expected_calibration_error": "expected calibration error",
    "expected_calibration_error_scaled": "expected calibration error, calibrated",
}


def ship(
    model: str | Path, metrics: str | Path, processed: str | Path, out: str | Path, command: str, began: str = ""
) -> dict[str, Any]:
    """Write the model in the folder `model` to the folder `out`, which is replaced, for `Predictor.pretrained`.

    metrics    output folder of `evaluate` with metrics.json, intervals.csv, per_class.csv and most_confused.csv
    processed  folder of the preprocessed dataset on which it was trained and evaluated
    command    command that trained it, for the card
    began      origin of the initial weights, for the card

    `out` will contain model.json and model.safetensors as written by `save_model`, with kernels and matrices in float16
    and the logits calibrated by the temperature of metrics.json; model.onnx, a graph that reads its weights from
    model.safetensors; and README.md, the card. Local paths are reduced to file names. Returns the comparison of the
    copy with the trained model on all test drawings, and the total size of the files in bytes. The output is
    reproducible byte for byte.

    Raises UserError if an input is missing, if `metrics` belong to another model or dataset, if the copy predicts
    another class too often, or if `out` cannot be written.
    """
    require_writable(out)
    dataset = Dataset.open(processed)
    network, about = load_model(model)
    figures, tables = _evaluated(Path(metrics))
    test, stored = rows_to_test(dataset, about, model), dataset.inputs(network.input)
    labels = dataset.targets(about.task)[test]
    about = replace(_without_paths(about), temperature=figures.get("temperature", 1.0))
    trained, hits = deepcopy(network), np.zeros(len(test), bool)

    def expected() -> Iterator[tuple[slice, np.ndarray]]:
        """The probabilities of the trained model in batches; only whether they are correct is stored."""
        for part, logits in logit_blocks(trained, stored, test, ROWS, device="cpu"):
            probabilities = _probabilities(require_numbers(logits, model), about)
            hits[part] = probabilities.argmax(axis=1) == labels[part]
            yield part, probabilities

    out = Path(out)
    with replaced_folder(out) as partial:
        step(f"writing {out}")
        state = packed(network.state_dict())
        write_model(partial, state, about)
        network.load_state_dict(state)
        graph = onnx_graph(network, about, partial / WEIGHTS_FILE)
        (partial / FILE).write_bytes(graph.SerializeToString(deterministic=True))
        onnx.checker.check_model(str(partial / FILE))
        step(f"comparing the copy with the trained model on {len(test):,} test drawings")
        session = Session(partial / FILE, weights=partial / WEIGHTS_FILE)
        checked = compare(session, stored, test, labels, expected(), "shipped")
        accuracy = float(hits.mean())
        if figures["num_test"] != len(test) or abs(accuracy - figures["accuracy"]) > TOLERANCE:
            found = f"accuracy {figures['accuracy']:.4f} on {figures['num_test']:,} drawings"
            expects = f"{accuracy:.4f} on {len(test):,}"
            raise UserError(f"{metrics}: {found} is not that of {model}, {expects}; run `dvc repro evaluate`")
        if checked["agreement_shipped"] < LOWEST_AGREEMENT:
            share = f"{checked['agreement_shipped']:.1%}"
            raise UserError(f"{model}: the float16 copy predicts the same class for only {share} of the test drawings")
        text = card(out.name, about, figures | checked, tables, (partial / WEIGHTS_FILE).stat().st_size, command, began)
        (partial / "README.md").write_text(text, encoding="utf-8")
    return checked | {"bytes": sum(path.stat().st_size for path in out.iterdir())}


def card(
    name: str,
    about: About,
    figures: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    num_bytes: int,
    command: str,
    began: str = "",
) -> str:
    """The model card in Markdown: classes, data, licence, command, metrics and limitations.

    figures  the values of metrics.json and intervals.csv, and the comparison of the shipped copy
    tables   per_class and most_confused, as written by `evaluate`
    """
    template = files("sketch_classifier.serving").joinpath("pages/card.md.jinja").read_text(encoding="utf-8")
    taken = about.preset.input
    return Template(template, trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined).render(
        name=name,
        about=about,
        figures=figures,
        rows=[(label, _written(key, figures[key])) for key, label in FIGURES.items() if key in figures],
        weakest=tables["per_class"]
        .dropna(subset="f1")
        .sort_values("f1", kind="stable")
        .head(NUM_WEAKEST)
        .to_dict("records"),
        confused=tables["most_confused"].query("count > 0").head(NUM_WEAKEST).to_dict("records"),
        num_bytes=num_bytes,
        input=f"{taken.max_points} points" if isinstance(taken, StrokeInput) else f"{taken.size}×{taken.size} pixels",
        command=command,
        began=began or ("random weights" if about.weights == "none" else f"`{about.weights}` weights"),
        attribution=ATTRIBUTION,
    )


def _written(figure: str, value: float) -> str:
    return f"{value:.3f}" if figure.startswith("log_loss") else f"{100 * value:.1f}%"


def _table(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    names = table.select_dtypes(exclude="number").columns
    return table.assign(**{name: table[name].astype(str).map(from_cell) for name in names})


def _evaluated(folder: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The metrics and tables in the output folder of `evaluate`."""
    try:
        figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        values = pd.read_csv(folder / "intervals.csv").set_index("figure")["value"].dropna()
        tables = {name: _table(folder / f"{name}.csv") for name in ("per_class", "most_confused")}
        wrong = [name for name in NEEDED if not isinstance(figures.get(name), (int, float))]
        if wrong:
            raise ValueError(f"no {wrong[0]} in metrics.json")
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: not found; run `dvc repro evaluate` first") from None
    except (ValueError, KeyError, AttributeError, pd.errors.ParserError) as error:
        raise UserError(f"{folder}: not what `evaluate` wrote ({one_line(error)}); run `dvc repro evaluate`") from None
    return values.to_dict() | figures, tables


def _probabilities(logits: np.ndarray, about: About) -> np.ndarray:
    return class_probabilities(torch.from_numpy(logits) / about.temperature, about.task).numpy()


def _without_paths(about: About) -> About:
    """A copy with file names instead of paths."""
    preset = ModelPreset.model_validate(_names(about.preset.model_dump()))
    return replace(about, preset=preset, weights=_names(about.weights), failed_weights=_names(about.failed_weights))


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _names(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_names(entry) for entry in value)
    return Path(value).name if isinstance(value, str) and os.sep in value else value
