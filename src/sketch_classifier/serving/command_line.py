"""The command-line program `sketch-classifier`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence

from tqdm import tqdm

from sketch_classifier.errors import UserError
from sketch_classifier.models.shipped import STANDARD, shipped_models
from sketch_classifier.serving.input_files import files_of, predictions_of
from sketch_classifier.serving.predictor import Predictor, has_model
from sketch_classifier.serving.results import NUM_SHOWN, Prediction

MODELS = "models"  # the folder to which the pipeline writes the model
EXAMPLES = """examples:
  sketch-classifier predict photo.jpg                            a photo or scan of a drawing
  sketch-classifier predict drawings/ --json > predictions.jsonl a folder, as JSON
  sketch-classifier predict --model sketchnet_tiny cat.ndjson    with a pre-trained model

Exit code: 0, or 1 if a file could not be read; the others are still classified.
"""


def main(arguments: Sequence[str] | None = None, more: Sequence[Callable] = ()) -> int:
    """Run a command and return its exit code, 1 if a file could not be read. Raises UserError if there is no model.

    more  functions that add further commands, such as `data.convert_command.add`
    """
    options = _parser(more).parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # the consumer of the output, such as `head`, has exited
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(more: Sequence[Callable] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sketch-classifier",
        description="Classify sketches, inspect and convert datasets of sketches, and compare trained models.",
        epilog="`sketch-classifier COMMAND --help` describes each command. "
        "`python -m sketch_classifier` is the same program.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser(
        "predict",
        help="classify drawings, bitmaps, photos and scans",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Print the {NUM_SHOWN} most likely classes of each drawing with their probabilities.",
        epilog=EXAMPLES,
    )
    predict.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="drawings (.ndjson), bitmaps (.npy), a photo or scan of a drawing (PNG, JPEG, WebP, GIF, BMP, "
        "TIFF, HEIC), a folder of such files, or - for standard input; the type is detected from the content",
    )
    predict.add_argument("--json", action="store_true", help="print one JSON line per drawing")
    which = predict.add_mutually_exclusive_group()
    which.add_argument(
        "--models",
        metavar="FOLDER",
        help=f"folder of the exported model (default: {MODELS}, or {STANDARD} if that contains no model)",
    )
    which.add_argument(
        "--model",
        metavar="NAME",
        help=f"a pre-trained model: {', '.join(shipped_models()) or 'none in this package'}",
    )
    predict.add_argument("--int8", action="store_true", help="use the 8-bit model, a quarter of the size")
    predict.set_defaults(run=_predict)
    for add in more:
        add(commands)
    return parser


def _predict(options: argparse.Namespace) -> int:
    predictor = _predictor(options)
    files, failures = files_of(options.files)
    write: Callable[[Prediction], str] = _json_line if options.json else repr
    failed = len(failures)
    with tqdm(files, unit="file", disable=None if len(files) > 1 else True, file=sys.stderr) as bar:
        for failure in failures:
            bar.write(f"error: {failure}", file=sys.stderr)
        for file in bar:
            complaints: list[str] = []
            try:
                for predictions in predictions_of(file, predictor, complaints):
                    bar.write("\n".join(map(write, predictions)), file=sys.stdout)
            except UserError as error:
                complaints.append(str(error))
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                complaints.append(f"{file}: {error.strerror or error}")
            for complaint in complaints:
                bar.write(f"error: {complaint}", file=sys.stderr)
            failed += bool(complaints)
    return 1 if failed else 0


def _predictor(options: argparse.Namespace) -> Predictor:
    """The requested model; by default that of the folder `models`, or a pre-trained one if there is none."""
    name = options.model
    if name is None and options.models is None and STANDARD in shipped_models():
        name = None if has_model(MODELS) else STANDARD
    if name is None:
        return Predictor(options.models or MODELS, int8=options.int8)
    if options.int8:
        raise UserError(f"--int8: the pre-trained model {name} has no 8-bit version")
    predictor = Predictor.pretrained(name)
    if options.model is None:
        num = len(predictor.classes)
        print(f"no model in {MODELS}/; using the pre-trained {name} ({num} categories)", file=sys.stderr)
    return predictor


def _json_line(prediction: Prediction) -> str:
    drawn = prediction.drawn
    about = {"file": drawn.file, "drawing": drawn.number} | ({"key_id": drawn.key_id} if drawn.key_id else {})
    about |= {"turned": drawn.turned} if drawn.turned else {}
    predictions = [{"class": name, "probability": round(share, 6)} for name, share in prediction.top(NUM_SHOWN)]
    return json.dumps(about | {"predictions": predictions})
