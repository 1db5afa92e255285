"""What each setting of a preset is worth: validation accuracies with one setting changed at a time, over several seeds.

    python benchmarks/ablation.py --model sketchnet --source FOLDER --dataset thirty_nine --limit 500 --epochs 8
    python benchmarks/ablation.py --teacher teachers/large --row "wider turns" augmentation.rotate=20

A row is a name and the keys that it changes, as `-S models.NAME.KEY=VALUE` would; ROWS has the usual ones. The work
folder keeps the data and a line of JSON for each finished run: the same command resumes where it was stopped, a run
within its epochs, too. The test split is not looked at. After a change of the code or of the teacher, remove it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import sys
from pathlib import Path
from typing import Any

from checkout import ROOT, run
from preset_accuracies import prepare_data

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.errors import UserError, reading
from sketch_classifier.params import ModelPreset, Train, load_params
from sketch_classifier.params.yaml_file import parse_yaml
from sketch_classifier.training.train import train

BASE = "the preset"
STILL = {f"augmentation.{name}": 0.0 for name in ("flip", "rotate", "translate", "scale", "shear", "elastic", "erase")}
ROWS: dict[str, dict[str, Any]] = {
    BASE: {},
    "no augmentation": STILL,
    "no flips": {"augmentation.flip": 0.0},
    "elastic displacements": {"augmentation.elastic": 0.03},
    "mixup, α = 0.2": {"augmentation.mixup": 0.2},
    "cutmix, α = 1": {"augmentation.cutmix": 1.0},
    "mixup and cutmix": {"augmentation.mixup": 0.2, "augmentation.cutmix": 1.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "generalized cross-entropy": {"loss": "generalized_cross_entropy", "label_smoothing": 0.0},
    "no moving average": {"ema": 0.0},
    "a constant rate": {"schedule.name": "none"},
    "no mirror image at test time": {"test_time_flip": False},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="sketchnet", help="a preset of params.yaml (default: sketchnet)")
    parser.add_argument("--source", default="synthetic", help="as in params.yaml (default: synthetic)")
    parser.add_argument("--dataset", default="starter", help="a dataset of params.yaml (default: starter)")
    parser.add_argument("--limit", type=int, help="drawings of each category, in place of the dataset's")
    parser.add_argument("--epochs", type=int, help="in place of the preset's")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of each row (default: 0 1 2)")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="of the usual ones (default: all)")
    parser.add_argument("--row", nargs="+", action="append", default=[], help="one more: NAME KEY=VALUE ...")
    parser.add_argument("--teacher", help="one more row, distilled: the folder of a trained model")
    parser.add_argument("--work", type=Path, default=Path(".cache/ablation"), help="folder of data and finished runs")
    options = parser.parse_args()
    params = load_params(ROOT / "params.yaml")
    for name, presets in ((options.model, params.models), (options.dataset, params.datasets)):
        if name not in presets:
            raise UserError(f"{name}: no such preset; accepted are {', '.join(presets)}")
    base, data = params.models[options.model], params.datasets[options.dataset]
    base = changed(base, {} if options.epochs is None else {"epochs": options.epochs})
    data = data if options.limit is None else data.model_copy(update={"limit": options.limit})
    rows = {name: ROWS[name] for name in options.rows} | dict(map(parsed, options.row))
    if options.teacher:
        rows["distilled"] = {"distillation.teacher": options.teacher}
    presets = {name: changed(base, changes) for name, changes in rows.items()}  # a mistake is refused before any work
    about = prepare_data(options.source, data, params.split, 0, options.work, ROOT / ".cache/downloads")
    finished = runs(options.work, presets, options.seeds, options.model, about, params.train)
    print(table(finished))
    print(f"\n`{shlex.join(['python', *sys.argv])}`")


def changed(preset: ModelPreset, changes: dict[str, Any]) -> ModelPreset:
    """The preset with the values of dotted keys. Raises UserError for a key that it does not have."""
    values: Any = preset.model_dump()
    for key, value in changes.items():
        *path, last = key.split(".")
        group: Any = values
        for part in path:
            group = group.get(part) if isinstance(group, dict) else None
        if not isinstance(group, dict) or last not in group:
            raise UserError(f"{key}: a model preset has no such key")
        group[last] = value
    try:
        return ModelPreset.model_validate(values)
    except ValueError as error:
        raise UserError(f"{', '.join(changes)}: {error}") from None


def parsed(row: list[str]) -> tuple[str, dict[str, Any]]:
    """NAME KEY=VALUE … as a row of ROWS; values are YAML."""
    name, *changes = row
    pairs = [change.partition("=") for change in changes]
    return name, {key: parse_yaml(value.encode()) for key, _, value in pairs}


def runs(
    work: Path, presets: dict[str, ModelPreset], seeds: list[int], name: str, data: dict[str, Any], settings: Train
) -> dict[str, list[float]]:
    """Train what is not in `work` yet, seed by seed: validation accuracies by row."""
    settings = settings.model_copy(update={"loggers": ()})
    finished: dict[str, list[float]] = {row: [] for row in presets}
    for seed in seeds:
        for row, preset in presets.items():
            what = {"preset": preset.model_dump(mode="json"), "seed": seed, "data": data}
            lines = read(work / "runs.jsonl")
            line = next((line for line in lines if line.items() >= what.items()), None)
            if line is None:
                print(f"{row}, seed {seed}", file=sys.stderr)
                folders = {"out": work / "model", "curves": work / "curves", "cache": work / "cache"}
                train(Dataset.open(work / "processed"), preset, settings, name=name, seed=seed, **folders)
                final = json.loads((work / "model/model.json").read_text(encoding="utf-8"))["final"]
                line = {"row": row, **what, **final}
                write(work / "runs.jsonl", [*lines, line])
            finished[row].append(line["validation_accuracy"])
    return finished


def table(finished: dict[str, list[float]]) -> str:
    """Markdown: a row's mean accuracy ± standard deviation in per cent, and what it has over the first row."""
    lines = ["| | validation accuracy, % | difference | seeds |", "|---|---|---|---|"]
    first = statistics.mean(next(iter(finished.values())))
    for row, accuracies in finished.items():
        mean = statistics.mean(accuracies)
        spread = f" ± {100 * statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
        lines.append(f"| {row} | {100 * mean:.2f}{spread} | {100 * (mean - first):+.2f} | {len(accuracies)} |")
    return "\n".join(lines)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of JSON in a file; none where there is no file."""
    if not path.exists():
        return []
    with reading(path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    with replaced_file(path) as partial:
        partial.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    run(main)
