"""Progress messages on stderr, the same on a terminal and in a log."""

import sys

from tqdm import tqdm


def step(text: str) -> None:
    """Print a line about the step that starts now on stderr, above any progress bar."""
    tqdm.write(text, file=sys.stderr)
