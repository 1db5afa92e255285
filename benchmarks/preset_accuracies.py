"""How accurate each model preset is on real drawings: the stages' functions, one preset at a time, in a work folder."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.manifest import SYNTHETIC
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import DatasetPreset, ModelPreset, Split, Train
from sketch_classifier.training.train import train

SOURCES = {SYNTHETIC: "synthetic drawings", "official": "the official bucket"}
DIGITS = 4


def prepare_data(
    source: str, dataset: DatasetPreset, split: Split, seed: int, work: Path, cache: str | Path
) -> dict[str, Any]:
    """Write `work`/processed, unless it is there and was made from the same; what it was made from."""
    wanted = {"source": source, "dataset": dataset.model_dump(mode="json"), "split": split.model_dump(), "seed": seed}
    request = work / "data.json"
    with suppress(OSError, ValueError):  # missing or damaged: made anew
        if json.loads(request.read_text(encoding="utf-8")) == wanted:
            return wanted
    request.unlink(missing_ok=True)
    download(source, dataset.format, dataset.files, dataset.limit, work / "raw", seed=seed, cache=cache)
    preprocess(work / "raw", dataset, split, work / "processed")
    with replaced_file(request) as partial:
        partial.write_text(json.dumps(wanted), encoding="utf-8")
    return wanted


def describe_data(split: Split, work: Path) -> dict[str, Any]:
    """What accuracies are measured on: {"source", "num_train", "num_validation", "num_test", "sha256"}.

    The hash is of the files' hashes and of the split: the same wherever the same drawings come from. Raises UserError
    where `prepare_data` has not written them.
    """
    data = Dataset.open(work / "processed")
    manifest = json.loads((work / "raw/manifest.json").read_text(encoding="utf-8"))
    hashes = {file["category"]: file["sha256"] for file in manifest["files"]}
    digest = sha256(json.dumps([hashes, split.model_dump()], sort_keys=True).encode()).hexdigest()[:16]
    counts = {f"num_{name}": len(data.rows(name)) for name in SPLITS}
    return {"source": SOURCES.get(manifest["source"], "a folder or URL"), **counts, "sha256": digest}


def train_preset(name: str, preset: ModelPreset, settings: Train, seed: int, work: Path) -> dict[str, Any]:
    """Train on the training drawings and give what the validation drawings say; a run that was killed is resumed.

    The test drawings are not looked at. The model stays in `work`/`name`, for `read_test_accuracy`.
    """
    folder = work / name
    data = Dataset.open(work / "processed")
    train(
        data,
        preset,
        settings,
        name=name,
        seed=seed,
        out=folder / "models",
        curves=folder / "training",
        cache=folder / "cache",
    )
    _, about = load_model(folder / "models")
    return {
        "seed": seed,
        "weights": about.weights,
        "failed_weights": list(about.failed_weights),
        "epoch": int(about.final["epoch"]),
        "validation_accuracy": round(about.final["validation_accuracy"], DIGITS),
    }


def read_test_accuracy(name: str, preset: ModelPreset, work: Path) -> dict[str, Any]:
    """What the test drawings say of the model that `train_preset` left: accuracy and its 95 % interval.

    Raises UserError if there is none, or one with other settings.
    """
    folder = work / name
    _, about = load_model(folder / "models")
    if about.preset != preset:
        raise UserError(f"{folder}: trained with other settings than params.yaml has; use --train {name} first")
    figures = evaluate(work / "processed", folder / "models", folder / "metrics", folder / "plots")
    keys = {"test_accuracy": "accuracy", "test_low": "accuracy_low", "test_high": "accuracy_high"}
    return {key: round(figures[figure], DIGITS) for key, figure in keys.items()}
