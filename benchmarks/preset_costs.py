"""What each model preset costs: parameters, bytes of the exported model, ms a drawing, training drawings/s."""

from __future__ import annotations

import contextlib
import copy
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from accelerate import Accelerator

from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.data.download import download
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.models.allocator import keep_freed_memory
from sketch_classifier.models.network import build_network, num_outputs
from sketch_classifier.models.saved import About
from sketch_classifier.models.weights import UsedWeights, load_weights
from sketch_classifier.params import DatasetPreset, ModelPreset, Split
from sketch_classifier.serving.onnx_graph import onnx_model
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.quantise import quantise
from sketch_classifier.training.checkpoint import Checkpoint
from sketch_classifier.training.loop import fit, reproducible
from sketch_classifier.training.train import to_learn

NUM_CALIBRATION = 32  # drawings for the int8 model: its size and speed do not depend on them
MOST_EPOCHS = 50  # of one measurement


class NoCheckpoint(Checkpoint):
    """Saves nothing: the disk is not measured."""

    def load(self, *_) -> list:
        return []

    def save(self, *_) -> None:
        pass


@dataclass
class Candidate:
    """A preset, ready to be measured.

    figures       what needs no clock: parameters, bytes of both files, weights
    inference     by "onnx" and "int8": predicts one stored drawing, on one thread
    train         trains on (number of drawings, epochs); gives the seconds
    epochs        None; or the epochs that must be measured together, because work is shared among them
    """

    figures: dict[str, Any]
    inference: Mapping[str, Callable[[], object]]
    train: Callable[[int, int], float]
    batch_size: int
    epochs: int | None


def measure_costs(
    presets: Mapping[str, ModelPreset],
    dataset: DatasetPreset,
    rounds: int = 5,
    seconds: float = 1.0,
    drawings: int = 60,
) -> dict[str, Any]:
    """{"machine": …, "presets": {name: figures}} for the classes of `dataset`.

    rounds    measurements of each preset; all presets are measured in turn in each round, and medians are kept
    seconds   of training in one measurement, at least (one batch at least)
    drawings  synthetic drawings of each category to measure with

    Networks have random weights, except that a preset with `freeze_backbone` is frozen where its weights are available.
    ms a drawing is CPU time of the calling thread; drawings/s is by the clock, on all of torch's threads, in float32.
    For a frozen backbone it includes the pass that computes the features, divided among the preset's epochs.
    """
    keep_freed_memory()
    accelerator = Accelerator(cpu=True)
    with tempfile.TemporaryDirectory() as folder, reproducible():
        data = synthetic(Path(folder), dataset, drawings)
        downloads: dict[tuple, UsedWeights] = {}
        candidates = {}
        for name, preset in presets.items():
            begun = time.perf_counter()
            candidates[name] = candidate(name, preset, data, Path(folder), accelerator, downloads)
            print(f"{name}: exported in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
        sizes = {name: size(each, len(data.images) - 2, seconds) for name, each in candidates.items()}
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in presets}
        for number in range(rounds):
            for name, each in candidates.items():
                measured[name].append(one_round(each, *sizes[name]))
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    figures = {}
    for name, each in candidates.items():
        medians = {key: statistics.median(row[key] for row in measured[name]) for key in measured[name][0]}
        figures[name] = each.figures | {key: float(f"{value:.4g}") for key, value in medians.items()}
    return {"machine": machine(), "presets": figures}


def synthetic(folder: Path, dataset: DatasetPreset, num: int) -> Dataset:
    """`num` drawings of each category of `dataset` with their strokes, and half of the categories as positive group."""
    categories = dataset.categories
    download("synthetic", "simplified", categories, num, folder / "raw", seed=0, cache=None, progress=False)
    drawn = dataset.model_copy(
        update={"format": "simplified", "limit": num, "positive": categories[: len(categories) // 2]}
    )
    preprocess(folder / "raw", drawn, Split(train=1.0, validation=0.0, test=0.0), folder / "processed")
    return Dataset.open(folder / "processed")


def candidate(
    name: str,
    preset: ModelPreset,
    data: Dataset,
    folder: Path,
    accelerator: Accelerator,
    downloads: dict[tuple, UsedWeights],
) -> Candidate:
    """`downloads` remembers, by architecture and list, which weights were available: each is tried once."""
    classes = data.class_names(preset.task)
    network = build_network(preset.architecture, preset.input, num_outputs(preset.task, len(classes)))
    key = preset.architecture, preset.weights
    if key not in downloads:
        downloads[key] = load_weights(network, preset.weights)
    weights = downloads[key]
    if preset.freeze_backbone and weights.used != "none":
        network.freeze()
    network.flip_average = preset.test_time_flip and data.mirror
    network.eval()
    stored = data.inputs(preset.input)
    num_parameters = sum(parameter.numel() for parameter in network.parameters())
    about = About(
        name=name,
        preset=preset,
        class_names=classes,
        categories=data.categories,
        positive=data.positive,
        positive_name=None,
        image_shape=stored.shape[1:],
        channels=data.channels,
        weights=weights.used,
        failed_weights=weights.failed,
        frozen=network.frozen,
        flip_average=network.flip_average,
        num_parameters=num_parameters,
        num_train=0,
        num_validation=0,
        seed=0,
        final={},
    )
    exact = onnx_model(network, about)
    graphs = {"onnx": exact, "int8": quantise(exact, stored, np.arange(min(NUM_CALIBRATION, len(stored))))}
    figures: dict[str, Any] = {"parameters": num_parameters}
    drawing = np.ascontiguousarray(stored[np.arange(1)])
    inference = {}
    for form, graph in graphs.items():
        path = folder / f"{name}_{form}.onnx"
        path.write_bytes(graph.SerializeToString(deterministic=True))
        figures[f"bytes_{form}"] = path.stat().st_size
        inference[form] = _predict(Session(path), drawing)
    figures |= {"weights": weights.used, "failed_weights": list(weights.failed)}
    short = preset.model_copy(update={"keep": "last", "patience": None})

    def train(num: int, epochs: int) -> float:
        split = np.full(len(data.split), SPLITS.index("test"), np.int8)
        split[:num], split[-1] = SPLITS.index("train"), SPLITS.index("validation")
        settings = short.model_copy(update={"epochs": epochs})
        copied, own = copy.deepcopy(network), replace(data, split=split)
        begun = time.perf_counter()
        module, (drawings, validation) = to_learn(copied, own, stored, settings, accelerator)
        fit(module, drawings, validation, settings, 0, accelerator, NoCheckpoint(Path(), ""), lambda *_: None)
        return time.perf_counter() - begun

    shared = preset.epochs if network.frozen and preset.augmentation.is_none else None
    return Candidate(figures, inference, train, preset.batch_size, shared)


def size(each: Candidate, most: int, seconds: float) -> tuple[int, int]:
    """(drawings, epochs) of one measurement: whole batches where there are enough drawings, for about `seconds`."""
    epochs = each.epochs or 1
    least = min(each.batch_size, most)
    each.train(least, epochs)  # warms up
    num = round(least * seconds / each.train(least, epochs))
    num -= num % each.batch_size
    more = min(MOST_EPOCHS, max(1, num // most)) if each.epochs is None else epochs
    return min(max(num, least), most - most % least), more


def one_round(each: Candidate, num: int, epochs: int) -> dict[str, float]:
    """{"ms_onnx", "ms_int8", "drawings_per_s"}."""
    found = {f"ms_{form}": 1000 * _cpu_seconds(predict) for form, predict in each.inference.items()}
    return found | {"drawings_per_s": num * epochs / each.train(num, epochs)}


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__.partition("+")[0],
        "onnxruntime": onnxruntime.__version__,
    }


def _predict(session: Session, drawing: np.ndarray) -> Callable[[], object]:
    return lambda: session.probabilities(drawing)


def _cpu_seconds(function: Callable[[], object], budget: float = 0.15) -> float:
    """The median seconds of a call on this thread, of as many as take `budget` seconds, at least 5."""
    function()
    taken: list[float] = []
    while len(taken) < 5 or sum(taken) < budget:
        begun = time.thread_time()
        function()
        taken.append(time.thread_time() - begun)
    return statistics.median(taken)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
