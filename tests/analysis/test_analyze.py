"""All the pictures of one run."""

import pytest
from matplotlib.image import imread

from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.errors import UserError
from sketch_classifier.models.registry import build_network
from sketch_classifier.models.saved import About, save_model
from sketch_classifier.params import Analyze, ImageInput, ModelPreset, Optimizer

PICTURES = {"samples", "errors", "confusion_matrix", "class_distribution", "learning_curves", "tsne_2d"}
PARAMS = Analyze(num_samples=3, num_errors=4, tsne_samples=10, tsne_perplexity=30.0)


@pytest.fixture
def inputs(tmp_path, make_dataset, predictions):
    """A function from a task and a number of channels to the first four arguments of `analyze`."""

    def make(task="multiclass", channels=1) -> tuple:
        dataset = make_dataset(channels=channels, positive=("cat",), positive_name="pet")
        preset = ModelPreset(
            architecture="cnn", task=task, input=ImageInput(size=28, channels=1),
            optimizer=Optimizer(name="Adam", lr=0.001), batch_size=8, epochs=1,
        )  # fmt: skip
        names = dataset.class_names(task)
        about = About(
            name="preset", preset=preset, class_names=names, categories=dataset.categories, positive=("cat",), positive_name="pet",
            image_shape=(28, 28), channels=1, weights="none", failed_weights=(), frozen=False, num_parameters=1,
            num_train=12, num_validation=6, seed=0, final={},
        )  # fmt: skip
        save_model(tmp_path / "model", build_network("cnn", preset.input, 3 if task == "multiclass" else 1), about)
        predictions(dataset, 2, task).to_csv(tmp_path / "predictions.csv", index=False)
        (tmp_path / "curves.csv").write_text(
            "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2,2,.3,.3\n2,1,2,.5,.4\n"
        )
        return dataset.folder, tmp_path / "model", tmp_path / "predictions.csv", tmp_path / "curves.csv"

    return make


@pytest.mark.parametrize(("task", "channels"), [("multiclass", 1), ("binary", 3)])
def test_every_picture_and_no_other_file(tmp_path, inputs, task, channels):
    analyze(*inputs(task, channels), tmp_path / "plots", PARAMS, seed=0)
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {f"{name}.png" for name in PICTURES}
    for path in (tmp_path / "plots").iterdir():
        picture = imread(path)
        assert picture.std() > 0.01 and min(picture.shape[:2]) > 200, path.name


def test_same_seed_same_bytes(tmp_path, inputs):
    arguments = inputs()
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        analyze(*arguments, tmp_path / folder, PARAMS, seed)
    for name in PICTURES:
        a, b, c = ((tmp_path / folder / f"{name}.png").read_bytes() for folder in "abc")
        assert a == b, name
        assert (a != c) == (name in ("samples", "tsne_2d")), name


@pytest.mark.parametrize(("missing", "stage"), [(2, "evaluate"), (3, "train")])
def test_what_to_run_first(tmp_path, inputs, missing, stage):
    arguments = inputs()
    arguments[missing].unlink()
    with pytest.raises(UserError, match=f"dvc repro {stage}"):
        analyze(*arguments, tmp_path / "plots", PARAMS, 0)
    assert not (tmp_path / "plots").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row,actual,predicted,confidence,correct\n0,cat,zebra,0.5,False\n", "of another model or dataset"),
        ("row,actual,predicted,confidence,correct\n999999,cat,cat,0.5,True\n", "of another model or dataset"),
        ("garbage\n1\n", "damaged .no column"),
        ("", "damaged"),
    ],
)
def test_predictions_that_do_not_belong_here(tmp_path, inputs, text, said):
    arguments = inputs()
    arguments[2].write_text(text)
    with pytest.raises(UserError, match=f"predictions.csv: {said}"):
        analyze(*arguments, tmp_path / "plots", PARAMS, seed=0)
