"""The table of all model presets: their costs, and their accuracies on real drawings.

    python benchmarks/presets.py                        # write what is recorded into README.md and docs/models.md
    python benchmarks/presets.py --costs                # before that, measure the costs of all presets: minutes
    python benchmarks/presets.py --train cnn resnet18   # or train these presets: hours
    python benchmarks/presets.py --test cnn resnet18    # or read their test accuracy, when nothing is left to choose
    python benchmarks/presets.py --check                # exit code 1 if the documents do not match the recorded figures

The figures are recorded in benchmarks/results. A preset that has changed since shows none; one that is trained as it is
is not trained again, and a killed run resumes from its last epoch.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from checkout import ROOT, run
from preset_results import ACCURACIES, COSTS, DATASET, accuracy_stamp, cost_stamp, read, thirty, valid, write
from preset_tables import hours_table, preset_table, replace_block, with_block

from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import Params, load_params, misfit

BLOCKS = {"README.md": "preset-table", "docs/models.md": "hours-table"}


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--costs", action="store_true", help="measure the costs of all presets")
    what.add_argument("--train", nargs="+", default=[], metavar="PRESET", help="train, and record validation accuracy")
    what.add_argument("--test", nargs="+", default=[], metavar="PRESET", help="record test accuracy of trained ones")
    what.add_argument("--check", action="store_true", help="only compare the documents with what is recorded")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each cost, taken in turn")
    parser.add_argument("--source", default="official", help="of the drawings, as `source` of params.yaml")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache/presets", help="folder of data and trained models")
    options = parser.parse_args(arguments)
    params = load_params(root / "params.yaml")
    results = root / "benchmarks/results"
    if options.check:
        check(params, results, root)
        return
    if options.costs:
        record_costs(params, results, options.rounds)
    elif options.train:
        record_training(params, options.train, results, options.source, options.work)
    elif options.test:
        record_tests(params, options.test, results, options.work)
    for document, block in blocks(params, results).items():
        changed = replace_block(root / document, BLOCKS[document], block)
        print(f"{document}: {'written' if changed else 'as it was'}")


def blocks(params: Params, results: Path) -> dict[str, str]:
    """What each document shows between its markers."""
    costs, accuracies = read(results / COSTS), read(results / ACCURACIES)
    return {"README.md": preset_table(params, costs, accuracies), "docs/models.md": hours_table(params, costs)}


def check(params: Params, results: Path, root: Path) -> None:
    """Raises UserError if a document shows something else than what is recorded."""
    for document, block in blocks(params, results).items():
        text = (root / document).read_text(encoding="utf-8")
        if with_block(text, BLOCKS[document], block, document) != text:
            raise UserError(f"{document}: not the recorded figures; run `python benchmarks/presets.py`")


def record_costs(params: Params, results: Path, rounds: int) -> None:
    """Measure all presets in one run, for the number of classes of the dataset that accuracies are measured on."""
    from preset_costs import measure_costs  # here, like those below: torch takes seconds, which --check need not wait

    found = measure_costs(params.models, params.datasets[DATASET], rounds)
    for name, row in found["presets"].items():
        found["presets"][name] = {"settings": cost_stamp(params.models[name])} | row
    write(results / COSTS, found)


def record_training(params: Params, names: Sequence[str], results: Path, source: str, work: Path) -> None:
    """Train each preset that is not recorded as it is now.

    Raises UserError, before anything is done, for a preset that is unknown or does not fit the dataset, and where what
    is recorded was measured on other drawings.
    """
    from preset_accuracies import describe_data, prepare_data, train_preset

    dataset = thirty(params)
    for name in names:
        if name not in params.models:
            raise UserError(unknown_name("preset", name, tuple(params.models)))
        if problem := misfit(name, params.models[name], DATASET, dataset):
            raise UserError(problem)
    cache = os.environ.get("SKETCH_CLASSIFIER_CACHE", ROOT / ".cache/downloads")
    prepare_data(source, dataset, params.split, params.seed, work, cache)
    data = describe_data(params.split, work)
    path = results / ACCURACIES
    recorded = read(path)
    if recorded["presets"] and recorded["data"]["sha256"] != data["sha256"]:
        raise UserError(f"{path}: measured on other drawings than those of {source}; remove it to start a new table")
    for name in names:
        preset = params.models[name]
        if name in valid(recorded, params.models, accuracy_stamp):
            print(f"{name}: recorded already", file=sys.stderr)
            continue
        print(f"{name}: training", file=sys.stderr)
        row = train_preset(name, preset, params.train, params.seed, work)
        recorded = read(path)  # another process may have trained another preset meanwhile
        recorded["presets"][name] = {"settings": accuracy_stamp(preset)} | row
        write(path, {"data": data, "presets": recorded["presets"]})


def record_tests(params: Params, names: Sequence[str], results: Path, work: Path) -> None:
    """Read the test accuracy of each preset that has none yet. Raises UserError for one that is not trained so."""
    from preset_accuracies import describe_data, read_test_accuracy

    path = results / ACCURACIES
    for name in names:
        recorded = read(path)
        if name not in valid(recorded, params.models, accuracy_stamp):
            raise UserError(f"{name}: not trained as params.yaml has it now; use --train {name} first")
        if "test_accuracy" in recorded["presets"][name]:
            print(f"{name}: recorded already", file=sys.stderr)
            continue
        if recorded["data"]["sha256"] != describe_data(params.split, work)["sha256"]:
            raise UserError(f"{work}: holds other drawings than {path} was measured on")
        recorded["presets"][name] |= read_test_accuracy(name, params.models[name], work)
        write(path, recorded)


if __name__ == "__main__":
    run(main)
