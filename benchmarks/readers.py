"""How fast drawings are read, as ratios to json.loads in the same run: `python benchmarks/readers.py [FOLDER]`.

FOLDER is laid out like the public bucket; its simplified and raw drawings are repeated to about 20 MB. CPU time of one
thread, median of interleaved rounds; `MB/s` are of the same drawings as .ndjson text, whatever format is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import orjson
from checkout import ROOT, run

from sketch_classifier.drawings.formats import read_binary, read_ndjson, write_binary

ROUNDS = 9
SIZE = 20_000_000
FIRST_READ = """
import sys, time
from sketch_classifier.drawings.formats import read_ndjson
cpu, wall = time.process_time(), time.perf_counter()
read_ndjson(sys.argv[1], limit=2)
print(f"first read {time.process_time() - cpu:.2f} s of CPU time, {time.perf_counter() - wall:.2f} s by the clock")
"""


def main(folder: Path) -> None:
    if not (folder / "simplified").is_dir():
        sys.exit(f"no drawings at {folder}: give a folder that is laid out like the bucket")
    with tempfile.TemporaryDirectory() as temporary:
        for kind in ("simplified", "raw"):
            path = Path(temporary) / f"{kind}.ndjson"
            text = b"".join(file.read_bytes() for file in sorted((folder / kind).glob("*.ndjson")))
            path.write_bytes(text * (SIZE // len(text) + 1))
            ways: dict[str, Callable[[], object]] = {
                "json.loads": partial(_each_line, path, json.loads),
                "orjson.loads": partial(_each_line, path, orjson.loads),
                "read_ndjson": partial(read_ndjson, path),
            }
            if kind == "simplified":
                binary = path.with_suffix(".bin")
                write_binary(binary, read_ndjson(path))
                ways["read_binary"] = partial(read_binary, binary)
            drawings = read_ndjson(path)
            print(f"{kind}: {len(drawings):,} drawings, {path.stat().st_size / 1e6:.1f} MB")
            _compare(ways, path.stat().st_size)
        environment = os.environ | {"NUMBA_CACHE_DIR": str(Path(temporary) / "cache")}
        for title in ("compiling", "cached"):
            command = [sys.executable, "-c", FIRST_READ, str(path)]
            output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            print(f"{title}: {output.strip()}")


def _each_line(path: Path, loads: Callable[[bytes], object]) -> None:
    with path.open("rb") as file:
        for line in file:
            loads(line)


def _compare(ways: dict[str, Callable[[], object]], num_bytes: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    peer = np.median(seconds["json.loads"])
    for name, times in seconds.items():
        median = np.median(times)
        print(f"  {name:14} {num_bytes / median / 1e6:7.1f} MB/s  {peer / median:6.2f} × json.loads")


if __name__ == "__main__":
    default = ROOT / "../shared/quickdraw_dataset/full"
    run(lambda: main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SKETCH_CLASSIFIER_MIRROR", default))))
