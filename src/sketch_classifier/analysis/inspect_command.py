"""`python -m sketch_classifier inspect SOURCE`: what is in a source, as a page of text and a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from sketch_classifier.data.convert_command import add_source, positive

LIMIT = 1000
SHEET = "contact_sheet.png"


def add(commands) -> None:
    """Declare the command among others (of `argparse`)."""
    parser = commands.add_parser(
        "inspect",
        help="say what is in a dataset, in any format",
        description="Say what is in a source: format, classes, counts, flags, countries and unreadable records; draw "
        "a few drawings of each class; and give the block for params.yaml.",
    )
    add_source(parser)
    parser.add_argument(
        "--limit", type=positive, default=LIMIT, metavar="N", help=f"drawings read of each class (default: {LIMIT:,})"
    )
    parser.add_argument("--out", default=SHEET, metavar="FILE", help=f"picture of the drawings (default: {SHEET})")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    # Here: they load what the other commands have no use for.
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
