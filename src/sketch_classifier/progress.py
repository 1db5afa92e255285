"""What a stage is doing: lines on stderr, the same on a terminal and in a log."""

import sys

from tqdm import tqdm


def step(text: str) -> None:
    """Say what begins now, in one line; a progress bar that is shown stays below it."""
    tqdm.write(text, file=sys.stderr)
