"""The pre-trained models of this package: their names and folders. Imports no torch."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from sketch_classifier.errors import UserError, unknown_name

FOLDER = Path(str(files("sketch_classifier.models"))) / "pretrained"
STANDARD = "sketchnet"
SMALL = "sketchnet_tiny"  # for phones and web pages


def shipped_models() -> tuple[str, ...]:
    """The names of the models, sorted. Each folder has model.json, model.safetensors, model.onnx and README.md."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/model.json")))


def shipped_folder(name: str) -> Path:
    """The folder of a shipped model. Raises UserError for an unknown name."""
    names = shipped_models()
    if name not in names:
        raise UserError(unknown_name("pre-trained model", name, names))
    return FOLDER / name
