"""Checkpoints: a file for each run, replaced after every epoch, used only if its digest and its fingerprint match."""

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
KEPT = 4  # checkpoints of other runs, which may go on at this moment or later
WHOLE_BYTES, PARTS_BYTES = 2**32, 2**30  # of an array that is hashed as a whole, and of the parts of a larger one
MAGIC = b"sketch-classifier checkpoint 1\n"  # then the SHA-256 of all that follows, 32 bytes, and what torch.save wrote


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
        """Put all parts back to the last epoch saved, in place; the rows of the epochs so far.

        Without a file, or with that of another run, these are [] and the parts stay as they are. So they do where
        UserError is raised: the file cannot be read, or is not, byte for byte, what `save` wrote.
        """
        return self.restore(self.read(), parts)

    def read(self) -> bytes:
        """What `restore` takes, for other processes, too: the content of the file, verified, or b"" without one."""
        try:
            with reading(self.path):
                return bytes(_verified(self.path.read_bytes()))
        except UserError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return b""
            raise

    def restore(self, content: bytes, parts: Mapping[str, Part]) -> list[Row]:
        """What `load` does, with what `read` has read."""
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
        """The file of the run with that fingerprint in a folder of several runs, which may train at the same time."""
        return cls(folder / f"{fingerprint[:16]}.pt", fingerprint)

    def save(self, parts: Mapping[str, Part], history: list[Row]) -> None:
        """Replace the file at once: a kill or a power failure at any moment leaves the old one or the new one."""
        states = {name: part.state_dict() for name, part in parts.items()}
        buffer = io.BytesIO()
        torch.save({"parts": states, "history": history, "fingerprint": self.fingerprint}, buffer)
        payload = buffer.getbuffer()
        with replaced_file(self.path) as partial, partial.open("wb") as file:
            file.write(MAGIC + sha256(payload).digest())
            file.write(payload)

    def prepare(self) -> None:
        """Make sure that `save` can replace the file: a folder in its place is renamed. Raises UserError if it cannot.

        To be called before training. Of the checkpoints of other runs in the folder, the last KEPT stay.
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
    """Keeps nothing: for measurements of training in which the disk has no part."""

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
    """sha256 of all that decides what comes out.

    That is `settings` (JSON values), the network as it begins (and so the seed and the weights loaded), the data, and
    the source code of models/, training/ and what makes their inputs. Of an array over WHOLE_BYTES, parts that are
    spread evenly stand for all of it; labels and splits always count as a whole.
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
    """When the file was written, in seconds; before any other where another run has removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return -inf


def _verified(data: bytes) -> memoryview:
    """What follows the digest in a checkpoint. Raises ValueError where it has another."""
    start = len(MAGIC) + sha256().digest_size
    digest, payload = data[len(MAGIC) : start], memoryview(data)[start:]
    if not data.startswith(MAGIC) or len(data) < start:
        raise ValueError("no checkpoint of this version")
    if sha256(payload).digest() != digest:
        raise ValueError("damaged: its SHA-256 is another")
    return payload


def _arrays(stored: np.ndarray | Rasters | Sequences) -> tuple[np.ndarray | Sequences, ...]:
    """What the data are; drawing them would take longer than reading them."""
    if not isinstance(stored, Rasters):
        return (stored,)
    drawings = stored.drawings
    return drawings.points, drawings.stroke_offsets, drawings.drawing_offsets
