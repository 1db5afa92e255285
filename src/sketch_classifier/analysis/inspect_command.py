"""The command `python -m sketch_classifier inspect SOURCE`: prints a summary of a source and draws a contact sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

from sketch_classifier.data.convert_command import add_source, positive

LIMIT = 1000
SHEET = "contact_sheet.png"

EXAMPLES = """examples:
  sketch-classifier inspect my_drawings/
  sketch-classifier inspect official --categories cat dog --limit 100 --out cats_and_dogs.png
"""


def add(commands) -> None:
    """Add the command to the subparsers `commands` of argparse."""
    parser = commands.add_parser(
        "inspect",
        help="summarise a dataset in any format",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Summarise a source: format, classes, counts, flags, countries and unreadable records. Also\n"
        "writes a contact sheet with a few drawings of each class, and prints the block for params.yaml.",
        epilog=EXAMPLES,
    )
    add_source(parser)
    parser.add_argument(
        "--limit", type=positive, default=LIMIT, metavar="N", help=f"drawings read per class (default: {LIMIT:,})"
    )
    parser.add_argument("--out", default=SHEET, metavar="FILE", help=f"file of the contact sheet (default: {SHEET})")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    # Imported here because other commands do not need them.
    from sketch_classifier.analysis.inspect_report import dataset_block, report
    from sketch_classifier.data.inspection import SHOWN, inspect

    found = inspect(
        options.source,
        source_format=options.source_format,
        categories=options.categories,
        limit=options.limit,
        reading=options.reading,
    )
    print("\n".join(report(found)))
    samples = {name: of.samples for name, of in found.classes.items() if of.samples}
    if samples:
        from sketch_classifier.analysis.contact_sheet import contact_sheet
        from sketch_classifier.analysis.style import save

        shown_of = (
            "each class" if len(samples) == len(found.classes) else f"{len(samples)} of {len(found.classes)} classes"
        )
        some = f"the first {SHOWN} drawings of {shown_of}"
        save(contact_sheet(samples, SHOWN, found.source, f"{found.format}, {some}"), Path(options.out))
        print(f"\ndrawings    {options.out}")
    print()
    print(dataset_block(found), end="")
    return 0
