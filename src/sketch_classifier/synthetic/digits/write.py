"""Writes synthetic photographs of digits as MAT-files like SVHN's, a block at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.io import savemat

from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.synthetic.digits.camera import SIDE, photograph
from sketch_classifier.synthetic.digits.layout import draw_crop
from sketch_classifier.synthetic.digits.scene import paint

DEFAULT_LIMITS = {"train_32x32": 12_000, "test_32x32": 4000, "extra_32x32": 12_000}
BLOCK = 100  # photographs generated together
MANY = 4000  # number of photographs above which starting processes pays off


def write_digits(
    folder: str | Path,
    fmt: str,
    names: Sequence[str],
    limit: int | None = None,
    seed: int = 0,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write `<folder>/<fmt>/<name>.mat` with `limit` photographs each (None: DEFAULT_LIMITS).

    workers   number of processes; by default that of the cores (at most 8) if there are many photographs. It does not
              affect the output
    progress  called with the number of photographs just generated

    Returns the paths.
    """
    folder = Path(folder) / fmt
    folder.mkdir(parents=True, exist_ok=True)
    totals = {name: DEFAULT_LIMITS[name] if limit is None else limit for name in names}
    paths = []
    with ExitStack() as stack:
        if workers is None:
            workers = min(os.cpu_count() or 1, 8) if sum(totals.values()) >= MANY else 1
        run: Callable[..., Iterable] = map
        if workers > 1:
            run = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn"))).map
        for name, total in totals.items():
            images = np.empty((total, 3, SIDE, SIDE), np.uint8)
            digits = np.empty(total, np.uint8)
            starts = range(0, total, BLOCK)
            for start, (some, their) in zip(starts, run(_block, *_arguments(seed, name, starts)), strict=True):
                end = min(start + BLOCK, total)
                images[start:end], digits[start:end] = some[: end - start], their[: end - start]
                if progress:
                    progress(end - start)
            paths.append(folder / f"{name}.mat")
            _save(paths[-1], images, digits)
    return paths


def generate_digits(num: int, seed: int = 0, name: str = "train_32x32") -> tuple[np.ndarray, np.ndarray]:
    """The first photographs of a file: (num, 3, 32, 32) uint8, and their digits, (num,) uint8."""
    starts = range(0, num, BLOCK)
    blocks = [_block(*arguments) for arguments in zip(*_arguments(seed, name, starts), strict=True)]
    images, digits = (np.concatenate(parts)[:num] for parts in zip(*blocks, strict=True))
    return images, digits


def _arguments(seed: int, name: str, starts: Sequence[int]) -> tuple[Iterable, ...]:
    return [seed] * len(starts), [name] * len(starts), starts


def _block(seed: int, name: str, start: int) -> tuple[np.ndarray, np.ndarray]:
    """BLOCK photographs from number `start` on; always whole blocks, so that rows do not depend on the limit."""
    rng = np.random.default_rng([seed, crc32(name.encode()), start])
    crops = [draw_crop(rng) for _ in range(BLOCK)]
    painted = np.moveaxis(np.round(paint(crops, rng) * 255).astype(np.uint8), 1, -1)
    images = np.stack([photograph(np.ascontiguousarray(one), rng) for one in painted])
    return np.moveaxis(images, -1, 1), np.array([crop.digit for crop in crops], np.uint8)


def _save(path: Path, images: np.ndarray, digits: np.ndarray) -> None:
    """Write a file like SVHN's: X (32, 32, 3, N), with image rows first, and y (N, 1) with 10 for the digit 0."""
    pixels = np.ascontiguousarray(images.swapaxes(2, 3)).T
    labels = np.where(digits == 0, 10, digits).astype(np.uint8)
    with replaced_file(path) as partial:
        savemat(str(partial), {"X": pixels, "y": labels[:, None]}, appendmat=False, do_compression=True)
