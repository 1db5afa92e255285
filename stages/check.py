"""Stage: validate params.yaml before the other stages run.

Without it, an unknown dataset or model would be reported only by the first stage that needs it.
"""

from pathlib import Path

from sketch_classifier.errors import writing
from sketch_classifier.params import load_params
from stages import run_stage


def main() -> None:
    load_params()
    # The content does not depend on the selection, so that this file never causes later stages to rerun.
    with writing("data/checked"):
        Path("data/checked").write_text("params.yaml has been checked\n", encoding="utf-8")


if __name__ == "__main__":
    run_stage(main, __doc__)
