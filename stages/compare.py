"""Command (not a stage): compare finished runs by name, `python -m stages.compare main exp-a exp-b …`."""

import argparse

from sketch_classifier.comparison.compare import compare
from sketch_classifier.comparison.runs import Files
from stages import run

FILES = Files(
    params="params.yaml",
    lock="dvc.lock",
    metrics="metrics/metrics.json",
    predictions="metrics/predictions.csv",
    distances="metrics/centroid_distances.csv",
    raw="data/raw",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="sketch-classifier compare",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compare finished runs without checking them out. Prints a Markdown report with validation and\n"
        "test metrics, 95% intervals and McNemar's test for each pair of runs, and writes it to FOLDER with\n"
        "its tables and figures.",
        epilog="example:\n  sketch-classifier compare HEAD experiment-1 workspace",
    )
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="a branch, tag, commit or DVC experiment, or `workspace` for the current files",
    )
    parser.add_argument("--out", default="comparison", metavar="FOLDER", help="output folder (default: comparison)")
    arguments = parser.parse_args()
    print(compare(arguments.names, FILES, "data/processed", arguments.out), end="")


if __name__ == "__main__":
    run(main)
