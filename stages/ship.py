"""Command (not a stage): add the trained model to the package, `python -m stages.ship --command "dvc …"`."""

import argparse
import sys
from pathlib import Path

from sketch_classifier.models.saved import load_model
from sketch_classifier.models.shipped import FOLDER
from sketch_classifier.serving.ship import ship
from stages import run


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m stages.ship",
        description="Add the trained and evaluated model to the package as a pre-trained model, with weights in "
        "float16 and a model card. Predictor.pretrained, predict, the app and `weights: [sketches]` then find it.",
    )
    parser.add_argument("--command", required=True, help="the command that trained the model, for the model card")
    parser.add_argument("--began", default="", metavar="TEXT", help="origin of the initial weights, for the model card")
    parser.add_argument("--name", default="", help="name of the pre-trained model (default: the name of its preset)")
    parser.add_argument(
        "--models", default="models", metavar="FOLDER", help="folder of the trained model (default: models)"
    )
    parser.add_argument(
        "--metrics", default="metrics", metavar="FOLDER", help="folder of the metrics (default: metrics)"
    )
    parser.add_argument(
        "--data",
        default="data/processed",
        metavar="FOLDER",
        help="folder of the preprocessed dataset (default: data/processed)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="folder of all pre-trained models (default: that of the package)",
    )
    options = parser.parse_args()
    out = options.out / (options.name or load_model(options.models)[1].name)
    figures = ship(options.models, options.metrics, options.data, out, options.command, options.began)
    print(
        f"{out}: {figures['bytes']:,} bytes, accuracy {100 * figures['accuracy_shipped']:.1f}%, "
        f"same class as the trained model for {100 * figures['agreement_shipped']:.2f}% of the test drawings",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main)
