"""The stages of the pipeline, each run as `python -m stages.<name>`. Only this package defines the project's paths."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# DVC hashes the package in this folder, but the virtual environment may point to another checkout.
SOURCE = Path(__file__).resolve().parents[1] / "src"
sys.path.insert(0, str(SOURCE))
os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])

import sketch_classifier  # noqa: E402

if Path(sketch_classifier.__file__).resolve().parent != SOURCE / "sketch_classifier":
    sys.exit(f"error: {sketch_classifier.__file__} was imported, which is not the code of this folder, {SOURCE}")

from sketch_classifier.entry_point import run  # noqa: E402
from sketch_classifier.errors import UserError  # noqa: E402

__all__ = ["accuracy_line", "project_root", "refuse_links", "run", "run_stage"]

DATA = "SKETCH_CLASSIFIER_DATA"  # for training without DVC: read the preprocessed data from here, not data/processed
OUTPUTS = ("data", "metrics", "models", "plots")  # the stages' output folders


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

    def checked() -> object:
        if "DVC_STAGE" in os.environ:
            refuse_links()
            if os.environ.get(DATA):
                raise UserError(f"{DATA}: DVC tracks data/processed; unset it, or run `python -m {name}` without DVC")
        return main()

    run(checked)


def refuse_links() -> None:
    """Raise UserError if an output folder is a symbolic link to a place outside the git repository.

    DVC cannot track files there, and reports that only after the stage has run.
    """
    here = Path.cwd().resolve()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    for name in OUTPUTS:
        target = Path(name).resolve()
        if root and not target.is_relative_to(root):
            raise UserError(f"{name}: links to {target}, outside the git repository, where DVC cannot track outputs")


def project_root() -> Path:
    """The folder for files that outlive a run: caches, checkpoints, and drawings that git does not track.

    This is the working directory, except for `dvc exp run --temp` and queued experiments: DVC runs these in a copy of
    the project under `.dvc/tmp/exps`, which it removes afterwards.
    """
    here = Path.cwd()
    for folder in here.parents:
        if folder.name == "exps" and folder.parent.name == "tmp" and folder.parent.parent.name == ".dvc":
            return folder.parents[2]
    return here


def accuracy_line(figures: dict[str, Any]) -> str:
    """One line with the test accuracy and its confidence interval, from the contents of metrics.json."""
    low, value, high = (100 * figures[name] for name in ("accuracy_low", "accuracy", "accuracy_high"))
    return f"test accuracy {value:.1f}% (95% interval {low:.1f}–{high:.1f}%) on {figures['num_test']:,} drawings"
