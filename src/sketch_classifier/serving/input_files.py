"""Classifies files: detects their type from their content, and reads them in batches."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from tqdm import tqdm

from sketch_classifier.drawings.formats import BadRecords, iter_ndjson
from sketch_classifier.drawings.formats.bitmap import PIXELS, open_npy, read_npy
from sketch_classifier.drawings.picture_kinds import PICTURE_SUFFIXES, is_picture
from sketch_classifier.errors import UserError
from sketch_classifier.serving.arrays import CHANNELS
from sketch_classifier.serving.predictor import Predictor
from sketch_classifier.serving.results import Drawn, Predictions

SUFFIXES = (".ndjson", ".npy", *PICTURE_SUFFIXES)  # files to read in a folder
ARRAY = b"\x93NUMPY"
UNKNOWN = "neither drawings (.ndjson) nor bitmaps (.npy) nor a picture (PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC)"
# A picture that is classified uncertainly, but with certainty after a rotation by 90°, is assumed to lie on its side.
# benchmarks/sideways.py measures how many upright and sideways drawings are rotated with these thresholds.
UNCLEAR, CLEAR = 0.7, 0.98  # probability of the most likely class
TURNS = (90, 270)  # degrees clockwise
BATCH_SIZE = 256  # drawings in memory at a time
STANDARD_INPUT = "-"


def files_of(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files to read, with folders replaced by their files, sorted by name; and a message for each error."""
    files, failures = [], []
    for name in names:
        if name == STANDARD_INPUT or not Path(name).is_dir():
            files.append(name)
            continue
        paths = (path for path in Path(name).rglob("*") if path.suffix.lower() in SUFFIXES)
        found = sorted(str(path) for path in paths if path.is_file())
        if not found:
            failures.append(f"{name}: no {', '.join(SUFFIXES)} files in this folder")
        files += found
    return files, failures


def predictions_of(name: str, predictor: Predictor, complaints: list[str]) -> Iterator[Predictions]:
    """The predictions for the drawings of a file, a batch at a time.

    Malformed records are left out, and finally reported in a line appended to `complaints`. Raises UserError for a file
    that cannot be read or is not a suitable input for the model, and OSError.
    """
    label = "standard input" if name == STANDARD_INPUT else name
    try:
        if name == STANDARD_INPUT:
            yield from _predictions(cast(io.BufferedReader, sys.stdin.buffer), label, predictor, complaints)
        else:
            with Path(name).open("rb") as file:
                yield from _predictions(file, label, predictor, complaints)
    except FileNotFoundError:
        raise UserError(f"{label}: not found") from None
    except UserError as error:
        raise UserError(str(error) if str(error).startswith(f"{label}:") else f"{label}: {error}") from None


def _predictions(
    file: io.BufferedReader, name: str, predictor: Predictor, complaints: list[str]
) -> Iterator[Predictions]:
    start = file.peek(16)[:16]
    if not start:
        raise UserError("empty")
    if is_picture(start):
        yield predict_picture(file, name, predictor)
    elif start.startswith(ARRAY):
        yield from _of_array(file, name, predictor)
    elif b"\0" in start:  # not text
        raise UserError(UNKNOWN)
    else:
        yield from _of_strokes(file, name, predictor, complaints)


def predict_picture(file: BinaryIO, name: str, predictor: Predictor) -> Predictions:
    """The prediction for a photo or scan of a drawing, which is rotated by 90° if that makes it much more certain.

    name  name of the picture in the result, whose `turned` is the rotation

    Raises UserError if it cannot be read, contains no drawing, or the model needs strokes.
    """
    from sketch_classifier.drawings import picture  # here: importing image libraries takes a second

    about = predictor.about
    if about.kind == "strokes" or about.channels == "stroke_order":
        raise UserError("this model needs strokes and does not accept pictures")
    size = about.image_shape[-1]
    if about.channels == "color":
        return predictor.predict(picture.read_photograph(file, size)[None], [Drawn(name, 1, True)])
    grey = picture.read_picture(file)
    bitmap = picture.picture_to_bitmap(grey, size)
    found = predictor.predict(bitmap[None], [Drawn(name, 1, True)])
    if grey.shape in ((size, size), (picture.BITMAP, picture.BITMAP)) or found[0].confidence >= UNCLEAR:
        return found
    turned = np.stack([np.rot90(bitmap, -degrees // 90) for degrees in TURNS])
    others = predictor.predict(turned, [Drawn(name, 1, True, turned=degrees) for degrees in TURNS])
    best = max(range(len(others)), key=lambda number: others[number].confidence)
    return others[best : best + 1] if others[best].confidence > CLEAR else found


def _of_array(file: BinaryIO, name: str, predictor: Predictor) -> Iterator[Predictions]:
    # Files are memory-mapped, so that rows are read on demand; pipes cannot be.
    images = read_npy(file, name) if file is sys.stdin.buffer else open_npy(name)
    shape = images.shape
    if shape[-1:] == (PIXELS,) and images.ndim < 3:  # as the dataset has them
        images = images.reshape(-1, 28, 28)
    elif images.ndim == 2 or (images.ndim == 3 and shape[-1] in CHANNELS):
        images = images[None]
    if images.ndim < 3:
        raise UserError(f"expected (N, 784), (H, W), (N, H, W) or (N, H, W, C), found {images.dtype} {shape}")
    if not len(images):
        raise UserError("no images in this array")
    for start in range(0, len(images), BATCH_SIZE):
        batch = images[start : start + BATCH_SIZE]
        drawn = [Drawn(name, start + number, len(images) == 1) for number in range(1, len(batch) + 1)]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            predictions = predictor.predict(batch, drawn)
        for warning in caught:
            tqdm.write(f"warning: {name}: {warning.message}", file=sys.stderr)
        yield predictions


def _of_strokes(file: BinaryIO, name: str, predictor: Predictor, complaints: list[str]) -> Iterator[Predictions]:
    bad = BadRecords()
    num = 0
    for drawings in iter_ndjson(file, batch_size=BATCH_SIZE, bad=bad):
        drawn = [
            Drawn(name, int(row) + 1, False, str(key_id) if key_id else None)
            for row, key_id in zip(drawings.row, drawings.key_id, strict=True)
        ]
        num += len(drawings)
        yield predictor.predict(drawings, drawn)
    if not num:
        first = f" (line {bad.first[0].line}: {bad.first[0].reason})" if bad.count else ""
        raise UserError(f"{UNKNOWN}{first}")
    if bad.count:
        more = f"; {bad.count - 1} more malformed" if bad.count > 1 else ""
        complaints.append(f"{name}:{bad.first[0].line}: {bad.first[0].reason}{more}")
