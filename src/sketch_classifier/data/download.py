"""Downloads (or generates) the first rows of each category's file, and writes a manifest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from hashlib import file_digest, sha256
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sketch_classifier.data.formats import Format, Piece, Wanted, fetch_piece, format_of
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.data.sources import Source
from sketch_classifier.data.svhn import SvhnFile
from sketch_classifier.drawings.files import replaced_folder
from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.errors import UserError
from sketch_classifier.params import FORMATS, SUFFIXES


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
    base: Path | None = None,
) -> dict:
    """Write the first `limit` (None: all) drawings of each category to `out/<format>/`.

    Formats with one file per category are written as `<category>` with the same suffix; for others, see their module in
    `data/formats`. For svhn, `categories` are the names of files (train_32x32, …), which are written whole; only
    synthetic ones are cut to `limit`.

    source      `synthetic` (generated from `seed`), or what `Source` accepts
    format      one of `params.FORMATS`
    categories  if empty, all categories of the source
    cache       folder for downloaded data, so that a later call fetches only what is missing; None: no cache
    workers     number of files downloaded at the same time
    base        folder that a relative source is resolved against if it is not in the working directory

    Returns the manifest, which is also written to `out/manifest.json`: source, format, limit, categories, and for each
    file, by category, url, version (generation or etag; None for a folder), source_size, check (how the downloaded data
    was verified, see `SourceFile`; not for a folder), rows, bytes, sha256. `out` is replaced atomically at the end, and
    unchanged if anything fails. Raises UserError for an unreachable source, for a category that is unknown, missing or
    not a valid file name, and for a malformed file.
    """
    _check_names(categories, format)
    with replaced_folder(out) as folder:
        if source == "synthetic":
            names: Sequence[str] = categories
            files = _draw(folder, format, categories, limit, seed, progress)
        else:
            kind = format_of(format)
            where = Source(source, kind.official, base)
            names, pieces = find(kind, where, categories or None)
            if len(names) == 1 and not categories:
                raise UserError(f"categories: all: at least 2 are needed, source {source!r} has 1: {names[0]!r}")
            _check_names(names, format)
            wanted = Wanted(tuple(names), limit, None if cache is None else Path(cache))
            files = _fetch_all(where, kind, pieces, folder, wanted, workers, progress)
        files.sort(key=lambda about: about["category"])
        manifest = {"source": source, "format": format, "limit": limit, "categories": list(names), "files": files}
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def find(format: Format, source: Source, categories: Sequence[str] | None) -> tuple[Sequence[str], list[Piece]]:
    """The categories and pieces to fetch from the source or, if it is an archive with a single folder, from that."""
    inner = source.only_folder
    if inner is None:
        return format.find(source, categories)
    try:
        return format.find(source, categories)
    except UserError as error:
        try:
            return format.find(inner, categories)
        except UserError as from_inner:
            is_known = any(inner.root in about.folders for about in FORMATS.values())
            raise error if is_known else from_inner from None


def _check_names(categories: Sequence[str], format: str) -> None:
    suffix = SUFFIXES[format]
    for category in categories:
        if why := unusable_name(category, suffix):
            raise UserError(f"categories: {why}")


def _draw(folder, format, categories, limit, seed, progress) -> list[dict]:
    write: Callable[..., list[Path]]
    if format == "svhn":
        from sketch_classifier.synthetic.digits import write_digits as write
    else:
        from sketch_classifier.synthetic import write  # here: it compiles the rasteriser, which takes seconds

    total = None if limit is None else limit * len(categories)
    with tqdm(desc="draw", total=total, unit="drawing", disable=None if progress else True) as bar:
        paths = write(folder, format, categories, limit, seed, progress=bar.update)
    drawn = {"url": "synthetic", "version": f"seed {seed}", "source_size": None}
    return [
        {"category": category} | drawn | _about(path, folder, _count_rows(path))
        for category, path in zip(categories, paths, strict=True)
    ]


def _fetch_all(
    source: Source, format: Format, pieces: list[Piece], folder: Path, wanted: Wanted, workers: int, progress: bool
) -> list[dict]:
    (folder / format.name).mkdir()
    files = [file for piece in pieces for file in piece.files]
    executor = ThreadPoolExecutor(workers)
    try:
        with _Bar(pieces, wanted.limit, progress) as bar:
            pending = {executor.submit(_fetch, format, piece, folder, wanted): piece for piece in pieces}
            abouts = []
            while pending:
                done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda future: pending[future].name):
                    abouts.append(future.result())
                    del pending[future]
                bar.show(pending.values())
    except BaseException:
        source.cancel()  # so that an interrupt or the first failure does not wait for the other files
        raise
    finally:
        executor.shutdown(cancel_futures=True)
    _summarise(source, files, abouts, wanted.limit)
    return abouts


class _Bar(tqdm):
    """A progress bar with rate and remaining time, in bytes if whole files are downloaded, otherwise in rows.

    Cached data counts towards the progress, but not towards the rate.
    """

    def __init__(self, pieces: Sequence[Piece], limit: int | None, progress: bool) -> None:
        self.pieces, self.in_bytes = pieces, limit is None
        self.files = [file for piece in pieces for file in piece.files]
        total = sum(file.size for file in self.files) if self.in_bytes else len(pieces)
        more = {"unit": "B", "unit_scale": True} if self.in_bytes else {"unit": "file"}
        super().__init__(desc="download", total=total, smoothing=0, disable=None if progress else True, **more)

    def show(self, pending: Collection[Piece]) -> None:
        """Update the bar; `pending` are the pieces that are not complete."""
        if self.disable:
            return
        open_files = {id(file) for piece in pending for file in piece.files}
        num_done = len(self.pieces) - len(pending)
        if self.in_bytes:
            fetched = {id(file): min(file.num_fetched, file.size) for file in self.files}
            cached = sum(file.size - fetched[id(file)] for file in self.files if id(file) not in open_files)
            self.set_postfix_str(f"{num_done}/{len(self.pieces)} files", refresh=False)
            self.initial, done = cached, sum(fetched.values()) + cached
        else:
            num_bytes, seconds = sum(file.num_fetched for file in self.files), self.format_dict["elapsed"]
            rate = num_bytes / max(seconds, 1e-3) / 1e6
            self.set_postfix_str(f"{_megabytes(self.files)}, {rate:.1f} MB/s", refresh=False)
            done = num_done
        self.n = done
        self.refresh()


def _fetch(format: Format, piece: Piece, folder: Path, wanted: Wanted) -> dict:
    """Write the first rows of one piece; return its entry for the manifest."""
    for file in piece.files:
        if file.size == 0 and not format.may_be_empty:
            raise UserError(f"{file.url}: empty file")
    fetched, rows = fetch_piece(format, piece, folder / format.name, wanted)
    path = folder / format.name / piece.name
    return {"category": piece.category} | _origin(fetched.files) | _about(path, folder, rows)


def _origin(files: Sequence[SourceFile]) -> dict:
    """The origin of a piece. For several files: the first URL, a digest of all versions, and the total size."""
    version = files[0].version
    if len(files) > 1 and version is not None:
        version = sha256("\n".join(f"{file.url} {file.version}" for file in files).encode()).hexdigest()
    about = {"url": files[0].url, "version": version, "source_size": sum(file.size for file in files)}
    if not files[0].source.is_local:
        about["check"] = ", ".join(sorted({file.check for file in files}))
    return about | ({"source_files": len(files)} if len(files) > 1 else {})


def _about(path: Path, folder: Path, rows: int) -> dict:
    """The path, number of rows, size and checksum of a finished file."""
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
