"""Inference with an exported model in ONNX Runtime. Does not import torch."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.errors import UserError, one_line
from sketch_classifier.serving.metadata import Served

BATCH_SIZE = 128  # drawings at a time, so that memory use does not depend on their number
PROBABILITIES, FEATURES = "probabilities", "features"  # the names of the outputs
WEIGHTS_SHA256 = "weights_sha256"  # metadata key of a graph whose weights are in another file
EXPORT = "run `dvc repro export`"
# Operators that contain subgraphs and may run forever; no model of this project has any. In the file, a node's operator
# is field 4 of its message: a tag, a length and a name.
ENDLESS = {name: bytes([4 << 3 | 2, len(name)]) + name.encode() for name in ("Loop", "Scan", "If")}


class Answers(NamedTuple):
    """probabilities (N, num_classes) float32, rows that sum to 1, and features (N, num_features) float32."""

    probabilities: np.ndarray
    features: np.ndarray


def most_likely(probabilities: np.ndarray, classes: Sequence[str], num: int) -> list[tuple[str, float]]:
    """The `num` most likely classes with their probabilities, most likely first; ties are in class order.

    probabilities  (num_classes,) float, for one drawing
    """
    best = np.argsort(-probabilities, kind="stable")[:num]
    return [(classes[index], float(probabilities[index])) for index in best]


class Session:
    """An exported model; `about` is its metadata. Several threads may use one session at the same time.

    weights  file with its weights, for a graph made by `shared_weights`
    cure     remedy to suggest in error messages

    Raises UserError if a file is missing or is not such a model.
    """

    def __init__(self, path: str | Path, threads: int = 1, weights: Path | None = None, cure: str = EXPORT) -> None:
        path = Path(path)
        if not path.is_file():
            raise UserError(f"{path}: no exported model here; {cure}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # only errors
        try:
            if weights is not None:  # as bytes: the file may be a link to another folder, which ONNX Runtime rejects
                self._weights = weights.read_bytes()
                options.add_external_initializers_from_files_in_memory(
                    [weights.name], [self._weights], [len(self._weights)]
                )
            graph = path.read_bytes()
            _refuse_endless(graph)
            # Given a path, ONNX Runtime can read external data, but only within the folder of the graph.
            model = path if weights is None else graph
            # Without the fallback, which would only print messages and retry.
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
            metadata = self._session.get_modelmeta().custom_metadata_map
            self.about = Served.from_metadata(metadata)
            self._check()
            if weights is not None and metadata[WEIGHTS_SHA256] != sha256(self._weights).hexdigest():
                raise ValueError(f"{weights.name} is not the file that it was exported with")
        except Exception as error:  # ONNX Runtime has one exception type per kind of error
            raise UserError(f"{path}: not a model that this version exported ({one_line(error)}); {cure}") from None
        self._input = self._session.get_inputs()[0].name

    def _check(self) -> None:
        """Raise ValueError if the graph does not match its metadata."""
        inputs = [(tuple(value.shape[1:]), value.type) for value in self._session.get_inputs()]
        expected = (self.about.input_shape, "tensor(uint8)")
        if inputs != [expected]:
            raise ValueError(f"its inputs are {inputs}, expected {expected}")
        outputs = {value.name: (value.shape[1:], value.type) for value in self._session.get_outputs()}
        for name, size in ((PROBABILITIES, len(self.about.class_names)), (FEATURES, self.about.num_features)):
            if outputs.get(name) != ([size], "tensor(float)"):
                raise ValueError(f"its output {name} is {outputs.get(name)}, expected {size} columns")

    def answers(self, stored: np.ndarray | Rasters | Sequences) -> Answers:
        """Probabilities and features of drawings (N, *about.input_shape) uint8, as the dataset stores them."""
        return Answers(*self._batches(stored, [PROBABILITIES, FEATURES]))

    def probabilities(self, stored: np.ndarray | Rasters | Sequences) -> np.ndarray:
        """The probabilities of `answers` only."""
        return self._batches(stored, [PROBABILITIES])[0]

    def _batches(self, stored: np.ndarray | Rasters | Sequences, outputs: list[str]) -> list[np.ndarray]:
        starts = range(
            0, max(len(stored), 1), BATCH_SIZE
        )  # at least once, so that the result for 0 drawings is (0, num_classes)
        parts = [
            self._session.run(outputs, {self._input: np.ascontiguousarray(stored[start : start + BATCH_SIZE])})
            for start in starts
        ]
        return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _refuse_endless(graph: bytes) -> None:
    found = [name for name, pattern in ENDLESS.items() if pattern in graph]
    if found:
        raise ValueError(f"it has the operator {found[0]}")
