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

__all__ = ["accuracy_line", "run"]


def accuracy_line(figures: dict[str, Any]) -> str:
    """What metrics.json says of the test set, in one line."""
    interval = f"{figures['accuracy_low']:.3f}–{figures['accuracy_high']:.3f}"
    return f"test accuracy {figures['accuracy']:.3f} (95 % interval {interval}) on {figures['num_test']:,} drawings"
