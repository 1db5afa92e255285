"""Validates names from parameters, servers, archives and files before they are used as file names."""

from __future__ import annotations

from pathlib import Path
from unicodedata import category as unicode_category

from sketch_classifier.errors import UserError, shown

LONGEST = 255  # bytes of a file name on common file systems


def unusable_name(name: str, suffix: str = "") -> str | None:
    r"""A one-line reason why this name, with this suffix, is not a valid file name, or None if it is valid.

    Invalid are empty names, `.` and `..`, leading or trailing white space, `/`, `\`, NUL and all other control
    characters, line separators, lone surrogates, and names longer than 255 bytes. Everything else is valid: quotes,
    emoji, any script. Names that only Windows rejects (CON, NUL, `?`, `:`) are valid, since the pipeline runs on Linux
    and macOS, where "what is this?" is an ordinary file name.
    """
    quoted = shown(name, 42)
    if not name.strip():
        return f"a category needs a name, found {quoted}"
    if name in (".", ".."):
        return f"{quoted} cannot be a category, because it is not a valid file name"
    if name != name.strip():
        return f"{quoted} begins or ends with white space"
    wrong = [char for char in name if char in "/\\" or unicode_category(char) in ("Cc", "Cs", "Zl", "Zp")]
    if wrong:
        return f"{quoted} contains the character {wrong[0]!r}, which is not allowed in a file name"
    num_bytes = len((name + suffix).encode())
    if num_bytes > LONGEST:
        with_suffix = f" with {suffix}" if suffix else ""
        return f"{quoted} is too long for a file name: at most {LONGEST} bytes{with_suffix}, found {num_bytes}"
    return None


def path_within(folder: Path, name: str) -> Path:
    """The path of a file in `folder`, or in a folder there: "cat.npy", "train/cat.parquet".

    Raises UserError if a part of the name is not a valid file name, so that nothing is written outside `folder`.
    """
    for part in name.split("/"):
        if why := unusable_name(part):
            raise UserError(f"{shown(name)}: {why}")
    return folder / name
