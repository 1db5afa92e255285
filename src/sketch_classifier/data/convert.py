"""Converts a dataset from any readable format to any writable one, a batch at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sketch_classifier.data.formats import Batch
from sketch_classifier.data.reading import OF_BUCKET, ORDER, Reading, Recognised, are_whole, recognise
from sketch_classifier.drawings.files import replaced_folder
from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.formats.writers import WRITABLE, Form, Writer, writer_of
from sketch_classifier.drawings.formats.writers.writer import COLUMNS
from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, unknown_name
from sketch_classifier.params import FORMATS

BITMAP = 28
MOST_PIXELS = 1 << 24  # rasterised at a time
NAMES = {
    "strokes": "strokes",
    "key_id": "key_id",
    "countrycode": "country",
    "recognized": "recognized",
    "timestamp": "timestamp",
    "times": "times of points",
    "division": "division into splits",
}


@dataclass(frozen=True)
class Converted:
    """The result of a conversion.

    source_format  format in which the source was read
    counts         drawings by class
    lost           descriptions of the properties that the source has and the target format cannot store
    unknown        descriptions of the properties that the target format stores and the source does not have
    num_changed    number of drawings that were not simplified before and are now
    bad            malformed records, which were left out
    """

    source_format: str
    format: str
    counts: dict[str, int]
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    num_changed: int
    bad: BadRecords


def convert(
    source: str,
    out: str | Path,
    format: str,
    *,
    source_format: str | None = None,
    categories: Sequence[str] | None = None,
    limit: int | None = None,
    size: int | None = None,
    image: str = "png",
    reading: str | None = None,
) -> Converted:
    """Write the drawings of a source to the folder `out`, which can itself be the source of a dataset in that format.

    source         a folder or fsspec URL, as `source` of params.yaml, or `official`
    source_format  format in which to read the source; by default the target format if the source has it, otherwise the
                   first one detected
    categories     categories to convert; by default all
    limit          maximum number of drawings per category, in each split if the source has splits; None: all
    size           width and height of the pictures in pixels; only for image_folder
    image          png or svg; only for image_folder
    reading        how to read a source that is an image_folder: ink or resize

    Malformed records are left out and counted. Raises UserError, and leaves nothing at `out`, if `out` exists and is
    not an empty folder, if the source is missing or malformed, or if bitmaps would have to be converted to strokes.
    """
    out = Path(out).absolute()
    kind = _checked(format, source_format, size, image)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists and is not an empty folder; choose another, or remove it")
    found = recognise(source, _candidates(source, format, source_format), categories)
    size = size or (BITMAP if found.first.bitmaps is None else found.first.bitmaps.shape[-1])
    _check_fits(found, kind, image, source, size)
    opened = Reading.of(source, found.format, categories, limit=limit, image_size=size, reading=reading)
    for category in opened.categories:
        if why := unusable_name(category, max(FORMATS[format].suffixes, key=len)):
            raise UserError(f"categories: {why}")
    form = Form(kind.needs_simplified or found.is_simplified, size, image)
    return _write(opened, found, out, kind, form)


def _checked(format: str, source_format: str | None, size: int | None, image: str) -> type[Writer]:
    if format not in WRITABLE:
        raise UserError(f"--format: {unknown_name('format', format, WRITABLE)}")
    if source_format is not None and source_format not in FORMATS:
        raise UserError(f"--from: {unknown_name('format', source_format, FORMATS)}")
    if format != "image_folder" and size not in (None, BITMAP):
        raise UserError(f"--size: bitmaps of {format} have {BITMAP} pixels per side; only image_folder has others")
    if format != "image_folder" and image != "png":
        raise UserError(f"--image: only image_folder supports {image} files, found --format {format}")
    return writer_of(format)


def _candidates(source: str, format: str, source_format: str | None) -> tuple[str, ...]:
    """The formats to look for in a source, the preferred one first."""
    if source_format:
        return (source_format,)
    if source == "official":
        return (format if format in OF_BUCKET else "simplified",)
    first = ORDER if format == "p5" else (format, *ORDER)  # any file of 784 bytes per bitmap could be p5
    return tuple(dict.fromkeys(first))


def _check_fits(found: Recognised, kind: type[Writer], image: str, source: str, size: int) -> None:
    """Raise UserError if the target format cannot store the drawings of the source."""
    as_strokes = image == "svg" or not kind.holds_bitmaps and kind.holds_strokes
    if as_strokes and not found.has_strokes:
        target = "SVG" if image == "svg" else kind.name
        raise UserError(
            f"source {source!r}: its {found.format} files hold bitmaps, {target} holds strokes, and bitmaps cannot "
            "become strokes"
        )
    bitmaps = found.first.bitmaps
    if bitmaps is not None and kind.name != "image_folder" and bitmaps.shape[1:] != (BITMAP, BITMAP):
        raise UserError(
            f"source {source!r}: {kind.name} holds grey bitmaps of {BITMAP}×{BITMAP}, found "
            f"{'color photographs' if bitmaps.ndim == 4 else 'x'.join(map(str, bitmaps.shape[1:]))}"
        )


def _write(opened: Reading, found: Recognised, out: Path, kind: type[Writer], form: Form) -> Converted:
    counts = np.zeros(len(opened.categories), np.int64)
    bad = BadRecords()
    known: set[str] = set()
    with replaced_folder(out) as folder:
        fetched_to = folder / ".source"
        with kind(folder, opened.categories, form) as writer:
            target = _Target(writer, opened.categories, found.is_simplified)
            for fetched in tqdm(opened.fetch(fetched_to), "convert", opened.num_pieces, unit="file", disable=None):
                known |= opened.known(fetched) | ({"division"} if fetched.part.split else set())
                for batch in opened.read(fetched, bad):
                    target.append(batch, fetched.part.split)
                    counts += np.bincount(batch.labels, minlength=len(counts))
        shutil.rmtree(fetched_to, ignore_errors=True)
        if not counts.sum():
            first = f": {bad.first[0]}" if bad.first else ""
            raise UserError(f"source {opened.source.name!r}: no drawing in its files{first}")
    known |= ({"times"} if target.had_times else set()) | ({"strokes"} if found.has_strokes else set())
    holds = kind.holds | ({"strokes"} if target.as_strokes else set())
    absent = (kind.holds & COLUMNS) - known if target.as_strokes else frozenset[str]()
    return Converted(
        source_format=found.format,
        format=kind.name,
        counts=dict(zip(opened.categories, counts.tolist(), strict=True)),
        lost=tuple(words for name, words in NAMES.items() if name in known - holds),
        unknown=tuple(words for name, words in NAMES.items() if name in absent),
        num_changed=target.num_changed,
        bad=bad,
    )


class _Target:
    """Converts drawings to the form that a writer accepts.

    as_strokes   whether the writer takes strokes rather than bitmaps
    num_changed  number of drawings that were simplified
    had_times    whether any drawing had times
    """

    def __init__(self, writer: Writer, categories: Sequence[str], is_simplified: bool) -> None:
        self.as_strokes = writer.holds_strokes
        self.num_changed, self.had_times = 0, False
        self._writer, self._names, self._is_simplified = writer, np.array(categories), is_simplified

    def append(self, batch: Batch, split: str | None) -> None:
        """Write a batch. Raises UserError for drawings that the format cannot store."""
        form, drawings = self._writer.form, batch.drawings
        if drawings is None:
            assert batch.bitmaps is not None
            images = batch.bitmaps if batch.images is None else batch.images
            for share in _shares(len(images), form.size):
                self._writer.bitmaps(resize(images[share], form.size), batch.labels[share], split)
            return
        self.had_times |= drawings.times is not None
        if form.simplified or not self.as_strokes:
            drawings = self._simplified(drawings)
        if self.as_strokes:
            drawings = replace(drawings, word=self._names[batch.labels])
            self._writer.strokes(drawings, batch.labels, split)
        else:
            for share in _shares(len(drawings), form.size):
                bitmaps = rasterize(drawings[share], form.size, as_is=True)
                self._writer.bitmaps(bitmaps, batch.labels[share], split, drawings.key_id[share])

    def _simplified(self, drawings: Drawings) -> Drawings:
        """The drawings, simplified; those of simplified files stay unchanged if they are whole and have no times."""
        kept = are_whole(drawings) if self._is_simplified else np.zeros(len(drawings), bool)
        self.num_changed += int((~kept).sum())
        if kept.all():
            return replace(drawings, points=drawings.points.astype(np.uint8))
        if not kept.any():
            return simplify(drawings)
        as_they_are = drawings[kept]
        parts = [replace(as_they_are, points=as_they_are.points.astype(np.uint8)), simplify(drawings[~kept])]
        order = np.concatenate([np.flatnonzero(kept), np.flatnonzero(~kept)])
        return Drawings.concatenate(parts)[np.argsort(order)]


def _shares(count: int, size: int) -> Iterator[slice]:
    """Slices of drawings to rasterise at a time, so that large pictures take no more memory than small ones."""
    share = max(1, MOST_PIXELS // size**2)
    return (slice(start, start + share) for start in range(0, count, share))
