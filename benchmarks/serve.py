"""One drawing at a time on one thread: ONNX Runtime, in full and in 8 bits, against torch as it is.

    python benchmarks/serve.py [PRESET …]

Each preset of params.yaml with random weights, for 30 classes: from a stored drawing to its probabilities, resizing and
all, in CPU time. torch runs the same steps, `prepare` and the network, in inference mode. Target: ONNX Runtime at least
2× faster.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from checkout import run

from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import Network, build_network, class_probabilities, num_outputs
from sketch_classifier.models.saved import About
from sketch_classifier.params import ModelPreset, load_params
from sketch_classifier.serving.onnx_graph import onnx_model
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.serving.quantise import quantise

CATEGORIES = tuple(f"category {number}" for number in range(30))
SIDE = 28  # of a stored image


def main() -> None:
    presets = load_params().models
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", default=list(presets), metavar="PRESET")
    parser.add_argument("--drawings", type=int, default=50, help="drawings a round")
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each way, taken in turn")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.presets:
        measure(name, presets[name], arguments.drawings, arguments.rounds)


def measure(name: str, preset: ModelPreset, num: int, rounds: int) -> None:
    classes = ("negative", "positive") if preset.task == "binary" else CATEGORIES
    network = build_network(preset.architecture, preset.input, num_outputs(preset.task, len(classes)))
    network.to(memory_format=torch.channels_last).eval()
    network.flip_average = preset.test_time_flip
    drawings = stored(preset, num)
    about = About(
        name=name, preset=preset, class_names=classes, categories=CATEGORIES, positive=(), positive_name=None,
        image_shape=image_shape(preset), channels=1, weights="none", failed_weights=(), frozen=False, num_parameters=0,
        num_train=0, num_validation=0, seed=0, final={}, flip_average=network.flip_average,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        exact = onnx_model(network, about)
        sessions = {}
        for form, model in (("onnx", exact), ("int8", quantise(exact, drawings, np.arange(num)))):
            path = Path(folder) / f"{form}.onnx"
            path.write_bytes(model.SerializeToString())
            sessions[form] = Session(path)
        ways = {"torch": eager(network, preset)} | {form: one.probabilities for form, one in sessions.items()}
        seconds = in_turn(ways, drawings, rounds)
    ratios = {form: seconds["torch"] / seconds[form] for form in sessions}
    print(
        f"{name:20} "
        + "  ".join(f"{way} {1000 * value:.3f} ms" for way, value in seconds.items())
        + "  torch / "
        + ", ".join(f"{form} {ratio:.2f}" for form, ratio in ratios.items()),
        flush=True,
    )


def eager(network: Network, preset: ModelPreset) -> Callable[[np.ndarray], np.ndarray]:
    def probabilities(drawings: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            logits = network(prepare(torch.from_numpy(drawings), preset.input))
            return class_probabilities(logits, preset.task).numpy()

    return probabilities


def image_shape(preset: ModelPreset) -> tuple[int, ...]:
    """Of what the exported model is given."""
    if preset.input.kind != "rasters":
        return SIDE, SIDE
    size = preset.input.size
    return (size, size) if preset.input.channels == 1 else (3, size, size)


def stored(preset: ModelPreset, num: int) -> np.ndarray:
    """(num, *image_shape) or (num, L, 3) uint8, at random: every pixel takes the same time."""
    random = np.random.default_rng(0)
    if preset.input.kind != "strokes":
        return random.integers(0, 256, (num, *image_shape(preset)), dtype=np.uint8)
    sequences = random.integers(0, 256, (num, preset.input.max_points + 1, 3), dtype=np.uint8)
    sequences[..., 2] = 1 + (sequences[..., 2] > 230)
    return sequences


def in_turn(ways: dict[str, Callable], drawings: np.ndarray, rounds: int) -> dict[str, float]:
    """The median CPU seconds of a drawing, each way; the first round warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            begun = time.process_time()
            for index in range(len(drawings)):
                way(drawings[index : index + 1])
            seconds[name].append((time.process_time() - begun) / len(drawings))
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


if __name__ == "__main__":
    run(main)
