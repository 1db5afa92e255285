"""Quantises an ONNX graph to 8-bit weights and activations."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.errors import writing

BATCH_SIZE = 32  # calibration drawings at a time
# The operators to quantise. The preprocessing has none of these, so it stays exact.
STATIC = ("Conv", "Gemm", "Add", "MaxPool", "Relu", "Clip")
DYNAMIC = ("LSTM",)  # ONNX Runtime can only quantise these dynamically

WEIGHTED = ("Conv", "Gemm", "MatMul")  # operators whose second input is weights
SMALLEST = 256  # elements: in smaller tensors, the scales would outweigh the savings


def quantise(model: onnx.ModelProto, stored: np.ndarray | Rasters | Sequences, rows: np.ndarray) -> onnx.ModelProto:
    """The model with int8 weights, scaled per channel, and uint8 activations, whose ranges are calibrated on `rows`.

    `rows` (n,) int are training drawings of `stored`, the result of `Dataset.inputs`. The weights use 7 of their 8
    bits: CPUs without VNNI add pairs of products in 16 bits, which would overflow with more, so that results would
    differ on such machines. LSTMs are quantised dynamically: their activation ranges are computed at run time.
    """
    with writing(gettempdir()), TemporaryDirectory() as folder:
        source, result = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(onnx.shape_inference.infer_shapes(model), source)
        root = logging.getLogger()
        level = root.level
        root.setLevel(logging.ERROR)  # it recommends pre-processing, which the exporter has already done
        try:
            quantize_static(
                source,
                result,
                _Drawings(model.graph.input[0].name, stored, rows),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(STATIC),
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
                activation_type=QuantType.QUInt8,
                extra_options={"QuantizeBias": False},  # ONNX Runtime does this on loading, and the file is smaller
            )
            if any(node.op_type in DYNAMIC for node in model.graph.node):
                quantize_dynamic(
                    result, result, op_types_to_quantize=list(DYNAMIC), per_channel=True, weight_type=QuantType.QInt8
                )
        finally:
            root.setLevel(level)
        small = onnx.load(result)
    _tidy(small, model)
    return small


def quantise_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with int8 kernels and matrices, scaled per row; computations are still in float32.

    The result is about a quarter of the size, which suits downloads, and no calibration drawings are needed. Weights in
    float16, which are cast to float32, are quantised as well.
    """
    small = onnx.ModelProto()
    small.CopyFrom(model)
    graph = small.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    casts = {node.output[0]: node for node in graph.node if node.op_type == "Cast" and node.input[0] in tensors}
    weights = {node.input[1] for node in graph.node if node.op_type in WEIGHTED}
    added: list[onnx.NodeProto] = []
    for name in sorted(weights):
        cast = casts.get(name)
        tensor = tensors.get(cast.input[0] if cast else name)
        if tensor is None:
            continue
        values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
        if values.ndim < 2 or values.size < SMALLEST:
            continue
        scales = np.abs(values).reshape(len(values), -1).max(axis=1) / 127
        scales = np.where(scales > 0, scales, 1).astype(np.float32)
        rounded = np.rint(values / scales.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
        graph.initializer.remove(tensor)
        if cast:
            graph.node.remove(cast)
        graph.initializer.append(onnx.numpy_helper.from_array(rounded, f"{name} int8"))
        graph.initializer.append(onnx.numpy_helper.from_array(scales, f"{name} scale"))
        inputs = [f"{name} int8", f"{name} scale"]
        added.append(onnx.helper.make_node("DequantizeLinear", inputs, [name], axis=0))
    nodes = [*added, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(small)
    return small


def _tidy(small: onnx.ModelProto, model: onnx.ModelProto) -> None:
    """Copy the model's metadata to `small`, deduplicate constants and shorten names to reduce the size of the file."""
    outside = {value.name for value in (*small.graph.input, *small.graph.output)}
    names: dict[str, str] = {"": ""}

    def short(name: str) -> str:
        return name if name in outside else names.setdefault(name, f"t{len(names)}")

    constants: dict[bytes, onnx.TensorProto] = {}
    for tensor in small.graph.initializer:
        name, tensor.name = tensor.name, ""
        first = constants.setdefault(tensor.SerializeToString(deterministic=True), tensor)
        if first is tensor:
            tensor.name = short(name)
        names[name] = first.name
    kept = [tensor for tensor in small.graph.initializer if tensor.name]
    del small.graph.initializer[:]
    small.graph.initializer.extend(kept)
    for node in small.graph.node:
        node.name = ""
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    del small.graph.value_info[:], small.metadata_props[:]
    small.metadata_props.extend(model.metadata_props)
    small.producer_name, small.producer_version = model.producer_name, model.producer_version
    onnx.checker.check_model(small)


class _Drawings(CalibrationDataReader):
    def __init__(self, name: str, stored: np.ndarray | Rasters | Sequences, rows: np.ndarray) -> None:
        self._batches: Iterator[dict[str, np.ndarray]] = (
            {name: np.ascontiguousarray(stored[rows[start : start + BATCH_SIZE]])}
            for start in range(0, len(rows), BATCH_SIZE)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._batches, None)
