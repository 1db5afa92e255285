"""What each model preset costs: parameters, bytes of the exported model, ms a drawing, training drawings/s."""

from __future__ import annotations

import contextlib
import copy
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
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
from sketch_classifier.training.checkpoint import NoCheckpoint
from sketch_classifier.training.loop import fit, reproducible
from sketch_classifier.training.train import placed_samples, to_learn

NUM_CALIBRATION = 32  # drawings for the int8 model: its size and speed do not depend on them
MOST_EPOCHS = 50  # of one measurement
INFERENCE_SECONDS = 0.15  # of one measurement
Downloads = dict[tuple[str, tuple[str, ...]], UsedWeights]


def measure_costs(
    presets: Mapping[str, ModelPreset],
    dataset: DatasetPreset,
    rounds: int = 5,
    seconds: float = 1.0,
    drawings: int = 60,
) -> dict[str, Any]:
    """{"machine": …, "presets": {name: figures}} for the categories of `dataset`.

    rounds    measurements of each preset: all presets are measured in turn in each round, and medians are kept
    seconds   of training in one measurement, roughly (one batch at least)
    drawings  synthetic drawings of each category to measure with

    The figures of a preset are parameters, bytes_onnx, bytes_int8, weights and failed_weights (see UsedWeights),
    ms_onnx and ms_int8 (CPU time of one drawing on one thread) and drawings_per_s (training by the clock, on the CPU
    with all of torch's threads, in float32). For a frozen backbone the last includes the pass that computes the
    features, whose time all epochs of the preset share. What a teacher costs (`distillation`) is not included.
    """
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder, reproducible():
        data = synthetic(Path(folder), dataset, drawings)
        accelerator, downloads = Accelerator(cpu=True), Downloads()
        candidates = []
        for name, preset in presets.items():
            candidates.append(Candidate(name, preset, data, downloads, accelerator, Path(folder)))
            print(f"{name}: exported", file=sys.stderr, flush=True)
        sizes = [each.size(seconds) for each in candidates]
        measured: list[list[dict[str, float]]] = [[] for _ in candidates]
        for number in range(rounds):
            for each, size, rows in zip(candidates, sizes, measured, strict=True):
                rows.append(each.measure(*size))
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    figures = {each.name: each.figures | medians(rows) for each, rows in zip(candidates, measured, strict=True)}
    return {"machine": machine(), "presets": figures}


def synthetic(folder: Path, dataset: DatasetPreset, num: int) -> Dataset:
    """`num` drawings of each category of `dataset` with their strokes, and half of the categories as positive group."""
    names = dataset.categories
    download("synthetic", "simplified", names, num, folder / "raw", seed=0, cache=None, progress=False)
    drawn = dataset.model_copy(update={"format": "simplified", "limit": num, "positive": names[: len(names) // 2]})
    preprocess(folder / "raw", drawn, Split(train=1.0, validation=0.0, test=0.0), folder / "processed")
    return Dataset.open(folder / "processed")


class Candidate:
    """A preset, ready to be measured.

    name     of the preset
    figures  what needs no clock: parameters, bytes_onnx, bytes_int8, weights, failed_weights
    """

    def __init__(
        self,
        name: str,
        preset: ModelPreset,
        data: Dataset,
        downloads: Downloads,
        accelerator: Accelerator,
        folder: Path,
    ):
        """Build and export the network. `downloads` remembers which weights were available: each is tried once."""
        self.name, self.preset, self.data, self.accelerator = name, preset, data, accelerator
        classes = data.class_names(preset.task)
        network = build_network(preset.architecture, preset.input, num_outputs(preset.task, len(classes)))
        key = preset.architecture, preset.weights
        if key not in downloads:
            downloads[key] = load_weights(network, preset.weights)
        self.weights = downloads[key]
        if preset.freeze_backbone and self.weights.used != "none":
            network.freeze()
        network.flip_average = preset.test_time_flip and data.mirror
        self.network, self.stored = network.eval(), data.inputs(preset.input)
        self.figures: dict[str, Any] = {"parameters": sum(parameter.numel() for parameter in network.parameters())}
        self.sessions = self._export(folder)
        self.figures |= {"weights": self.weights.used, "failed_weights": list(self.weights.failed)}

    def size(self, seconds: float) -> tuple[int, int]:
        """(drawings, epochs) of one measurement that takes about `seconds`: whole batches, if there are so many."""
        most, batch_size = len(self.stored) - 1, self.preset.batch_size
        least = min(batch_size, most)
        # A frozen backbone runs once for all epochs, so these belong together.
        shared = self.network.frozen and self.preset.augmentation.is_none
        epochs = self.preset.epochs if shared else 1
        self.train(least, epochs)  # warms up
        num = int(least * seconds / self.train(least, epochs)) // batch_size * batch_size
        if not shared:
            epochs = min(MOST_EPOCHS, max(1, num // most))
        return min(max(num, least), most - most % least), epochs

    def measure(self, num: int, epochs: int) -> dict[str, float]:
        """{"ms_onnx", "ms_int8", "drawings_per_s"}, the last from `num` drawings in `epochs` epochs."""
        drawing = np.ascontiguousarray(self.stored[np.arange(1)])
        found = {f"ms_{form}": 1000 * _cpu_seconds(session, drawing) for form, session in self.sessions.items()}
        return found | {"drawings_per_s": num * epochs / self.train(num, epochs)}

    def train(self, num: int, epochs: int) -> float:
        """The seconds of training on the first `num` drawings; each time a copy of the network, from the same state."""
        split = np.full(len(self.data.split), SPLITS.index("test"), np.int8)
        split[:num], split[-1] = SPLITS.index("train"), SPLITS.index("validation")
        data, network = replace(self.data, split=split), copy.deepcopy(self.network)
        preset = self.preset.model_copy(update={"epochs": epochs, "keep": "last", "patience": None})
        begun = time.perf_counter()
        samples = placed_samples(data, self.stored, preset, self.accelerator)
        module, (drawings, validation) = to_learn(network, samples, preset, self.accelerator)
        fit(module, drawings, validation, preset, 0, self.accelerator, NoCheckpoint(), lambda *_: None)
        return time.perf_counter() - begun

    def _export(self, folder: Path) -> dict[str, Session]:
        data, network, preset = self.data, self.network, self.preset
        about = About(
            name=self.name,
            preset=preset,
            class_names=data.class_names(preset.task),
            categories=data.categories,
            positive=data.positive,
            positive_name=None,
            image_shape=data.images.shape[1:] if preset.input.kind == "strokes" else self.stored.shape[1:],
            channels=data.channels,
            weights=self.weights.used,
            failed_weights=self.weights.failed,
            frozen=network.frozen,
            flip_average=network.flip_average,
            num_parameters=self.figures["parameters"],
            num_train=0,
            num_validation=0,
            seed=0,
            final={},
        )
        exact = onnx_model(network, about)
        small = quantise(exact, self.stored, np.arange(min(NUM_CALIBRATION, len(self.stored))))
        sessions = {}
        for form, graph in (("onnx", exact), ("int8", small)):
            path = folder / f"{self.name}_{form}.onnx"
            path.write_bytes(graph.SerializeToString(deterministic=True))
            self.figures[f"bytes_{form}"] = path.stat().st_size
            sessions[form] = Session(path)
        return sessions


def medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure, to four digits."""
    return {name: float(f"{statistics.median(row[name] for row in rows):.4g}") for name in rows[0]}


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__.partition("+")[0],
        "onnxruntime": onnxruntime.__version__,
    }


def _cpu_seconds(session: Session, drawing: np.ndarray) -> float:
    """The median CPU seconds of a prediction, of at least 5 on this thread, which is the only one."""
    session.probabilities(drawing)
    taken: list[float] = []
    while len(taken) < 5 or sum(taken) < INFERENCE_SECONDS:
        begun = time.thread_time()
        session.probabilities(drawing)
        taken.append(time.thread_time() - begun)
    return statistics.median(taken)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
