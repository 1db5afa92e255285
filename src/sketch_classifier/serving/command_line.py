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
from sketch_classifier.serving.input_files import Drawn, files_of, predictions_of
from sketch_classifier.serving.onnx_session import most_likely
from sketch_classifier.serving.predictor import Predictor

NUM_SHOWN = 5


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
    predict.add_argument(
        "--models", default="models", metavar="FOLDER", help="folder of the exported model (default: models)"
    )
    predict.add_argument("--int8", action="store_true", help="use the 8-bit model, a quarter of the size")
    predict.set_defaults(run=_predict)
    for add in more:
        add(commands)
    return parser


def _predict(options: argparse.Namespace) -> int:
    predictor = Predictor(options.models, int8=options.int8)
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


def _lines(drawn: Sequence[Drawn], probabilities: np.ndarray, classes: Sequence[str], write) -> Iterator[str]:
    for one, shares in zip(drawn, probabilities, strict=True):
        yield write(one, most_likely(shares, classes, NUM_SHOWN))


def _text_line(drawn: Drawn, likely: list[tuple[str, float]]) -> str:
    return f"{drawn.name}  " + ", ".join(f"{name} {share:.1%}" for name, share in likely)


def _json_line(drawn: Drawn, likely: list[tuple[str, float]]) -> str:
    about = {"file": drawn.file, "drawing": drawn.number} | ({"key_id": drawn.key_id} if drawn.key_id else {})
    predictions = [{"class": name, "probability": round(share, 6)} for name, share in likely]
    return json.dumps(about | {"predictions": predictions})
