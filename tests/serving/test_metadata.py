"""What a model file says of itself may come from anyone: it is checked before it is used."""

import dataclasses
import json

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from sketch_classifier.errors import UserError
from sketch_classifier.serving.metadata import Served
from sketch_classifier.serving.onnx_session import Session

GOOD = Served(
    name="tiny", task="multiclass", class_names=("cat", "dog"), categories=("cat", "dog"), positive=(), positive_name=None,
    kind="images", image_shape=(4, 4), channels=1, sequence_length=None, num_features=16, weights="none", opset=18,
)  # fmt: skip
FIELDS = [field.name for field in dataclasses.fields(Served)]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["binary", "strokes", "color", "stroke_order", 3, 28, 10**12, -1]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


def model(metadata, nodes=(), classes=2):
    """A model with the inputs and outputs that GOOD describes: features are the pixels, and probabilities equal."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["numbers", "flat"], ["features"]),
            helper.make_node("MatMul", ["features", "zeros"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"]),
            *nodes,
        ],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 4, 4])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 16]),
        ],
        [
            helper.make_tensor("flat", TensorProto.INT64, [2], [-1, 16]),
            helper.make_tensor("zeros", TensorProto.FLOAT, [16, classes], [0.0] * 16 * classes),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(made, metadata)
    return made


def opened(path, *args, **kwargs):
    onnx.save(model(*args, **kwargs), path)
    return Session(path)


def test_the_good_one(tmp_path):
    session = opened(tmp_path / "model.onnx", GOOD.to_metadata())
    assert session.about == GOOD
    np.testing.assert_allclose(session.probabilities(np.zeros((3, 4, 4), np.uint8)), 0.5)


@settings(max_examples=300)
@given(name=st.sampled_from(FIELDS), value=VALUES)
def test_any_value_is_taken_or_refused(name, value):
    text = json.dumps(value)
    try:
        served = Served.from_metadata(GOOD.to_metadata() | {name: text})
    except ValueError as error:
        assert len(str(error)) < 500
    else:
        assert Served.from_metadata(served.to_metadata()) == served
        assert len(json.dumps(served.input_shape)) < 40


@pytest.mark.parametrize(
    "changes",
    [
        {"class_names": '["cat", "dog", "cow"]'},
        {"class_names": '["cat", "cat"]'},
        {"class_names": "[" * 100_000},
        {"image_shape": "[4, 4000]"},
        {"image_shape": "[4, 100000000]"},
        {"image_shape": "[4.0, 4]"},
        {"channels": "true"},
        {"kind": '"strokes"'},
        {"kind": '"strokes"', "sequence_length": "4"},
        {"num_features": "17"},
        {"num_features": "NaN"},
        {"task": '"binary"', "class_names": '["cat"]'},
        {"name": "nonsense"},
        {"positive": '"cat"'},
    ],
    ids=json.dumps,
)
def test_what_the_graph_does_not_bear_out_is_refused(changes, tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(UserError, match="not a model that this version exported") as refused:
        opened(path, GOOD.to_metadata() | changes)
    assert str(refused.value).startswith(f"{path}: ") and len(str(refused.value)) < 1000 + len(str(path))


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_is_refused(name, tmp_path):
    texts = GOOD.to_metadata()
    del texts[name]
    with pytest.raises(UserError, match=name):
        opened(tmp_path / "model.onnx", texts)


def test_operators_that_may_run_without_end_are_refused(tmp_path):
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["goes"])],
        "body",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("goes", TensorProto.BOOL, [])],
    )
    loop = helper.make_node("Loop", ["", "always"], [], body=body)
    always = helper.make_node("Constant", [], ["always"], value=helper.make_tensor("", TensorProto.BOOL, [], [True]))
    with pytest.raises(UserError, match="operator Loop"):
        opened(tmp_path / "model.onnx", GOOD.to_metadata(), nodes=[always, loop])


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd"])
def test_no_file_outside_of_the_folder_is_read(location, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(128))
    folder = tmp_path / "model"
    folder.mkdir()
    made = model(GOOD.to_metadata())
    zeros = made.graph.initializer[1]
    zeros.ClearField("float_data")
    zeros.data_location = TensorProto.EXTERNAL
    zeros.external_data.add(key="location", value=location)
    (folder / "model.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(UserError, match="not a model that this version exported"):
        Session(folder / "model.onnx")
