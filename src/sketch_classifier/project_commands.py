"""The commands `app`, `web`, `compare` and `sweep`, whose code is in the project's folder, not in the package."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sketch_classifier.entry_point import PACKAGE, checkout_of
from sketch_classifier.errors import UserError

MODULES = {
    "web": ("app.web", "build the drawing app as a static web page"),
    "compare": ("stages.compare", "compare finished runs: metrics, intervals, McNemar's test, figures"),
    "sweep": ("stages.sweep", "search for hyperparameters, with any number of workers and machines"),
}


def add(commands) -> None:
    """Add the commands to the subparsers `commands` of argparse."""
    app = commands.add_parser(
        "app",
        help="start the drawing app",
        description="Start the drawing app (Streamlit) and open it in a browser. It uses the model in models/, or a "
        "pre-trained one. Stop it with Ctrl+C.",
    )
    app.add_argument("--port", type=int, default=8501, help="port to listen on (default: 8501)")
    app.add_argument(
        "--address", default="localhost", help="address to listen on (default: localhost; 0.0.0.0: all interfaces)"
    )
    app.add_argument("--no-browser", action="store_true", help="do not open a browser")
    app.set_defaults(run=_run_app)
    for name, (module, text) in MODULES.items():
        # No argument is parsed as an option: all of them, including --help, are passed to the module.
        command = commands.add_parser(name, help=text, add_help=False, prefix_chars="\0")
        command.add_argument("arguments", nargs="*")
        command.set_defaults(run=_run_module, module=module)


def _run_app(options: argparse.Namespace) -> int:
    return _execute(
        "streamlit",
        [
            *("run", "app/main.py", "--server.port", str(options.port), "--server.address", options.address),
            *(("--server.headless", "true") if options.no_browser else ()),
        ],
    )


def _run_module(options: argparse.Namespace) -> int:
    return _execute(options.module, options.arguments)


def _execute(module: str, arguments: Sequence[str]) -> int:
    """Replace this process by `python -m module` in the project's folder. Raises UserError if there is none."""
    root = checkout_of(Path.cwd()) or checkout_of(PACKAGE)
    if root is None:
        raise UserError("this command needs the project's folder: change into your clone of the repository")
    os.chdir(root)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
