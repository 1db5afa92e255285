"""Training: it learns, it repeats itself to the byte, and what it writes is whole."""

import numpy as np
import pandas as pd
import pytest
import torch

from sketch_classifier.data.dataset import Dataset
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.models.predict import predict_logits, probabilities
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import Train
from sketch_classifier.training import batches as batches_module
from sketch_classifier.training import train as train_module
from sketch_classifier.training.batches import batches
from sketch_classifier.training.train import train

QUIET = Train(device="cpu", loggers=())
FEW = (64, 20, 8)  # drawings, for networks that take long


@pytest.fixture
def run(tmp_path):
    """Train into a folder of that name; the folder."""

    def run(dataset, preset, name="run", seed=0, settings=QUIET):
        folder = tmp_path / name
        folders = {"out": folder / "models", "curves": folder / "curves", "cache": folder / "cache"}
        train(dataset, preset, settings, name="preset", seed=seed, **folders)
        return folder

    return run


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_learns_what_can_be_learnt(write_dataset, cnn, run):
    dataset = write_dataset()
    network, about = load_model(run(dataset, cnn) / "models")
    rows = dataset.rows("test")
    predicted = probabilities(predict_logits(network, dataset.images, rows), about.task).argmax(axis=1)
    assert (predicted == dataset.labels[rows]).mean() > 0.95


def test_binary_learns_the_positive_group(write_dataset, cnn, run):
    dataset = write_dataset(positive=("high", "low"))
    network, about = load_model(run(dataset, cnn.model_copy(update={"task": "binary"})) / "models")
    rows = dataset.rows("test")
    found = probabilities(predict_logits(network, dataset.images, rows), about.task)
    assert about.class_names == ("not up", "up") and found.shape == (len(rows), 2)
    assert (found.argmax(axis=1) == np.isin(dataset.labels[rows], [0, 2])).mean() > 0.95


@pytest.mark.parametrize(
    ("task", "ema", "keep", "patience"),
    [
        ("multiclass", 0.0, "last", None),
        ("multiclass", 0.9, "last", None),
        ("multiclass", 0.0, "best_loss", None),
        ("multiclass", 0.9, "best_loss", 1),
        ("binary", 0.0, "best_accuracy", 2),
    ],
)
def test_validation_figures_are_those_of_the_weights_that_were_saved(
    write_dataset, cnn, run, tmp_path, task, ema, keep, patience
):
    """evaluate measures the saved weights; train wrote the figures of the epoch that it says it kept."""
    dataset = write_dataset(positive=("high", "low"))
    # A rate so high that the validation figures go up and down from epoch to epoch.
    optimizer = cnn.optimizer.model_copy(update={"lr": 0.02})
    changes = {"task": task, "ema": ema, "keep": keep, "patience": patience, "epochs": 6, "optimizer": optimizer}
    folder = run(dataset, cnn.model_copy(update=changes))
    about = load_model(folder / "models")[1]
    curves = pd.read_csv(folder / "curves/learning_curves.csv")
    kept = curves.set_index("epoch").loc[about.final["epoch"]]
    figures = evaluate(dataset.folder, folder / "models", tmp_path / "metrics", tmp_path / "plots")
    for name in ("validation_accuracy", "validation_loss"):
        assert figures[name] == pytest.approx(kept[name], abs=2e-5)
    column = {"last": curves["epoch"], "best_loss": -curves["validation_loss"]}.get(keep, curves["validation_accuracy"])
    assert about.final["epoch"] == curves["epoch"][column.argmax()]


@pytest.mark.usefixtures("two_threads")
def test_same_seed_same_bytes_whatever_the_global_random_state(write_dataset, cnn, run):
    dataset = write_dataset()
    torch.manual_seed(1)
    first = files(run(dataset, cnn, "first"))
    torch.manual_seed(2)
    torch.rand(5)
    state = torch.get_rng_state()
    assert files(run(dataset, cnn, "second")) == first
    assert torch.equal(torch.get_rng_state(), state), "training must leave the global random state alone"
    other = files(run(dataset, cnn, "other", seed=1))
    assert other["models/model.safetensors"] != first["models/model.safetensors"]


def test_writes_the_curves_and_the_final_figures(write_dataset, cnn, run):
    folder = run(write_dataset(), cnn, settings=Train(device="cpu"))
    curves = pd.read_csv(folder / "curves/learning_curves.csv")
    assert list(curves) == ["epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy"]
    assert list(curves["epoch"]) == [1, 2, 3, 4]
    assert curves["validation_loss"].iloc[-1] < curves["validation_loss"].iloc[0]
    for split in ("train", "validation"):
        for what in ("loss", "accuracy"):
            live = pd.read_csv(folder / f"curves/plots/metrics/{split}/{what}.tsv", sep="\t")
            assert list(live) == ["step", what], "no time in the file"
            assert list(live[what]) == list(curves[f"{split}_{what}"])
    _, about = load_model(folder / "models")
    assert about.final == curves.iloc[-1].to_dict()
    assert not (folder / "cache/checkpoints").exists() or not list((folder / "cache/checkpoints").iterdir())


def test_validation_figures_are_those_of_the_saved_model(write_dataset, cnn, run):
    dataset = write_dataset()
    network, about = load_model(run(dataset, cnn) / "models")
    rows = dataset.rows("validation")
    found = probabilities(predict_logits(network, dataset.images, rows), about.task)
    own = found[np.arange(len(rows)), dataset.labels[rows]]
    assert about.final["validation_loss"] == pytest.approx(-np.log(own).mean(), abs=2e-6)
    accuracy = (found.argmax(axis=1) == dataset.labels[rows]).mean()
    assert about.final["validation_accuracy"] == pytest.approx(accuracy, abs=1e-6)


def test_streaming_gives_the_same_bytes_as_holding_the_dataset(write_dataset, cnn, run, monkeypatch):
    dataset = write_dataset()
    held = files(run(dataset, cnn, "held"))
    monkeypatch.setattr(batches_module, "MEMORY_SHARE", 0)
    assert files(run(dataset, cnn, "streamed")) == held


@pytest.mark.parametrize("flips", [pytest.param(False, marks=pytest.mark.slow), True])
def test_features_once_give_what_the_long_way_gives(write_dataset, mobilenet, run, monkeypatch, flips):
    """With mirror images, too: validation looks at them and training does not."""
    dataset = write_dataset(FEW)
    mobilenet = mobilenet.model_copy(update={"test_time_flip": flips})
    once = run(dataset, mobilenet, "once")
    monkeypatch.setattr(train_module, "only_classifier", lambda network, splits, *_: (network, splits))
    long = run(dataset, mobilenet, "long")
    (first, _), (second, about) = load_model(once / "models"), load_model(long / "models")
    assert about.frozen and about.flip_average is flips
    for (name, a), b in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5, msg=name)
    curves = [pd.read_csv(folder / "curves/learning_curves.csv") for folder in (once, long)]
    pd.testing.assert_frame_equal(*curves, atol=1e-4, rtol=1e-4)


def test_a_frozen_backbone_stays_as_it_was_loaded(write_dataset, mobilenet, backbone_file, run):
    from safetensors.torch import load_file

    network, _ = load_model(run(write_dataset(FEW), mobilenet) / "models")
    for name, value in load_file(backbone_file).items():
        if name.startswith("features."):
            assert torch.equal(network.state_dict()["backbone.0." + name.removeprefix("features.")], value), name


def test_none_freezes_nothing_and_says_so(write_dataset, mobilenet, run, capsys):
    preset = mobilenet.model_copy(update={"weights": ("none",), "epochs": 1})
    _, about = load_model(run(write_dataset(FEW), preset) / "models")
    assert about.weights == "none" and not about.frozen
    assert "from scratch" in capsys.readouterr().err


def test_one_line_an_epoch(write_dataset, cnn, run, capsys):
    run(write_dataset(), cnn)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in lines] == ["1/4", "2/4", "3/4", "4/4"]


@pytest.mark.parametrize("counts, named", [((0, 60, 30), "train"), ((60, 0, 30), "validation")])
def test_an_empty_split_is_refused(write_dataset, cnn, run, counts, named):
    with pytest.raises(UserError, match=f"the {named} split"):
        run(write_dataset(counts), cnn)


def test_a_class_without_training_drawings_is_named(write_dataset, cnn, run, capsys):
    labels = np.array([0, 1] * 60 + [0, 1, 2] * 20)
    run(write_dataset((120, 30, 30), labels=labels), cnn.model_copy(update={"epochs": 1}))
    assert "no training drawings of low" in capsys.readouterr().err


def test_binary_without_positive_group_is_refused_before_any_work(write_dataset, cnn, run, tmp_path):
    with pytest.raises(UserError, match="`positive`"):
        run(write_dataset(positive=()), cnn.model_copy(update={"task": "binary"}), "refused")
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    "optimizer, said",
    [
        ({"name": "Adm", "lr": 0.1}, "did you mean 'Adam'"),
        ({"name": "LBFGS", "lr": 0.1}, "unknown optimizer"),
        ({"name": "SGD", "lr": 0.1, "arguments": {"momentun": 0.9}}, "momentun"),
        ({"name": "Adam", "lr": 0.1, "arguments": {"betas": [2.0, 0.9]}}, "beta"),
    ],
)
def test_an_unfit_optimizer_is_refused(write_dataset, cnn, run, optimizer, said):
    preset = cnn.model_validate(cnn.model_dump() | {"optimizer": optimizer})
    with pytest.raises(UserError, match=said):
        run(write_dataset(FEW), preset)


def test_a_loss_that_is_no_number_is_refused_and_the_old_model_stays(write_dataset, cnn, run):
    dataset = write_dataset()
    before = files(run(dataset, cnn))
    diverging = cnn.model_validate(cnn.model_dump() | {"optimizer": {"name": "SGD", "lr": 1000}})
    with pytest.raises(UserError, match="epoch 1: .* training diverged"):
        run(dataset, diverging)
    left = files(run.__closure__[0].cell_contents / "run")
    assert {name: left[name] for name in before} == before


@pytest.mark.parametrize(("num_samples", "batch_size"), [(1, 4), (5, 4), (8, 4), (9, 4), (10, 4), (3, 1), (5, 8)])
def test_batches_take_every_sample_once_and_leave_none_alone(num_samples, batch_size):
    parts = list(batches(torch.arange(num_samples), batch_size))
    assert torch.cat(parts).tolist() == list(range(num_samples))
    assert max(map(len, parts)) <= batch_size + 1
    assert batch_size == 1 or num_samples == 1 or min(map(len, parts)) > 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_device_that_is_missing_is_refused(write_dataset, cnn, run):
    with pytest.raises(UserError, match="train.device: cuda"):
        run(write_dataset(), cnn, settings=Train(device="cuda", loggers=()))


def test_a_failure_leaves_the_old_outputs(write_dataset, cnn, run, monkeypatch):
    dataset = write_dataset()
    before = files(run(dataset, cnn))

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(train_module, "save_model", fail)
    with pytest.raises(UserError, match="run.*: cannot be written: no space left on device"):
        run(dataset, cnn, seed=1)
    left = files(run.__closure__[0].cell_contents / "run")
    assert {name: left[name] for name in before} == before
    assert not [name for name in left if "partial" in name]


def test_the_dataset_is_not_needed_to_use_the_model(write_dataset, cnn, run):
    dataset = write_dataset()
    folder = run(dataset, cnn)
    images = np.array(dataset.images[:3])
    for path in dataset.folder.iterdir():
        path.unlink()
    with pytest.raises(UserError):
        Dataset.open(dataset.folder)
    assert predict_logits(load_model(folder / "models")[0], images).shape == (3, 3)
