"""The result type: what it holds, prints, plots, and shows in a notebook."""

import matplotlib
import numpy as np
import pytest

from sketch_classifier import Predictor, UserError, rasterize, simplify
from sketch_classifier.drawings.formats import write_ndjson
from sketch_classifier.serving.results import MOST_PRINTED


@pytest.fixture(scope="module")
def drawings(unseen):
    return simplify(unseen("house", 8)[:4])


@pytest.fixture(scope="module")
def files(tmp_path_factory, drawings):
    folder = tmp_path_factory.mktemp("results")
    write_ndjson(folder / "houses.ndjson", drawings)
    np.save(folder / "houses.npy", rasterize(drawings))
    np.save(folder / "one <house>.npy", rasterize(drawings[:1]))
    return folder


@pytest.mark.parametrize("channels", [1, "stroke_order"])
def test_strokes_give_the_probabilities_of_predict_strokes(trained, drawings, channels):
    predictor = trained(channels)
    result = predictor.predict(drawings)
    np.testing.assert_array_equal(result.probabilities, predictor.predict_strokes(drawings))
    np.testing.assert_array_equal(np.asarray(result), result.probabilities)
    np.testing.assert_array_equal([one.image for one in result], predictor.bitmaps(drawings))
    again = predictor.predict(iter(drawings.to_lists()))
    np.testing.assert_array_equal(again.probabilities, result.probabilities)


def test_images_give_the_probabilities_of_predict_images(trained, drawings):
    images = rasterize(drawings)
    np.testing.assert_array_equal(trained().predict(images).probabilities, trained().predict_images(images))


def test_files_come_in_order_with_their_names(trained, files, drawings):
    result = trained().predict_files([files / "houses.npy", files / "houses.ndjson"])
    assert [one.name for one in result] == [
        f"{files / name}:{n}" for name in ("houses.npy", "houses.ndjson") for n in (1, 2, 3, 4)
    ]
    expected = trained().predict_strokes(drawings)
    np.testing.assert_allclose(result.probabilities, np.concatenate([expected, expected]), atol=1e-6)
    folder = trained().predict_files(str(files))
    assert len(folder) == 9
    assert folder[-1].name == str(files / "one <house>.npy")


def test_the_likeliest_come_first(trained, drawings):
    result = trained().predict(drawings)
    for one, row in zip(result, result.probabilities, strict=True):
        names, shares = zip(*one.top(3), strict=True)
        assert list(shares) == sorted(row, reverse=True)
        assert (one.label, one.confidence) == (names[0], shares[0]) == one.top(1)[0]
    assert result.labels == [one.label for one in result]
    assert result.top(2) == [one.top(2) for one in result]
    assert [len(one) for one in result.top(9)] == [3] * 4  # all classes that there are


def test_it_is_a_sequence(trained, drawings):
    result = trained().predict(drawings)
    assert len(result[1:3]) == 2 and result[1:3][0] is result[1] and result[-1] is list(result)[3]
    with pytest.raises(IndexError):
        result[4]
    none = trained().predict(np.zeros((0, 28, 28), np.uint8))
    assert len(none) == 0 and repr(none) == "no drawings" and none.labels == []


def test_text_has_a_line_a_drawing(trained, drawings):
    result = trained().predict(drawings)
    lines = repr(result).splitlines()
    assert len(lines) == 4 and lines[0].startswith("drawing:1  ") and lines[0] == repr(result[0])
    assert f"{result[0].label} {result[0].confidence:.1%}, " in lines[0]
    many = trained().predict(np.zeros((MOST_PRINTED + 1001, 28, 28), np.uint8))
    assert repr(many).splitlines()[-1] == "… and 1,001 more"
    assert len(repr(many).splitlines()) == MOST_PRINTED + 1


def test_a_notebook_shows_a_table_with_pictures(trained, files):
    result = trained().predict_files([files / "one <house>.npy", files / "houses.npy"])
    text = result._repr_html_()
    assert text.count('src="data:image/png;base64,') == 5
    assert "one &lt;house&gt;.npy" in text and "<house>" not in text
    assert result[0]._repr_html_().count("<img") == 1


def test_it_plots_itself(trained, drawings):
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    result = trained("stroke_order").predict(drawings)
    axes = result.plot(2)
    assert axes.shape == (4, 2)
    assert [len(right.patches) for _, right in axes] == [2] * 4
    assert axes[1, 1].get_title(loc="left") == "drawing:2"
    left, right = result[0].plot()
    assert left.images[0].get_array().shape == (28, 28, 3) and len(right.patches) == 3
    plt.close("all")


def test_bad_files(trained, files, tmp_path):
    with pytest.raises(UserError, match="missing.npy: not found"):
        trained().predict_files([files / "houses.npy", tmp_path / "missing.npy"])
    with pytest.raises(UserError, match="no .ndjson, .npy"):
        trained().predict_files(tmp_path)
    lines = (files / "houses.ndjson").read_text().splitlines()
    (tmp_path / "some.ndjson").write_text("\n".join([lines[0], "{}", lines[1]]))
    with pytest.warns(UserWarning, match="some.ndjson:2: "):
        result = trained().predict_files([tmp_path / "some.ndjson"])
    assert [one.drawn.number for one in result] == [1, 3]


def test_pretrained_models_have_it_too(pretrained, drawings):
    assert len(Predictor.pretrained("sketchnet_tiny").predict(drawings)[0].top(5)) == min(
        5, len(Predictor.pretrained("sketchnet_tiny").classes)
    )
