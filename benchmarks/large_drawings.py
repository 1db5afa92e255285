"""CPU time of hostile drawings, one stroke each, by their number of points: `python benchmarks/large_drawings.py`.

With `--memory corners --size 2048 100000`: the memory that rasterising one of them takes.

corners  jumps at random between the corners of a square: every line crosses the whole drawing
uniform  jumps at random within the square
ring     jumps at random across a circle that shrinks: the point farthest from a chord is always near the stroke's start
spiral   a spiral of n / 126 turns
walk     a random walk
point    one point again and again
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from checkout import run

from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

NUMS = (1_000, 5_000, 20_000, 100_000, 150_000)


def drawings_of(num: int) -> dict[str, np.ndarray]:
    """(num, 2) float64 points, by name."""
    rng = np.random.default_rng(0)
    angles, radii = rng.uniform(0, 2 * np.pi, num), np.linspace(127, 64, num)
    turn = np.linspace(0, num / 20, num)
    return {
        "corners": rng.integers(0, 2, (num, 2)) * 255.0,
        "uniform": rng.integers(0, 256, (num, 2)) * 1.0,
        "ring": np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1),
        "spiral": np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1),
        "walk": np.cumsum(rng.normal(size=(num, 2)), axis=0),
        "point": np.full((num, 2), 7.0),
    }


def print_memory(name: str, num: int, size: int) -> None:
    """How far the peak memory of this process rises while a drawing is rasterised; for one drawing a process."""
    rasterize([[[[0, 9, 3], [0, 1, 7]]]], size, as_is=True)
    drawing = Drawings.from_arrays(drawings_of(num)[name], np.array([0, num]), np.array([0, 1]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rasterize(drawing, size, as_is=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{name} {num:,} points, {size} pixels: peak RSS {peak / 1024:.0f} MB, {before / 1024:.0f} MB before")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nums", nargs="*", type=int, metavar="POINTS", default=NUMS)
    parser.add_argument("--memory", choices=drawings_of(2), metavar="DRAWING")
    parser.add_argument("--size", type=int, default=2048, help="pixels a side, with --memory (default: 2048)")
    options = parser.parse_args()
    if options.memory:
        return print_memory(options.memory, options.nums[0], options.size)
    rasterize(simplify([[[[0, 9, 3], [0, 1, 7]]]]), as_is=True)
    print("drawing      points   simplify  rasterize, 28 pixels")
    for num in options.nums:
        for name, points in drawings_of(num).items():
            drawing = Drawings.from_arrays(points, np.array([0, num]), np.array([0, 1]))
            begin = time.process_time()
            try:
                simple = simplify(drawing)
                middle = time.process_time()
                rasterize(simple, as_is=True)
                end = time.process_time()
                print(f"{name:8} {num:10,} {middle - begin:8.3f} s {end - middle:8.3f} s", flush=True)
            except UserError as error:
                print(f"{name:8} {num:10,} {time.process_time() - begin:8.3f} s, refused: {error}")


if __name__ == "__main__":
    run(main)
