"""Where the figures of model presets are recorded: two JSON files, and which of their rows still hold.

Imports no torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.params import DatasetPreset, ModelPreset, Params

DATASET = "thirty"  # that accuracies are measured on
ANIMALS = ("bee", "bird", "cat", "dog", "fish", "horse", "octopus")
COSTS, ACCURACIES = "preset_costs.json", "preset_accuracies.json"
FREE = {"optimizer", "schedule", "label_smoothing", "epochs", "keep", "patience"}  # do not change the cost of a step


def thirty(params: Params) -> DatasetPreset:
    """The dataset `thirty`, whose animals are the positive group of binary presets."""
    preset = params.datasets[DATASET]
    animals = tuple(name for name in ANIMALS if name in preset.categories)
    return preset.model_copy(update={"positive": animals, "positive_name": "animal"})


def read(path: str | Path) -> dict[str, Any]:
    """What the file holds, with the key `presets`; no presets where there is no file. Raises UserError if damaged."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(found["presets"], dict):
            raise TypeError("`presets` is no mapping")
        return found
    except FileNotFoundError:
        return {"presets": {}}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged ({one_line(error)})") from None


def write(path: str | Path, results: dict[str, Any]) -> None:
    """The same results give the same bytes."""
    with replaced_file(path) as partial:
        partial.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def valid(
    results: Mapping[str, Any], presets: Mapping[str, ModelPreset], stamp: Callable[[ModelPreset], str]
) -> dict[str, dict[str, Any]]:
    """The rows of presets that are still as they were: those whose `settings` are what `stamp(preset)` gives."""
    rows = results["presets"]
    return {name: rows[name] for name in presets if rows.get(name, {}).get("settings") == stamp(presets[name])}


def accuracy_stamp(preset: ModelPreset) -> str:
    """A hash of all settings that differ from a preset's defaults, so that a new setting alone changes none."""
    return _hash(preset.model_dump(mode="json", exclude_defaults=True))


def cost_stamp(preset: ModelPreset) -> str:
    """The same of those that decide what a step costs."""
    values = preset.model_dump(mode="json", exclude_defaults=True, exclude=FREE)
    shared = preset.epochs if preset.freeze_backbone else None  # the features are computed once for all of them
    return _hash(values | {"optimizer": preset.optimizer.name, "epochs": shared})


def _hash(values: dict[str, Any]) -> str:
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]
