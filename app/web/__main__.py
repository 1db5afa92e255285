"""Build the page without a server: `python -m app.web [--models …] [--data …] [--out …]`."""

import argparse
from pathlib import Path

from stages import run

from app.web.build import WEB, build
from sketch_classifier.models.shipped import SMALL, shipped_models
from sketch_classifier.serving.predictor import has_model

MODELS = Path("models")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.web", description="Build the page without a server.")
    parser.add_argument(
        "--models",
        type=Path,
        help="folder of model.onnx (default: models; where no model lies there, the shipped one alone is offered)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("data/processed"),
        help="folder of the training drawings (default: data/processed)",
    )
    parser.add_argument(
        "--out", type=Path, default=WEB / "dist", help="output folder, which is replaced (default: app/web/dist)"
    )
    args = parser.parse_args()
    models = args.models or (MODELS if has_model(MODELS) or SMALL not in shipped_models() else None)
    size = build(models, args.data, Path(".cache/app"), args.out)
    print(f"{args.out}: {size / 1e6:.1f} MB. Look at it: python -m http.server --directory {args.out} 8000")


if __name__ == "__main__":
    run(main)
