"""How long the stage analyze takes on 20,000 test drawings, and how much memory: `python benchmarks/analyze.py`.

The drawings are made up (noise around a pattern a class), and the network is as it begins, which makes the most errors
there can be, so the most pages of them.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from checkout import run

from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.models.network import build_network
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.params import load_params

TARGET = 120  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=int, default=20_000, help="test drawings; there are 4 times as many others")
    parser.add_argument("--classes", type=int, default=12)
    parser.add_argument("--model", default="cnn", help="a preset of images and many classes (default: cnn)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = _made_up(root / "processed", arguments.test * 5, arguments.classes)
        _untrained(root / "models", dataset, arguments.model)
        (root / "curves.csv").write_text(
            "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2,2,0.3,0.3\n", encoding="utf-8"
        )
        clock, cpu = time.perf_counter(), time.process_time()
        evaluate(root / "processed", root / "models", root / "metrics", root / "plots")
        print(f"evaluate: {time.perf_counter() - clock:.1f} s by the clock, {time.process_time() - cpu:.1f} s of CPU")
        clock, cpu = time.perf_counter(), time.process_time()
        params = load_params().analyze
        (root / "manifest.json").write_text('{"source": "made up"}', encoding="utf-8")
        analyze(
            root / "manifest.json", root / "processed", root / "models", root / "metrics", root / "curves.csv",
            root / "plots", params, seed=0, dataset_name="made up",
        )  # fmt: skip
        seconds = time.perf_counter() - clock
        pages = len(list((root / "plots/errors").iterdir()))
        print(
            f"analyze: {seconds:.1f} s by the clock (target: at most {TARGET}), {time.process_time() - cpu:.1f} s of "
            f"CPU; {len(dataset.rows('test')):,} test drawings, {pages} pages of errors; at most "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB of memory"
        )


def _made_up(folder: Path, count: int, num_classes: int) -> Dataset:
    rng = np.random.default_rng(0)
    folder.mkdir()
    labels = np.arange(count) % num_classes
    patterns = rng.integers(0, 256, (num_classes, 28, 28))
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (count, 28, 28))
    for start in range(0, count, 10_000):
        part = slice(start, min(start + 10_000, count))
        noise = rng.integers(0, 256, images[part].shape)
        images[part] = (patterns[labels[part]] + noise) // 2
    images.flush()
    names = [f"class {number}" for number in range(num_classes)]
    sizes = [count - count // 10 - count // 5, count // 10, count // 5]
    split = rng.permutation(np.repeat(["train", "validation", "test"], sizes))
    pd.DataFrame(
        {
            "category": np.array(names)[labels], "label": labels, "split": split, "row": np.arange(count),
            "key_id": np.arange(count, dtype=np.uint64), "countrycode": rng.choice(["US", "GB", "JP"], count),
            "recognized": rng.random(count) < 0.9, "num_strokes": rng.poisson(5, count) + 1,
            "num_points": rng.poisson(50, count) + 2,
        }
    ).to_parquet(folder / "index.parquet", index=False)  # fmt: skip
    about = {"categories": names, "positive": [], "positive_name": None, "channels": 1, "mirror": True}
    (folder / "classes.json").write_text(json.dumps(about), encoding="utf-8")
    return Dataset.open(folder)


def _untrained(folder: Path, dataset: Dataset, name: str) -> None:
    preset = load_params().models[name]
    network = build_network(preset.architecture, preset.input, len(dataset.categories))
    about = About(
        name=name, preset=preset, class_names=dataset.categories, categories=dataset.categories, positive=(),
        positive_name=None, image_shape=(28, 28), channels=1, weights="none", failed_weights=(), frozen=False,
        flip_average=False, num_parameters=1, num_train=1, num_validation=1, seed=0, final={},
    )  # fmt: skip
    save_model(folder, network, about)


if __name__ == "__main__":
    run(main)
