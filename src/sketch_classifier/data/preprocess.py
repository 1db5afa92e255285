"""Converts the downloaded files to arrays for training: rasterises, resizes and splits the drawings."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, redirect_stderr
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from itertools import chain
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError
from tqdm import tqdm

from sketch_classifier import drawings as drawings_package
from sketch_classifier.data.dataset import SPLITS
from sketch_classifier.data.finished import (
    Joined,
    Layout,
    PartFiles,
    PartWriter,
    Record,
    digest_of,
    is_part_of,
    layouts,
)
from sketch_classifier.data.formats import Batch, Part, format_of
from sketch_classifier.data.manifest import count_rows, read_categories
from sketch_classifier.data.split import Division, hash_fractions
from sketch_classifier.data.workers import in_order, num_workers
from sketch_classifier.drawings.files import alone, replaced_folder
from sketch_classifier.drawings.formats import BadRecords
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.resize import resize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError, writing
from sketch_classifier.params import DatasetPreset, Split
from sketch_classifier.params.refusal import refusal
from sketch_classifier.progress import step

FEW = 1000  # drawings; with more, no split is empty by chance
FEW_TO_TEST = 10  # test drawings per class, below which its metrics are unreliable
ROW_GROUP = 2**17  # rows per row group of the index: many small groups would be slow to read
SMALL = 2**26  # bytes of input below which starting processes does not pay off


def preprocess(
    raw: str | Path,
    preset: DatasetPreset,
    split: Split,
    out: str | Path,
    *,
    work: str | Path | None = None,
    workers: int | None = None,
) -> None:
    """Rasterise, resize and split the drawings of `raw`, one batch at a time, into the folder `out`.

    `out` contains images.npy, index.parquet and classes.json as `Dataset` reads them, and for drawings with strokes
    points.npy (P, 2) uint8 and offsets.npy (S + 1,) int64: stroke s is points[offsets[s]:offsets[s + 1]], and a
    drawing's number of strokes is its `num_strokes` in the index. Drawings are in file order, and files are in category
    order if there is one file per category; otherwise the column `file` of the index names the file. `row` in the index
    is the line, record or row in that file, from 0, counting those that were left out. Columns that the files do not
    have (key_id, countrycode, recognized, timestamp) are missing in the index.

    Each drawing is aligned and scaled by `simplify`, which leaves those of the dataset's own simplified files
    unchanged. A line on standard error says how many drawings of a `simplified` file were not simplified.

    work     folder for the results of finished files until all are finished: if the process is killed, a call with the
             same input, arguments and code resumes from them. Locked by one call at a time; others wait. None: not used
    workers  number of processes among which the files are divided; by default `num_workers()`. It does not affect the
             output

    Raises UserError for a malformed file, if the share of malformed records is larger than `preset.max_bad_records`,
    and if the preset needs something that the files do not record.
    """
    workers = workers or num_workers()
    format = format_of(preset.format)
    if not preset.categories:
        preset = _with_categories(preset, Path(raw) / "manifest.json")
    parts = format.parts(Path(raw) / preset.format, preset)
    known = format.known(parts)
    if preset.recognized_only and "recognized" not in known:
        raise UserError(f"recognized_only: the files in {Path(raw) / preset.format} do not record it")
    division = Division.of(split, {part.split for part in parts})
    in_several = any(part.category is None or part.split for part in parts)
    names = tuple(part.name for part in parts) if in_several else ()
    processes = min(workers, len(parts))
    if format.reads_in_processes(parts) or sum(part.path.stat().st_size for part in parts) < SMALL:
        processes = 1
    total = count_rows(raw, [part.path for part in parts])
    with ExitStack() as stack:
        if work is None:
            folder = stack.enter_context(replaced_folder(out))
            place = folder / "work"
            place.mkdir()
        else:
            place = stack.enter_context(_kept(Path(work), _fingerprint(preset, division, parts, known)))
            folder = stack.enter_context(replaced_folder(out))
        job = _Job(place, preset, division, known, names, max(1, workers // processes))
        bar = stack.enter_context(
            tqdm(desc="preprocess", total=total, unit="drawing", unit_scale=True, smoothing=0, disable=None)
        )
        with writing(place):
            records = _finish_all(job, parts, processes, bar)
            _write_index(job, records)
            _write_classes(place / "classes.json", preset)
        for name in ("images.npy", "points.npy", "offsets.npy", "index.parquet", "classes.json"):
            if (place / name).exists():
                shutil.move(place / name, folder / name)
        if work is None:
            shutil.rmtree(place)


@dataclass(frozen=True)
class _Job:
    """The settings that all parts share.

    folder   work folder
    known    metadata columns that all files have
    names    names of the parts, if the index has a column for them
    threads  number of rasterising threads per process
    """

    folder: Path
    preset: DatasetPreset
    division: Division
    known: frozenset[str]
    names: tuple[str, ...]
    threads: int

    @property
    def layouts(self) -> dict[str, Layout]:
        """The layouts of the dataset's arrays."""
        return layouts(self.preset.image_size, self.preset.channels)


@contextmanager
def _kept(parent: Path, fingerprint: str) -> Iterator[Path]:
    """The folder named `fingerprint` in `parent`, locked; it is removed if the block succeeds. Others are removed."""
    busy = f"another run is preprocessing in {parent}: waiting until it ends"
    with ExitStack() as stack:
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(alone(parent.with_name(parent.name + ".lock"), lambda: step(busy)))
        folder = parent / fingerprint
        with writing(parent):
            for other in parent.iterdir():
                if other != folder:
                    shutil.rmtree(other) if other.is_dir() else other.unlink()
            folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder)


def _fingerprint(preset: DatasetPreset, division: Division, parts: Sequence[Part], known: frozenset[str]) -> str:
    """A digest of everything that determines the output, except the files' contents, which the records cover."""
    about = {
        "preset": preset.model_dump(mode="json"),
        "split": division.split.model_dump(mode="json"),
        "own": sorted(division.own),
        "parts": [(part.name, part.category, part.split) for part in parts],
        "known": sorted(known),
        "versions": [np.__version__, pd.__version__, pa.__version__, numba.__version__],
    }
    digest = sha256(json.dumps(about, sort_keys=True).encode())
    for folder in (Path(__file__).parent, Path(str(drawings_package.__file__)).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _with_categories(preset: DatasetPreset, manifest: Path) -> DatasetPreset:
    try:
        return preset.with_categories(read_categories(manifest))
    except ValidationError as error:
        raise UserError(f"datasets: {refusal(error, DatasetPreset)}") from None


def _finish_all(job: _Job, parts: Sequence[Part], processes: int, bar: tqdm) -> list[Record]:
    """Finish every part that is not finished yet, and join the arrays of all parts; return their records."""
    files = [PartFiles(job.folder, number) for number in range(len(parts))]
    records = _joined_before(job, parts, files, processes)
    rest = range(len(records), len(parts))
    with (
        Joined(job.folder, job.layouts, records) as joined,
        closing(in_order(_finish, [(job, n, parts[n]) for n in rest], processes, bar.update)) as results,
    ):
        for record in records:
            _announce(bar, record, False)
        for number, (record, is_new) in zip(rest, results, strict=True):
            _announce(bar, record, is_new)
            joined.append(files[number], record)
            records.append(record)
    return records


def _announce(bar: tqdm, record: Record, is_new: bool) -> None:
    """Print the messages of a part's reader, and add its drawings to the bar unless they have been counted."""
    if not is_new and not bar.disable:  # counted, but not in the rate
        bar.initial += record.num_drawings
        bar.update(record.num_drawings)
    if record.messages:
        tqdm.write(record.messages, file=sys.stderr, end="")


def _joined_before(job: _Job, parts: Sequence[Part], files: Sequence[PartFiles], processes: int) -> list[Record]:
    """The records of the first parts whose arrays an earlier run has joined, as far as they are intact."""
    tasks = []
    before = dict.fromkeys(job.layouts, 0)
    for number, file in enumerate(files):
        if not file.is_joined:
            break
        assert file.record is not None
        tasks.append((job, number, parts[number], dict(before)))
        for name, count in file.record.num_rows.items():
            before[name] += count
    records: list[Record] = []
    with closing(in_order(_check_joined, tasks, min(processes, len(tasks)), lambda count: None)) as results:
        for file, is_good in zip(files, results, strict=False):
            if not is_good or file.record is None:
                break
            records.append(file.record)
    return records


def _check_joined(task: tuple[_Job, int, Part, dict[str, int]], report: Callable[[int], object]) -> bool:
    """Whether the joined arrays contain a part intact, after so many rows of each, and its input has not changed."""
    job, number, part, before = task
    files = PartFiles(job.folder, number)
    report(0)
    return (
        files.record is not None
        and files.record.input == digest_of(part.path)
        and files.record.digests["index"] == digest_of(files.path("index"))
        and is_part_of(job.folder, job.layouts, files.record, before)
    )


def _finish(task: tuple[_Job, int, Part], report: Callable[[int], object]) -> tuple[Record, bool]:
    """The record of a part, and whether the part was processed now rather than by an earlier run."""
    job, number, part = task
    files = PartFiles(job.folder, number)
    report(0)
    with writing(job.folder), redirect_stderr(StringIO()) as said:
        input = digest_of(part.path)
        if files.is_intact(input):
            assert files.record is not None
            return files.record, False
        fractions: list[float] = []
        with PartWriter(files, job.layouts) as writer:
            for batch, splits in _batches(job, part, report):
                _append(job, writer, number, batch, splits)
                if writer.num_drawings <= FEW:
                    assert batch.bitmaps is not None
                    fractions += hash_fractions(batch.bitmaps).tolist()
            if not writer.num_drawings:
                kept = " recognised" if job.preset.recognized_only else ""
                raise UserError(f"{part.path}: no{kept} drawings")
            few = fractions if writer.num_drawings <= FEW else []
            return writer.finish(input, few, said.getvalue()), True


def _batches(job: _Job, part: Part, report: Callable[[int], object]) -> Iterator[tuple[Batch, np.ndarray]]:
    """The drawings of a part, simplified and rasterised, in batches, and the split of each drawing."""
    preset, format = job.preset, format_of(job.preset.format)
    bad = BadRecords() if preset.max_bad_records > 0 else None
    num_changed = 0
    for batch in format.read(part, preset, bad):
        report(len(batch.labels))
        if preset.recognized_only and batch.drawings is not None:
            kept = batch.drawings.recognized
            batch = Batch(batch.labels[kept], batch.rows[kept], batch.drawings[kept])
        if not len(batch.labels):
            continue
        if batch.drawings is not None:
            simple = simplify(batch.drawings)
            if format.is_simplified:
                num_changed += _num_changed(batch.drawings, simple)
            bitmaps = rasterize(simple, size=28, as_is=True, threads=job.threads)
            batch = batch._replace(drawings=simple, bitmaps=bitmaps)
        assert batch.bitmaps is not None
        yield batch, job.division.assign(batch.bitmaps, part.split)
    if num_changed:
        print(f"{part.path}: {num_changed} drawings were not simplified and have been simplified now", file=sys.stderr)
    if bad is not None and bad.count:
        found = f"{bad.count} of {bad.total} records are malformed; the first: {bad.first[0]}"
        if bad.fraction > preset.max_bad_records:
            raise UserError(f"{part.path}: {found} (max_bad_records allows a share of {preset.max_bad_records:g})")
        print(f"{part.path}: left out: {found}", file=sys.stderr)


def _append(job: _Job, writer: PartWriter, number: int, batch: Batch, splits: np.ndarray) -> None:
    """Write the drawings of a batch from file `number`."""
    drawings = batch.drawings
    writer.append("images", _images(job, batch))
    columns = {
        "category": pd.Categorical.from_codes(batch.labels, job.preset.categories),
        "label": batch.labels,
        "split": pd.Categorical.from_codes(splits, SPLITS),
    }
    if job.names:
        columns["file"] = pd.Categorical.from_codes(np.full(len(splits), number), job.names)
    columns["row"] = batch.rows
    if drawings is not None:
        writer.append("offsets", drawings.stroke_offsets[1:] + writer.num_rows["points"])
        writer.append("points", drawings.points)
        columns |= _columns(drawings, job.known)
    writer.append_index(pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False))


def _columns(drawings: Drawings, known: frozenset[str]) -> dict:
    """The index columns of the drawings."""
    columns = {
        "key_id": drawings.key_id,
        "countrycode": np.char.decode(drawings.countrycode, "ascii"),
        "recognized": drawings.recognized,
        "timestamp": drawings.timestamp,
    }
    return {name: values for name, values in columns.items() if name in known} | {
        "num_strokes": np.diff(drawings.drawing_offsets).astype(np.int32),
        "num_points": np.diff(drawings.stroke_offsets[drawings.drawing_offsets]).astype(np.int32),
    }


def _images(job: _Job, batch: Batch) -> np.ndarray:
    """The images of a batch, (n, S, S) or (n, 3, S, S) uint8, in the preset's size and channels."""
    size, channels, drawings, images = job.preset.image_size, job.preset.channels, batch.drawings, batch.images
    if channels == "stroke_order":
        if drawings is None:
            raise UserError("channels: stroke_order needs strokes, but these files hold bitmaps")
        return rasterize(drawings, size=size, as_is=True, channels="stroke_order", threads=job.threads)
    if images is None:
        assert batch.bitmaps is not None
        if size == batch.bitmaps.shape[-1]:
            images = batch.bitmaps
        elif drawings is not None:
            images = rasterize(drawings, size=size, as_is=True, threads=job.threads)
        else:
            images = resize(batch.bitmaps, size)
    return np.repeat(images[:, None], 3, axis=1) if channels == 3 else images


def _write_index(job: _Job, records: Sequence[Record]) -> None:
    """Write index.parquet, one row group at a time."""
    tables: list[pa.Table] = []  # rows not yet written
    batches: Iterator[pa.Table] = (
        batch for number in range(len(records)) for batch in PartFiles(job.folder, number).batches()
    )
    if sum(record.num_drawings for record in records) <= FEW:
        fractions = np.array([fraction for record in records for fraction in record.fractions])
        batches = iter([_with_all_splits(pa.concat_tables(batches), fractions, job.division)])
    first = next(batches)
    with pq.ParquetWriter(job.folder / "index.parquet", first.schema) as writer:
        for table in chain([first], batches):
            tables.append(table)
            if sum(map(len, tables)) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(tables), row_group_size=ROW_GROUP)
                tables.clear()
        if tables:
            writer.write_table(pa.concat_tables(tables), row_group_size=ROW_GROUP)


def _with_all_splits(rows: pa.Table, fractions: np.ndarray, division: Division) -> pa.Table:
    """The index of a small dataset, with no split left empty; warns about classes with few test drawings."""
    whole = rows.to_pandas()
    splits = division.filled(whole["split"].cat.codes.to_numpy(), fractions)
    whole["split"] = pd.Categorical.from_codes(splits, SPLITS)
    counts = whole[splits == SPLITS.index("test")]["category"].value_counts()
    if len(counts) and counts.min() < FEW_TO_TEST:
        name, least = counts.index[-1], counts.min()
        few = f"{least} test drawing{'' if least == 1 else 's'}"
        text = f"few drawings: {name!r} has {few}, so metrics of single classes are unreliable"
        print(text, file=sys.stderr)
    return pa.Table.from_pandas(whole, rows.schema, preserve_index=False)


def _write_classes(path: Path, preset: DatasetPreset) -> None:
    about = {
        "categories": preset.categories,
        "positive": preset.positive,
        "positive_name": preset.positive_name,
        "channels": preset.channels,
        "mirror": preset.mirror,
    }
    path.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _num_changed(before: Drawings, after: Drawings) -> int:
    """How many drawings differ in their points; `before` and `after` have the same numbers of strokes."""
    if np.array_equal(before.stroke_offsets, after.stroke_offsets) and np.array_equal(before.points, after.points):
        return 0
    of_stroke = np.repeat(np.arange(len(before)), np.diff(before.drawing_offsets))
    changed = np.zeros(len(before), bool)
    changed[of_stroke[np.diff(before.stroke_offsets) != np.diff(after.stroke_offsets)]] = True
    old, new = before[~changed], after[~changed]
    of_point = np.repeat(np.flatnonzero(~changed), np.diff(old.stroke_offsets[old.drawing_offsets]))
    changed[of_point[(old.points != new.points).any(axis=1)]] = True
    return int(changed.sum())
