"""Memory and time for SVHN's files at their real size: `python benchmarks/svhn.py`.

The files are made up (random pixels). Each step runs in a process of its own; training's peak is also held against a
process which has only loaded torch. The peer is what is usually done: scipy's loadmat, an axis moved, and a copy.
Memory is the peak of the resident set, pages of memory-mapped files included.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from checkout import ROOT, run
from scipy.io import savemat

TEST_ROWS = 26032
BARE = "import torch"
READING = """
from sketch_classifier.data.svhn import SvhnFile
for images in SvhnFile.open("raw/svhn/train_32x32.mat").images():
    pass
"""
USUAL = """
import numpy as np
from scipy.io import loadmat
images = np.ascontiguousarray(np.moveaxis(loadmat("raw/svhn/train_32x32.mat")["X"], 3, 0))
"""
PREPROCESSING = """
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.params import load_params
params = load_params(ROOT + "/params.yaml")
preprocess("raw", params.datasets["svhn"], params.split, "processed")
"""
TRAINING = """
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import load_params
from sketch_classifier.training.train import train
params = load_params(ROOT + "/params.yaml")
preset = params.models[MODEL].model_copy(update={"epochs": EPOCHS})
train(Dataset.open("processed"), preset, params.train, name=MODEL, seed=0, out="models", curves="curves", cache="cache")
"""
MEASURED = """
import re, time
from pathlib import Path
started = time.perf_counter()
{code}
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]  # ru_maxrss has the parent's, too
print("measured", int(peak) / 1024, time.perf_counter() - started)
"""


def main(rows: int, epochs: int, models: list[str]) -> None:
    values = {"ROOT": str(ROOT), "EPOCHS": epochs}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "raw/svhn").mkdir(parents=True)
        for name, num in (("train_32x32", rows), ("test_32x32", min(rows, TEST_ROWS))):
            _made_up(Path(folder) / f"raw/svhn/{name}.mat", num)
        bare, _ = _measure(BARE, {}, folder)
        print(f"a process that has loaded torch: {bare:.0f} MB")
        steps = {
            "usual reading": (USUAL, {}),
            "reading": (READING, {}),
            "preprocess": (PREPROCESSING, {}),
            **{f"train {model}": (TRAINING, {"MODEL": model}) for model in models},
        }
        for what, (code, more) in steps.items():
            peak, seconds = _measure(code, values | more, folder)
            above = f", {peak - bare:.0f} MB more than that" if what.startswith("train") else ""  # others load no torch
            print(f"{what}: {peak:.0f} MB{above}, {seconds:.1f} s", flush=True)


def _made_up(path: Path, num: int) -> None:
    rng = np.random.default_rng(num)
    pixels = np.frombuffer(rng.bytes(num * 3072), np.uint8).reshape(num, 3, 32, 32).T
    savemat(path, {"X": pixels, "y": rng.integers(1, 11, (num, 1), np.uint8)}, do_compression=True)


def _measure(code: str, values: dict, folder: str) -> tuple[float, float]:
    """The peak memory in MB and the seconds of a process that runs the code in the folder."""
    assignments = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    command = [sys.executable, "-c", MEASURED.format(code=assignments + code)]
    output = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    peak, seconds = map(float, output.strip().splitlines()[-1].split()[1:])
    return peak, seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=73257, help="photographs to train on (default: as many as there are)"
    )
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--models", nargs="*", default=["cnn_small"], metavar="MODEL")
    options = parser.parse_args()
    run(lambda: main(options.rows, options.epochs, options.models))
