"""How many of the wrong labels that were planted are found.

    python benchmarks/label_issues.py                         # in synthetic drawings, after `dvc repro`
    python benchmarks/label_issues.py --plant FOLDER OUT      # in real ones: OUT is a copy of FOLDER with wrong labels
    dvc exp run -S source=OUT -S dataset=thirty -S datasets.thirty.limit=350
    python benchmarks/label_issues.py --truth OUT/truth.csv

It reads a finished run, metrics/label_issues.csv, and the truth: data/raw/truth.csv of synthetic drawings. The copy has
the first 350 bitmaps of each category of `thirty`, and 2 % of them are later bitmaps of another category.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from checkout import run

from sketch_classifier.analysis.label_issues import audited
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import load_params

TARGET = 0.9
ROWS, SHARE = 350, 0.02  # of each category in the copy with wrong labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(), help="the project after `dvc repro` (default: here)")
    parser.add_argument("--truth", type=Path, help="which labels are wrong (default: data/raw/truth.csv)")
    parser.add_argument("--plant", type=Path, nargs=2, metavar=("FOLDER", "OUT"), help="write a copy with wrong labels")
    arguments = parser.parse_args()
    if arguments.plant:
        plant(*arguments.plant)
    else:
        measure(arguments.root, arguments.truth or arguments.root / "data/raw/truth.csv")


def plant(folder: Path, out: Path) -> None:
    rng, truth = np.random.default_rng(0), []
    bitmaps = {
        category: np.load(folder / f"numpy_bitmap/{category}.npy", mmap_mode="r")
        for category in load_params().datasets["thirty"].categories
    }
    (out / "numpy_bitmap").mkdir(parents=True)
    for category, images in bitmaps.items():
        changed, drawn = np.array(images[:ROWS]), np.full(min(ROWS, len(images)), category, dtype=object)
        for row in rng.choice(len(changed), round(SHARE * len(changed)), replace=False):
            drawn[row] = rng.choice([other for other in bitmaps if other != category])
            changed[row] = rng.choice(bitmaps[drawn[row]][ROWS:])  # not in the copy under its own name
        np.save(out / f"numpy_bitmap/{category}.npy", changed)
        truth.append(pd.DataFrame({"word": category, "row": np.arange(len(changed)), "drawn": drawn, "bad": False}))
    pd.concat(truth).to_csv(out / "truth.csv", index=False)


def measure(root: Path, truth_file: Path) -> None:
    params = load_params(root / "params.yaml")
    if not truth_file.exists():
        sys.exit(f"no {truth_file}: only of `source: synthetic` and of a copy is it known which labels are wrong")
    index = Dataset.open(root / "data/processed").index
    truth = pd.read_csv(truth_file, keep_default_na=False).set_index(["word", "row"])
    truth = truth.loc[list(zip(index["category"], index["row"], strict=True))]
    planted = truth["drawn"].to_numpy() != index["category"].to_numpy()
    bad = truth["bad"].to_numpy(bool)
    split = Dataset.open(root / "data/processed").split
    rows = audited(split, params.analyze.label_drawings, params.seed)
    issues = pd.read_csv(root / "metrics/label_issues.csv", keep_default_na=False)

    print(f"{len(rows):,} drawings checked, {planted[rows].sum()} of them with an injected wrong label, "
          f"{(planted & bad)[rows].sum()} of which are bad drawings as well")  # fmt: skip
    for name, inside in (("all", np.ones(len(split), bool)), ("validation and test only", split > 0)):
        listed = issues["row"].to_numpy()
        listed, number = listed[inside[listed]], int((planted & inside)[rows].sum())
        found = planted[listed[:number]]
        print(f"{name}: precision (and recall) at the injected number, {number}: {found.mean():.1%}")
        if name == "all":
            clean = planted & ~bad
            hits = clean[listed[:number]].sum()
            print(f"    {hits} of the {clean[rows].sum()} others are found (target if synthetic: {TARGET})")
    likely = issues.loc[issues["issue"], "row"].to_numpy()
    print(f"confident learning's own number, {len(likely)}: precision {planted[likely].mean():.1%}, "
          f"recall {planted[likely].sum() / planted[rows].sum():.1%}")  # fmt: skip


if __name__ == "__main__":
    run(main)
