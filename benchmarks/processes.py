"""Drawings per second of several training processes on one machine, and what a drawing costs all of them together.

    torchrun --nproc_per_node 1 benchmarks/processes.py
    torchrun --nproc_per_node 2 benchmarks/processes.py
    torchrun --nproc_per_node 4 benchmarks/processes.py

Each run trains the preset on the CPU, with gloo between the processes, and prints the figures of the second epoch: the
first one warms up. On a machine that does other work at the same time, compare the CPU times.
"""

from __future__ import annotations

import argparse
import time

import torch
from accelerate import Accelerator
from checkout import run
from train import NUM_CLASSES, drawings, samples

from sketch_classifier.models.network import build_network
from sketch_classifier.params import load_params
from sketch_classifier.training.checkpoint import NoCheckpoint
from sketch_classifier.training.loop import fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cnn", help="an image model of params.yaml (default: cnn)")
    parser.add_argument("--drawings", type=int, default=2560, help="in an epoch")
    options = parser.parse_args()
    torch.set_num_threads(1)
    accelerator = Accelerator(cpu=True)
    preset = load_params().models[options.preset].model_copy(update={"epochs": 2, "keep": "last", "patience": None})
    images, labels = drawings(options.drawings + 2)
    train, validation = samples(preset, images, labels, accelerator, options.drawings)
    times: list[tuple[float, float]] = []
    fit(
        build_network(preset.architecture, preset.input, NUM_CLASSES),
        train,
        validation,
        preset,
        0,
        accelerator,
        NoCheckpoint(),
        lambda row, new: times.append((time.perf_counter(), time.process_time())),
    )
    wall, cpu = (after - before for before, after in zip(*times, strict=True))
    total = accelerator.reduce(torch.tensor([cpu], dtype=torch.float64), reduction="sum").item()
    if accelerator.is_main_process:
        rate, cost = options.drawings / wall, total / options.drawings
        print(f"{accelerator.num_processes} processes: {rate:,.0f} drawings/s, {cost * 1e3:.2f} ms of CPU per drawing")


if __name__ == "__main__":
    run(main)
