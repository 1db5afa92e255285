"""Imported first by each benchmark: the package that runs is that of this folder, in its subprocesses, too."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from stages import run  # noqa: E402  importing it puts src/ first

__all__ = ["ROOT", "run"]
