"""The options of the loop: each does what it says."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from sketch_classifier.errors import UserError
from sketch_classifier.models.network import summed_loss
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training.optimizers import Best, moving_average
from sketch_classifier.training.train import train


@pytest.fixture
def run(tmp_path, write_dataset):
    """Train the preset with changes, on the CPU; the state dict, model.json and the curves."""
    dataset = write_dataset()

    def run(preset: ModelPreset, **changes):
        preset = ModelPreset.model_validate(preset.model_dump() | changes)
        folders = {"out": tmp_path / "models", "curves": tmp_path / "curves", "cache": tmp_path / "cache"}
        train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
        network, about = load_model(tmp_path / "models")
        return network.state_dict(), about, pd.read_csv(tmp_path / "curves/learning_curves.csv")

    return run


@pytest.fixture
def linear(cnn):
    """Without dropout: the same batches give the same gradients."""
    return cnn.model_copy(update={"architecture": "cnn_small"})


def differs(first, second) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(first.values(), second.values(), strict=True))


def test_accumulated_batches_make_the_step_of_one_large_batch(run, linear):
    large, _, _ = run(linear, epochs=1, batch_size=32)
    several, _, _ = run(linear, epochs=1, batch_size=8, accumulate=4)
    small, _, _ = run(linear, epochs=1, batch_size=8)
    assert differs(large, several) < 1e-4 < differs(large, small)


def test_a_gradient_is_clipped_to_the_norm(run, linear):
    """Plain SGD moves the weights by at most rate × norm a step."""
    still = {"optimizer": {"name": "SGD", "lr": 1e-12}, "epochs": 1}
    begun, _, _ = run(linear, **still)
    step = {"optimizer": {"name": "SGD", "lr": 1.0}, "epochs": 1, "batch_size": 250}
    clipped, _, _ = run(linear, **step, clip_norm=0.01)
    moved = sum(float(((a - b) ** 2).sum()) for a, b in zip(begun.values(), clipped.values(), strict=True)) ** 0.5
    assert moved == pytest.approx(0.01, rel=0.02)


def test_label_smoothing_spreads_the_target():
    logits = torch.tensor([[2.0, -1.0, 0.5]])
    shares = torch.tensor([0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3])
    expected = -(shares * logits.log_softmax(1)).sum()
    torch.testing.assert_close(summed_loss(logits, torch.tensor([0]), "multiclass", 0.2), expected)
    p = torch.tensor(1.5).sigmoid()
    expected = -(0.9 * p.log() + 0.1 * (1 - p).log())
    torch.testing.assert_close(summed_loss(torch.tensor([[1.5]]), torch.tensor([1]), "binary", 0.2), expected)


def test_label_smoothing_is_for_training_only(run, cnn):
    _, _, curves = run(cnn, label_smoothing=0.5)
    assert curves["train_loss"].iloc[-1] > curves["validation_loss"].iloc[-1] + 0.2


def test_a_schedule_changes_the_rate_as_training_goes_on(run, cnn):
    constant, _, _ = run(cnn)
    falling, _, _ = run(
        cnn, schedule={"name": "StepLR", "every": "epoch", "arguments": {"step_size": 1, "gamma": 1e-9}}
    )
    first, _, _ = run(cnn, epochs=1)
    assert differs(falling, first) < 1e-5 < differs(constant, first)


def test_one_cycle_is_as_long_as_the_run(run, cnn):
    """It refuses a step too many."""
    run(cnn, schedule={"name": "OneCycleLR"}, accumulate=2)


def test_the_moving_average_is_that_of_the_weights():
    module = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    average = moving_average(module, 0.9)
    expected = None
    for number in range(30):
        for value in [*module.parameters(), module[1].running_mean]:
            nn.init.constant_(value, float(number))
        module[1].num_batches_tracked.fill_(number)
        average.update_parameters(module)
        decay = min(0.9, (1 + number) / (10 + number))
        expected = number if expected is None else decay * expected + (1 - decay) * number
    state = average.module.state_dict()
    assert int(state.pop("1.num_batches_tracked")) == 29
    running_var = state.pop("1.running_var")
    assert [float(value) for value in state.values()] == pytest.approx([expected] * len(state), rel=1e-5)
    assert float(running_var) == 1.0


def test_the_average_is_what_is_validated_and_saved(run, cnn):
    plain, _, _ = run(cnn)
    averaged, about, curves = run(cnn, ema=0.99)
    assert differs(plain, averaged) > 1e-3
    assert about.final == curves.iloc[-1].to_dict()


@pytest.mark.parametrize("keep", ["best_loss", "best_accuracy"])
def test_best_keeps_the_first_of_the_best(keep):
    best = Best(keep)
    module = nn.Linear(1, 1)
    figures = [(0.9, 0.5), (0.7, 0.8), (0.7, 0.8), (0.8, 0.6)]
    for epoch, (loss, accuracy) in enumerate(figures, 1):
        nn.init.constant_(module.weight, float(epoch))
        best.see({"epoch": epoch, "validation_loss": loss, "validation_accuracy": accuracy}, module)
    assert best.epoch == 2 and float(best.weights["weight"]) == 2.0


def test_the_best_epoch_is_kept_and_patience_ends_the_run(run, cnn):
    """A rate so high that the loss gets worse sooner or later."""
    wild = {"optimizer": {"name": "SGD", "lr": 0.6, "arguments": {"momentum": 0.9}}, "clip_norm": 1.0, "epochs": 40}
    _, about, curves = run(cnn, **wild, keep="best_loss", patience=2)
    best = int(curves["epoch"][curves["validation_loss"].argmin()])
    assert about.final["epoch"] == best
    assert len(curves) == min(40, best + 2) < 40
    all_of_it, _, _ = run(cnn, **(wild | {"epochs": best}))
    kept, _, _ = run(cnn, **wild, keep="best_loss", patience=2)
    assert differs(all_of_it, kept) == 0


@pytest.mark.slow
def test_augmentation_keeps_a_frozen_backbone_on_the_long_way(run, mobilenet):
    plain, _, _ = run(mobilenet, epochs=1)
    turned, about, _ = run(mobilenet, epochs=1, augmentation={"rotate": 40.0})
    assert about.frozen
    heads = {name: value for name, value in turned.items() if name.startswith("classifier.")}
    assert differs(heads, {name: plain[name] for name in heads}) > 1e-5
    backbone = {name: value.float() for name, value in turned.items() if name.startswith("backbone.")}
    assert differs(backbone, {name: plain[name].float() for name in backbone}) == 0


def test_flips_stay_off_where_the_dataset_forbids_them(run, cnn, write_dataset, tmp_path, capsys):
    dataset = write_dataset(name="letters")
    object.__setattr__(dataset, "mirror", False)
    states = []
    for flip in (0.0, 0.5):
        changes = {"augmentation": {"flip": flip}, "test_time_flip": True, "epochs": 1}
        preset = ModelPreset.model_validate(cnn.model_dump() | changes)
        folder = tmp_path / str(flip)
        folders = {"out": folder / "models", "curves": folder / "curves", "cache": folder / "cache"}
        train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
        network, about = load_model(folder / "models")
        assert not network.flip_average and not about.flip_average
        states.append(network.state_dict())
    assert differs(*states) == 0
    assert "no flips" in capsys.readouterr().err


def test_an_unknown_schedule_is_refused_before_any_work(run, cnn):
    with pytest.raises(UserError, match="schedule.name"):
        run(cnn, schedule={"name": "Cosine"})


@pytest.mark.usefixtures("two_threads")
def test_same_seed_same_bytes_with_everything_on(run, cnn):
    everything = {
        "augmentation": {"flip": 0.5, "rotate": 10.0, "translate": 0.1, "erase": 0.5},
        "schedule": {"name": "OneCycleLR"},
        "clip_norm": 1.0,
        "label_smoothing": 0.1,
        "accumulate": 2,
        "ema": 0.9,
        "keep": "best_accuracy",
        "patience": 3,
    }
    first, about, curves = run(cnn, **everything)
    second, again, same = run(cnn, **everything)
    assert differs(first, second) == 0 and about == again
    np.testing.assert_array_equal(curves, same)
