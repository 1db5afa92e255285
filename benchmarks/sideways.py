"""How often pictures are turned by a quarter before they are classified, and what that does to the accuracy.

    python benchmarks/sideways.py FOLDER [--model sketchnet] [--drawings 60]

FOLDER holds bitmaps as Google's bucket has them, numpy_bitmap/<category>.npy. The last drawings of each category that
the model knows are given to it as they are and turned by 90° to either side, and turned again by the rule of `predict`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from checkout import run

from sketch_classifier import Predictor, UserError
from sketch_classifier.serving.input_files import CLEAR, TURNS, UNCLEAR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="sketchnet")
    parser.add_argument("--drawings", type=int, default=60, help="of each category")
    arguments = parser.parse_args()
    predictor = Predictor.pretrained(arguments.model)
    images, labels = read(arguments.folder, predictor.classes, arguments.drawings)
    print(f"{len(images):,} drawings of {len(predictor.classes)} categories, {arguments.model}\n")
    print("| picture | accuracy as it is | turned by the rule | accuracy then |\n|---|--:|--:|--:|")
    for name, degrees in (("upright", 0), ("turned by 90°", 90), ("turned by 270°", 270)):
        shares = np.stack([predictor.predict_images(rotated(images, degrees + turn)) for turn in (0, *TURNS)])
        confidence = shares.max(axis=2)
        best = confidence.argmax(axis=0)
        is_sideways = (confidence[0] < UNCLEAR) & (confidence.max(axis=0) > CLEAR)
        predicted = shares.argmax(axis=2)[np.where(is_sideways, best, 0), np.arange(len(images))]
        before, after = (shares[0].argmax(axis=1) == labels).mean(), (predicted == labels).mean()
        print(f"| {name} | {before:.1%} | {is_sideways.mean():.1%} | {after:.1%} |")


def read(folder: Path, classes: tuple[str, ...], num: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 28, 28) uint8 bitmaps and (N,) int labels."""
    images, labels = [], []
    for label, name in enumerate(classes):
        path = folder / f"numpy_bitmap/{name}.npy"
        if path.is_file():
            images.append(np.load(path, mmap_mode="r")[-num:].reshape(-1, 28, 28))
            labels += [label] * len(images[-1])
    if not images:
        raise UserError(f"{folder}: no numpy_bitmap/<category>.npy of a category that the model knows")
    return np.concatenate(images), np.array(labels)


def rotated(images: np.ndarray, degrees: int) -> np.ndarray:
    """The images turned clockwise."""
    return np.ascontiguousarray(np.rot90(images, -degrees // 90, axes=(1, 2)))


if __name__ == "__main__":
    run(main)
