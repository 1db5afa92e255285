"""Synthetic street-view digits: reproducible, in the real proportions, and each shows its digit."""

import numpy as np
import pytest

from sketch_classifier.data.svhn import SvhnFile
from sketch_classifier.synthetic.digits import generate_digits, write_digits
from sketch_classifier.synthetic.digits.fonts import families
from sketch_classifier.synthetic.digits.layout import FREQUENCIES, draw_crop


@pytest.fixture(scope="module")
def generated() -> tuple[np.ndarray, np.ndarray]:
    return generate_digits(500)


def test_more_rows_begin_with_the_same_rows(generated):
    images, digits = generate_digits(30)
    np.testing.assert_array_equal(images, generated[0][:30])
    np.testing.assert_array_equal(digits, generated[1][:30])


def test_another_seed_or_file_gives_other_photographs(generated):
    for other in (generate_digits(20, seed=1), generate_digits(20, name="test_32x32")):
        assert not (other[0] == generated[0][:20]).all(axis=(1, 2, 3)).any()


@pytest.mark.slow
def test_files_hold_what_is_generated_whoever_makes_them(generated, tmp_path):
    counted = []
    (path,) = write_digits(tmp_path, "svhn", ["train_32x32"], 120, workers=2, progress=counted.append)
    read = SvhnFile.open(path)
    np.testing.assert_array_equal(np.concatenate(list(read.images())), generated[0][:120])
    np.testing.assert_array_equal(read.digits, generated[1][:120])
    assert path == tmp_path / "svhn/train_32x32.mat" and sum(counted) == 120
    (again,) = write_digits(tmp_path / "again", "svhn", ["train_32x32"], 120, workers=1)
    assert next(SvhnFile.open(again).images()).tobytes() == next(read.images()).tobytes()


@pytest.mark.slow
def test_digits_are_as_frequent_as_in_the_real_files():
    rng = np.random.default_rng(0)
    counts = np.bincount([draw_crop(rng).digit for _ in range(1500)], minlength=10)
    np.testing.assert_allclose(counts / 1500, FREQUENCIES, atol=0.035)
    assert FREQUENCIES.sum() == pytest.approx(1) and FREQUENCIES.argmax() == 1


def test_pixels_are_about_as_bright_and_as_varied_as_the_real_ones(generated):
    """The mean and deviation of SVHN's training file, channel by channel, as they are widely published."""
    values = generated[0] / 255
    np.testing.assert_allclose(values.mean(axis=(0, 2, 3)), [0.4377, 0.4438, 0.4728], atol=0.04)
    np.testing.assert_allclose(values.std(axis=(0, 2, 3)), [0.1980, 0.2010, 0.1970], atol=0.05)


def test_the_labelled_digit_is_in_the_middle_and_neighbours_are_cut_off():
    rng = np.random.default_rng(2)
    crops = [draw_crop(rng) for _ in range(200)]
    ink = np.stack([crop.ink for crop in crops]) / 255
    assert ink[:, 8:40, 12:36].mean(axis=(1, 2)).min() > 0.02
    at_sides = (ink[:, :, [0, -1]] > 0.5).any(axis=(1, 2)).mean()
    assert 0.3 < at_sides < 0.9


def test_every_family_has_faces_with_all_digits():
    fonts, shares = families()
    assert shares.sum() == pytest.approx(1) and min(map(len, fonts)) >= 1 and sum(map(len, fonts)) >= 40
    for font in (font for family in fonts for font in family):
        heights = [box[3] - box[1] for box in (font.getbbox(digit) for digit in "0123456789")]
        assert 50 <= min(heights) and max(heights) <= 64, font.path
