"""How long the app takes to answer: from the end of a stroke in a browser to the new text on the page.

    python benchmarks/app.py [--drawings 15]

Synthetic drawings are traced with the mouse in a headless Chromium, a move every 10 ms, and the time is taken in the
page: from the pointerup event to the moment at which the answer to just that drawing stands in the document. Needs
`models/`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.browser import ROOT, answered, browser, served, trace  # noqa: E402
from app.neighbours import load_neighbours  # noqa: E402
from app.session import Session  # noqa: E402
from stages import run  # noqa: E402

from sketch_classifier import Predictor  # noqa: E402
from sketch_classifier.data.dataset import Dataset  # noqa: E402
from sketch_classifier.synthetic import categories, generate  # noqa: E402

TARGET = 100  # ms
# The pad writes the number of the drawing that it sent, and of the one that it shows the answer to, beside each other.
WATCH = """(pad) => {
  globalThis.answers = [];
  let ended = null;
  pad.addEventListener("pointerup", () => {
    ended = { at: performance.now(), before: pad.dataset.sent };
  }, { capture: true });
  new MutationObserver(() => {
    const { sent, answered } = pad.dataset;
    if (ended && sent !== ended.before && sent === answered) {
      answers.push(performance.now() - ended.at);
      ended = null;
    }
  }).observe(pad, { attributes: true, subtree: true, childList: true, characterData: true });
}"""


def main() -> None:
    """Trace drawings, and print the median of what the page measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=15)
    args = parser.parse_args()
    names = categories()
    rng = np.random.default_rng(0)
    with served() as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        pad = page.locator(".pad")
        pad.wait_for(timeout=120_000)
        answered(page)
        pad.evaluate(WATCH)
        for number in range(args.drawings):
            raw, _ = generate(names[rng.integers(len(names))], 1, seed=number)
            for stroke in (strokes := raw.strokes(0)):
                trace(page, [stroke], frame=np.concatenate(strokes), pause=0.01)
                answered(page)
            page.get_by_role("button", name="Clear").click()
            answered(page)
        times = np.array(page.evaluate("answers"))
    middle, slow = np.median(times), np.quantile(times, 0.95)
    print(f"{len(times)} strokes of {args.drawings} drawings: from pointerup to the new text")
    print(f"median {middle:.0f} ms (target: at most {TARGET}), 95 % within {slow:.0f} ms")
    print(f"of which the app's own code {own_time(args.drawings):.1f} ms")


def own_time(num: int) -> float:
    """Median milliseconds from what the client sends to what it is told, without browser, network and Streamlit."""
    predictor = Predictor(ROOT / "models")
    near = load_neighbours(
        ROOT / "models/model.onnx", predictor, Dataset.open(ROOT / "data/processed"), ROOT / ".cache/app"
    )
    session = Session(predictor, near, time.monotonic)
    times = []
    for number in range(num + 1):
        strokes = [stroke.T.tolist() for stroke in generate("cat", 1, seed=number)[0].strokes(0)]
        start = time.perf_counter()
        session.draw({"seq": number, "strokes": strokes, "done": True})
        session.view()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times[1:]))  # the first compiles


if __name__ == "__main__":
    run(main)
