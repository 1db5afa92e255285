"""Kill stages at random moments, run them again, and compare their outputs with those of an undisturbed run.

    python -m benchmarks.kills [--kills 5] [--seed 0] [STAGE…]

Works in a copy of the project in a temporary folder, with few drawings, where the pipeline runs once. Then each stage
is started, killed with SIGKILL after a random share of the time that it took, and run again, `--kills` times. Exit code
1 if an output differs, or if a run after a kill fails.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from stages import run

from sketch_classifier.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("download", "preprocess", "train", "export", "evaluate", "analyze", "compare")
OUTPUTS = ("data", "models", "metrics", "plots", "comparison")
SMALL = ("datasets.starter.limit=60", "models.cnn.epochs=2", "analyze.tsne_samples=60", "analyze.num_errors=12")


def killed_and_repeated(project: Path, stage: str, moments: Sequence[float]) -> list[str]:
    """What is wrong after a stage was killed, once after each share of its time in `moments`, and run again each time.

    project  a folder where the stages up to this one have run
    """
    seconds = _timed(project, stage)
    right, problems = hashes(project), []
    for moment in moments:
        process = subprocess.Popen(_command(stage), cwd=project, start_new_session=True, **_quiet())
        time.sleep(moment * seconds)
        os.killpg(process.pid, signal.SIGKILL)
        was_running = process.wait() == -signal.SIGKILL
        again = subprocess.run(_command(stage), cwd=project, capture_output=True, text=True)
        place = f"{stage}, killed after {moment:.0%} of {seconds:.1f} s"
        if again.returncode:
            problems.append(f"{place}: exit code {again.returncode}: {again.stderr.strip()[-300:]}")
        found = hashes(project)
        differing = sorted(name for name in right.keys() | found.keys() if right.get(name) != found.get(name))
        if differing:
            problems.append(f"{place}: {', '.join(differing[:5])} differ")
        print(f"{place}{'' if was_running else ' (it had ended)'}: {'differs' if differing else 'same'}", flush=True)
    return problems


def hashes(project: Path) -> dict[str, str]:
    """The SHA-256 of each output file by its path. Temporary files of a killed run count, too."""
    paths = [path for folder in OUTPUTS for path in (project / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(project)): sha256(path.read_bytes()).hexdigest() for path in paths}


def new_project(folder: Path) -> None:
    """Copy the project's files to `folder`, a git repository, and run the pipeline there with few drawings."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for path in (ROOT / "src").rglob("*.nb[ci]"):  # what is compiled already
        (folder / path.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy2(path, folder / path.relative_to(ROOT))
    for command in (
        ["git", "init", "--quiet"],
        ["git", "config", "user.name", "Nobody"],
        ["git", "config", "user.email", "nobody@example.org"],
        ["git", "add", "--all"],
        ["git", "commit", "--quiet", "-m", "The project"],
        [sys.executable, "-m", "dvc", "exp", "run", *(word for change in SMALL for word in ("-S", change))],
        ["git", "commit", "--quiet", "--all", "-m", "A run"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")


def _timed(project: Path, stage: str) -> float:
    started = time.monotonic()
    subprocess.run(_command(stage), cwd=project, check=True, **_quiet())
    return time.monotonic() - started


def _command(stage: str) -> list[str]:
    return [sys.executable, "-m", f"stages.{stage}", *(["workspace", "HEAD"] if stage == "compare" else [])]


def _quiet() -> dict[str, int]:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"any of {', '.join(STAGES)} (default: all)")
    parser.add_argument("--kills", type=int, default=5, help="of each stage (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"unknown stage {', '.join(sorted(unknown))}")
    choose = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "project"
        project.mkdir()
        new_project(project)
        problems = []
        for stage in options.stages or STAGES:
            problems += killed_and_repeated(project, stage, [choose.random() for _ in range(options.kills)])
    print("\n".join(problems) or "every output is the same, byte for byte")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    run(main)
