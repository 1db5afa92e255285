"""Checkpoints: one file, replaced after every epoch, and used only if its fingerprint matches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from sketch_classifier import models, training
from sketch_classifier.drawings import sequences
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.training.batches import forget_pages

Row = dict[str, float]


class Part(Protocol):
    """What a run consists of: networks, optimizers, schedules and the like."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any], /) -> Any: ...


@dataclass(frozen=True)
class Checkpoint:
    """The file at `path`, for the run with that fingerprint."""

    path: Path
    fingerprint: str

    def load(self, parts: Mapping[str, Part]) -> list[Row]:
        """Put all parts back to the last epoch saved, in place; the rows of the epochs so far, [] where none."""
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            if saved["fingerprint"] != self.fingerprint:
                return []
        except (OSError, RuntimeError, EOFError, UnpicklingError, KeyError):
            return []  # missing, or cut short by a crash of the machine
        for name, part in parts.items():
            part.load_state_dict(saved["parts"][name])
        return saved["history"]

    def save(self, parts: Mapping[str, Part], history: list[Row]) -> None:
        """Replace the file at once: a kill at any moment leaves the old one or the new one."""
        states = {name: part.state_dict() for name, part in parts.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replaced_file(self.path) as partial:
            torch.save({"parts": states, "history": history, "fingerprint": self.fingerprint}, partial)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def fingerprint(
    settings: dict[str, Any],
    initial: nn.Module,
    stored: np.ndarray | Rasters | Sequences,
    targets: np.ndarray,
    split: np.ndarray,
) -> str:
    """sha256 of all that decides what comes out.

    That is `settings` (JSON values), the network as it begins (and so the seed and the weights loaded), the data, and
    the source code of models/, training/ and what makes their inputs.
    """
    digest = sha256(json.dumps(settings | {"torch": torch.__version__}, sort_keys=True).encode())
    for name, value in initial.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    digest.update(repr((stored.shape, str(stored.dtype))).encode())
    for array in _arrays(stored):
        for start in range(0, len(array), 65536):
            digest.update(np.ascontiguousarray(array[start : start + 65536]).data)
        forget_pages(array)
    digest.update(np.ascontiguousarray(targets).data)
    digest.update(np.ascontiguousarray(split).data)
    drawings = Path(sequences.__file__).parent
    folders = [Path(str(models.__file__)).parent, Path(str(training.__file__)).parent, drawings / "raster"]
    files = [*chain.from_iterable(sorted(folder.rglob("*.py")) for folder in folders)]
    for path in [*files, *(drawings / f"{name}.py" for name in ("rasters", "resize", "sequences", "strokes"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _arrays(stored: np.ndarray | Rasters | Sequences) -> tuple[np.ndarray | Sequences, ...]:
    """What the data are; drawing them would take longer than reading them."""
    if not isinstance(stored, Rasters):
        return (stored,)
    drawings = stored.drawings
    return drawings.points, drawings.stroke_offsets, drawings.drawing_offsets
