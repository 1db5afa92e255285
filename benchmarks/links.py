"""What DVC's cache link types cost: time of `dvc add` and `dvc checkout`, and disk space, for one large file.

    python benchmarks/links.py [--folder FOLDER] [--gigabytes 2] [--types copy hardlink symlink reflink]

FOLDER is on the file system to be measured (default: the folder for temporary files). A type that the file system does
not have is reported as not available.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from checkout import run

TYPES = ("copy", "hardlink", "symlink", "reflink")
BLOCK = 2**26  # bytes written at a time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the file (default: 2)")
    parser.add_argument("--types", nargs="*", choices=TYPES, default=list(TYPES))
    arguments = parser.parse_args()
    print(f"{'cache.type':<12}{'dvc add, s':>12}{'checkout, s':>12}{'space / size':>14}")
    for kind in arguments.types:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            measure(kind, Path(folder), int(arguments.gigabytes * 1e9))


def measure(kind: str, folder: Path, size: int) -> None:
    """Print the row of one link type, measured in the empty `folder`."""
    for command in (("init", "--no-scm"), ("config", "cache.type", kind)):
        if dvc(folder, *command) is None:
            sys.exit(f"error: dvc {' '.join(command)} failed in {folder}")
    before, data = used(folder), folder / "images.npy"
    random = np.random.default_rng(0)
    with data.open("wb") as file:
        for start in range(0, size, BLOCK):
            file.write(random.bytes(min(BLOCK, size - start)))
    os.sync()
    added = dvc(folder, "add", "images.npy")
    space = (used(folder) - before) / size
    data.unlink()
    checked_out = dvc(folder, "checkout")
    if added is None or checked_out is None:
        print(f"{kind:<12} not available on this file system", flush=True)
    else:
        print(f"{kind:<12}{added:>12.1f}{checked_out:>12.1f}{space:>14.2f}", flush=True)


def dvc(folder: Path, *arguments: str) -> float | None:
    """Seconds of a DVC command, including what it has written reaching the disk; None if it failed."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments, "-q"], cwd=folder, capture_output=True)
    os.sync()
    return None if done.returncode else time.perf_counter() - start


def used(folder: Path) -> int:
    """Bytes in use on the file system of `folder`."""
    os.sync()
    space = os.statvfs(folder)
    return (space.f_blocks - space.f_bfree) * space.f_frsize


if __name__ == "__main__":
    run(main)
