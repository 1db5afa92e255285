"""The pictures are there, of a size to be read, and show what they say."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from sketch_classifier.analysis.confusion import confusion_figure
from sketch_classifier.analysis.curves import curves_figure, read_curves
from sketch_classifier.analysis.distribution import distribution_figure
from sketch_classifier.analysis.drawings import pictures
from sketch_classifier.analysis.embedding import tsne_figure
from sketch_classifier.analysis.predictions import errors_figure, samples_figure
from sketch_classifier.analysis.style import GREEN, VERMILLION, save
from sketch_classifier.errors import UserError
from sketch_classifier.params import official_categories

NAMES = {count: official_categories()[-count:] for count in (2, 12, 60, 345)}
many = pytest.mark.parametrize("num_classes", [2, 12, 60, pytest.param(345, marks=pytest.mark.slow)])


def drawn(figure) -> np.ndarray:
    """The picture as (height, width, 4), which must have something in it."""
    file = BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    picture = imread(file)
    assert picture.std() > 0.01, "blank"
    assert max(picture.shape) < 5000
    return picture


def written(figure) -> list[str]:
    """Every text of the figure that is not empty."""
    return [text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")) if text.get_text()]


def test_errors_are_the_wrong_ones_and_the_most_confident_come_first(make_dataset, predictions):
    dataset = make_dataset()
    table = predictions(dataset, num_wrong=5)
    figure = errors_figure(dataset, table, 3, "cnn")
    drawn(figure)
    wrong = sorted(table.loc[~table["correct"], "confidence"], reverse=True)
    said = [text for text in written(figure) if text.startswith("✗")]
    assert [text.split()[-1] for text in said] == [f"{confidence:.0%}" for confidence in wrong[:3]]
    assert any("3 of the 5 errors" in text for text in written(figure))


def test_no_error_is_said_so(make_dataset, predictions):
    dataset = make_dataset()
    figure = errors_figure(dataset, predictions(dataset), 100, "cnn")
    drawn(figure)
    assert "No drawing was misclassified" in written(figure)


def test_samples_say_right_and_wrong_and_follow_the_seed(make_dataset, predictions):
    dataset = make_dataset()
    table = predictions(dataset, num_wrong=6)
    figure = samples_figure(dataset, table, 12, "cnn", seed=0)
    drawn(figure)
    marks = {text[0]: text for text in written(figure) if text[0] in "✓✗"}
    assert set(marks) == {"✓", "✗"}
    again, other = (written(samples_figure(dataset, table, 12, "cnn", seed)) for seed in (0, 1))
    assert written(figure) == again != other


def test_a_single_sample_and_more_than_there_are(make_dataset, predictions):
    dataset = make_dataset()
    table = predictions(dataset)
    for number, expected in ((1, 1), (1000, len(table))):
        figure = samples_figure(dataset, table, number, "cnn", 0)
        drawn(figure)
        assert len([text for text in written(figure) if text.startswith("✓")]) == expected


def test_a_binary_model_s_pictures_name_the_category(make_dataset, predictions):
    dataset = make_dataset(positive=("cat",), positive_name="pet")
    figure = errors_figure(dataset, predictions(dataset, 2, "binary"), 10, "mobilenet")
    assert {"true: pet", "category: cat"} <= set(written(figure))


def test_drawings_are_dark_on_white_and_photographs_as_they_are():
    grey = np.zeros((1, 28, 28), np.uint8)
    grey[0, 3, 5] = 255
    assert (pictures(grey, 1)[0, 3, 5] == 0).all() and (pictures(grey, 1)[0, 0, 0] == 255).all()
    assert (pictures(np.repeat(grey[:, None], 3, axis=1), 3) == pictures(grey, 1)).all()
    photograph = np.random.default_rng(0).integers(0, 256, (2, 3, 28, 28), dtype=np.uint8)
    assert (pictures(photograph, "color")[1, 4, 6] == photograph[1, :, 4, 6]).all()


def test_stroke_order_is_coloured_ink_on_white():
    image = np.zeros((1, 3, 28, 28), np.uint8)
    image[0, 0, 1, 1] = image[0, 1, 2, 2] = 255
    shown = pictures(image, "stroke_order")[0]
    assert to_hex(shown[1, 1] / 255) == VERMILLION.lower()
    assert to_hex(shown[2, 2] / 255) == GREEN.lower()
    assert (shown[0, 0] == 255).all()


@many
def test_confusion(num_classes):
    counts = np.random.default_rng(0).poisson(0.3, (num_classes, num_classes)) + 9 * np.eye(num_classes, dtype=int)
    counts[1] = 0  # a class that nobody drew
    figure = confusion_figure(pd.DataFrame(counts, index=NAMES[num_classes], columns=NAMES[num_classes]), "cnn")
    drawn(figure)
    assert set(NAMES[num_classes]) <= set(written(figure))
    assert (str(counts[0, 0]) in " ".join(written(figure)).split()) == (num_classes < 40)
    assert_no_overlap([label for label in figure.axes[0].get_xticklabels() if label.get_text()])
    assert_no_overlap([label for label in figure.axes[0].get_yticklabels() if label.get_text()])


@many
def test_distribution(num_classes):
    counts = np.random.default_rng(0).integers(0, 9000, (num_classes, 3))
    figure = distribution_figure(counts, NAMES[num_classes])
    drawn(figure)
    assert set(NAMES[num_classes]) <= set(written(figure))
    assert all(f"{total:,}" in " ".join(written(figure)) for total in counts.sum(axis=0))
    for axes in figure.axes:
        assert_no_overlap(axes.get_yticklabels())


@many
def test_tsne_names_every_class_once_and_no_name_covers_another(num_classes):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(num_classes), 4)
    figure = tsne_figure(rng.normal(size=(len(labels), 2)), labels, NAMES[num_classes], "cnn")
    drawn(figure)
    names = figure.axes[0].get_legend().get_texts() if num_classes == 2 else figure.axes[0].texts
    assert sorted(text.get_text() for text in names) == sorted(NAMES[num_classes])
    if num_classes < 345:
        assert_no_overlap(names)


def test_curves(tmp_path):
    path = tmp_path / "learning_curves.csv"
    path.write_text("epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2.0,1.5,0.5,0.625\n")
    figure = curves_figure(read_curves(path), "cnn")
    drawn(figure)
    assert {"loss", "accuracy", "train (2.000)", "validation (0.625)"} <= set(written(figure))
    with pytest.raises(UserError, match="dvc repro train"):
        read_curves(tmp_path / "missing.csv")


def test_files_are_the_same_bytes_each_time_and_say_no_software(tmp_path):
    for name in ("a.png", "b.png"):
        save(distribution_figure(np.ones((2, 3), int), NAMES[2]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def assert_no_overlap(texts) -> None:
    boxes = np.array([text.get_window_extent().extents for text in texts])
    low, high = np.maximum(boxes[:, None, :2], boxes[None, :, :2]), np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    covered = ((high - low) > 1).all(axis=-1)
    np.fill_diagonal(covered, False)
    assert not covered.any(), [texts[i].get_text() for i in np.argwhere(covered)[:3].ravel()]


def test_photographs_are_shown_as_they_are():
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), np.uint8)
    np.testing.assert_array_equal(pictures(images, "color"), images.transpose(0, 2, 3, 1))
    grey = np.repeat(images[:, :1], 3, axis=1)
    np.testing.assert_array_equal(pictures(grey, "color"), grey.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(pictures(grey, 3), 255 - grey.transpose(0, 2, 3, 1))
