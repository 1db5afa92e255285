"""The stages of the pipeline, each run as `python -m stages.<name>`. The only code that knows where files lie."""

import sys
from collections.abc import Callable
from typing import Any

from sketch_classifier.errors import UserError


def run(main: Callable[[], object]) -> None:
    """Call `main`; what a user can put right ends with one line on stderr and exit code 1, an interrupt with 130."""
    try:
        main()
    except UserError as error:
        sys.exit(_fail(str(error), 1))
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))
    except OSError as error:  # no space left, permission denied, …
        where = f": {error.filename}" if error.filename else ""
        sys.exit(_fail(f"{error.strerror or error}{where}", 1))


def accuracy_line(figures: dict[str, Any]) -> str:
    """What metrics.json says of the test set, in one line."""
    interval = f"{figures['accuracy_low']:.3f}–{figures['accuracy_high']:.3f}"
    return f"test accuracy {figures['accuracy']:.3f} (95 % interval {interval}) on {figures['num_test']:,} drawings"


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
