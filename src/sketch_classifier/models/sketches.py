"""Backbones learnt from drawings, which are part of this package: pretrained/*.safetensors, with a card each."""

from __future__ import annotations

from importlib.resources import files

from safetensors import SafetensorError
from safetensors.torch import load

from sketch_classifier.errors import UserError, one_line
from sketch_classifier.models.network import State

FOLDER = files("sketch_classifier.models") / "pretrained"


def read_sketches(architecture: str) -> State:
    """The state dict of the architecture's backbone, as `pack.py` wrote it: float16, float32 and int64.

    Raises UserError where the file is missing or damaged: no other source can be meant by its name.
    """
    file = FOLDER / f"{architecture}_sketches.safetensors"
    try:
        return load(file.read_bytes())
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"weights: sketches: {file.name}, a part of this package, cannot be read ({one_line(error)}); install again"
        ) from None
