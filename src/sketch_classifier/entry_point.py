"""Common to all commands: error messages in one line, exit codes, and running the code of the current checkout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from sketch_classifier.errors import UserError, printable

PACKAGE = Path(__file__).resolve().parent


def run(main: Callable[[], object]) -> None:
    """Call the command `main` and exit if its `exit_code` is not 0."""
    if code := exit_code(main):
        sys.exit(code)


def exit_code(main: Callable[[], object]) -> int:
    """Call `main` and return the exit code: its return value if that is an int, else 0.

    A user error gives one line on stderr and exit code 1, an interrupt exit code 130. Characters that the terminal's
    encoding lacks are printed as escapes (\\u732b).
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
        return code if isinstance(code, int) else 0
    except UserError as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except UnicodeEncodeError as error:  # in a file name; all other output is UTF-8 or escaped
        return _fail(f"{error.object[:100]!r}: {error.encoding} cannot encode this name; set PYTHONUTF8=1", 1)
    except OSError as error:  # no space left, permission denied, …
        where = f": {error.filename}" if error.filename else ""
        return _fail(f"{error.strerror or error}{where}", 1)


def use_this_checkout() -> None:
    """Restart the program with the code of the current checkout if it imported the code of another one.

    A virtual environment refers to one checkout (`pip install -e .`), but other worktrees and clones may share it.
    Outside a checkout, the installed package is used. Exits with one line if Python ignores PYTHONPATH (-I, -E).
    """
    checkout = checkout_of(Path.cwd())
    if checkout is None or (checkout / "src/sketch_classifier").samefile(PACKAGE):
        return
    source = checkout / "src"
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if paths[:1] == [str(source)]:
        sys.exit(f"error: Python imports {PACKAGE}, not the code of this folder, {source}; run it without -I and -E")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(source), *paths])
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def checkout_of(folder: Path) -> Path | None:
    """The innermost folder among `folder` and its parents that is a checkout of this project, if any."""
    return next((path for path in (folder, *folder.parents) if _is_checkout(path)), None)


def _is_checkout(folder: Path) -> bool:
    return (folder / "src/sketch_classifier/__init__.py").is_file()


def _fail(message: str, code: int) -> int:
    print(f"error: {printable(message)}", file=sys.stderr)  # file names may contain any characters
    return code
