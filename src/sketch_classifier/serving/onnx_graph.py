"""Converts a trained network to an ONNX graph that includes all preprocessing."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import onnx
import torch
from onnxscript import optimizer
from torch import nn

from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import Network, class_probabilities
from sketch_classifier.models.predict import hashed
from sketch_classifier.models.saved import About
from sketch_classifier.serving.metadata import Served
from sketch_classifier.serving.onnx_session import FEATURES, PROBABILITIES

OPSET = 20
INPUT = "drawings"
BATCH = torch.export.Dim("batch")
LARGEST_WEIGHT = 2**28  # numbers


def onnx_model(network: Network, about: About) -> onnx.ModelProto:
    """The network as a graph from `drawings` (batch, …) uint8 to `probabilities` and `features`, for any batch size.

    The drawings are stored images, (H, W) or (3, H, W) each, or sequences (L, 3) of `drawings.sequences`. The graph has
    metadata (see `Served`). The result is reproducible byte for byte.
    """
    module = Serving(network, about)
    model = converted(module, (module.example(),), ({0: BATCH},), [INPUT])
    describe(model, module)
    onnx.checker.check_model(model)
    return model


class Serving(nn.Module):
    """A network from stored drawings (B, …) uint8 to probabilities (B, num_classes) and features, both float32."""

    def __init__(self, network: Network, about: About) -> None:
        super().__init__()
        self.network, self.about = network, about
        self.length = network.input.max_points + 1 if network.input.kind == "strokes" else None
        self.eval()

    def forward(self, stored: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.network.features(prepare(stored, self.network.input))
        logits = self.network.classifier(features)
        if self.about.temperature != 1:
            logits = logits / self.about.temperature
        return class_probabilities(logits, self.about.task), hashed(features)

    def example(self) -> torch.Tensor:
        """Two blank drawings in the storage format."""
        shape = self.about.image_shape if self.length is None else (self.length, 3)
        return torch.zeros(2, *shape, dtype=torch.uint8)


def converted(
    module: nn.Module, arguments: tuple, dynamic_shapes: tuple, input_names: Sequence[str]
) -> onnx.ModelProto:
    """The module as a graph with folded constants; see torch.onnx.export."""
    with _quiet():
        program = torch.onnx.export(
            module,
            arguments,
            dynamo=True,
            opset_version=OPSET,
            input_names=input_names,
            output_names=[PROBABILITIES, FEATURES],
            dynamic_shapes=dynamic_shapes,
            external_data=False,
            verbose=False,
        )
        assert program is not None  # only the old exporter (dynamo=False) returns nothing
        # The exporter reorders the large matrices of an LSTM for ONNX only at run time.
        optimizer.optimize(program.model, input_size_limit=LARGEST_WEIGHT, output_size_limit=LARGEST_WEIGHT)
        return program.model_proto


def describe(model: onnx.ModelProto, module: Serving, **more: str) -> None:
    """Replace all metadata by that of the model and `more`."""
    about = module.about
    with torch.inference_mode():
        num_features = module(module.example())[1].shape[1]
    served = Served(
        name=about.name,
        task=about.task,
        class_names=about.class_names,
        categories=about.categories,
        positive=about.positive,
        positive_name=about.positive_name,
        kind="images" if module.length is None else "strokes",
        image_shape=about.image_shape,
        channels=about.channels,
        sequence_length=module.length,
        num_features=num_features,
        weights=about.weights,
        opset=OPSET,
    )
    _strip(model)
    onnx.helper.set_model_props(model, served.to_metadata() | more)


def _strip(model: onnx.ModelProto) -> None:
    """Remove the exporter's debugging information in place: source lines and local paths."""
    model.producer_name, model.producer_version, model.doc_string = "sketch-classifier", "", ""
    del model.metadata_props[:], model.functions[:], model.graph.metadata_props[:], model.graph.value_info[:]
    model.graph.name, model.graph.doc_string = "sketch-classifier", ""
    values = [*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]
    for value in values:
        value.doc_string = ""
        del value.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's warnings about its own internals."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
