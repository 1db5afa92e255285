"""The accuracy of `cnn` after a shuffle of blocks against a full shuffle, on real drawings of eight categories.

    python benchmarks/shuffle.py FOLDER

FOLDER is laid out like the bucket; its bitmaps are used. All ways train the same number of epochs and are tested on the
same drawings; the seed decides the initial weights and every order.

    full        all training drawings are shuffled with each other
    blocks      as with `train.shuffle: blocks`, in the proportions of a data set some nine times as large as its
                windows: these have --window drawings, in blocks of --block
    one block   a whole window is one block, hence as a rule of one category: what a poor shuffle costs
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
from checkout import run

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.models.predict import predict_logits
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import DatasetPreset, Split, Train, load_params
from sketch_classifier.training.order import Shuffle
from sketch_classifier.training.train import train

CATEGORIES = ("airplane", "apple", "bicycle", "bird", "cat", "dog", "fish", "flower")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="real drawings, laid out like the bucket")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--limit", type=int, default=800, help="drawings of each category")
    parser.add_argument("--window", type=int, default=512, help="drawings that are shuffled with each other")
    parser.add_argument("--block", type=int, default=8, help="neighbouring drawings that are read together")
    options = parser.parse_args()
    ways = {
        "full": Shuffle(options.window),
        "blocks": Shuffle(options.window, options.block),
        "one block": Shuffle(options.window, options.window),
    }
    preset = load_params().models["cnn"].model_copy(update={"epochs": options.epochs})
    with tempfile.TemporaryDirectory() as folder:
        dataset = drawings(options.folder, options.limit, Path(folder) / "processed")
        rows = dataset.rows("test")
        print(f"{len(dataset.rows('train')):,} training and {len(rows):,} test drawings, {options.epochs} epochs")
        accuracies: dict[str, list[float]] = {name: [] for name in ways}
        for seed, (name, how) in product(range(options.seeds), ways.items()):
            out = Path(folder) / "run"
            folders = {"out": out / "models", "curves": out / "curves", "cache": out / "cache"}
            with mock.patch.object(Shuffle, "of", lambda *_, how=how: how):
                train(dataset, preset, Train(loggers=()), name="cnn", seed=seed, **folders)
            predicted = predict_logits(load_model(out / "models")[0], dataset.images, rows).argmax(axis=1)
            accuracies[name].append((predicted == dataset.labels[rows]).mean())
            print(f"seed {seed}, {name}: {accuracies[name][-1]:.4f}", flush=True)
    for name, found in accuracies.items():
        print(f"{name:10} {np.mean(found):.4f} ± {np.std(found, ddof=1):.4f}")


def drawings(folder: Path, limit: int, out: Path) -> Dataset:
    """The first `limit` bitmaps of each category, preprocessed."""
    preset = DatasetPreset(format="numpy_bitmap", categories=CATEGORIES, limit=limit)
    raw = out.with_name("raw") / "numpy_bitmap"
    raw.mkdir(parents=True)
    for name in CATEGORIES:
        bitmaps = np.load(folder / f"numpy_bitmap/{name}.npy", mmap_mode="r", allow_pickle=False)
        np.save(raw / f"{name}.npy", bitmaps[:limit])
    preprocess(raw.parent, preset, Split(train=0.7, validation=0.1, test=0.2), out)
    return Dataset.open(out)


if __name__ == "__main__":
    run(main)
