"""The subject of a report: the model, the dataset, and the source of its drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.manifest import SYNTHETIC
from sketch_classifier.models.saved import About


@dataclass(frozen=True)
class Provenance:
    """What was trained and measured.

    dataset        the preset's name
    source         as `read_source` gives it
    things         what the dataset's pictures are, "drawings" or "photographs"
    num_drawings   of the train, validation and test split
    about          the model
    """

    dataset: str
    source: str
    things: str
    num_drawings: Sequence[int]
    about: About


def notice(provenance: Provenance) -> str:
    """What a reader must know before the figures; nothing where the drawings are real, or may be."""
    if provenance.source != SYNTHETIC:
        return ""
    return (
        f"These {provenance.things} are synthetic: this project generated them (seed {provenance.about.seed}), so the "
        f"results say nothing about real {provenance.things}."
    )


def run_table(provenance: Provenance, figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values of the table at the top."""
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
