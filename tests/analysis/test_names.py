"""Whatever a class is called, every picture and page shows its name, as text and without a warning."""

import functools
import json
import logging
import re
import warnings
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from sketch_classifier.analysis import typefaces
from sketch_classifier.analysis.centroids import distances_figure
from sketch_classifier.analysis.class_distribution import distribution_figure
from sketch_classifier.analysis.confusion import confusion_figure
from sketch_classifier.analysis.look_alikes import look_alikes_figure
from sketch_classifier.analysis.sheets import CELL, LINE, SIDE, TILE, TOP, Sheet, render
from sketch_classifier.analysis.style import new_figure
from sketch_classifier.analysis.subgroups import country_figure
from sketch_classifier.analysis.tsne import tsne_3d_figure, tsne_figure
from sketch_classifier.analysis.tsne_page import turning_page
from sketch_classifier.comparison.figures import bars_figure, only_one_right_sheet

NAMES = (
    "猫", "крыса", "$\\frac$", "a_b^c", "<b>x", "🐱", "x" * 80, 'it\'s "quoted"', "a,b", "_hidden", "%{x} {y}", "한국어", "ネコ",
    "قطة", "חתול", "हाथी", "แมวน้ำ", "γάτα", "cafe\u0301", "$", "$$", "&lt;", "#1", "{{ x }}", "\U00012000", "-", "</script",
)  # fmt: skip
RNG = np.random.default_rng(0)
COUNTS = pd.DataFrame(RNG.integers(0, 30, (len(NAMES),) * 2), index=NAMES, columns=NAMES)
NEXT = np.roll(np.eye(len(NAMES), dtype=int), 1, axis=1)  # each class is confused with the next
CONFUSED = pd.DataFrame(100 * np.eye(len(NAMES), dtype=int) + 15 * (NEXT + NEXT.T), index=NAMES, columns=NAMES)
SHOWN = range(len(NAMES))
LABELS = np.repeat(np.arange(len(NAMES)), 4)
SHARES = pd.DataFrame({"accuracy": 0.5, "low": 0.4, "high": 0.6, "count": 9}, index=range(len(NAMES)))
DISTANCES = pd.DataFrame(
    {"distance_actual": [1.0, 2.0], "distance_predicted": [2.0, 1.0], "nearer_to": ["actual", "predicted"]}
)
RUNS = pd.DataFrame(
    {
        "name": NAMES, "model": NAMES, "changed": NAMES, "num_runs": 1, "accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6,
    }
)  # fmt: skip
TILES = np.full((len(NAMES), 28, 28, 3), 255, np.uint8)
FIGURES = {
    "confusion": lambda detail: confusion_figure(COUNTS, detail),
    "confusion of two": lambda detail: confusion_figure(COUNTS.iloc[2:4, 2:4], detail),
    "look_alikes": lambda detail: look_alikes_figure(CONFUSED, detail),
    "distribution": lambda _: distribution_figure(RNG.integers(1, 9, (len(NAMES), 3)), NAMES),
    "tsne": lambda detail: tsne_figure(RNG.normal(size=(len(LABELS), 2)), LABELS, NAMES, SHOWN, detail),
    "tsne of two": lambda detail: tsne_figure(
        RNG.normal(size=(8, 2)), np.repeat([0, 1], 4), NAMES[9:1:-7], [0, 1], detail
    ),
    "tsne_3d": lambda detail: tsne_3d_figure(RNG.normal(size=(len(LABELS), 3)), LABELS, NAMES, SHOWN, detail),
    "countries": lambda detail: country_figure(SHARES.assign(country=NAMES), 0.5, detail),
    "distances": lambda detail: distances_figure(DISTANCES, detail, "some"),
    "comparison": lambda _: bars_figure(RUNS),
}


@pytest.fixture(autouse=True)
def silent(caplog):
    """No warning, and nothing that matplotlib logs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


def png(picture) -> bytes:
    file = BytesIO()
    picture.save(file, format="png") if isinstance(picture, Image.Image) else picture.savefig(file, format="png")
    return file.getvalue()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_shows_every_name(name):
    figure = FIGURES[name]("$\\frac$ 猫 %s {x}")
    png(figure)
    shown = [text for text in figure.findobj(lambda o: hasattr(o, "get_parse_math")) if text.get_text()]
    assert not any(text.get_parse_math() for text in shown)
    texts = [text.get_text() for text in shown]
    expected = {
        "confusion of two": NAMES[2:4],
        "tsne of two": NAMES[9:1:-7],
        "distances": (),
        "comparison": [],
    }.get(name, NAMES)
    for one in expected:
        assert typefaces.short(one) in texts
    if name == "comparison":
        assert all(any(one[:10] in text for text in texts) for one in NAMES)


def test_every_sheet_shows_every_name():
    captions = [[(name, "#000000")] for name in NAMES]
    sheet = Sheet(TILES, captions, ["#ffffff"] * len(NAMES), "猫 " + "".join(NAMES), "".join(NAMES))
    page = render(sheet)
    assert png(page) == png(render(sheet))
    under = []
    for place in range(len(NAMES)):
        row, column = divmod(place, 5)
        top, left = TOP + row * (TILE + 2 * LINE) + TILE, SIDE + column * CELL
        under.append(np.asarray(page)[top : top + 2 * LINE, left : left + CELL])
    assert all((caption < 128).any() for caption in under)
    assert len({caption.tobytes() for caption in under}) == len(NAMES)


def test_the_pictures_of_a_comparison_show_every_name(make_dataset):
    chosen = pd.DataFrame({"actual": NAMES, "right": NAMES[0]} | {f"{run}: predicted": NAMES for run in NAMES[:3]})
    sheet = only_one_right_sheet(make_dataset(), chosen, np.zeros(len(NAMES), np.int64), NAMES[:3], len(NAMES))
    png(render(sheet))
    assert [f"true: {name}" for name in NAMES] == [caption[0][0] for caption in sheet.captions]


def ink(text: str, size: int = 30) -> np.ndarray:
    """What `typefaces.write` puts on a page, (60, 400) bool."""
    page = Image.new("RGB", (400, 60), "white")
    typefaces.write(page, (5, 5), text, "#000000", size)
    return np.asarray(page.convert("L")) < 128


SCRIPTS = {
    "Latin": "Ağ", "Greek": "Ωμ", "Cyrillic": "Жя", "Armenian": "Ճա", "Georgian": "ქო", "Hebrew": "שב", "Arabic": "جق",
    "Devanagari": "कष", "Bengali": "কখ", "Gujarati": "કખ", "Gurmukhi": "ਕਖ", "Tamil": "கச", "Telugu": "కఖ", "Kannada": "ಕಖ",
    "Malayalam": "കഖ", "Sinhala": "කඛ", "Oriya": "କଖ", "Thai": "กข", "Lao": "ກຂ", "Khmer": "កខ", "Burmese": "ကခ", "Ethiopic": "ሀለ",
    "Han": "猫鼠", "traditional Han": "貓龜", "Hiragana": "あぬ", "Katakana": "ネヲ", "Hangul": "한귤", "emoji": "🐱🚗", "symbols": "☂→",
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_letters_are_drawn_as_themselves(script):
    first, second = SCRIPTS[script]
    box = ink("\ufdd0")  # no character, so a box
    assert not np.array_equal(ink(first), ink(second))
    for char in SCRIPTS[script]:
        assert ink(char).any() and not np.array_equal(ink(char), box)
        found = [
            path for path in [typefaces._dejavu_path(False), *typefaces._fallbacks()] if ord(char) in charmap(path)
        ]
        assert "LastResort" not in found[0]


@functools.cache
def charmap(path):
    return typefaces.FT2Font(path).get_charmap()


def test_what_no_typeface_has_is_a_box():
    assert ink("\U00012000").any()


@pytest.mark.parametrize("text", ["cat", "✓ sea cow 93%", "Die Katze → Größe", "крыса"])
def test_plain_text_looks_as_pillow_writes_it(text):
    page = Image.new("RGB", (400, 60), "white")
    ImageDraw.Draw(page).text((5, 5), text, "#000000", typefaces._dejavu(30, False))
    assert np.array_equal(ink(text), np.asarray(page.convert("L")) < 128)


def test_both_ways_of_writing_stand_on_the_same_line():
    """`H` by Pillow, and by matplotlib's engine where 猫 follows it."""
    alone, together = ink("H"), ink("H猫")
    rows = [np.flatnonzero(picture[:, 5:25].any(axis=1)) for picture in (alone, together)]
    assert abs(rows[0][0] - rows[1][0]) <= 1 and abs(rows[0][-1] - rows[1][-1]) <= 1


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=12))
def test_any_text_can_be_written(text):
    ink(text, 15)
    assert typefaces.width(text, 15) >= 0
    figure = new_figure(2, 2, text, text)
    png(figure)


def test_the_page_that_turns_shows_names_as_text():
    said = [f"✓ {NAMES[label]} 90%" for label in LABELS]
    images = np.full((len(LABELS), 28, 28, 3), 255, np.uint8)
    page = turning_page(RNG.normal(size=(len(LABELS), 3)), LABELS, NAMES, SHOWN, images, said, "<i>detail</i> 猫")
    assert "<i>detail" not in page and "&lt;i&gt;detail&lt;/i&gt; 猫" in page
    lines = re.search(r"const lines = (\[.*?\]), columns", page)[1]
    assert "<" not in lines
    assert json.loads(lines) == [f"{NAMES[label]} — {said[place]}" for place, label in enumerate(LABELS)]
    assert page.count("</script") == page.count("<script")
