"""Kill stages at random moments, run them again, and compare their outputs with those of an undisturbed run.

    python -m benchmarks.kills [--kills 10] [--seed 0] [STAGE…]

Works in a copy of the project in a temporary folder, with few drawings, where the pipeline runs once. Then each stage
is killed (SIGKILL) when it is about to write, rename or remove a file for the n-th time, for `--kills` random n, and
run again each time. Exit code 1 if an output differs, if anything else is left, or if a run after a kill fails.
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
from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from stages import run
from threadpoolctl import threadpool_limits

from sketch_classifier.entry_point import exit_code
from sketch_classifier.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("download", "preprocess", "train", "export", "evaluate", "analyze", "compare")
OUTPUTS = ("data", "models", "metrics", "plots", "comparison")
SMALL = ("datasets.starter.limit=60", "models.cnn.epochs=2", "analyze.tsne_samples=60", "analyze.num_errors=12")
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink"}  # audit events


def stage_killed(project: Path, stage: str, moments: Sequence[float]) -> list[str]:
    """`killed_and_repeated` of a stage, in a folder where the stages up to this one have run."""
    arguments = ["workspace", "HEAD"] if stage == "compare" else []
    return killed_and_repeated(project, import_module(f"stages.{stage}").main, moments, stage, arguments)


def killed_and_repeated(
    project: Path, main: Callable[[], object], moments: Sequence[float], name: str, arguments: Sequence[str] = ()
) -> list[str]:
    """What is wrong after `main` was killed at each of the moments, and run again each time, with `arguments`.

    project  where it is called, and where its outputs are
    moments  shares of all the times at which it changes a file or folder, from 0 to below 1
    name     what to call it
    """
    status, total = _forked(main, project, arguments)
    if status:
        return [f"{name}: exit code {status} without a kill"]
    right, problems = hashes(project), []
    for moment in moments:
        number = 1 + int(moment * total)
        place = f"{name}, killed before change {number} of {total}"
        if _forked(main, project, arguments, number)[0] != -signal.SIGKILL:
            problems.append(f"{place}: it was not killed")
        if status := _forked(main, project, arguments)[0]:
            problems.append(f"{place}: then exit code {status}")
        found = hashes(project)
        differing = sorted(name for name in right.keys() | found.keys() if right.get(name) != found.get(name))
        if differing:
            problems.append(f"{place}: {', '.join(differing[:5])} differ")
        print(f"{place}: {'differs' if differing else 'same'}", flush=True)
    return problems


def hashes(project: Path) -> dict[str, str]:
    """The SHA-256 of each output file by its path. Temporary files that a killed run leaves count, too."""
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


class _Changes:
    """An audit hook that counts the changes of files, and kills the process before one of them."""

    def __init__(self, last: int | None) -> None:
        self.number, self._last = 0, last

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not flags & (os.O_WRONLY | os.O_RDWR) or str(path).startswith("/dev/"):
                return
        elif event not in CHANGES:
            return
        self.number += 1
        if self.number == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def _forked(
    main: Callable[[], object], project: Path, arguments: Sequence[str], last: int | None = None
) -> tuple[int, int]:
    """Call `main` in a process of its own: its exit code (−9: killed), and how often it has changed a file."""
    result, told = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.chdir(project)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            sys.argv[1:] = arguments
            threadpool_limits(1)  # the threads of the process that was forked are not in this one
            if torch := sys.modules.get("torch"):
                torch.set_num_threads(1)
            changes = _Changes(last)
            sys.addaudithook(changes)
            code = exit_code(main)
            os.write(told, str(changes.number).encode())
        finally:
            os._exit(code)
    os.close(told)
    with os.fdopen(result, "rb") as file:
        number = int(file.read() or 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"any of {', '.join(STAGES)} (default: all)")
    parser.add_argument("--kills", type=int, default=10, help="of each stage (default: 10)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"unknown stage {', '.join(sorted(unknown))}")
    choose = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        new_project(project)
        problems = []
        for stage in options.stages or STAGES:
            problems += stage_killed(project, stage, [choose.random() for _ in range(options.kills)])
    print("\n".join(problems) or "every output is the same, byte for byte")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    run(main)
