"""Take the README's picture of the app: `python -m app.screenshot [FILE]`. Needs `models/`, Chromium and Playwright."""

from __future__ import annotations

import argparse
from pathlib import Path

from stages import run

from app.browser import answered, browser, served, trace
from sketch_classifier.drawings.files import replaced_file
from sketch_classifier.synthetic import generate

SIZES = {"desktop": (1120, 850), "phone": (390, 844)}


def screenshot(path: Path, *, category: str, seed: int, size: tuple[int, int], scheme: str) -> None:
    """Trace a synthetic drawing on the app's pad and write a screenshot to a PNG file.

    Raises UserError if the app does not start, or if Playwright or Chromium is missing.
    """
    strokes = generate(category, 1, seed=seed)[0].strokes(0)
    with served() as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        page.goto(address)
        page.locator(".pad").wait_for(timeout=120_000)
        answered(page)
        trace(page, strokes, pause=0.01)
        answered(page)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # until the bars have stopped moving
        with replaced_file(path) as partial:
            partial.write_bytes(page.screenshot())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.screenshot", description="Take a screenshot of the app.")
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).with_name("screenshot.png"))
    parser.add_argument("--category", default="cat", help="category of the synthetic drawing")
    parser.add_argument("--seed", type=int, default=3, help="seed of the synthetic drawing")
    parser.add_argument("--size", choices=SIZES, default="desktop")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    args = parser.parse_args()
    screenshot(args.path, category=args.category, seed=args.seed, size=SIZES[args.size], scheme=args.scheme)
    print(f"{args.path}: {args.path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    run(main)
