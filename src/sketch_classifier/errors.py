"""The exception for user errors, contexts that convert others to it, and helpers to format messages."""

import errno
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

MOST_NAMES = 20  # listed in a message
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENOMEM}
REFUSED = {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EIO, errno.EISDIR, errno.ENOTDIR, errno.EEXIST}
REFUSED |= {errno.ENOTEMPTY, errno.EBUSY, errno.ELOOP, errno.EXDEV}
# Messages of numpy, torch, safetensors, Arrow and SQLite for failed writes, as some of their errors have no errno.
NOT_WRITTEN = re.compile(
    r"no space left|file too large|quota exceeded|read-only file system|permission denied|PytorchStreamWriter|"
    r"inline_container|file write failed|iostream error|basic_ios::clear|"
    r"\d requested and \d+ written|disk I/O error|database or disk is full",
    re.IGNORECASE,
)
LITTLE = 1 << 20  # bytes; a disk with less free space is considered full
# Part of the name of a temporary file or folder, see drawings/files.py.
UNFINISHED = re.compile(r"/?\.[0-9a-f]{8}\.partial\b")


class UserError(Exception):
    """An error that the user can fix: one line that says where it is, what was found and what is accepted.

    Commands and stages print it without a traceback and exit with code 1. Unprintable characters in the message (line
    breaks, control characters, lone surrogates), which may come from a file, a server or a parameter, are escaped.
    """

    def __init__(self, message: object) -> None:
        super().__init__(printable(str(message)))


@contextmanager
def reading(name: object) -> Iterator[None]:
    """Convert any exception in a block that reads a user's file to UserError "<name>: <what is wrong>", in one line.

    The exceptions that a parser raises for damaged data are unpredictable (for numpy's header alone: ValueError,
    SyntaxError, TokenError, OverflowError, RecursionError, MemoryError), so every Exception is converted, with the
    original one as its cause.
    """
    try:
        yield
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"{name}: not found") from error
    except MemoryError as error:
        raise UserError(f"{name}: not enough memory to read it") from error
    except RecursionError as error:
        raise UserError(f"{name}: nested too deeply") from error
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else one_line(error)
        raise UserError(f"{name}: cannot be read ({reason})") from error


@contextmanager
def writing(place: str | Path) -> Iterator[None]:
    """Convert write errors in the block to UserError: a full disk, a read-only folder, missing permissions.

    place  the file or folder that is written, for the message if the error does not name a file

    Recognises the errors of torch (RuntimeError), safetensors and Arrow, too. Other exceptions are not changed.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if reason := _why_not_written(error, Path(place)):
            raise UserError(reason) from error
        raise


def _why_not_written(error: BaseException, place: Path) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL | REFUSED:
            where = UNFINISHED.sub("", str(cause.filename or place))
            cannot = "cannot be written: " if cause.errno in FULL else ""
            return f"{where}: {cannot}{cause.strerror or one_line(cause)}"
        cause = cause.__cause__ or cause.__context__
    if not any(NOT_WRITTEN.search(str(each)) for each in (error, error.__context__)):
        return None
    folder = next((path for path in (place, *place.absolute().parents) if path.is_dir()), None)
    if folder and shutil.disk_usage(folder).free < LITTLE:
        return f"{place}: cannot be written: No space left on device"
    return f"{place}: cannot be written: {one_line(error)}"


def unknown_name(what: str, name: str, accepted: Iterable[str]) -> str:
    """A message about an unknown name, with the most similar accepted name, if any, and all accepted names.

    >>> unknown_name("category", "kat", ["cat", "dog"])
    "unknown category 'kat': did you mean 'cat'? Accepted are cat, dog"

    With a similar name, the list of accepted names is left out if it is long.
    """
    accepted = [str(other) for other in accepted]
    lowered = {other.lower(): other for other in accepted if other != str(name)}
    near = get_close_matches(str(name).lower()[:100], lowered, n=1, cutoff=0.6)
    unknown = f"unknown {what} {shown(name)}"
    names = ", ".join(accepted[:MOST_NAMES]) + (", …" if len(accepted) > MOST_NAMES else "")
    if not near:
        return f"{unknown}: accepted are {names or 'none'}"
    return f"{unknown}: did you mean {lowered[near[0]]!r}?" + (
        f" Accepted are {names}" if len(accepted) <= MOST_NAMES else ""
    )


def shown(value: object, length: int = 80) -> str:
    """Format a value for a message, on one line of at most `length` characters.

    >>> shown("cat"), shown(True), shown(None), shown("a" * 100, 10)
    ("'cat'", 'true', 'null', "'aaaaaaaa…")
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return cut(repr(value[: length + 1]) if isinstance(value, str) else one_line(value), length)


def one_line(error: object) -> str:
    """The message of an exception on one line of at most 200 characters, or its type if the message is empty."""
    return cut(printable(" ".join(str(error).split())) or type(error).__name__, 200)


def printable(text: str) -> str:
    r"""The text with line breaks, control characters and lone surrogates as escapes.

    >>> printable("a\nb"), printable("貓")
    ('a\\nb', '貓')
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def cut(text: str, length: int = 200) -> str:
    """The text, truncated to `length` characters, of which the last is then "…"."""
    return text if len(text) <= length else text[: length - 1] + "…"
