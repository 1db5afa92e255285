"""Training steps in bfloat16 (mixed precision) against float32, in turn, by medians.

    python benchmarks/precision.py [--presets sketchnet mobilenet efficientnet_lite] [--rounds 5]

A step is forward, backward and optimizer, on one batch that is ready. On a CPU the third way leaves depthwise
convolutions in bfloat16; the second is that of training (`training/depthwise.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from accelerate import Accelerator
from checkout import run
from torch.nn import functional
from train import NUM_CLASSES, in_turn

from sketch_classifier.models.allocator import keep_freed_memory
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import build_network
from sketch_classifier.params import ModelPreset, load_params
from sketch_classifier.training.depthwise import depthwise_in_float32
from sketch_classifier.training.optimizers import build_optimizer

STEPS = 4  # in a measurement
WAYS = {
    "float32": (False, False),
    "bfloat16, depthwise convolutions in float32": (True, True),
    "bfloat16": (True, False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="*", default=["sketchnet", "mobilenet", "efficientnet_lite"])
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each way, taken in turn")
    arguments = parser.parse_args()
    keep_freed_memory()
    presets, device = load_params().models, Accelerator().device
    print(f"{device}, {torch.get_num_threads()} threads, torch {torch.__version__}, rounds {arguments.rounds}")
    for name in arguments.presets:
        ways = {way: steps(presets[name], device, *how) for way, how in WAYS.items()}
        medians = in_turn(ways, arguments.rounds)
        for way, median in medians.items():
            rate = STEPS * presets[name].batch_size / median
            print(f"{name:<18} {way:<44} {rate:7.0f} drawings/s {medians['float32'] / median:6.2f} ×", flush=True)


def steps(preset: ModelPreset, device: torch.device, autocast: bool, float32_depthwise: bool) -> Callable[[], None]:
    """STEPS training steps of a new network on one batch of random images."""
    network = build_network(preset.architecture, preset.input, NUM_CLASSES).train()
    if float32_depthwise:
        depthwise_in_float32(network)
    network.to(device).to(memory_format=torch.channels_last)
    optimizer = build_optimizer(preset.optimizer, network)
    stored = np.random.default_rng(0).integers(256, size=(preset.batch_size, 28, 28), dtype=np.uint8)
    images = prepare(torch.from_numpy(stored).to(device), preset.input)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(NUM_CLASSES, (preset.batch_size,), device=device)

    def take() -> None:
        for _ in range(STEPS):
            with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                logits = network(images).float()
            functional.cross_entropy(logits, labels).backward()
            optimizer.step()
            optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return take


if __name__ == "__main__":
    run(main)
