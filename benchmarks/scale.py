"""Time and memory of the stages and of DVC against the number of drawings N, over 345 made-up categories.

    python benchmarks/scale.py 20000 50000 100000 --steps download preprocess
    python benchmarks/scale.py --report

For each N, drawings are made in the bucket's layout, and the stages run on them in a copy of this project, with the
preset cnn for one epoch. CPU time is that of all processes of a step. Memory is the largest sum over them at any
moment: of resident sets (RSS), in which shared pages count several times, and of proportional ones (PSS), in which they
count once. What is measured is appended to a file of results, which --report prints; nothing else is left.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import chain, islice
from pathlib import Path

import numpy as np
import psutil
from checkout import ROOT, run
from ruamel.yaml import YAML
from scale_drawings import make_drawings

from sketch_classifier.errors import UserError

DATA = ("download", "preprocess")
STAGES = ("download", "preprocess", "train", "export", "evaluate", "analyze")
DVC = {
    "dvc commit": ("commit", "--force", "download", "preprocess"),  # hashes the data and moves it to the cache
    "dvc status": ("status",),
    "dvc push": ("push", "download", "preprocess"),
}
ALL = 50_426_266  # drawings of the dataset
FEW = 20_000  # drawings, of 4 categories, that give the rate of preprocess beside that of reading and drawing alone
ROUNDS = 3
INTERVAL = 0.2  # seconds between two looks at the memory
BARE = """
import json, shutil, sys, time
from pathlib import Path
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.formats import read_ndjson
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.params import DatasetPreset, Split
folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
paths = sorted((folder / "simplified").iterdir())
preset = DatasetPreset(format="simplified", categories=[path.stem for path in paths], limit=None)
split = Split(train=0.7, validation=0.1, test=0.2)
bare, whole = [], []
for _ in range(rounds + 1):  # the first compiles or loads
    start = time.process_time()
    count = sum(len(rasterize(read_ndjson(path), threads=1)) for path in paths)
    middle = time.process_time()
    preprocess(folder, preset, split, folder / "out", work=folder / "work", workers=1)
    bare.append((middle - start) / count)
    whole.append((time.process_time() - middle) / count)
print(json.dumps({"bare": sorted(bare[1:])[rounds // 2], "whole": sorted(whole[1:])[rounds // 2], "drawings": count}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", metavar="N", help="numbers of drawings")
    parser.add_argument("--steps", nargs="+", choices=[*STAGES, "bare", *DVC], default=[*STAGES, "bare", *DVC])
    parser.add_argument("--workers", type=int, help="SKETCH_CLASSIFIER_WORKERS of preprocess (default: all cores)")
    parser.add_argument("--cache-type", default="reflink,copy", help="how DVC links outputs to its cache (its default)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the drawings are made")
    parser.add_argument("--results", type=Path, default=ROOT / ".cache/scale.jsonl")
    parser.add_argument("--report", action="store_true", help="print the results so far")
    arguments = parser.parse_args()
    for count in arguments.counts:
        if count < 10 * 345:
            raise UserError(f"N: at least 3450 are needed, found {count}")
        with tempfile.TemporaryDirectory(prefix="scale-", dir=arguments.folder) as folder:
            measure(Path(folder), count, arguments)
    if arguments.report or arguments.counts:
        report([json.loads(line) for line in arguments.results.read_text(encoding="utf-8").splitlines()])


def measure(folder: Path, count: int, arguments: argparse.Namespace) -> None:
    """Run the steps on `count` drawings; append a line of JSON for each to the results."""
    steps, workers, results = arguments.steps, arguments.workers, arguments.results
    make_drawings(folder / "source", count)
    project = _project(folder, arguments.cache_type)
    results.parent.mkdir(parents=True, exist_ok=True)

    def record(step: str, figures: dict) -> None:
        line = {"step": step, "count": count} | ({"workers": workers} if workers else {}) | figures
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), file=sys.stderr, flush=True)

    if "bare" in steps:
        few = folder / "few/simplified"
        few.mkdir(parents=True)
        lines = chain.from_iterable(map(_lines, sorted((folder / "source/simplified").iterdir())))
        for name in "abcd":
            (few / f"{name}.ndjson").write_bytes(b"".join(islice(lines, FEW // 4)))
        command = [sys.executable, "-c", BARE, str(few.parent), str(ROUNDS)]
        record("bare", json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
        shutil.rmtree(few.parent)
    environment = os.environ | ({"SKETCH_CLASSIFIER_WORKERS": str(workers)} if workers else {})
    for stage in filter(_needed(steps).__contains__, STAGES):
        figures = _watched([sys.executable, "-m", f"stages.{stage}"], project, environment)
        if stage in steps:
            outs = {"download": "data/raw", "preprocess": "data/processed"}.get(stage)
            record(stage, figures | ({"bytes": _size(project / outs)} if outs else {}))
    for step, words in DVC.items():
        if step in steps:
            figures = _watched([sys.executable, "-m", "dvc", *words], project, environment)
            disk = {"disk": _on_disk(project), "cache_type": arguments.cache_type} if step == "dvc commit" else {}
            record(step, figures | disk)


def _needed(steps: list[str]) -> set[str]:
    """The stages among the steps, and those that they need."""
    needed = set(steps) & set(STAGES)
    for later, earlier in (
        ("analyze", "evaluate"),
        ("evaluate", "train"),
        ("export", "train"),
        ("train", "preprocess"),
    ):
        needed |= {earlier} if later in needed else set()
    return needed | set(DATA) if needed - {"download"} or set(steps) & set(DVC) else needed


def report(lines: list[dict]) -> None:
    """Print all measurements, and of each step the exponent in N, the slope and what the whole dataset takes by it."""
    print("| step | N | CPU s | wall s | peak RSS, MB | peak PSS, MB |\n|---|--:|--:|--:|--:|--:|")
    order = [*STAGES, *DVC]
    of_step: dict[str, list[dict]] = {}
    for line in sorted((ln for ln in lines if ln["step"] in order), key=lambda ln: order.index(ln["step"])):
        processes = f", {line['workers']} processes" if line["step"] == "preprocess" and "workers" in line else ""
        of_step.setdefault(line["step"] + processes, []).append(line)
    for step, measured in of_step.items():
        for line in sorted(measured, key=lambda ln: ln["count"]):
            print(
                f"| {step} | {line['count']:,} | {line['cpu']:.1f} | {line['wall']:.1f} | {line['rss'] / 1e6:.0f} "
                f"| {line['pss'] / 1e6:.0f} |"
            )
    print(f"\n| step | exponent | µs of CPU a drawing | start, s | {ALL:,} drawings, CPU h |\n|---|--:|--:|--:|--:|")
    for step, measured in of_step.items():
        counts, cpu = (np.array([line[key] for line in measured], float) for key in ("count", "cpu"))
        if len(set(counts)) < 2:
            continue
        exponent = np.polyfit(np.log(counts), np.log(cpu), 1)[0]
        slope, start = np.polyfit(counts, cpu, 1)
        print(f"| {step} | {exponent:.2f} | {slope * 1e6:.1f} | {start:.1f} | {(start + slope * ALL) / 3600:.2f} |")
    for line in lines:
        if line["step"] == "bare":
            print(
                f"\n{line['drawings']:,} drawings of 4 categories, µs of CPU a drawing: bare .ndjson → bitmaps "
                f"{line['bare'] * 1e6:.1f}, preprocess {line['whole'] * 1e6:.1f}, in turn; preprocess has "
                f"{line['bare'] / line['whole']:.0%} of the bare rate (target: at least 60%)"
            )


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _project(folder: Path, cache_type: str) -> Path:
    """A copy of this project with a git and a DVC repository, a local remote, and params.yaml for these drawings."""
    project = folder / "project"
    for name in ("src", "stages"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copy2(ROOT / name, project)
    (project / "data").mkdir()
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params |= {"source": str(folder / "source"), "dataset": "all", "model": "cnn"}
    params["datasets"]["all"]["limit"] = None
    params["models"]["cnn"]["epochs"] = 1
    yaml.dump(params, project / "params.yaml")
    for command in (
        ["git", "init", "--quiet"],
        ["git", "-c", "user.name=scale", "-c", "user.email=", "commit", "--quiet", "--allow-empty", "-m", "Empty"],
        [sys.executable, "-m", "dvc", "init", "--quiet"],
        [sys.executable, "-m", "dvc", "remote", "add", "--quiet", "--default", "storage", str(folder / "remote")],
        [sys.executable, "-m", "dvc", "config", "--quiet", "cache.type", cache_type],
        [sys.executable, "-m", "stages.check"],
    ):
        subprocess.run(command, cwd=project, check=True, env=os.environ | {"DVC_NO_ANALYTICS": "1"})
    return project


def _watched(command: list[str], folder: Path, environment: dict[str, str]) -> dict:
    """Run a command: seconds by the clock and of CPU, and the peak memory in bytes, of it and all it starts."""
    cpu: dict[tuple[int, float], float] = {}
    rss = pss = 0
    clock = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = psutil.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        while process.poll() is None:
            tree = [process]
            try:
                tree += process.children(recursive=True)
            except psutil.Error:
                pass
            sizes = [_look(each, cpu) for each in tree]
            rss = max(rss, sum(size for size, _ in sizes))
            pss = max(pss, sum(size for _, size in sizes))
            time.sleep(INTERVAL)
        if process.returncode:
            log.seek(0)
            print(log.read().decode(errors="replace"), file=sys.stderr)
            raise UserError(f"{' '.join(command[1:])} ended with code {process.returncode}")
    return {"cpu": sum(cpu.values()), "wall": time.perf_counter() - clock, "rss": rss, "pss": pss}


def _look(process: psutil.Process, cpu: dict[tuple[int, float], float]) -> tuple[int, int]:
    """RSS and PSS of a process, in bytes; its CPU time goes to `cpu`."""
    try:
        times = process.cpu_times()
        cpu[process.pid, process.create_time()] = times.user + times.system
        rss = process.memory_info().rss
        try:
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
            return rss, next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            return rss, rss
    except psutil.Error:
        return 0, 0


def _on_disk(project: Path) -> int:
    """Bytes that the data and DVC's cache take, with files of several names counted once."""
    stats = [path.stat() for name in ("data", ".dvc/cache") for path in (project / name).rglob("*") if path.is_file()]
    return sum({stat.st_ino: stat.st_blocks * 512 for stat in stats}.values())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    run(main)
