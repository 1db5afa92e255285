"""The stages of the pipeline, each run as `python -m stages.<name>`. The only code that knows where files lie."""

import os
import sys
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

__all__ = ["accuracy_line", "project_root", "run"]


def project_root() -> Path:
    """The folder where what outlives a run lies: caches, checkpoints, drawings that git does not know.

    That is the working directory, but for runs of `dvc exp run --temp` and of a queue: DVC runs these in a copy of the
    project below its `.dvc/tmp/exps`, which it removes afterwards.
    """
    here = Path.cwd()
    for folder in here.parents:
        if folder.name == "exps" and folder.parent.name == "tmp" and folder.parent.parent.name == ".dvc":
            return folder.parents[2]
    return here


def accuracy_line(figures: dict[str, Any]) -> str:
    """What metrics.json says of the test set, in one line."""
    interval = f"{figures['accuracy_low']:.3f}–{figures['accuracy_high']:.3f}"
    return f"test accuracy {figures['accuracy']:.3f} (95 % interval {interval}) on {figures['num_test']:,} drawings"
