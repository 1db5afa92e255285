"""MobileNetV2's forward pass with and without `keep_freed_memory`, each in processes of its own, in turn.

python benchmarks/allocator.py [--rounds 5]
"""

import argparse
import statistics
import subprocess
import sys
import time

from checkout import run

WAYS = ("glibc's default", "keep_freed_memory")
BATCHES, BATCH_SIZE = 6, 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(forward(options.way))
        return
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            done = subprocess.run([sys.executable, __file__, "--way", way], capture_output=True, text=True, check=True)
            seconds[way].append(float(done.stdout))
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    for way, median in medians.items():
        rate = BATCHES * BATCH_SIZE / median
        print(f"{way:<18} {rate:7.1f} images/s {medians[WAYS[0]] / median:6.2f} ×")


def forward(way: str) -> float:
    """Seconds of BATCHES forward passes of the backbone of `mobilenet_binary`."""
    import torch

    from sketch_classifier.models.allocator import keep_freed_memory
    from sketch_classifier.models.network import build_network
    from sketch_classifier.params import ImageInput

    if way == "keep_freed_memory":
        keep_freed_memory()
    network = (
        build_network("mobilenet_v2", ImageInput(size=96, channels=3), 1).to(memory_format=torch.channels_last).eval()
    )
    images = torch.rand(BATCH_SIZE, 3, 96, 96).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        network.features(images)
        start = time.perf_counter()
        for _ in range(BATCHES):
            network.features(images)
        return time.perf_counter() - start


if __name__ == "__main__":
    run(main)
