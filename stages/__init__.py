"""The stages of the pipeline, each run as `python -m stages.<name>`. The only code that knows where files lie."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The package of this folder, which is what DVC hashes: the virtual environment may name that of another checkout.
SOURCE = Path(__file__).resolve().parents[1] / "src"
sys.path.insert(0, str(SOURCE))
os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])

import sketch_classifier  # noqa: E402

if Path(sketch_classifier.__file__).resolve().parent != SOURCE / "sketch_classifier":
    sys.exit(f"error: {sketch_classifier.__file__} was imported, which is not the code of this folder, {SOURCE}")

from sketch_classifier.entry_point import run  # noqa: E402

__all__ = ["accuracy_line", "run", "run_stage"]


def run_stage(main: Callable[[], object], description: str) -> None:
    """Run a stage, which takes no arguments; with --help, print what it does and run nothing."""
    name = f"stages.{Path(sys.argv[0]).stem}"
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=description.strip(),
        epilog="The stage reads params.yaml in the current folder. `dvc repro` runs it when its inputs have changed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    run(main)


def accuracy_line(figures: dict[str, Any]) -> str:
    """What metrics.json says of the test set, in one line."""
    interval = f"{figures['accuracy_low']:.3f}–{figures['accuracy_high']:.3f}"
    return f"test accuracy {figures['accuracy']:.3f} (95 % interval {interval}) on {figures['num_test']:,} drawings"
