"""Describes the subject of a report: the model, the dataset, and the source of its drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.manifest import SYNTHETIC
from sketch_classifier.models.saved import About

FEW = 10  # drawings of a class in a split, below which its metrics are unreliable
UNRELIABLE = {
    "test": "Metrics of single classes are unreliable, and the overall metrics are imprecise: see the 95% intervals.",
    "validation": "The validation accuracy, the temperature and any threshold fitted on it are unreliable.",
}


@dataclass(frozen=True)
class Provenance:
    """The origin of the results.

    dataset        name of the dataset preset
    source         result of `read_source`
    things         kind of pictures, "drawings" or "photographs"
    num_drawings   number in the train, validation and test split
    about          the model
    fewest         for each non-empty split, the class with the fewest drawings and their number
    """

    dataset: str
    source: str
    things: str
    num_drawings: Sequence[int]
    about: About
    fewest: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def notices(provenance: Provenance) -> list[str]:
    """The warnings at the top of the report."""
    return list(filter(None, [_synthetic(provenance), *(_small(provenance, split) for split in UNRELIABLE)]))


def fewest_of(split: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """`Provenance.fewest`, from the split code and class of each drawing."""
    found = {}
    for code, name in enumerate(SPLITS):
        counts = np.bincount(targets[split == code], minlength=len(names))
        if counts.any():
            found[name] = (names[int(counts.argmin())], int(counts.min()))
    return found


def _small(provenance: Provenance, split: str) -> str:
    """A warning about a split with few drawings of a class; empty if it has enough."""
    name, least = provenance.fewest.get(split, ("", FEW))
    if least >= FEW:
        return ""
    things = provenance.things.removesuffix("s") if least == 1 else provenance.things
    return f"The {split} set is small: it has {least or 'no'} {things} of class {name!r}. {UNRELIABLE[split]}"


def _synthetic(provenance: Provenance) -> str:
    """A warning that the drawings are synthetic; empty if they are or may be real."""
    if provenance.source != SYNTHETIC:
        return ""
    return (
        f"These {provenance.things} are synthetic: this project generated them (seed {provenance.about.seed}), so the "
        f"results say nothing about real {provenance.things}."
    )


def run_table(provenance: Provenance, figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values of the table at the top of the report."""
    about = provenance.about
    weights = "random" if about.weights == "none" else about.weights
    splits = zip(("training", *SPLITS[1:]), provenance.num_drawings, strict=True)
    rows = [
        ("Model", f"{about.name}: {about.num_parameters:,} parameters, initial weights: {weights}"),
        ("Dataset", f"{provenance.dataset}: {len(about.class_names)} classes"),
        ("Source", provenance.source),
        (provenance.things.capitalize(), ", ".join(f"{number:,} {name}" for name, number in splits)),
        ("Seed", str(about.seed)),
    ]
    if about.final:
        rows.append(("Epoch", f"{about.final['epoch']:.0f} of {about.preset.epochs} (keep: {about.preset.keep})"))
    if "validation_accuracy" in figures:
        accuracy, loss = figures["validation_accuracy"], figures["validation_loss"]
        rows.append(("Validation", f"accuracy {accuracy:.1%}, loss {loss:.4f} (for choosing between runs)"))
    return rows
