"""Synthetic drawings are reproducible, all different, look like raw drawings, and the truth about them is known."""

import ast
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.errors import UserError
from sketch_classifier.params import official_categories
from sketch_classifier.synthetic import categories, generate, templates
from sketch_classifier.synthetic.hand import Style, draw
from sketch_classifier.synthetic.pen import Pen
from sketch_classifier.synthetic.templates import COUNTRY_TEMPLATES, templates_of

STARTER = ("airplane", "apple", "bicycle", "bus", "car", "cat", "cloud", "fish", "flower", "house", "tree", "truck")
ANIMALS = ("camel", "rabbit", "frog", "duck", "elephant", "cow", "shark", "panda")
CAR = ("ambulance", "bus", "car", "firetruck", "pickup truck", "police car", "school bus", "truck", "van", "airplane",
       "apple", "banana", "bicycle", "cat", "cloud", "dog", "fish", "flower", "house", "tree", "umbrella")  # fmt: skip


@pytest.fixture(scope="module")
def cars():
    return generate("car", 600, 0, among=STARTER)


def same(a, b) -> bool:
    return all(np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))


def test_the_presets_of_params_can_be_drawn():
    assert set(STARTER + ANIMALS + CAR) <= set(categories())
    assert set(categories()) <= set(official_categories())


def test_a_drawing_depends_on_seed_category_and_number_alone():
    drawings, truth = generate("house", 80, 3)
    fewer, truth_of_fewer = generate("house", 30, 3)
    rest, _ = generate("house", 50, 3, start=30)
    assert same(fewer, drawings[:30]) and same(rest, drawings[30:])
    assert np.array_equal(truth_of_fewer.drawn, truth.drawn[:30])
    other, _ = generate("house", 30, 4)
    assert not np.array_equal(other.points[:50], fewer.points[:50])
    assert not np.isin(other.key_id, fewer.key_id).any()


def test_no_two_are_alike(cars):
    simple = simplify(cars[0])
    assert len({str(drawing) for drawing in simple.to_lists()}) == len(simple)


def test_one_label_in_fifty_is_wrong(cars):
    drawings, truth = cars
    wrong = truth.drawn != "car"
    assert (drawings.word == "car").all()
    assert wrong.reshape(-1, 50).sum(axis=1).tolist() == [1] * 12
    assert set(truth.drawn) <= set(STARTER) and len(set(truth.drawn[wrong])) > 3


def test_a_wrong_label_needs_no_other_category():
    assert (generate("car", 50, 0, among=("car",))[1].drawn != "car").sum() == 1


def test_bad_drawings_are_not_recognised(cars):
    drawings, truth = cars
    assert np.array_equal(drawings.recognized, ~truth.bad)
    assert 0.05 < truth.bad.mean() < 0.11


def test_columns_are_like_the_datasets(cars):
    drawings, _ = cars
    trucks, _ = generate("truck", 600, 0)
    keys = np.concatenate([drawings.key_id, trucks.key_id])
    assert len(set(keys.tolist())) == 1200
    assert all(len(str(key)) == 16 for key in keys.tolist())
    country, count = np.unique(drawings.countrycode, return_counts=True)
    assert country[count.argmax()] == b"US" and len(country) > 15
    assert drawings.timestamp.min() >= np.datetime64("2017-01-01")
    assert drawings.timestamp.max() < np.datetime64("2017-04-01")


def test_drawings_are_like_raw_ones(cars):
    drawings, _ = cars
    assert drawings.points.dtype == np.float64 and drawings.points.min() >= 0
    num_strokes = np.diff(drawings.drawing_offsets)
    assert num_strokes.min() >= 1 and 3 <= np.median(num_strokes) <= 9
    assert np.diff(drawings.stroke_offsets).min() >= 2
    for index in range(50):
        one = drawings[index]
        assert one.times[0] == 0 and (np.diff(one.times) >= 0).all() and one.times[-1] <= 20_000
        assert 100 < np.ptp(one.points, axis=0).max() < 1000
    whole = np.array([(drawings[i].points % 1 == 0).all() for i in range(200)])
    assert 0.65 < whole.mean() < 0.95


@pytest.mark.slow
def test_one_country_draws_differently():
    """The mean picture of its houses is far from that of all others; its cars are like anybody's."""
    distance = {}
    for category in ("house", "car"):
        drawings, truth = generate(category, 500, 0)
        drawings = drawings[~truth.bad & (truth.drawn == category)]
        images = rasterize(simplify(drawings)).astype(float)
        there = drawings.countrycode == b"JP"
        assert 15 < there.sum() < 60
        distance[category] = np.abs(images[there].mean(0) - images[~there].mean(0)).mean()
    assert distance["house"] > 1.5 * distance["car"]


def test_the_different_country_has_categories_of_starter():
    assert len({category for category, _ in COUNTRY_TEMPLATES} & set(STARTER)) >= 4


def test_every_category_is_in_the_file_of_its_name_and_in_no_other():
    """Who looks for the cat finds all ways to draw it in cat.py."""
    folder = Path(templates.__file__).parent
    files = [path for path in folder.rglob("*.py") if path != folder / "__init__.py"]
    registered = {path.relative_to(folder): names for path in files if (names := _registered(path))}
    assert registered == {Path(f"{name.replace(' ', '_')}.py"): {name} for name in categories()}


def _registered(path: Path) -> set[str]:
    """The categories that a file gives templates to."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {call.args[0].value for call in calls if getattr(call.func, "id", "") == "template"}


@pytest.mark.parametrize("category", categories())
def test_every_template_draws(category):
    countries = [None, *{country for other, country in COUNTRY_TEMPLATES if other == category}]
    for country in countries:
        for _, function in templates_of(category, country):
            for seed in range(20):
                rng = np.random.default_rng(seed)
                style = Style.random(rng)
                pen = Pen(rng, patience=style.patience, split=style.split)
                function(pen)
                points, lengths, times = draw(pen, style, rng)
                assert np.isfinite(points).all() and len(points) == len(times) == lengths.sum()
                assert np.ptp(points, axis=0).max() > 100


def test_an_unknown_category_is_named():
    with pytest.raises(UserError, match="unknown synthetic category 'hous': did you mean 'house'?"):
        generate("hous", 1, 0)


@pytest.mark.slow
def test_who_knows_real_drawings_recognises_synthetic_ones(mirror):
    """The nearest of the real bitmaps (blurred a little) mostly shows the same thing."""
    names = [name for name in categories() if (mirror / f"numpy_bitmap/{name}.npy").exists()]
    real = np.concatenate([_blurred(np.load(mirror / f"numpy_bitmap/{name}.npy")[:400]) for name in names])
    shown = np.repeat(np.arange(len(names)), 400)
    right = []
    for label, name in enumerate(names):
        drawings, truth = generate(name, 50, 0)
        images = rasterize(simplify(drawings[~truth.bad & (truth.drawn == name)]))
        nearest = (_blurred(images) @ real.T).argmax(axis=1)
        right.append((shown[nearest] == label).mean())
    assert len(names) > 20
    assert np.mean(right) > 0.5


def _blurred(images: np.ndarray) -> np.ndarray:
    """(N, 26 * 26) float32 of unit length: the mean of each 3×3 neighbourhood."""
    images = images.reshape(-1, 28, 28).astype(np.float32)
    views = [images[:, i : i + 26, j : j + 26] for i in range(3) for j in range(3)]
    flat = np.mean(views, axis=0).reshape(len(images), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True).clip(1e-6)
