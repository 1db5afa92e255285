"""Checks the names in params.yaml: presets, architectures, optimizers, schedules and categories."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TypeGuard

from sketch_classifier.errors import shown, unknown_name
from sketch_classifier.params.dataset import official_categories
from sketch_classifier.params.formats import FORMATS

# The classes of torch.optim and torch.optim.lr_scheduler that the training loop supports. They are listed here so that
# a misspelt name is found before anything is downloaded, without importing torch.
OPTIMIZERS = tuple("ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax Muon NAdam RAdam RMSprop Rprop SGD".split())
SCHEDULES = tuple(
    "none ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR LinearLR MultiStepLR "
    "OneCycleLR PolynomialLR ReduceLROnPlateau StepLR".split()
)


def unknown_names(tree: dict) -> list[str]:
    """A line for each unknown name in params.yaml. Values of a wrong type are ignored; the schema rejects them."""
    return _selections(tree) + _parts_of_models(tree) + _categories(tree)


@cache
def architectures() -> tuple[str, ...]:
    """The modules of `models/` that build a network, found without importing them."""
    modules = [file for file in files("sketch_classifier.models").iterdir() if file.name.endswith(".py")]
    return tuple(sorted(file.name[:-3] for file in modules if "\ndef build(" in file.read_text(encoding="utf-8")))


def _selections(tree: dict) -> list[str]:
    """Errors in `dataset` and `model`."""
    lines = []
    for what, presets in (("dataset", tree.get("datasets")), ("model", tree.get("models"))):
        name = tree.get(what)
        if isinstance(presets, dict) and isinstance(name, str) and name not in presets:
            lines.append(f"{what}: {unknown_name(what, name, presets)}")
    return lines


def _parts_of_models(tree: dict) -> list[str]:
    lines = []
    for model, preset in _dict(tree.get("models")).items():
        preset = _dict(preset)
        for key, what, name, accepted in (
            ("architecture", "architecture", preset.get("architecture"), architectures()),
            ("optimizer.name", "optimizer", _dict(preset.get("optimizer")).get("name"), OPTIMIZERS),
            ("schedule.name", "schedule", _dict(preset.get("schedule")).get("name"), SCHEDULES),
        ):
            if isinstance(name, str) and name not in accepted:
                lines.append(f"models.{model}.{key}: {unknown_name(what, name, accepted)}")
    return lines


def _categories(tree: dict) -> list[str]:
    """Errors in the categories of the selected dataset, if its source is `official` or `synthetic`.

    `official` has only the official categories. `synthetic` may have others, so they are an error only if `positive`
    lists categories that the dataset lacks, perhaps because one of its own is misspelt. Other sources may have any
    category; the stage download checks them.
    """
    name, source = tree.get("dataset"), tree.get("source")
    preset = _dict(_dict(tree.get("datasets")).get(name)) if isinstance(name, str) else {}
    about = FORMATS.get(str(preset.get("format")))
    if source not in ("synthetic", "official") or about is None or not about.by_category:
        return []
    categories, positive = preset.get("categories"), preset.get("positive") or []
    if not (_are_names(categories) and _are_names(positive)):
        return []
    official = official_categories()
    unknown = [category for category in categories if category not in official]
    if not unknown or (source == "synthetic" and set(positive) <= set(categories)):
        return []
    also = f" (also: {', '.join(map(shown, unknown[1:6]))})" if unknown[1:] else ""
    return [f"datasets.{name}.categories: {unknown_name('category', unknown[0], official)}{also}"]


def _are_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}
