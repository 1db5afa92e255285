"""Write synthetic drawings in all three formats, laid out like the public bucket."""

import argparse

from sketch_classifier.entry_point import run, use_this_checkout
from sketch_classifier.synthetic import FORMATS, categories, write


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Raises UserError and OSError if drawings cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m sketch_classifier.synthetic", description=__doc__)
    parser.add_argument("out", help="folder to write to")
    parser.add_argument("--categories", nargs="+", metavar="CATEGORY", help="default: all available categories")
    parser.add_argument("--num", type=int, default=1000, help="drawings per category (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default 0)")
    options = parser.parse_args(arguments)
    if options.num < 1 or options.seed < 0:
        parser.error("--num must be at least 1 and --seed at least 0")
    for fmt in FORMATS:
        for path in write(options.out, fmt, options.categories or categories(), options.num, options.seed):
            print(path)


if __name__ == "__main__":
    use_this_checkout()
    run(main)
