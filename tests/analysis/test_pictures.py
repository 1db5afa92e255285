"""The pictures are there, of a size to be read, and show what they say."""

import json
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread
from matplotlib.text import Text

from sketch_classifier.analysis.centroids import distances_figure
from sketch_classifier.analysis.class_distribution import distribution_figure
from sketch_classifier.analysis.confusion import confusion_figure
from sketch_classifier.analysis.learning_curves import curves_figure, read_curves
from sketch_classifier.analysis.look_alikes import look_alikes_figure
from sketch_classifier.analysis.reliability import reliability_figure
from sketch_classifier.analysis.sheets import (
    CELL,
    LINE,
    SIDE,
    TILE,
    TOP,
    Sheet,
    errors_sheets,
    pictures,
    render,
    samples_sheet,
)
from sketch_classifier.analysis.style import DPI, GREEN, ON_DARK, VERMILLION, class_colours, contrast, readable, save
from sketch_classifier.analysis.subgroups import country_figure, quality_figure
from sketch_classifier.analysis.tsne import tsne_3d_figure, tsne_figure
from sketch_classifier.analysis.tsne_page import turning_page
from sketch_classifier.errors import UserError
from sketch_classifier.params import official_categories

NAMES = {count: official_categories()[-count:] for count in (2, 3, 12, 60, 345)}
many = pytest.mark.parametrize("num_classes", [2, 12, pytest.param(60, marks=pytest.mark.slow), 345])
WIDEST, TALLEST = 13.4, 16.7  # inches of a figure, so that it can be read on a screen


def drawn(figure) -> np.ndarray:
    """The picture as (height, width, 4), which must have something in it."""
    file = BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    picture = imread(file)
    assert picture.std() > 0.01, "blank"
    height, width, _ = picture.shape
    assert width <= WIDEST * DPI and height <= TALLEST * DPI
    for text in figure.texts:
        assert text.get_window_extent().x1 <= width, f"cut off: {text.get_text()}"
    smallest = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(smallest) >= 7, "too small to be read"
    return picture


def written(figure) -> list[str]:
    """Every text of the figure that is not empty."""
    return [text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")) if text.get_text()]


def counts_of(num_classes, noise=0.3) -> pd.DataFrame:
    """A confusion matrix: nine correct drawings per class, and mistakes at random."""
    names = NAMES[num_classes]
    counts = np.random.default_rng(0).poisson(noise, (num_classes, num_classes)) + 9 * np.eye(num_classes, dtype=int)
    return pd.DataFrame(counts, index=names, columns=names)


def label_getters(axes):
    return axes.get_xticklabels, axes.get_yticklabels


def said(sheet) -> list[str]:
    """What stands under each drawing, a text a drawing."""
    return [" ".join(text for text, _ in caption) for caption in sheet.captions]


def test_errors_are_the_wrong_ones_page_by_page_and_the_most_confident_come_first(make_dataset, predictions):
    dataset = make_dataset()
    table = predictions(dataset, num_wrong=5)
    sheets = list(errors_sheets(dataset, table, 2, "cnn"))
    assert [len(sheet.pictures) for sheet in sheets] == [2, 2, 1]
    wrong = table[~table["correct"]].sort_values("confidence", ascending=False)
    expected = [f"true: {row.actual} ✗ {row.predicted} {row.confidence:.0%}" for row in wrong.itertuples()]
    assert [text for sheet in sheets for text in said(sheet)] == expected
    shown = np.concatenate([sheet.pictures for sheet in sheets])
    assert (shown[..., 0] == 255 - dataset.images[wrong["row"]]).all()
    assert "3–4 of 5 misclassified drawings" in sheets[1].detail


def test_no_error_is_said_so(make_dataset, predictions):
    dataset = make_dataset()
    (sheet,) = errors_sheets(dataset, predictions(dataset), 100, "cnn")
    assert sheet.title == "No misclassified drawings" and len(sheet.pictures) == 0
    assert np.asarray(render(sheet)).std() > 1


def test_samples_say_right_and_wrong_and_follow_the_seed(make_dataset, predictions):
    dataset = make_dataset()
    table = predictions(dataset, num_wrong=6)
    first, again, other = (samples_sheet(dataset, table, 12, "cnn", seed) for seed in (0, 0, 1))
    assert {"✓" in text for text in said(first)} == {True, False}
    assert said(first) == said(again) != said(other)
    for text, frame in zip(said(first), first.frames, strict=True):
        assert frame == (GREEN if "✓" in text else VERMILLION)


@pytest.mark.parametrize("number", [1, 1000])
def test_a_single_sample_and_more_than_there_are(make_dataset, predictions, number):
    dataset = make_dataset()
    table = predictions(dataset)
    assert len(samples_sheet(dataset, table, number, "cnn", 0).pictures) == min(number, len(table))


def test_a_binary_model_s_pictures_name_the_category(make_dataset, predictions):
    dataset = make_dataset(positive=("cat",), positive_name="pet")
    (sheet,) = errors_sheets(dataset, predictions(dataset, 2, "binary"), 10, "mobilenet")
    assert all(text.startswith("true: pet") and text.endswith("category: cat") for text in said(sheet))


@pytest.mark.parametrize("count", [1, 7, 130])
def test_a_sheet_shows_each_picture_in_its_place(count):
    """Plain colours: the middle of each tile is the colour that its picture has."""
    colours = np.random.default_rng(0).integers(0, 256, (count, 3), dtype=np.uint8)
    tiles = np.broadcast_to(colours[:, None, None], (count, 32, 32, 3))
    page = np.asarray(render(Sheet(tiles, [[("a name", "#000000")]] * count, [GREEN] * count, "title", "detail")))
    columns = min(max(5, round(count**0.5)), 20)
    for number, colour in enumerate(colours):
        row, column = divmod(number, columns)
        y, x = TOP + row * (TILE + 2 * LINE) + TILE // 2, SIDE + column * CELL + TILE // 2
        assert (page[y, x] == colour).all()
        assert to_hex(page[y - TILE // 2, x] / 255) == GREEN.lower()


def test_long_names_stay_within_their_column():
    tiles = np.full((2, 28, 28, 3), 255, np.uint8)
    name = "a very long name of a class that nobody would ever give " * 3
    page = np.asarray(render(Sheet(tiles, [[(name, "#000000")], []], ["#ffffff"] * 2, "t", "d")))
    under = page[TOP + TILE + 2 :]
    assert (under[:, : SIDE + CELL - 8] < 128).any() and (under[:, SIDE + CELL :] == 255).all()


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
    counts = counts_of(num_classes)
    counts.iloc[1] = 0  # a class that nobody drew
    names = NAMES[num_classes]
    figure = confusion_figure(counts, "cnn")
    drawn(figure)
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    worst = set(mistakes.sort_values(ascending=False, kind="stable").index[:30])
    labels = [[label for label in get() if label.get_text()] for get in label_getters(figure.axes[0])]
    shown = worst if num_classes == 345 else set(names)
    for axis in labels:
        assert {label.get_text() for label in axis} == shown
        assert_no_overlap(axis)
    title, detail = (text.get_text() for text in figure.texts[:2])
    assert ("30 of 345 classes with the most errors" in title) == (num_classes == 345)
    assert ("metrics/confusion_matrix.csv" in detail) == (num_classes == 345)
    assert f"accuracy {np.trace(counts) / counts.to_numpy().sum():.1%}" in detail


def test_a_cell_of_a_cut_matrix_has_the_share_of_all_drawings_of_its_row():
    counts = counts_of(345)
    figure = confusion_figure(counts, "cnn")
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    expected = counts.div(counts.sum(axis=1), axis=0).loc[names, names]
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), expected)


@many
def test_distribution(num_classes):
    counts = np.random.default_rng(0).integers(0, 9000, (num_classes, 3))
    names = NAMES[num_classes]
    figure = distribution_figure(counts, names)
    drawn(figure)
    fewest = [names[code] for code in np.argsort(counts.sum(axis=1), kind="stable")[:30]]
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == (fewest if num_classes == 345 else list(names))
    assert all(f"{total:,}" in " ".join(written(figure)) for total in counts.sum(axis=0))
    assert any("30 of 345 classes with the fewest drawings" in text for text in written(figure)) == (num_classes == 345)
    assert_no_overlap(figure.axes[0].get_yticklabels())


@many
def test_tsne_names_every_class_shown_once_and_no_name_covers_another(num_classes):
    rng = np.random.default_rng(0)
    labels, shown = (
        np.repeat(np.arange(num_classes), 4),
        np.arange(num_classes)[:60:2] if num_classes > 60 else range(num_classes),
    )
    figure = tsne_figure(rng.normal(size=(len(labels), 2)), labels, NAMES[num_classes], np.array(shown), "cnn")
    drawn(figure)
    names = figure.axes[0].get_legend().get_texts() if num_classes == 2 else figure.axes[0].texts
    assert sorted(text.get_text() for text in names) == sorted(NAMES[num_classes][code] for code in shown)
    assert_no_overlap(names)
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == len(labels)
    assert any("30 of 345 classes" in text for text in written(figure)) == (num_classes == 345)


def test_a_class_that_is_shown_but_was_not_drawn_has_no_name():
    labels = np.repeat([0, 2, 3], 4)
    positions = np.random.default_rng(0).normal(size=(12, 2))
    figure = tsne_figure(positions, labels, ("a", "b", "c", "d"), np.array([0, 1, 2]), "cnn")
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["a", "c"]
    drawn(figure)


@pytest.mark.parametrize("num_classes", [3, 12, 60, 345])
def test_look_alikes_join_the_pairs_that_are_often_confused_and_no_others(num_classes):
    """Neighbours 0–1, 2–3 and so on are confused by 20 drawings each; all else by a few at random."""
    counts = counts_of(num_classes, noise=0.01)
    paired = np.arange(num_classes - num_classes % 2)
    often = np.zeros((num_classes, num_classes), int)
    often[paired, paired ^ 1] = 20
    counts += often
    figure = look_alikes_figure(counts, "cnn")
    drawn(figure)
    labels = [label for label in figure.axes[0].get_yticklabels() if label.get_text()]
    shown = {label.get_text() for label in labels}
    assert shown <= {NAMES[num_classes][code] for code in paired}
    assert len(shown) == (30 if num_classes == 345 else len(paired))
    assert_no_overlap(labels)
    assert len(figure.axes[0].collections[0].get_segments()) == len(shown) / 2  # a bracket a pair, none between pairs


@pytest.mark.parametrize(
    "counts",
    [
        np.diag([3, 4, 5]),  # nothing was ever confused
        np.diag([30] * 12) + np.eye(12, k=1, dtype=int) * 4,  # four mistakes a pair: too few
        np.full((12, 12), 7) + np.diag([30] * 12),  # everything is confused with everything
        np.array([[50, 40], [30, 60]]),  # two classes have no other class to be confused with
    ],
)
def test_classes_that_chance_joins_are_not_joined(counts):
    names = NAMES[12][: len(counts)]
    figure = look_alikes_figure(pd.DataFrame(counts, index=names, columns=names), "cnn")
    drawn(figure)
    assert "No two classes are confused significantly more often than by chance" in written(figure)
    assert not set(names) & set(written(figure))


@pytest.mark.parametrize("num_classes", [2, 12, 345])
def test_tsne_in_three_dimensions_shows_every_class_of_few(num_classes):
    labels, names = np.repeat(np.arange(num_classes), 4), NAMES[num_classes]
    shown = np.arange(num_classes)[:30]
    positions = np.random.default_rng(0).normal(size=(len(labels), 3))
    figure = tsne_3d_figure(positions, labels, names, shown, "cnn")
    drawn(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [names[code] for code in shown]
    assert len(figure.axes) == 2
    page = turning_page(
        positions, labels, names, shown, np.zeros((len(labels), 28, 28, 3), np.uint8), [""] * len(labels), "cnn"
    )
    assert ('"name":"315 other classes"' in page) == (num_classes == 345)
    assert ("30 of 345 classes with the most errors" in page) == (num_classes == 345)
    assert all(f'"name":{json.dumps(names[code])}' in page for code in shown)


def test_many_countries_are_cut_to_those_with_the_most_drawings():
    names = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"]
    table = pd.DataFrame({"country": names, "count": range(1000, 900, -1), "accuracy": 0.8, "low": 0.7, "high": 0.9})
    figure = country_figure(table, 0.8, "efficientnet_lite")
    drawn(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == names[:40]
    assert any("40 of 100" in text for text in written(figure))


def test_countries_that_are_read_worse_are_marked():
    table = pd.DataFrame(
        {"country": ["US", "JP"], "count": [900, 80], "accuracy": [0.9, 0.6], "low": [0.88, 0.5], "high": [0.92, 0.7]}
    )
    figure = country_figure(table, 0.88, "cnn")
    assert figure.axes[0].get_ylabel() == "country code (ZZ: unknown)"
    drawn(figure)
    assert {"US", "JP", "90.0% of 900", "60.0% of 80"} <= set(written(figure))
    bars = [to_hex(bar.get_facecolor()[:3]) for bar in figure.axes[0].patches[:2]]
    assert bars[0] != bars[1]


def test_what_a_dataset_has_nothing_for_says_so():
    empty = pd.DataFrame(columns=["quality", "group", "country", "count", "accuracy", "low", "high"])
    for figure in (quality_figure(empty, "cnn"), country_figure(empty, 0.9, "cnn")):
        drawn(figure)
        assert any("Not available" in text for text in written(figure))
    none = distances_figure(pd.DataFrame({"nearer_to": []}), "cnn", "drawings")
    drawn(none)
    assert "No drawings were misclassified" in written(none)


def test_distances_count_both_sides():
    table = pd.DataFrame(
        {
            "distance_actual": [1, 2, 3.0],
            "distance_predicted": [2, 1, 1.0],
            "nearer_to": ["actual", "predicted", "predicted"],
        }
    )
    figure = distances_figure(table, "cnn", "drawings")
    drawn(figure)
    assert {"closer to the predicted class: 2 (67%)", "closer to the true class: 1 (33%)"} <= set(written(figure))


@pytest.mark.parametrize("scalings", [("before",), ("before", "after")])
def test_reliability(scalings):
    parts = [
        pd.DataFrame({"scaling": name, "bin_low": [0, 0.5], "bin_high": [0.5, 1], "count": [5, 50],
                      "confidence": [0.4, 0.9], "accuracy": [0.2, 0.9]})
        for name in scalings
    ]  # fmt: skip
    figures = pd.DataFrame(
        {"figure": ["expected_calibration_error", "expected_calibration_error_scaled"], "value": [0.125, 0.0625]}
    )
    figure = reliability_figure(pd.concat(parts), figures, "cnn")
    drawn(figure)
    assert any("ECE 12.5%" in text for text in written(figure))
    assert any("6.2%" in text for text in written(figure)) == ("after" in scalings)


def test_curves(tmp_path):
    path = tmp_path / "learning_curves.csv"
    path.write_text("epoch,train_loss,validation_loss,train_accuracy,validation_accuracy\n1,2.0,1.5,0.5,0.625\n")
    figure = curves_figure(read_curves(path), "cnn")
    drawn(figure)
    assert {"loss", "accuracy", "train (2.000)", "validation (62.5%)"} <= set(written(figure))
    with pytest.raises(UserError, match="dvc repro train"):
        read_curves(tmp_path / "missing.csv")


def test_curves_end_with_the_data():
    epochs = pd.DataFrame(
        {name: [0.9, 0.95, 1.0] for name in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")}
    )
    loss, accuracy = curves_figure(epochs.assign(epoch=[1, 2, 3]), "cnn").axes
    assert loss.get_xlim() == accuracy.get_xlim() == (1, 3) and accuracy.get_ylim()[1] == 1
    assert accuracy.yaxis.get_major_formatter()(0.95) == "95%"


@pytest.mark.parametrize("num_classes", [1, 2, 7, 60])
def test_classes_can_be_told_from_the_page(num_classes):
    colours = class_colours(num_classes)
    assert len({to_hex(colour) for colour in colours}) == num_classes
    assert min(map(contrast, colours)) >= 3
    assert min(map(contrast, readable(colours))) >= 4.5
    dark = contrast(np.array([0x16, 0x18, 0x1C]) / 255)
    assert min(dark / contrast(colour) for colour in class_colours(num_classes, ON_DARK)) >= 4.5
    assert contrast(np.zeros(3)) == pytest.approx(21) and contrast(np.ones(3)) == pytest.approx(1)


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
