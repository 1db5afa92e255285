"""Build the page without a server: `python -m app.web [--models …] [--data …] [--out …]`."""

import argparse
from pathlib import Path

from stages import run

from app.web.build import WEB, build


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.web", description="Build the page without a server.")
    parser.add_argument("--models", type=Path, default=Path("models"), help="where model.onnx lies")
    parser.add_argument("--data", type=Path, default=Path("data/processed"), help="where training drawings lie")
    parser.add_argument("--out", type=Path, default=WEB / "dist", help="the folder to write; it is replaced")
    args = parser.parse_args()
    size = build(args.models, args.data, Path(".cache/app"), args.out)
    print(f"{args.out}: {size / 1e6:.1f} MB. Look at it: python -m http.server --directory {args.out} 8000")


if __name__ == "__main__":
    run(main)
