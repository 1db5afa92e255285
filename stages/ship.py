"""Command (not a stage): make the trained model a part of the package, `python -m stages.ship --command "dvc …"`."""

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
        description="Write the trained and evaluated model, in float16 and with a card, to where "
        "Predictor.pretrained, predict, the app and `weights: [sketches]` find it.",
    )
    parser.add_argument("--command", required=True, help="the command that trained the model, for the card")
    parser.add_argument("--began", default="", help="where the weights that it began with come from, for the card")
    parser.add_argument("--name", default="", help="of the shipped model (default: that of its preset)")
    parser.add_argument("--models", default="models", help="folder of the trained model (default: models)")
    parser.add_argument("--metrics", default="metrics", help="folder of what evaluate found (default: metrics)")
    parser.add_argument(
        "--data", default="data/processed", help="folder of the preprocessed drawings (default: data/processed)"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write a folder of that name in")
    options = parser.parse_args()
    out = options.out / (options.name or load_model(options.models)[1].name)
    figures = ship(options.models, options.metrics, options.data, out, options.command, options.began)
    print(
        f"{out}: {figures['bytes']:,} bytes, accuracy {figures['accuracy_shipped']:.4f}, "
        f"the class of the trained model for {figures['agreement_shipped']:.2%} of the test drawings",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main)
