"""Reading other people's files against the usual way: `python benchmarks/formats.py [--memory]`.

CSV rows against pandas and json; pictures against Pillow and torchvision's ImageFolder. The sides take turns in one
process and on one thread; CPU time is what counts. Prints the ratio of the medians.

`--memory` prints the peak memory of a process that fetches and reads all of a source, small and five times as large:
CSV files, and 14 classes of 60 and of 300 pictures of each kind.
"""

import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from PIL import Image  # noqa: E402

from sketch_classifier.drawings.formats import read_csv  # noqa: E402
from sketch_classifier.drawings.picture import bitmaps_of  # noqa: E402
from sketch_classifier.drawings.raster import rasterize  # noqa: E402
from sketch_classifier.drawings.simplify import simplify  # noqa: E402
from sketch_classifier.synthetic.generate import generate  # noqa: E402

ROWS, PICTURES, ROUNDS = 3000, 600, 5
KINDS = ((28, "png", "L"), (256, "png", "L"), (256, "png", "RGB"), (256, "jpg", "L"), (256, "jpg", "RGB"))
CLASSES, FEW, MANY = 14, 60, 300
READ = """
import resource, sys, tempfile
from pathlib import Path
from sketch_classifier.data.reading import Reading

source, format = sys.argv[1:]
reading = Reading.of(source, format, reading="resize" if format == "image_folder" else None)
num = 0
with tempfile.TemporaryDirectory() as folder:
    for fetched in reading.fetch(Path(folder) / "source"):
        num += sum(len(batch.labels) for batch in reading.read(fetched))
print(num, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
NAMES = ["countrycode", "drawing", "key_id", "recognized", "timestamp", "word"]


def main() -> None:
    raw = generate("cat", ROWS, 0)[0]
    simple = simplify(raw)
    with tempfile.TemporaryDirectory() as folder:
        for name, drawings in (("train_simplified", simple), ("train_raw", raw)):
            path = Path(folder) / f"{name}.csv"
            _write_csv(path, drawings)
            _compare(f"{name}/cat.csv, {ROWS} rows", partial(read_csv, path), partial(_with_pandas, path))
        for size, kind, mode in KINDS:
            root = Path(folder) / f"{size}{kind}{mode}"
            _write_pictures(root / "cat", rasterize(simple[:PICTURES], size, as_is=True), kind, mode)
            _compare(
                f"{PICTURES} pictures of {size}×{size}, .{kind}, {mode}, reading: resize",
                partial(_pictures, root),
                partial(_with_image_folder, root),
            )


def memory() -> None:
    simple = simplify(generate("cat", MANY, 0)[0])
    with tempfile.TemporaryDirectory() as folder:
        for times in (10, 50):
            source = Path(folder) / f"csv{times}"
            (source / "train_simplified").mkdir(parents=True)
            for number in range(CLASSES):
                _write_csv(source / f"train_simplified/{number}.csv", simple, times)
            _print_peak(source, "csv", f"CSV, {CLASSES} classes")
        images = rasterize(simple, 256, as_is=True)
        for size, kind, mode in KINDS:
            for num in (FEW, MANY) if size == 256 else ():
                source = Path(folder) / f"{kind}{mode}{num}"
                for number in range(CLASSES):
                    _write_pictures(source / str(number), images[:num], kind, mode)
                _print_peak(source, "image_folder", f"{CLASSES} classes × {num} of {size}×{size}, .{kind}, {mode}")


def _print_peak(source: Path, format: str, what: str) -> None:
    size = sum(path.stat().st_size for path in source.rglob("*.*")) / 1e6
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src")}
    command = [sys.executable, "-c", READ, str(source), format]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    num, peak = map(int, done.stdout.split())
    print(f"{what}: {num:,} drawings, {size:.1f} MB of files, peak {peak} MiB, {seconds:.1f} s of CPU", flush=True)


def _compare(what: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    ours(), theirs()
    times: dict[Callable, list[float]] = {ours: [], theirs: []}
    for _ in range(ROUNDS):
        for side, spent in times.items():
            started = time.process_time()
            side()
            spent.append(time.process_time() - started)
    mine, usual = (statistics.median(spent) for spent in times.values())
    print(f"{what}: {usual / mine:.1f} times as fast ({mine:.3f} s against {usual:.3f} s of CPU)", flush=True)


def _write_csv(path: Path, drawings, times: int = 1) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(NAMES)
        for index, strokes in enumerate(times * drawings.to_lists()):
            rows.writerow(["US", json.dumps(strokes), index, True, "2017-03-08 21:12:07.266040", "cat"])


def _with_pandas(path: Path) -> list:
    table = pd.read_csv(path)
    return [[np.array(stroke) for stroke in json.loads(drawing)] for drawing in table["drawing"]]


def _write_pictures(folder: Path, images: np.ndarray, kind: str, mode: str) -> None:
    folder.mkdir(parents=True)
    for index, image in enumerate(images):
        Image.fromarray(255 - image).convert(mode).save(folder / f"{index}.{kind}")


def _pictures(root: Path) -> np.ndarray:
    files = [path.read_bytes() for path in sorted((root / "cat").iterdir())]
    return bitmaps_of(files, "resize", 28)[0]


def _with_image_folder(root: Path) -> list:
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import Compose, Grayscale, Resize, ToTensor

    dataset = ImageFolder(root, Compose([Grayscale(), Resize((28, 28)), ToTensor()]))
    return [dataset[index][0] for index in range(len(dataset))]


if __name__ == "__main__":
    memory() if "--memory" in sys.argv[1:] else main()
