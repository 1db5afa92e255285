"""The first rows of each category's file, fetched (or drawn) into one folder with a manifest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from hashlib import file_digest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sketch_classifier.data.cache import forget, stream
from sketch_classifier.data.prefix import NdjsonRows, NpyRows, WholeMat
from sketch_classifier.data.sources import OFFICIAL, OFFICIAL_SVHN, Source, SourceFile
from sketch_classifier.data.svhn import PUBLISHED, SvhnFile
from sketch_classifier.drawings.files import replaced_folder
from sketch_classifier.errors import UserError
from sketch_classifier.params import SUFFIXES
from sketch_classifier.params.dataset import unusable_name


def download(
    source: str,
    format: str,
    categories: Sequence[str],
    limit: int | None,
    out: str | Path,
    *,
    seed: int,
    cache: str | Path | None,
    workers: int = 8,
    progress: bool = True,
) -> dict:
    """Write the first `limit` (None: all) rows of each category to `out/<format>/<category>.npy` or `.ndjson`.

    Of svhn, `categories` are the names of files (train_32x32, …), which are written whole, as `.mat`; only synthetic
    ones are cut to `limit`.

    source    `synthetic` (drawn by `seed`), or what `Source` accepts
    format    numpy_bitmap | simplified | raw | svhn
    cache     folder that keeps what was fetched, so that a later call fetches only what it lacks; None keeps nothing
    workers   files fetched at once

    Returns the manifest, which is also `out/manifest.json`: source, format, limit, and for each file, by category, url,
    version (generation or etag; None for a folder), source_size, rows, bytes, sha256. `out` is replaced as a whole at
    the end; it stays as it was when anything fails. Raises UserError with one line for a source out of reach, a
    category that is unknown, not there or no name for a file, and a malformed file.
    """
    for category in categories:
        if why := unusable_name(category, SUFFIXES[format]):
            raise UserError(f"categories: {why}")
    with replaced_folder(out) as folder:
        if source == "synthetic":
            files = _draw(folder, format, categories, limit, seed, progress)
        else:
            where = Source(source, OFFICIAL_SVHN if format == "svhn" else OFFICIAL)
            files = _fetch_all(where, folder, format, categories, limit, cache, workers, progress)
        files.sort(key=lambda about: about["category"])
        manifest = {"source": source, "format": format, "limit": limit, "files": files}
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def _draw(folder, format, categories, limit, seed, progress) -> list[dict]:
    write: Callable[..., list[Path]]
    if format == "svhn":
        from sketch_classifier.synthetic.digits import write_digits as write
    else:
        from sketch_classifier.synthetic import write  # compiles the rasteriser: seconds that other sources save

    total = None if limit is None else limit * len(categories)
    with tqdm(desc="draw", total=total, unit="drawing", disable=None if progress else True) as bar:
        paths = write(folder, format, categories, limit, seed, progress=bar.update)
    drawn = {"url": "synthetic", "version": f"seed {seed}", "source_size": None}
    return [
        {"category": category} | drawn | _about(path, folder, _count_rows(path))
        for category, path in zip(categories, paths, strict=True)
    ]


def _fetch_all(source: Source, folder: Path, format, categories, limit, cache, workers, progress) -> list[dict]:
    files = source.find(format, categories)
    (folder / format).mkdir()
    cache = None if cache is None else Path(cache)
    executor = ThreadPoolExecutor(workers)
    bar = tqdm(desc="download", total=len(files), unit="file", disable=None if progress else True)
    try:
        with bar:
            pending = {executor.submit(_fetch, file, folder, format, limit, cache): file for file in files}
            abouts = []
            while pending:
                done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda future: pending[future].category):
                    abouts.append(future.result())
                    del pending[future]
                bar.set_postfix_str(_megabytes(files), refresh=False)
                bar.update(len(done))
    except BaseException:
        source.cancel()  # so that an interrupt or the first failure does not wait for the other files
        raise
    finally:
        executor.shutdown(cancel_futures=True)
    _summarise(source, files, abouts, limit)
    return abouts


def _fetch(file: SourceFile, folder: Path, format: str, limit: int | None, cache: Path | None) -> dict:
    """Write the first rows of one file; say what it is."""
    if file.size == 0:
        raise UserError(f"{file.url}: empty file")
    path = folder / format / f"{file.category}{SUFFIXES[format]}"
    if path.suffix == ".mat":
        return _fetch_mat(file, path, folder, cache)
    rows = (NpyRows if path.suffix == ".npy" else NdjsonRows)(file.url, file.size, limit)
    with path.open("wb") as output:
        for block in stream(file, rows.wanted, cache):
            output.write(rows.feed(block))
        output.write(rows.finish())
    about = {"category": file.category, "url": file.url, "version": file.version, "source_size": file.size}
    return about | _about(path, folder, rows.rows)


def _fetch_mat(file: SourceFile, path: Path, folder: Path, cache: Path | None) -> dict:
    """Write a whole MAT-file, check it, and say what it is."""
    size, digest = PUBLISHED[file.category] if file.source.name == "official" else (None, None)
    if size and file.size != size:
        raise UserError(f"{file.url}: the published file has {size} bytes, found {file.size}")
    whole = WholeMat(file.url, file.size)
    with path.open("wb") as output:
        for block in stream(file, whole.wanted, cache):
            output.write(whole.feed(block))
    try:
        about = _about(path, folder, len(SvhnFile.open(path, file.url)))
        if digest and about["sha256"] != digest:
            raise UserError(f"{file.url}: not the published file: its sha256 is {about['sha256']}, not {digest}")
    except UserError:
        forget(file, cache)
        raise
    return {"category": file.category, "url": file.url, "version": file.version, "source_size": file.size} | about


def _about(path: Path, folder: Path, rows: int) -> dict:
    """What a finished file holds."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {"file": path.relative_to(folder).as_posix(), "rows": rows, "bytes": path.stat().st_size, "sha256": digest}


def _count_rows(path: Path) -> int:
    if path.suffix == ".mat":
        return len(SvhnFile.open(path))
    if path.suffix == ".npy":
        return len(np.load(path, mmap_mode="r", allow_pickle=False))
    with path.open("rb") as file:
        return sum(not line.isspace() for line in file)


def _summarise(source: Source, files: list[SourceFile], abouts: list[dict], limit: int | None) -> None:
    rows = [about["rows"] for about in abouts]
    read = "read" if source.is_local else "fetched"
    print(f"{source.url}: {sum(rows)} rows of {len(rows)} files, {_megabytes(files)} {read}", file=sys.stderr)
    few = sum(limit is not None and num < limit for num in rows)
    if few:
        print(f"{source.url}: {few} of {len(rows)} files have fewer than {limit} rows", file=sys.stderr)


def _megabytes(files: list[SourceFile]) -> str:
    return f"{sum(file.num_fetched for file in files) / 1e6:.2f} MB"
