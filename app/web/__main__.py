"""Build the drawing app as a static web page: `python -m app.web [--models …] [--data …] [--out …]`."""

import argparse
from pathlib import Path

from stages import run

from app.web.build import WEB, build
from sketch_classifier.models.shipped import SMALL, shipped_models
from sketch_classifier.serving.predictor import has_model

MODELS = Path("models")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="sketch-classifier web",
        description="Build the drawing app as a static web page. The model runs in the browser (ONNX Runtime Web, "
        "installed with npm), so any web server or static hosting service can serve the page.",
    )
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="folder of the exported model (default: models, or the pre-trained model alone if there is none)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        default=Path("data/processed"),
        help="folder of the preprocessed dataset, to show the nearest training drawings (default: data/processed)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        default=WEB / "dist",
        help="output folder; replaced if it exists (default: app/web/dist)",
    )
    args = parser.parse_args()
    models = args.models or (MODELS if has_model(MODELS) or SMALL not in shipped_models() else None)
    size = build(models, args.data, Path(".cache/app"), args.out)
    print(
        f"{args.out}: {size / 1e6:.1f} MB. To view it, run `python -m http.server --directory {args.out} 8000` and open http://localhost:8000"
    )


if __name__ == "__main__":
    run(main)
