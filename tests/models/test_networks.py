"""Every preset's network: forward, backward, step; and the two architectures, layer by layer."""

import pytest
import torch
from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.registry import architectures, build_network
from sketch_classifier.models.task import class_probabilities, num_outputs, predicted, summed_loss
from sketch_classifier.params import Input, load_params
from sketch_classifier.training.optimizers import build_optimizer

PRESETS = load_params().models
SMALL = Input(size=28, channels=1)


@pytest.mark.parametrize("name", PRESETS)
def test_forward_backward_step(name):
    preset = PRESETS[name]
    num_classes = 2 if preset.task == "binary" else 5
    network = build_network(preset.architecture, preset.input, num_outputs(preset.task, num_classes))
    if preset.freeze_backbone:
        network.freeze()
    images = torch.rand(4, preset.input.channels, preset.input.size, preset.input.size)
    targets = torch.tensor([0, 1, 1, 0])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    optimizer = build_optimizer(preset.optimizer, network.parameters())

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
    images = torch.rand(2, preset.input.channels, preset.input.size, preset.input.size)
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
    network = build_network("cnn", Input(size=size, channels=channels), 4)
    assert network(torch.rand(2, channels, size, size)).shape == (2, 4)


def test_cnn_refuses_what_is_too_small():
    with pytest.raises(UserError, match="at least 12"):
        build_network("cnn", Input(size=11, channels=1), 4)


def test_mobilenet_is_torchvisions_under_a_new_head():
    from torchvision.models import mobilenet_v2

    network = build_network("mobilenet_v2", Input(size=32, channels=3), 1)
    assert [str(layer) for layer in network.classifier] == [
        "Linear(in_features=1280, out_features=128, bias=True)",
        "ReLU()",
        "Dropout(p=0.2, inplace=False)",
        "Linear(in_features=128, out_features=1, bias=True)",
    ]
    whole = mobilenet_v2(num_classes=1)
    whole.features.load_state_dict(network.backbone[0].state_dict(), strict=True)
    whole.classifier = nn.Identity()
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(network.eval().features(images), whole.eval()(images))


def test_mobilenet_refuses_grey():
    with pytest.raises(UserError, match="3 channels"):
        build_network("mobilenet_v2", SMALL, 1)


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
    assert set(architectures()) >= {"cnn", "mobilenet_v2"}
    assert {preset.architecture for preset in PRESETS.values()} <= set(architectures())
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
