"""Opens the app in a headless Chromium, for its tests, benchmark and screenshot."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from sketch_classifier.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
MARGIN = 0.1  # around a traced drawing, as a fraction of the canvas


def chromium() -> str | None:
    """The path of a Chromium or Chrome executable, or None if none is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def browser() -> Iterator:
    """Playwright's browser. Raises UserError if Playwright or Chromium is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UserError('playwright is not installed: pip install -e ".[tests]"') from None
    path = chromium()
    if path is None:
        raise UserError("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def served(root: Path = ROOT) -> Iterator[str]:
    """Run the app on a free local port for the project in `root`, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app/main.py"), "--server.port", str(port)]
    environment = os.environ | {"SKETCH_CLASSIFIER_ROOT": str(root)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        _wait(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait()


def trace(page, strokes: Sequence[np.ndarray], *, frame: np.ndarray | None = None, pause: float = 0.0) -> None:
    """Draw strokes, (n, 2) each, on the page's pad with the mouse, as large as the canvas allows.

    frame  (m, 2) points whose bounding box is scaled to the canvas; by default those of the strokes
    pause  seconds to wait after each move, to draw at the speed of a hand
    """
    box = page.locator("canvas.ink").bounding_box()
    corner, side = np.array([box["x"], box["y"]]), box["width"]
    frame = np.concatenate(strokes) if frame is None else frame
    low = frame.min(axis=0).astype(float)
    extent = frame.max(axis=0) - low
    scale = (1 - 2 * MARGIN) * side / max(extent.max(), 1.0)
    shift = corner + (side - extent * scale) / 2
    for stroke in strokes:
        points = ((stroke - low) * scale + shift).tolist()
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
            time.sleep(pause)
        page.mouse.up()


def answered(page, timeout: float = 30.0) -> None:
    """Wait until the pad shows the answer to the drawing that it sent last."""
    pad = page.locator(".pad")
    end = time.monotonic() + timeout
    while pad.get_attribute("data-sent") != pad.get_attribute("data-answered"):
        if time.monotonic() > end:
            raise TimeoutError("no answer to the last drawing")
        time.sleep(0.02)


def _wait(address: str, process: subprocess.Popen, timeout: float = 60.0) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise UserError(f"the app did not start within {timeout:.0f} s: streamlit run app/main.py")
