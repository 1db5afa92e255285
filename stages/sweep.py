"""Command (not a stage): search for hyperparameters, `python -m stages.sweep NAME -S KEY=1,2 …`."""

import argparse
import os
import re
from pathlib import Path

from sketch_classifier.data.convert_command import positive
from sketch_classifier.errors import UserError, shown, writing
from sketch_classifier.params import load_params
from stages import project_root, run

EXAMPLE = """example, with two workers on this machine:
  sketch-classifier sweep rates --trials 40 --workers 2 -S model=sketchnet \\
    -S "models.sketchnet.optimizer.lr=tag(log,interval(1e-4,1e-2))" -S models.sketchnet.batch_size=64,128

Run again, the same command continues the study. On another machine with the same --storage, it adds workers to it.
"""


def main() -> None:
    options = _parser().parse_args()
    if not re.fullmatch(r"\w[\w.-]{0,99}", options.name):
        raise UserError(f"NAME: letters, digits, `.`, `_` and `-` are accepted, found {shown(options.name)}")
    try:
        from sketch_classifier.sweep.space import parse_space
        from sketch_classifier.sweep.study import Sweep, best_of, create_study, run_trials
        from sketch_classifier.sweep.workers import run_workers
    except ModuleNotFoundError as error:
        raise UserError(f'sweep: {error.name} is not installed; run pip install -e ".[sweep]"') from None
    cache = project_root() / ".cache/sweeps"
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
    sweep = Sweep(
        name=options.name,
        storage=options.storage or f"sqlite:///{cache / 'sweeps.db'}",
        space=parse_space(load_params(), options.overrides),
        objective=options.objective,
        num_trials=options.trials,
        heartbeat=options.heartbeat,
        data=Path("data/processed"),
        cache=cache,
    )
    create_study(sweep)
    ended: list[int] = []
    if options.workers > 1:
        ended = [code for code in run_workers(sweep, options.workers) if code]
    else:
        run_trials(sweep)
    print(best_of(sweep))
    if ended:
        raise UserError(f"{len(ended)} of {options.workers} workers ended early (exit codes {ended})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sketch-classifier sweep",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Search for hyperparameters of the selected model on data/processed, with Optuna. Models are\n"
        "compared on the validation set only. Prints the best trial and the command that trains its model.",
        epilog=EXAMPLE,
    )
    add = parser.add_argument
    add("name", metavar="NAME", help="name of the study")
    add(
        "-S",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one value for all trials, a list of choices (KEY=1,2) or a range (KEY=interval(0.1,0.5))",
    )
    add("--trials", type=positive, default=20, metavar="N", help="number of trials in the study (default: 20)")
    add("--workers", type=positive, default=1, metavar="N", help="worker processes on this machine (default: 1)")
    add(
        "--objective",
        choices=("validation_accuracy", "validation_loss"),
        default="validation_accuracy",
        help="what to optimise (default: validation_accuracy)",
    )
    add(
        "--storage",
        metavar="URL",
        default=os.environ.get("OPTUNA_STORAGE"),
        help="URL of the database (default: $OPTUNA_STORAGE if set, else a file in .cache/sweeps)",
    )
    add(
        "--heartbeat",
        type=positive,
        default=60,
        metavar="SECONDS",
        help="a trial is retried if its worker has not reported for twice this time (default: 60)",
    )
    return parser


if __name__ == "__main__":
    run(main)
