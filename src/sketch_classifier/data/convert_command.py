"""The command `python -m sketch_classifier convert SOURCE OUT --format FORMAT`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing it loads numba
    from sketch_classifier.data.convert import Converted

EXAMPLES = """examples:
  sketch-classifier convert official cats --format image_folder --categories cat --limit 1000 --size 256
  sketch-classifier convert kaggle.zip ndjson --format simplified

Records that cannot be read are left out and counted. docs/data.md says what each format can hold.
"""


def add(commands) -> None:
    """Add the command to the subparsers `commands` of argparse."""
    parser = commands.add_parser(
        "convert",
        help="write a dataset in another format",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Write the drawings of a source in another format, to a folder that can itself be a source.",
        epilog=EXAMPLES,
    )
    add_source(parser)
    parser.add_argument("out", metavar="OUT", help="output folder, new or empty")
    parser.add_argument("--format", required=True, metavar="FORMAT", help=f"one of {', '.join(_writable())}")
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="maximum number of drawings per class (default: all)"
    )
    parser.add_argument(
        "--size", type=positive, metavar="PX", help="image_folder: width and height in pixels (default: 28)"
    )
    parser.add_argument("--image", choices=("png", "svg"), default="png", help="image_folder: file type (default: png)")
    parser.set_defaults(run=_run)


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the arguments shared by all commands that read a source."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, archive (.zip, .tar.gz) or fsspec URL of a dataset in any format, or `official`, Google's "
        "bucket",
    )
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help="format of SOURCE (default: detected)")
    parser.add_argument("--categories", nargs="+", metavar="NAME", help="classes to read (default: all)")
    parser.add_argument(
        "--reading",
        choices=("ink", "resize"),
        help="image_folder: find the drawing and redraw it as in the dataset, or only resize (default: ink)",
    )


def positive(text: str) -> int:
    """A whole number above 0, for `argparse`."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0 is expected, found {text}")
    return number


def _writable() -> tuple[str, ...]:
    from sketch_classifier.drawings.formats.writers import WRITABLE

    return WRITABLE


def _run(options: argparse.Namespace) -> int:
    from sketch_classifier.data.convert import convert

    done = convert(
        options.source,
        options.out,
        options.format,
        source_format=options.source_format,
        categories=options.categories,
        limit=options.limit,
        size=options.size,
        image=options.image,
        reading=options.reading,
    )
    for note in _notes(done):
        print(note, file=sys.stderr)
    num, classes = sum(done.counts.values()), len(done.counts)
    print(
        f"{options.out}: {num:,} drawings of {classes:,} {'class' if classes == 1 else 'classes'}, "
        f"from {done.source_format} to {done.format}"
    )
    return 0


def _notes(done: Converted) -> Iterator[str]:
    if done.lost:
        yield f"left out, because {done.format} cannot store it: {', '.join(done.lost)}"
    if done.unknown:
        yield f"not in {done.source_format}, so {done.format} gets a default value: {', '.join(done.unknown)}"
    if done.num_changed:
        yield f"{done.num_changed:,} drawings were simplified"
    if done.bad.count:
        yield f"left out: {done.bad.count} of {done.bad.total} records are malformed; the first: {done.bad.first[0]}"
