"""Reads data/raw/manifest.json, in which `download` records the origin of the drawings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from sketch_classifier.errors import UserError, one_line

SYNTHETIC = "synthetic"

T = TypeVar("T")


def read_source(path: str | Path) -> str:
    """`synthetic`, `official`, or the folder or URL that the drawings were downloaded from.

    The manifest is read rather than params.yaml, which may have changed since. Raises UserError if the manifest is
    missing or damaged.
    """
    return _read(path, "source", str)


def read_categories(path: str | Path) -> list[str]:
    """The categories that were downloaded. Raises UserError if the manifest is missing or damaged."""
    return _read(path, "categories", list)


def count_rows(raw: str | Path, paths: Iterable[Path]) -> int | None:
    """The total number of drawings in these files of the folder `raw`, or None if the manifest does not record it."""
    try:
        manifest = json.loads((Path(raw) / "manifest.json").read_text(encoding="utf-8"))
        rows = {about["file"]: int(about["rows"]) for about in manifest["files"]}
        return sum(rows[path.relative_to(raw).as_posix()] for path in paths)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(path: str | Path, key: str, kind: type[T]) -> T:
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))[key]
        if not isinstance(value, kind):
            raise ValueError(f"{key} is {value!r}")
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run `dvc repro download` first") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: damaged ({one_line(error)}); run `dvc repro --force download`") from None
    return value
