"""Every preset's network: forward, backward, step; and the architectures, layer by layer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_image
from torch import nn
from torchvision.models import mobilenet_v2, resnet18

from sketch_classifier.errors import UserError
from sketch_classifier.models.efficientnet_lite import read_imagenet, to_timm, whole
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import (
    architectures,
    build_network,
    class_probabilities,
    num_outputs,
    predicted,
    summed_loss,
)
from sketch_classifier.params import ImageInput, RasterInput, StrokeInput, load_params
from sketch_classifier.training.optimizers import build_optimizer

PRESETS = load_params().models
SMALL = ImageInput(size=28, channels=1)
STROKES = StrokeInput(kind="strokes", max_points=100)


def inputs(preset, number):
    """Random values of the shape that the preset's network takes."""
    if preset.input.kind == "strokes":
        return torch.rand(number, 3, preset.input.max_points)
    return torch.rand(number, preset.input.channels, preset.input.size, preset.input.size)


@pytest.mark.parametrize("name", PRESETS)
def test_forward_backward_step(name):
    preset = PRESETS[name]
    num_classes = 2 if preset.task == "binary" else 5
    network = build_network(preset.architecture, preset.input, num_outputs(preset.task, num_classes))
    if preset.freeze_backbone:
        network.freeze()
    images = inputs(preset, 4)
    targets = torch.tensor([0, 1, 1, 0])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    optimizer = build_optimizer(preset.optimizer, network)

    network.train()
    logits = network(images)
    assert logits.shape == (4, num_outputs(preset.task, num_classes)) and logits.dtype == torch.float32
    summed_loss(logits, targets, preset.task).backward()
    optimizer.step()

    changed = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    learning = {key for key, value in network.named_parameters() if value.requires_grad}
    assert learning and learning <= changed
    assert changed <= learning or not preset.freeze_backbone, "a frozen backbone keeps its batch statistics too"
    assert class_probabilities(logits, preset.task).shape == (4, num_classes)


@pytest.mark.parametrize("name", PRESETS)
def test_forward_is_the_classifier_on_the_features(name):
    preset = PRESETS[name]
    network = build_network(preset.architecture, preset.input, 3).eval()
    images = inputs(preset, 2)
    with torch.inference_mode():
        features = network.features(images)
        assert features.ndim == 2
        assert torch.equal(network.classifier(features), network(images))


def test_cnn_is_the_ten_layer_network():
    network = build_network("cnn", SMALL, 8)
    layers = [*network.backbone, network.classifier]
    assert [str(layer) for layer in layers] == [
        "Conv2d(1, 32, kernel_size=(5, 5), stride=(1, 1))",
        "ReLU()",
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        "Conv2d(32, 128, kernel_size=(3, 3), stride=(1, 1))",
        "ReLU()",
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        "Dropout(p=0.4, inplace=False)",
        "Flatten(start_dim=1, end_dim=-1)",
        "Linear(in_features=3200, out_features=128, bias=True)",
        "ReLU()",
        "Linear(in_features=128, out_features=50, bias=True)",
        "ReLU()",
        "Linear(in_features=50, out_features=8, bias=True)",
    ]
    # 25·32+32, 9·32·128+128, 3200·128+128, 128·50+50, 50·8+8
    assert sum(value.numel() for value in network.parameters()) == 832 + 36992 + 409728 + 6450 + 408


@pytest.mark.parametrize("size", [12, 13, 28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_cnn_takes_other_sizes(size, channels):
    network = build_network("cnn", ImageInput(size=size, channels=channels), 4)
    assert network(torch.rand(2, channels, size, size)).shape == (2, 4)


def test_cnn_refuses_what_is_too_small():
    with pytest.raises(UserError, match="at least 12"):
        build_network("cnn", ImageInput(size=11, channels=1), 4)


def test_cnn_small_is_two_convolutions_and_a_linear_layer():
    network = build_network("cnn_small", ImageInput(size=32, channels=3), 10)
    assert [str(layer) for layer in [*network.backbone, network.classifier]] == [
        "Conv2d(3, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))",
        "ReLU()",
        "Conv2d(32, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))",
        "ReLU()",
        "Flatten(start_dim=1, end_dim=-1)",
        "Linear(in_features=65536, out_features=10, bias=True)",
    ]


@pytest.mark.parametrize("size", [8, 28, 33])
@pytest.mark.parametrize("channels", [1, 3])
def test_cnn_small_takes_other_sizes(size, channels):
    network = build_network("cnn_small", ImageInput(size=size, channels=channels), 4)
    assert network(torch.rand(2, channels, size, size)).shape == (2, 4)


def test_conv_lstm_is_three_convolutions_and_two_lstms():
    network = build_network("conv_lstm", STROKES, 345)
    front, *layers, last = network.backbone
    assert str(front) == "ConstantPad1d(padding=(1, 0), value=0.0)"
    assert [str(layer) for layer in [*layers, last.lstm, network.classifier]] == [
        "Conv1d(3, 32, kernel_size=(5,), stride=(2,))",
        "ReLU()",
        "BatchNorm1d(32, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "Conv1d(32, 64, kernel_size=(5,), stride=(2,))",
        "ReLU()",
        "BatchNorm1d(64, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "Conv1d(64, 128, kernel_size=(3,), stride=(2,))",
        "ReLU()",
        "BatchNorm1d(128, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        "LSTM(128, 128, num_layers=2, batch_first=True)",
        "Linear(in_features=128, out_features=345, bias=True)",
    ]
    steps = torch.rand(2, 128, 10)
    _, (hidden, _) = last.lstm(steps.transpose(1, 2))
    torch.testing.assert_close(last(steps), hidden[-1])


@pytest.mark.parametrize("size", [16, 33, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_sketchnet_strokes_takes_other_sizes(size, channels):
    network = build_network("sketchnet_strokes", RasterInput(kind="rasters", size=size, channels=channels), 4).eval()
    assert network(torch.rand(2, channels, size, size)).shape == (2, 4)
    assert network.features(torch.rand(2, channels, size, size)).shape == (2, 192)


def test_sketchnet_strokes_refuses_what_is_too_small():
    with pytest.raises(UserError, match="at least 16"):
        build_network("sketchnet_strokes", ImageInput(size=15, channels=1), 4)


@given(st.integers(2, 150))
@settings(max_examples=20, deadline=None)
def test_conv_lstm_sees_every_point_whatever_their_number(max_points):
    network = build_network("conv_lstm", StrokeInput(kind="strokes", max_points=max_points), 3).eval()
    points = torch.randn(4, 3, max_points, requires_grad=True)
    network(points).square().sum().backward()
    assert points.grad.abs().amax(dim=(0, 1)).min() > 0


def test_conv_lstm_ends_at_the_last_point_however_many_zeros_stand_in_front():
    longer = build_network("conv_lstm", STROKES, 3).eval()
    shorter = build_network("conv_lstm", StrokeInput(kind="strokes", max_points=87), 3).eval()
    shorter.load_state_dict(longer.state_dict(), strict=True)
    points = torch.cat([torch.zeros(2, 3, 70), torch.randn(2, 3, 30)], dim=2)
    of_longer, of_shorter = longer.backbone[:-1](points), shorter.backbone[:-1](points[:, :, -87:])
    assert of_longer.shape[2] > of_shorter.shape[2]
    torch.testing.assert_close(of_longer[:, :, -of_shorter.shape[2] :], of_shorter)


def test_conv_lstm_takes_any_batch_when_exported():
    network = build_network("conv_lstm", STROKES, 3).eval()
    batch = torch.export.Dim("batch")
    exported = torch.export.export(network, (torch.rand(2, 3, 100),), dynamic_shapes=({0: batch},)).module()
    for number in (1, 7):
        points = torch.rand(number, 3, 100)
        torch.testing.assert_close(exported(points), network(points))


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("name", ["cnn_small", "conv_lstm"])
def test_a_step_on_the_cpu_gives_the_same_bytes_again(name):
    preset = PRESETS[name]
    batch = inputs(preset, 8)
    states = []
    for _ in range(2):
        network = build_network(preset.architecture, preset.input, 3, seed=1).train()
        optimizer = build_optimizer(preset.optimizer, network)
        summed_loss(network(batch), torch.arange(8) % 3, "multiclass").backward()
        optimizer.step()
        states.append(network.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize(
    ("name", "most", "in_blocks"),
    [
        ("sketchnet", 1_500_000, [14, 14, 7, 7]),
        ("sketchnet_tiny", 300_000, [14, 14, 7, 7]),
        ("sketchnet_large", 3_000_000, [28, 28, 14, 14, 7, 7]),
    ],
)
def test_sketchnets_are_compact(name, most, in_blocks):
    network = build_network(name, SMALL, 39)
    assert sum(value.numel() for value in network.parameters()) <= most
    sides = []
    for block in network.backbone:
        block.register_forward_hook(lambda module, given, result: sides.append(result.shape[2:]))
    network.eval()(torch.rand(2, 1, 28, 28))
    assert sides == [(side, side) for side in [28, *in_blocks, 7, 7, 1]] + [()]


@pytest.mark.parametrize("size", [8, 13, 64])
@pytest.mark.parametrize("name", ["sketchnet", "sketchnet_tiny", "sketchnet_large"])
def test_sketchnets_take_other_sizes(name, size):
    network = build_network(name, ImageInput(size=size, channels=3), 4)
    assert network(torch.rand(2, 3, size, size)).shape == (2, 4)


def test_resnet18_is_torchvisions_under_a_new_layer():
    network = build_network("resnet18", ImageInput(size=64, channels=3), 7).eval()
    theirs = resnet18(num_classes=7).eval()
    head = {f"fc.{name}": value for name, value in network.classifier.state_dict().items()}
    theirs.load_state_dict(network.backbone.state_dict() | head, strict=True)
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(network(images), theirs(images))
    assert network.features(images).shape == (2, 512)


def test_resnet18_takes_other_sizes():
    network = build_network("resnet18", ImageInput(size=28, channels=3), 7)
    assert network(torch.rand(2, 3, 28, 28)).shape == (2, 7)


def test_efficientnet_lite_is_timms_under_a_new_layer():
    network = build_network("efficientnet_lite", ImageInput(size=96, channels=3), 7).eval()
    assert [str(layer) for layer in network.classifier] == [
        "Dropout(p=0.2, inplace=False)",
        "Linear(in_features=1280, out_features=7, bias=True)",
    ]
    assert {layer.eps for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)} == {1e-3}
    theirs = whole(7).eval()
    head = {f"classifier.{name}": value for name, value in network.classifier[1].state_dict().items()}
    theirs.load_state_dict(network.backbone.state_dict() | head, strict=True)
    images = torch.rand(2, 3, 96, 96)
    torch.testing.assert_close(network(images), theirs(images))


@pytest.mark.parametrize("size", [96, 224])
def test_efficientnet_lite_gives_what_the_published_network_gives(size):
    """All logits of the whole network, with the real weights."""
    published = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0").eval()
    published.load_state_dict(read_imagenet(), strict=True)
    ours = whole().eval()
    ours.load_state_dict(to_timm(read_imagenet()), strict=True)
    pixels = torch.randint(0, 256, (2, 3, size, size), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        theirs = published((pixels - 127) / 128)
        torch.testing.assert_close(ours((pixels - 127) / 128), theirs, atol=1e-5, rtol=0)
    assert theirs.std() > 0.1


def test_efficientnet_lite_with_its_weights_recognises_photographs():
    """The whole network, key by key: what it says of scikit-learn's two photographs is right."""
    network = whole().eval()
    network.load_state_dict(to_timm(read_imagenet()), strict=True)
    taken = PRESETS["efficientnet_lite"].input.model_copy(update={"size": 224})
    for name, label in (
        ("flower.jpg", 985),
        ("china.jpg", 698),
    ):  # daisy (it is a dahlia, which ImageNet lacks); palace
        photograph = torch.from_numpy(load_sample_image(name)[:, 106:533].copy()).permute(2, 0, 1)[None]
        with torch.inference_mode():
            assert int(network(prepare(photograph, taken)).argmax()) == label


def test_the_preset_scales_as_efficientnet_lite_learnt_it():
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    scaled = prepare(pixels, PRESETS["efficientnet_lite"].input.model_copy(update={"size": 16}))
    torch.testing.assert_close(scaled[0, 2].flatten(), (torch.arange(256.0) - 127) / 128, atol=1e-6, rtol=0)


def test_mobilenet_is_torchvisions_under_a_new_head():
    network = build_network("mobilenet_v2", ImageInput(size=32, channels=3), 1)
    assert [str(layer) for layer in network.classifier] == [
        "Linear(in_features=1280, out_features=128, bias=True)",
        "ReLU()",
        "Dropout(p=0.2, inplace=False)",
        "Linear(in_features=128, out_features=1, bias=True)",
    ]
    theirs = mobilenet_v2(num_classes=1)
    theirs.features.load_state_dict(network.backbone[0].state_dict(), strict=True)
    theirs.classifier = nn.Identity()
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(network.eval().features(images), theirs.eval()(images))


@pytest.mark.parametrize("architecture", ["mobilenet_v2", "resnet18", "efficientnet_lite"])
def test_what_takes_colours_refuses_grey(architecture):
    with pytest.raises(UserError, match="3 channels"):
        build_network(architecture, SMALL, 1)


def test_the_seed_alone_decides_the_initial_weights():
    torch.manual_seed(1)
    first = build_network("cnn", SMALL, 3, seed=7).state_dict()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = build_network("cnn", SMALL, 3, seed=7).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[key], second[key]) for key in first)
    third = build_network("cnn", SMALL, 3, seed=8).state_dict()
    assert not torch.equal(first["classifier.weight"], third["classifier.weight"])


def test_registry_knows_its_files_and_names_the_nearest():
    assert set(architectures()) >= {"cnn", "cnn_small", "conv_lstm", "efficientnet_lite", "mobilenet_v2", "resnet18"}
    assert {preset.architecture for preset in PRESETS.values()} == set(architectures()), "each is tested by its preset"
    with pytest.raises(UserError, match="did you mean 'mobilenet_v2'"):
        build_network("mobilenetv2", SMALL, 3)
    with pytest.raises(UserError, match="unknown architecture 'saved'"):
        build_network("saved", SMALL, 3)


def test_losses_are_those_of_torch():
    logits, targets = torch.randn(6, 4), torch.tensor([0, 3, 1, 2, 2, 0])
    expected = nn.CrossEntropyLoss()(logits, targets)
    torch.testing.assert_close(summed_loss(logits, targets, "multiclass") / 6, expected)
    assert torch.equal(predicted(logits, "multiclass"), logits.argmax(1))

    logits, targets = torch.randn(6, 1), torch.tensor([0, 1, 1, 0, 1, 0])
    expected = nn.BCEWithLogitsLoss()(logits[:, 0], targets.float())
    torch.testing.assert_close(summed_loss(logits, targets, "binary") / 6, expected)
    both = class_probabilities(logits, "binary")
    torch.testing.assert_close(both[:, 1], logits[:, 0].sigmoid())
    torch.testing.assert_close(both.sum(1), torch.ones(6))
    assert torch.equal(predicted(logits, "binary"), both.argmax(1))
    undecided = torch.zeros(1, 1)
    assert torch.equal(predicted(undecided, "binary"), class_probabilities(undecided, "binary").argmax(1))
