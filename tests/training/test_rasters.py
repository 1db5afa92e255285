"""Drawings that are changed as strokes and then drawn: the rasteriser's own pen, and training with it."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sketch_classifier import synthetic
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.data.preprocess import preprocess
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.rasters import Rasters
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.models.predict import predict_logits
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import Augmentation, DatasetPreset, ModelPreset, RasterInput, Split, Train
from sketch_classifier.training import batches as batches_module
from sketch_classifier.training.augmentation import draw_augmented
from sketch_classifier.training.batches import Noise
from sketch_classifier.training.train import train

EVERYTHING = Augmentation(
    flip=0.5, rotate=20.0, translate=0.1, scale=0.2, shear=15.0, elastic=0.02, erase=0.5, drop_strokes=0.3, jitter=0.02
)
NUMBERS = st.lists(st.integers(0, 255), min_size=1, max_size=9)
STROKES = st.lists(NUMBERS.map(lambda xs: [xs, xs[::-1]]), min_size=1, max_size=5)
DRAWINGS = st.lists(STROKES, min_size=1, max_size=5)
INPUTS = st.builds(RasterInput, kind=st.just("rasters"), size=st.integers(16, 40), channels=st.sampled_from([1, 3]))
FACE = [
    [[0, 255, 255, 0, 0], [0, 0, 200, 200, 0]],
    [[60], [60]],
    [[180, 190], [60, 65]],
    [[60, 120, 200], [140, 170, 140]],
]
SIZE = 32
SMALL = RasterInput(kind="rasters", size=SIZE, channels=1)
ORDERED = RasterInput(kind="rasters", size=SIZE, channels=3)


def channels(input):
    return "gray" if input.channels == 1 else "stroke_order"


def sequences(drawings) -> torch.Tensor:
    drawings = Drawings.from_lists(drawings, dtype=np.uint8)
    return torch.from_numpy(Rasters(drawings, 16, "gray").sequences()[:])


def augmented(drawings, input, settings, seed=0, share=slice(None)) -> np.ndarray:
    noise = Noise(seed, len(drawings), share, "cpu")
    return draw_augmented(sequences(drawings)[share], input, settings, noise).numpy()


def in_the_middle(drawing) -> list:
    """As `rasterize` moves it."""
    shifts = [(256 - max(max(stroke[axis]) for stroke in drawing)) / 2 for axis in range(2)]
    return [[[value + shifts[axis] for value in stroke[axis]] for axis in range(2)] for stroke in drawing]


@pytest.mark.slow
@given(DRAWINGS, INPUTS, st.integers(0, 2**40))
def test_no_change_gives_the_bitmaps_of_the_dataset_byte_for_byte(drawings, input, seed):
    expected = rasterize(
        Drawings.from_lists(drawings, dtype=np.uint8), input.size, as_is=True, channels=channels(input)
    )
    np.testing.assert_array_equal(augmented(drawings, input, Augmentation(), seed), expected)
    without_noise = draw_augmented(sequences(drawings), input, EVERYTHING, None)
    np.testing.assert_array_equal(without_noise.numpy(), expected)


@given(DRAWINGS, INPUTS)
def test_a_mirrored_drawing_is_drawn_of_mirrored_strokes(drawings, input):
    mirrored = [[[[256 - x for x in xs], ys] for xs, ys in in_the_middle(drawing)] for drawing in drawings]
    expected = rasterize(mirrored, input.size, as_is=True, centre=False, channels=channels(input))
    np.testing.assert_array_equal(augmented(drawings, input, Augmentation(flip=1.0)), expected)


@given(st.integers(0, 2**40))
def test_the_seed_decides_and_processes_share_the_work(seed):
    drawings = [FACE] * 5
    whole = augmented(drawings, ORDERED, EVERYTHING, seed)
    assert whole.shape == (5, 3, SIZE, SIZE)
    np.testing.assert_array_equal(augmented(drawings, ORDERED, EVERYTHING, seed), whole)
    shares = [augmented(drawings, ORDERED, EVERYTHING, seed, slice(start, None, 2)) for start in range(2)]
    np.testing.assert_array_equal(shares[0], whole[0::2])
    np.testing.assert_array_equal(shares[1], whole[1::2])
    assert len({image.tobytes() for image in [*whole, *augmented(drawings, ORDERED, EVERYTHING, seed + 1)]}) > 5


def test_a_line_is_as_wide_as_ever_whatever_the_scale():
    """About the middle, where the line stays when it gets longer or shorter."""
    line = [[[0, 255], [0, 0]]]
    images = augmented([line] * 20, SMALL, Augmentation(scale=0.15))
    plain = rasterize([line], SIZE, as_is=True)[0]
    assert len(set(images.astype(int).sum(axis=(1, 2)))) > 10
    np.testing.assert_array_equal(images[:, :, SIZE // 2], np.tile(plain[:, SIZE // 2], (20, 1)))


def test_what_is_left_of_a_drawing_stays_where_it_was():
    images = augmented([FACE] * 40, SMALL, Augmentation(drop_strokes=0.6))
    strokes = in_the_middle(FACE)
    subsets = [subset for num in range(1, 5) for subset in itertools.combinations(strokes, num)]
    possible = {image.tobytes() for image in rasterize(subsets, SIZE, as_is=True, centre=False)}
    found = {image.tobytes() for image in images}
    assert found <= possible and len(found) > 5


def test_erasing_takes_ink_away_and_adds_none():
    plain = rasterize([FACE], SIZE, as_is=True, channels="stroke_order")[0]
    images = augmented([FACE] * 20, ORDERED, Augmentation(erase=1.0))
    gone = images != plain
    assert not images[gone].any() and gone.any(axis=(1, 2, 3)).sum() > 5


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """40 synthetic drawings each of three categories."""
    folder, categories = tmp_path_factory.mktemp("rasters"), ("apple", "bicycle", "house")
    synthetic.write(folder / "raw", "simplified", categories, 40, seed=0)
    preset = DatasetPreset(format="simplified", categories=categories, limit=None)
    preprocess(folder / "raw", preset, Split(train=0.7, validation=0.3, test=0), folder / "processed")
    return Dataset.open(folder / "processed")


@pytest.fixture
def preset():
    return ModelPreset.model_validate(
        {
            "architecture": "cnn",
            "task": "multiclass",
            "input": {"kind": "rasters", "size": 24, "channels": 3},
            "augmentation": {"flip": 0.5, "rotate": 10.0, "drop_strokes": 0.1},
            "optimizer": {"name": "Adam", "lr": 0.002},
            "batch_size": 32,
            "epochs": 2,
        }
    )


@pytest.fixture
def run(tmp_path, dataset):
    """Train into a folder of that name; its files by their names."""

    def run(preset, name):
        folder = tmp_path / name
        train(
            dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0,
            out=folder / "models", curves=folder / "curves", cache=folder / "cache",
        )  # fmt: skip
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return run


@pytest.mark.parametrize("augmented", [True, False])
def test_training_repeats_itself_and_streams(dataset, preset, run, monkeypatch, augmented):
    if not augmented:
        preset = preset.model_copy(update={"augmentation": Augmentation()})
    first = run(preset, "first")
    assert run(preset, "again") == first
    monkeypatch.setattr(batches_module, "MEMORY_SHARE", 0)
    assert run(preset, "streamed") == first


def test_the_model_says_what_it_sees_and_its_figures_are_those_of_plain_drawings(dataset, preset, run, tmp_path):
    run(preset, "run")
    network, about = load_model(tmp_path / "run/models")
    assert (about.image_shape, about.channels) == ((3, 24, 24), "stroke_order")
    rows = dataset.rows("validation")
    logits = predict_logits(network, dataset.inputs(preset.input), rows)
    accuracy = (logits.argmax(axis=1) == dataset.labels[rows]).mean()
    assert about.final["validation_accuracy"] == pytest.approx(accuracy, abs=1e-6)


def test_a_teacher_sees_the_same_drawings(preset, run, tmp_path):
    preset = preset.model_copy(update={"epochs": 1})
    plain = run(preset, "plain")
    distillation = preset.distillation.model_copy(update={"teacher": str(tmp_path / "plain/models")})
    taught = run(preset.model_copy(update={"distillation": distillation}), "taught")
    assert taught["model.safetensors"] != plain["model.safetensors"]
