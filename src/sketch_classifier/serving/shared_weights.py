"""Converts a trained network to an ONNX graph that reads its weights from the safetensors file beside it."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from onnx import TensorProto
from torch import nn

from sketch_classifier.models.network import Network
from sketch_classifier.models.saved import About
from sketch_classifier.serving.onnx_graph import BATCH, INPUT, Serving, converted, describe
from sketch_classifier.serving.onnx_session import WEIGHTS_SHA256

TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}  # by their names in safetensors
FLOAT16 = " float16"  # suffix of the names of these tensors, which are cast when the model is loaded


def onnx_graph(network: Network, about: About, weights: Path) -> onnx.ModelProto:
    """Like `onnx_model`, but without the weights: the graph refers to `weights`, a state dict in safetensors format.

    The graph must be in the folder of that file, whose SHA-256 is in its metadata. float16 tensors are cast to float32.
    ONNX Runtime folds the casts and merges batch normalisation into convolutions when it loads the model.
    """
    module = Serving(network, about)
    values = {f"network.{name}": value for name, value in network.state_dict().items() if value.is_floating_point()}
    # As inputs: constants would be merged by the exporter, and could no longer be found in the file.
    model = converted(
        _WithWeights(module, list(values)),
        (list(values.values()), module.example()),
        ([None] * len(values), {0: BATCH}),
        [*values, INPUT],
    )
    describe(model, module, **{WEIGHTS_SHA256: hashlib.sha256(weights.read_bytes()).hexdigest()})
    _refer(model.graph, weights)
    return model


class _WithWeights(nn.Module):
    """A module whose weights are the first argument."""

    def __init__(self, module: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self._call = lambda values, stored: torch.func.functional_call(
            module, values, (stored,)
        )  # a lambda, so that the module is not registered as a submodule
        self._names = names

    def forward(self, values: Sequence[torch.Tensor], stored: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._call(dict(zip(self._names, values, strict=True)), stored)


def _refer(graph: onnx.GraphProto, weights: Path) -> None:
    """Replace the inputs that are weights by references to the file."""
    entries, start = _entries(weights)
    used = {name for node in graph.node for name in node.input}
    casts = []
    for value in [value for value in graph.input if value.name != INPUT]:
        graph.input.remove(value)
        if value.name not in used:
            continue
        entry = entries[value.name.removeprefix("network.")]
        begin, end = entry["data_offsets"]
        is_half = entry["dtype"] == "F16"
        tensor = TensorProto(
            name=value.name + FLOAT16 if is_half else value.name,
            data_type=TYPES[entry["dtype"]],
            dims=entry["shape"],
            data_location=TensorProto.EXTERNAL,
        )
        for key, text in (("location", weights.name), ("offset", str(start + begin)), ("length", str(end - begin))):
            tensor.external_data.add(key=key, value=text)
        graph.initializer.append(tensor)
        if is_half:
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [value.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _entries(path: Path) -> tuple[Mapping[str, dict], int]:
    """The header of a safetensors file, and its data's offset: https://github.com/huggingface/safetensors#format"""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length)), 8 + length
