"""Checkpoints, from which an interrupted training run resumes.

Each run has one file, which is replaced after every epoch. It is used only if its digest is correct and its fingerprint
matches the run's parameters, data and code.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from math import ceil, inf, prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from sketch_classifier import models, training
from sketch_classifier.drawings import sequences
from sketch_classifier.drawings.files import replaced_file, require_writable
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.errors import UserError, reading, writing
from sketch_classifier.models.pages import forget_pages

Row = dict[str, float]
KEPT = 4  # checkpoints of other runs to keep: they may be running now, or be resumed later
WHOLE_BYTES, PARTS_BYTES = 2**32, 2**30  # arrays up to this size are hashed in full; of larger ones, this much
MAGIC = b"sketch-classifier checkpoint 1\n"  # followed by the SHA-256 of the rest (32 bytes) and the torch.save output


class Part(Protocol):
    """A component of a run with a state: a network, an optimizer, a schedule, …"""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any], /) -> Any: ...


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint file `path` of the run with that fingerprint."""

    path: Path
    fingerprint: str

    def load(self, parts: Mapping[str, Part]) -> list[Row]:
        """Restore all parts, in place, to the last saved epoch; returns the rows of the epochs so far.

        Returns [] and leaves the parts unchanged if there is no file, or one of another run. Raises UserError, and
        leaves the parts unchanged, if the file cannot be read or does not match its digest.
        """
        return self.restore(self.read(), parts)

    def read(self) -> bytes:
        """The verified content of the file, which any process can pass to `restore`; b"" if there is no file."""
        try:
            with reading(self.path):
                return bytes(_verified(self.path.read_bytes()))
        except UserError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return b""
            raise

    def restore(self, content: bytes, parts: Mapping[str, Part]) -> list[Row]:
        """As `load`, from the content that `read` returned."""
        if not content:
            return []
        with reading(self.path):
            saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            if saved["fingerprint"] != self.fingerprint:
                return []
            states, history = {name: saved["parts"][name] for name in parts}, saved["history"]
        for name, part in parts.items():
            part.load_state_dict(states[name])
        return history

    @classmethod
    def within(cls, folder: Path, fingerprint: str) -> Checkpoint:
        """The checkpoint of the run with that fingerprint in a folder shared by runs, also concurrent ones."""
        return cls(folder / f"{fingerprint[:16]}.pt", fingerprint)

    def save(self, parts: Mapping[str, Part], history: list[Row]) -> None:
        """Replace the file atomically: a kill or a power failure at any moment leaves the old file or the new one."""
        states = {name: part.state_dict() for name, part in parts.items()}
        buffer = io.BytesIO()
        torch.save({"parts": states, "history": history, "fingerprint": self.fingerprint}, buffer)
        payload = buffer.getbuffer()
        with replaced_file(self.path) as partial, partial.open("wb") as file:
            file.write(MAGIC + sha256(payload).digest())
            file.write(payload)

    def prepare(self) -> None:
        """Make sure that `save` can write the file; a folder of the same name is renamed. Raises UserError on failure.

        To be called before training. Of the other runs' checkpoints in the folder, only the KEPT most recent are kept.
        """
        require_writable(self.path.parent)
        others = sorted((path for path in self.path.parent.glob("*.pt") if path != self.path), key=_saved, reverse=True)
        for path in others[KEPT:]:
            with suppress(OSError):
                path.unlink()
        if self.path.is_dir():
            with writing(self.path):
                self.path.replace(tempfile.mkdtemp(prefix=f"{self.path.name}.", dir=self.path.parent))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class NoCheckpoint(Checkpoint):
    """Saves nothing: for benchmarks of training that must not include disk access."""

    def __init__(self) -> None:
        super().__init__(Path(), "")

    def read(self) -> bytes:
        return b""

    def save(self, parts: Mapping[str, Part], history: list[Row]) -> None:
        pass

    def prepare(self) -> None:
        pass

    def remove(self) -> None:
        pass


def fingerprint(
    settings: dict[str, Any],
    initial: nn.Module,
    stored: np.ndarray | Rasters | Sequences,
    targets: np.ndarray,
    split: np.ndarray,
) -> str:
    """SHA-256 of everything that determines the result of training.

    This covers `settings` (JSON values), the initial network (and so the seed and any loaded weights), the data, and
    the source code of models/, training/ and the modules that produce their inputs. Arrays larger than WHOLE_BYTES are
    sampled at evenly spaced blocks; labels and splits are always hashed in full.
    """
    digest = sha256(json.dumps(settings | {"torch": torch.__version__}, sort_keys=True).encode())
    for name, value in initial.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    digest.update(repr((stored.shape, str(stored.dtype))).encode())
    for array in _arrays(stored):
        num_bytes = prod(array.shape) * array.dtype.itemsize
        apart = 1 if num_bytes <= WHOLE_BYTES else ceil(num_bytes / PARTS_BYTES)
        for start in range(0, len(array), 65536 * apart):
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


def _saved(path: Path) -> float:
    """The file's modification time in seconds; −inf if another run has removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return -inf


def _verified(data: bytes) -> memoryview:
    """The payload of a checkpoint, after its digest. Raises ValueError if the digest does not match."""
    start = len(MAGIC) + sha256().digest_size
    digest, payload = data[len(MAGIC) : start], memoryview(data)[start:]
    if not data.startswith(MAGIC) or len(data) < start:
        raise ValueError("not a checkpoint of this version")
    if sha256(payload).digest() != digest:
        raise ValueError("damaged: its SHA-256 does not match")
    return payload


def _arrays(stored: np.ndarray | Rasters | Sequences) -> tuple[np.ndarray | Sequences, ...]:
    """The arrays that define the data. Rasters are hashed by their points, which is faster than drawing them."""
    if not isinstance(stored, Rasters):
        return (stored,)
    drawings = stored.drawings
    return drawings.points, drawings.stroke_offsets, drawings.drawing_offsets
