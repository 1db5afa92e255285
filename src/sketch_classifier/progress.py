"""What a stage is doing: lines on stderr, the same on a terminal and in a log."""

import sys

from tqdm import tqdm


def step(text: str) -> None:
    """Log the step that begins now, in one line on stderr, above any progress bar."""
    tqdm.write(text, file=sys.stderr)
