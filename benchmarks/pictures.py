"""How well photos and scans of drawings are recognised, against the bitmaps of the same drawings.

    python benchmarks/pictures.py [--drawings 120] [--kinds ruled …] [--worst FOLDER]

Test drawings of the last run, as many of each category, are drawn as pictures of every kind, read again, and given to
the model. The agreement is the share of drawings to which the model gives the same class as to their bitmap. `--worst`
writes the pictures whose bitmaps differ most from what they should be, each beside both.
"""

from __future__ import annotations

import argparse
import sys
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from checkout import ROOT, run
from PIL import Image, ImageOps

sys.path.insert(0, str(ROOT / "tests/serving"))

from photos import photo  # noqa: E402

from sketch_classifier import Predictor, UserError  # noqa: E402
from sketch_classifier.data.dataset import Dataset  # noqa: E402
from sketch_classifier.drawings.picture import picture_to_bitmap, read_picture  # noqa: E402
from sketch_classifier.params import StrokeInput  # noqa: E402

CHALK = {"paper": (40, 50, 45), "ink": (215, 215, 205)}
KINDS: dict[str, dict] = {
    "a clean drawing": {},
    "its ink on nothing (transparent PNG)": {"paper": None},
    "an icon of 32 pixels": {"size": (32, 32), "extent": 0.8, "pen": 0.06},
    "an icon of 20 pixels": {"size": (20, 20), "extent": 0.9, "pen": 0.06},
    "90 × 120 pixels": {"size": (90, 120), "extent": 0.8, "pen": 0.05, "quality": 80},
    "a scan of 1240 × 1754 pixels": {"size": (1754, 1240), "pen": 0.008, "extent": 0.5, "quality": 90, "noise": 2},
    "small in a corner": {"extent": 0.2, "place": (0.05, 0.9), "noise": 3, "quality": 85},
    "cut off at the drawing's edges": {"size": 400, "noise": 3, "quality": 85},
    "a sheet on a table": {"table": 0.08, "noise": 3, "quality": 85},
    "a thin pen": {"pen": 0.005, "size": (1200, 900), "noise": 3, "quality": 85},
    "a pencil": {"pen": 0.01, "ink": (140, 140, 140), "light": 0.2, "noise": 3, "quality": 85},
    "a marker": {"pen": 0.08, "noise": 3, "quality": 85},
    "a broad marker": {"pen": 0.13, "noise": 3, "quality": 85},
    "its silhouette": {"filled": True, "noise": 3, "quality": 85},
    "red ink": {"ink": (200, 50, 60), "noise": 3, "quality": 85},
    "blue ink": {"ink": (50, 80, 190), "noise": 3, "quality": 85},
    "yellow ink": {"ink": (235, 205, 40), "paper": (225, 225, 220), "noise": 3, "quality": 85},
    "chalk on a board": {**CHALK, "noise": 6, "light": 0.4, "quality": 80},
    "out of focus": {"blur": 0.01, "noise": 3, "quality": 85},
    "light from the side": {"light": 0.8, "noise": 4, "quality": 85},
    "a shadow": {"shadow": 0.5, "light": 0.3, "noise": 3, "quality": 85},
    "a weak shadow, light from the side": {"shadow": 0.3, "light": 0.5, "noise": 4, "quality": 80, "size": (900, 1200)},
    "grain, and JPEG at 30": {"noise": 12, "light": 0.3, "quality": 30},
    "turned by up to 10°": {"angle": 10, "noise": 3, "quality": 85},
    "ruled paper": {"ruling": ("across",), "noise": 3, "quality": 85},
    "squared paper": {"ruling": ("across", "down"), "noise": 3, "quality": 85},
    "squared paper, pencil": {
        "ruling": ("across", "down"), "ink": (110, 110, 110), "pen": 0.015, "light": 0.3, "noise": 3, "quality": 85,
    },
}  # fmt: skip
NUM_WORST = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawings", type=int, default=120)
    parser.add_argument("--kinds", nargs="*", default=[], help="parts of the names of kinds; all by default")
    parser.add_argument("--worst", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    predictor, dataset = Predictor(ROOT / "models"), Dataset.open(ROOT / "data/processed")
    rows = sample(dataset, arguments.drawings)
    bitmaps, labels = np.asarray(dataset.images[rows]), dataset.labels[rows]
    expected = predictor.predict_images(bitmaps).argmax(axis=1)
    accuracy = (expected == labels).mean()
    print(f"{len(rows)} drawings; accuracy on their bitmaps {accuracy:.1%}\n")
    print("| picture | accuracy | / bitmaps | agreement | refused | ms a picture |\n|---|---|---|---|---|---|")
    ratios = []
    for kind, how in KINDS.items():
        if arguments.kinds and not any(part in kind for part in arguments.kinds):
            continue
        pictures = [pictured(strokes, how, seed) for seed, strokes in enumerate(strokes_of(dataset, rows))]
        start = time.process_time()
        found = [bitmap_of(picture, bitmaps.shape[-1]) for picture in pictures]
        each = 1000 * (time.process_time() - start) / len(rows)
        read = np.array([bitmap is not None for bitmap in found])
        images = np.stack([np.zeros_like(bitmaps[0]) if bitmap is None else bitmap for bitmap in found])
        predicted = np.where(read, predictor.predict_images(images).argmax(axis=1), -1)
        ratios.append((predicted == labels).mean() / accuracy)
        print(
            f"| {kind} | {(predicted == labels).mean():.1%} | {ratios[-1]:.3f} | {(predicted == expected).mean():.1%} "
            f"| {(~read).sum()} | {each:.0f} |"
        )
        if arguments.worst:
            write_worst(arguments.worst / kind.replace(" ", "-"), pictures, images, bitmaps)
    print(f"| all kinds, mean | | {np.mean(ratios):.3f} | | | |")


def sample(dataset: Dataset, num: int) -> np.ndarray:
    """The first test drawings of each category, num in all."""
    rows = dataset.rows("test")
    each = max(1, num // len(dataset.categories))
    return np.concatenate([rows[dataset.labels[rows] == label][:each] for label in range(len(dataset.categories))])


def strokes_of(dataset: Dataset, rows: np.ndarray) -> list[list[np.ndarray]]:
    """The strokes (n, 2) of each row."""
    stored = dataset.inputs(StrokeInput(kind="strokes", max_points=100))
    drawings = []
    for row in rows:
        bounds = stored.stroke_offsets[stored.drawing_offsets[row] : stored.drawing_offsets[row + 1] + 1]
        drawings.append([stored.points[a:b].astype(float) for a, b in zip(bounds[:-1], bounds[1:], strict=True)])
    return drawings


def pictured(strokes: list[np.ndarray], how: dict, seed: int) -> bytes:
    """A file; the angle is drawn from as far to the left as to the right."""
    angle = np.random.default_rng(seed).uniform(-1, 1) * how.get("angle", 0)
    return photo(strokes, seed=seed, **(how | {"angle": angle})).read()


def bitmap_of(picture: bytes, size: int) -> np.ndarray | None:
    """What is read of it, or None where it is refused."""
    try:
        return picture_to_bitmap(read_picture(BytesIO(picture)), size)
    except UserError:
        return None


def write_worst(folder: Path, pictures: list[bytes], found: np.ndarray, bitmaps: np.ndarray) -> None:
    """PNGs of picture, what was read and what should be, the least common ink first."""
    common = np.minimum(found, bitmaps).sum(axis=(1, 2)) / np.maximum(found, bitmaps).sum(axis=(1, 2))
    folder.mkdir(parents=True, exist_ok=True)
    for rank, index in enumerate(np.argsort(common)[:NUM_WORST]):
        sheet = Image.new("RGB", (900, 300), "teal")
        with Image.open(BytesIO(pictures[index])) as picture:
            sheet.paste(ImageOps.contain(picture.convert("RGB"), (296, 296)), (0, 0))
        for place, bitmap in enumerate((found[index], bitmaps[index]), start=1):
            sheet.paste(Image.fromarray(bitmap).resize((296, 296), Image.Resampling.NEAREST), (300 * place, 0))
        sheet.save(folder / f"{rank:02} drawing {index}, {common[index]:.2f}.png")


if __name__ == "__main__":
    run(main)
