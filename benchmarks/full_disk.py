"""Fill the disk under each stage, run it, make room, run it again: one line, nothing half-written, the same bytes.

    python -m benchmarks.full_disk [--tries 5] [--seed 0] [--project FOLDER] [STAGE…]

Works in a copy of the project on a small file system in memory, which needs Linux, with few drawings; the pipeline runs
there once, or has run in the `--project` that is copied. Then each stage finds room for a random share of what it
writes, for `--tries` random shares, and runs again with enough of it. Exit code 1 if a run on the full disk says
anything else than one line, if an output differs, if anything else is left, or if the second run fails.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.kills import OUTPUTS, hashes, new_project
from stages import run
from threadpoolctl import threadpool_limits

from sketch_classifier.entry_point import exit_code
from sketch_classifier.errors import UserError

STAGES = ("download", "preprocess", "train", "export", "evaluate", "analyze")
MOUNTED = "FULL_DISK_MOUNTED"  # set in the process that has a mount namespace of its own
SIZE = 1 << 30  # bytes of the file system
PAGE = 1 << 12  # what a file takes at least


def stage_without_space(project: Path, stage: str, shares: Sequence[float]) -> list[str]:
    """What is wrong after a stage ran with room for each share of what it writes, and then with enough of it.

    project  on a file system of its own, where the stages up to this one have run
    """
    main: Callable[[], object] = import_module(f"stages.{stage}").main
    filler = project.parent / "filler"
    started = time.time()
    code, said = _forked(main, project)
    if code:
        return [f"{stage}: exit code {code} on an empty disk: {said}"]
    needed, right, problems = _written_since(started, project), hashes(project), []
    for share in shares:
        room = int(share * needed) // PAGE * PAGE
        place = f"{stage}, {room:,} of {needed:,} bytes"
        _fill(filler, room)
        code, said = _forked(main, project)
        filler.unlink()
        errors = [line for line in said.splitlines() if line.startswith("error: ")]
        if code not in (0, 1) or len(errors) != code or "Traceback" in said:
            problems.append(f"{place}: exit code {code}: {said[-2000:]}")
        found = hashes(project)
        if differing := _differing(right, found):
            problems.append(f"{place}: {', '.join(differing[:5])} differ")
        again, said = _forked(main, project)
        if again:
            problems.append(f"{place}: then exit code {again}: {said[-2000:]}")
        if differing := _differing(right, hashes(project)):
            problems.append(f"{place}: afterwards {', '.join(differing[:5])} differ")
        print(f"{place}: exit code {code} {''.join(errors)}", flush=True)
    return problems


def _written_since(moment: float, project: Path) -> int:
    """Bytes of the output files that were written since."""
    stats = [path.stat() for folder in OUTPUTS for path in (project / folder).rglob("*") if path.is_file()]
    return max(sum(stat.st_size for stat in stats if stat.st_mtime >= moment), PAGE)


def _forked(main: Callable[[], object], project: Path) -> tuple[int, str]:
    """Call `main` in a process of its own: its exit code, and what it prints on standard error."""
    with tempfile.TemporaryFile(dir="/dev/shm") as errors:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.chdir(project)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(errors.fileno(), 2)
                sys.argv[1:] = []
                threadpool_limits(1)  # the threads of the process that was forked are not in this one
                if torch := sys.modules.get("torch"):
                    torch.set_num_threads(1)
                code = exit_code(main)
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        return code, re.sub(r"[^\n]*\r", "", errors.read().decode(errors="replace"))


def _differing(right: dict[str, str], found: dict[str, str]) -> list[str]:
    return sorted(name for name in right.keys() | found.keys() if right.get(name) != found.get(name))


def _free(folder: Path) -> int:
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def _fill(filler: Path, room: int) -> None:
    """Take all space but `room` bytes."""
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(_free(filler.parent) - room, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"any of {', '.join(STAGES)} (default: all)")
    parser.add_argument("--tries", type=int, default=5, help="of each stage (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--project", type=Path, help="a copy of the project in which the pipeline has run")
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"unknown stage {', '.join(sorted(unknown))}")
    if MOUNTED not in os.environ:  # begin again with mounts that nobody else sees, and that end with the process
        os.environ[MOUNTED] = "1"
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        command = ["unshare", "--mount", *as_root, sys.executable, "-m", "benchmarks.full_disk", *sys.argv[1:]]
        sys.exit(subprocess.run(command).returncode)
    choose, problems = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder])
        if mounted.returncode:
            raise UserError(f"{folder}: no file system can be mounted here")
        project = Path(folder) / "project"
        if options.project:
            shutil.copytree(options.project, project, symlinks=True)
        else:
            project.mkdir()
            new_project(project)
        for stage in options.stages or STAGES:
            problems += stage_without_space(project, stage, [choose.random() for _ in range(options.tries)])
        subprocess.run(["umount", folder], check=True)
    print("\n".join(problems) or "one line each time, and every output is the same, byte for byte")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    run(main)
