"""Names that come from elsewhere (parameters, servers, archives, files) and become names of files."""

from __future__ import annotations

from pathlib import Path
from unicodedata import category as unicode_category

from sketch_classifier.errors import UserError, shown

LONGEST = 255  # bytes of a file's name on common file systems


def unusable_name(name: str, suffix: str = "") -> str | None:
    r"""One line that says why no file can have this name (with this ending), or None where one can.

    Refused are empty names, `.` and `..`, white space at either end, `/`, `\`, NUL and all other control characters,
    line separators, halves of surrogate pairs, and what is longer than 255 bytes. Everything else is a name: quotes,
    emoji, any script. What only Windows refuses (CON, NUL, `?`, `:`) is accepted, as the pipeline runs on Linux and
    macOS, where "what is this?" is a name like any other.
    """
    quoted = shown(name, 42)
    if not name.strip():
        return f"a category needs a name, found {quoted}"
    if name in (".", ".."):
        return f"{quoted} cannot be the name of a file, which a category must be"
    if name != name.strip():
        return f"{quoted} begins or ends with white space"
    wrong = [char for char in name if char in "/\\" or unicode_category(char) in ("Cc", "Cs", "Zl", "Zp")]
    if wrong:
        return f"{quoted} has the character {wrong[0]!r}, which the name of a file cannot have"
    num_bytes = len((name + suffix).encode())
    if num_bytes > LONGEST:
        with_suffix = f" with {suffix}" if suffix else ""
        return f"{quoted} is too long for the name of a file: at most {LONGEST} bytes{with_suffix}, found {num_bytes}"
    return None


def path_within(folder: Path, name: str) -> Path:
    """The path of a file in `folder`, or in a folder there: "cat.npy", "train/cat.parquet".

    Raises UserError where a part of the name is none for a file, so that nothing is written elsewhere.
    """
    for part in name.split("/"):
        if why := unusable_name(part):
            raise UserError(f"{shown(name)}: {why}")
    return folder / name
