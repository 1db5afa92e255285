"""Messages about a folder, file or category that a source does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sketch_classifier.errors import unknown_name
from sketch_classifier.params import FORMATS, SUFFIXES, official_categories

MOST_NAMED = 10


def no_files(
    where: str,
    format: str,
    missing: Sequence[str],
    listed: Iterable[str] | None,
    num_found: int,
    suffix: str | None = None,
) -> str:
    """A one-line message about files that are missing in the folder or URL `where` of a source that is accessible.

    missing    categories of the missing files (for svhn: their names)
    listed     categories whose files it does have; None if a web server does not list its files
    num_found  number of requested categories that were found
    suffix     suffix of the files; by default that of the format
    """
    names = None if listed is None else sorted(listed)
    first, suffix = missing[0], suffix or SUFFIXES[format]
    also = f" (also missing: {_named(missing[1:])})" if missing[1:] else ""
    if names is None and not num_found and _any_is_real(format, missing):
        answer = f"{where}/{first}{suffix} does not exist, and the server lists no files"
        return f"nothing found under {where}: {answer}; check the address"
    if not FORMATS[format].by_category:
        others = f"; found {_named(names)}" if names else ""
        return f"{where}/{first}{suffix}: not found{others}{also}"
    if names == []:
        return f"{where}: no {suffix} files found; {first}{suffix} is expected{also}"
    if first not in official_categories():
        return f"{where}: {unknown_name('category', first, names or official_categories())}{also}"
    has = "" if names is None else f"; it has {_counted(names)}: {_named(names)}"
    return f"{where}: no file {first}{suffix}: this source lacks the official category {first!r}{has}{also}"


def _any_is_real(format: str, missing: Sequence[str]) -> bool:
    """Whether any of the names exists in a complete source, so that its absence suggests a wrong address."""
    return not FORMATS[format].by_category or not set(missing).isdisjoint(official_categories())


def _counted(names: Sequence[str]) -> str:
    return "1 category" if len(names) == 1 else f"{len(names)} categories"


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:MOST_NAMED])) + (", …" if len(names) > MOST_NAMED else "")
