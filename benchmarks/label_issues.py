"""How many of the wrong labels that were planted in synthetic drawings are found: `python benchmarks/label_issues.py`.

It reads a finished run of the default source (`dvc repro`): metrics/label_issues.csv, and the truth in
data/raw/truth.csv.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from sketch_classifier.analysis.labels import audited
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.params import load_params

TARGET = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the project after `dvc repro` (default: here)")
    root = parser.parse_args().root
    params = load_params(root / "params.yaml")
    if not (root / "data/raw/truth.csv").exists():
        sys.exit("no data/raw/truth.csv: only of `source: synthetic` is it known which labels are wrong")
    index = Dataset.open(root / "data/processed").index
    truth = pd.read_csv(root / "data/raw/truth.csv", keep_default_na=False).set_index(["word", "row"])
    truth = truth.loc[list(zip(index["category"], index["row"], strict=True))]
    planted = truth["drawn"].to_numpy() != index["category"].to_numpy()
    bad = truth["bad"].to_numpy(bool)
    split = Dataset.open(root / "data/processed").split
    rows = audited(split, params.analyze.label_drawings, params.seed)
    issues = pd.read_csv(root / "metrics/label_issues.csv", keep_default_na=False)

    print(f"{len(rows):,} drawings looked at, {planted[rows].sum()} wrong labels planted in them, "
          f"{(planted & bad)[rows].sum()} of these on drawings that are spoilt as well")  # fmt: skip
    for name, inside in (("all", np.ones(len(split), bool)), ("validation and test only", split > 0)):
        listed = issues["row"].to_numpy()
        listed, number = listed[inside[listed]], int((planted & inside)[rows].sum())
        found = planted[listed[:number]]
        print(f"{name}: precision (and recall) at the planted number, {number}: {found.mean():.3f}")
        if name == "all":
            clean = planted & ~bad
            hits = clean[listed[:number]].sum()
            print(f"    target: at least {TARGET}; {hits} of the {clean[rows].sum()} unspoilt ones are found")
    likely = issues.loc[issues["issue"], "row"].to_numpy()
    print(f"confident learning's own number, {len(likely)}: precision {planted[likely].mean():.3f}, "
          f"recall {planted[likely].sum() / planted[rows].sum():.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
