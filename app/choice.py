"""The models that the app offers, and their labels."""

from __future__ import annotations

import json

from sketch_classifier.models.shipped import shipped_folder

OWN = "own"  # the model trained by the pipeline; the others are identified by the names of the shipped models
OWN_LABEL = "Your model"


def shipped_label(name: str) -> str:
    """The label of a shipped model. Raises UserError for an unknown name."""
    path = shipped_folder(name) / "model.json"
    try:
        num = len(json.loads(path.read_text(encoding="utf-8"))["class_names"])
    except (OSError, ValueError, KeyError, TypeError):
        return "Pre-trained"  # the error is shown when the model is selected
    return f"Pre-trained ({num} classes)"
