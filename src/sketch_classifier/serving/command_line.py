"""The command line of a trained model."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from sketch_classifier.errors import UserError
from sketch_classifier.models.shipped import STANDARD, shipped_models
from sketch_classifier.serving.input_files import Drawn, files_of, predictions_of
from sketch_classifier.serving.onnx_session import most_likely
from sketch_classifier.serving.predictor import Predictor, has_model

NUM_SHOWN = 5
MODELS = "models"  # where the pipeline leaves the model


def main(arguments: Sequence[str] | None = None, more: Sequence[Callable] = ()) -> int:
    """Run a command and return its exit code, 1 where a file could not be read. Raises UserError without a model.

    more  what declares further commands: see `data.convert_command`
    """
    options = _parser(more).parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # whoever read the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(more: Sequence[Callable] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sketch_classifier", description="Classify sketches.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser(
        "predict",
        help="name the most likely classes of drawings",
        description=f"Print the {NUM_SHOWN} most likely classes of each drawing, with their probabilities.",
    )
    predict.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="drawings (.ndjson), bitmaps (.npy), a photo or scan of a drawing (PNG, JPEG), a folder of such files, "
        "or - for standard input; the type is detected from the content",
    )
    predict.add_argument("--json", action="store_true", help="print one JSON line per drawing")
    which = predict.add_mutually_exclusive_group()
    which.add_argument(
        "--models",
        metavar="FOLDER",
        help=f"folder of the exported model (default: {MODELS}; where no model lies there, {STANDARD})",
    )
    which.add_argument(
        "--model",
        metavar="NAME",
        help=f"a model of this package: {', '.join(shipped_models()) or 'it has none'}",
    )
    predict.add_argument("--int8", action="store_true", help="use the 8-bit model, a quarter of the size")
    predict.set_defaults(run=_predict)
    for add in more:
        add(commands)
    return parser


def _predict(options: argparse.Namespace) -> int:
    predictor = _predictor(options)
    files, failures = files_of(options.files)
    write = _json_line if options.json else _text_line
    failed = len(failures)
    with tqdm(files, unit="file", disable=None if len(files) > 1 else True, file=sys.stderr) as bar:
        for failure in failures:
            bar.write(f"error: {failure}", file=sys.stderr)
        for file in bar:
            complaints: list[str] = []
            try:
                for drawn, probabilities in predictions_of(file, predictor, complaints):
                    bar.write("\n".join(_lines(drawn, probabilities, predictor.classes, write)), file=sys.stdout)
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
    """The model that was asked for; without one that of the folder `models`, or the shipped one where there is none."""
    name = options.model
    if name is None and options.models is None and STANDARD in shipped_models():
        name = None if has_model(MODELS) else STANDARD
    if name is None:
        return Predictor(options.models or MODELS, int8=options.int8)
    if options.int8:
        raise UserError(f"--int8: {name}, which is part of this package, has no 8-bit form")
    predictor = Predictor.pretrained(name)
    if options.model is None:
        num = len(predictor.classes)
        print(f"no model in {MODELS}/: using {name}, trained on real drawings of {num} categories", file=sys.stderr)
    return predictor


def _lines(drawn: Sequence[Drawn], probabilities: np.ndarray, classes: Sequence[str], write) -> Iterator[str]:
    for one, shares in zip(drawn, probabilities, strict=True):
        yield write(one, most_likely(shares, classes, NUM_SHOWN))


def _text_line(drawn: Drawn, likely: list[tuple[str, float]]) -> str:
    return f"{drawn.name}  " + ", ".join(f"{name} {share:.1%}" for name, share in likely)


def _json_line(drawn: Drawn, likely: list[tuple[str, float]]) -> str:
    about = {"file": drawn.file, "drawing": drawn.number} | ({"key_id": drawn.key_id} if drawn.key_id else {})
    predictions = [{"class": name, "probability": round(share, 6)} for name, share in likely]
    return json.dumps(about | {"predictions": predictions})
