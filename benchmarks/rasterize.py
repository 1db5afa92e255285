"""How fast strokes become bitmaps, against the published pycairo code: `python benchmarks/rasterize.py [FOLDER]`.

FOLDER is laid out like the public bucket; all of its simplified drawings are drawn. CPU time of one thread, median of
interleaved rounds. Needs pycairo (`pip install pycairo`, with libcairo2-dev), which the project itself does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cairo
import numpy as np
from checkout import ROOT, run
from numba import njit

from sketch_classifier.drawings.formats import read_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.strokes import Drawings

ROUNDS = 9
LOOP = 50_000_000  # steps of the loop that two threads run without sharing anything
FIRST_CALL = """
import time
cpu, wall = time.process_time(), time.perf_counter()
from sketch_classifier.drawings.raster import rasterize
rasterize([[[[0, 255], [0, 255]]]])
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(f"import and first call {cpu:.2f} s of CPU time, {wall:.2f} s by the clock")
"""


def main(folder: Path) -> None:
    if not (folder / "simplified").is_dir():
        sys.exit(f"no drawings at {folder}: give a folder that is laid out like the bucket")
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "drawings.ndjson"
        path.write_bytes(b"".join(file.read_bytes() for file in sorted((folder / "simplified").glob("*.ndjson"))))
        drawings, lists = read_ndjson(path), _json(path)
        same = (rasterize(drawings) == _published(lists)).all(axis=(1, 2)).sum()
        print(f"{len(drawings):,} drawings, {same:,} identical to cairo {cairo.cairo_version_string()}")
        _compare(
            "bitmaps from .ndjson",
            len(drawings),
            {
                "json.loads + published pycairo code": lambda: _published(_json(path)),
                "read_ndjson + rasterize": lambda: rasterize(read_ndjson(path), threads=1),
            },
        )
        _compare(
            "rasterising alone",
            len(drawings),
            {
                "published pycairo code": lambda: _published(lists),
                "rasterize": lambda: rasterize(drawings, threads=1),
            },
        )
        _compare(
            "reading alone",
            len(drawings),
            {
                "json.loads": lambda: _json(path),
                "read_ndjson": lambda: read_ndjson(path),
            },
        )
        _two_cores(path, drawings)
        environment = os.environ | {"NUMBA_CACHE_DIR": str(Path(temporary) / "cache")}
        for title in ("compiling", "cached"):
            command = [sys.executable, "-c", FIRST_CALL]
            output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            print(f"{title}: {output.strip()}")


def _two_cores(path: Path, drawings: Drawings) -> None:
    """Two threads against one, by the clock, beside a loop that shares nothing: what the machine allows just now.

    Where other programs keep the cores busy, the clock says little. So the ratio is also worked out from CPU times, as
    two free cores would have it: the calling thread's time counts in full, that of its two helpers by half.
    """
    loops = [LOOP, LOOP]
    _compute(1)
    with ThreadPoolExecutor(2) as pool:
        _compare(
            "two cores, by the clock",
            len(drawings),
            {
                "json.loads + published pycairo code": lambda: _published(_json(path)),
                "read_ndjson + rasterize, 2 threads": lambda: rasterize(read_ndjson(path), threads=2),
            },
            clock=time.perf_counter,
        )
        ways = {
            "loop": (lambda: list(map(_compute, loops)), lambda: list(pool.map(_compute, loops))),
            "rasterize": (lambda: rasterize(drawings, threads=1), lambda: rasterize(drawings, threads=2)),
        }
        clock: dict[str, list[float]] = {name: [] for name in ways}
        cpu: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (alone, together) in ways.items():
                (wall_1, cpu_1, _), (wall_2, cpu_2, caller) = _times(alone), _times(together)
                clock[name].append(wall_1 / wall_2)
                cpu[name].append(cpu_1 / (caller + (cpu_2 - caller) / 2))
    print("two threads / one")
    for name in ways:
        print(f"  {name:36} {np.median(clock[name]):6.2f} × by the clock, {np.median(cpu[name]):5.2f} × by CPU time")


@njit(nogil=True)
def _compute(count):
    """Numbers of xorshift64: nothing but registers."""
    x = np.uint64(88172645463325252)
    for _ in range(count):
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
    return x


def _times(way: Callable[[], object]) -> tuple[float, float, float]:
    """Seconds by the clock, of CPU time, and of the calling thread's CPU time."""
    before = time.perf_counter(), time.process_time(), time.thread_time()
    way()
    after = time.perf_counter(), time.process_time(), time.thread_time()
    clock, cpu, caller = (b - a for a, b in zip(before, after, strict=True))
    return clock, cpu, caller


def _compare(title: str, count: int, ways: dict[str, Callable[[], object]], clock=time.process_time) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = clock()
            way()
            seconds[name].append(clock() - start)
    peer = np.median(next(iter(seconds.values())))
    print(title)
    for name, times in seconds.items():
        median = np.median(times)
        print(f"  {name:36} {median / count * 1e6:7.1f} µs a drawing {peer / median:6.2f} ×")


def _json(path: Path) -> list:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line)["drawing"] for line in file]


def _published(vector_images, side=28, line_diameter=16, padding=16, bg_color=(0, 0, 0), fg_color=(1, 1, 1)):
    """The procedure that the dataset's authors published (googlecreativelab/quickdraw-dataset, issue 19)."""
    original_side = 256.0
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, side, side)
    ctx = cairo.Context(surface)
    ctx.set_antialias(cairo.ANTIALIAS_BEST)
    ctx.set_line_cap(cairo.LINE_CAP_ROUND)
    ctx.set_line_join(cairo.LINE_JOIN_ROUND)
    ctx.set_line_width(line_diameter)
    total_padding = padding * 2.0 + line_diameter
    new_scale = float(side) / float(original_side + total_padding)
    ctx.scale(new_scale, new_scale)
    ctx.translate(total_padding / 2.0, total_padding / 2.0)
    raster_images = []
    for vector_image in vector_images:
        ctx.set_source_rgb(*bg_color)
        ctx.paint()
        bbox = np.hstack(vector_image).max(axis=1)
        offset = ((original_side, original_side) - bbox) / 2.0
        offset = offset.reshape(-1, 1)
        centered = [stroke + offset for stroke in vector_image]
        ctx.set_source_rgb(*fg_color)
        for xv, yv in centered:
            ctx.move_to(xv[0], yv[0])
            for x, y in zip(xv, yv, strict=True):
                ctx.line_to(x, y)
            ctx.stroke()
        data = surface.get_data()
        raster_images.append(np.copy(np.asarray(data)[::4]))
    return np.stack(raster_images).reshape(-1, side, side)


if __name__ == "__main__":
    default = ROOT / "../shared/quickdraw_dataset/full"
    run(lambda: main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SKETCH_CLASSIFIER_MIRROR", default))))
