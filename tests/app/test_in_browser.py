"""The app in a real browser: drawn with the mouse, as a visitor would."""

import numpy as np
import pytest
from app.browser import ROOT, answered, trace
from app.game import RECOGNISED
from tests.serving import photos

from sketch_classifier import Predictor, read_ndjson
from sketch_classifier.drawings.simplify import simplify

pytestmark = pytest.mark.slow
photo = photos.photo


@pytest.fixture(scope="module")
def page(chrome, address):
    opened = chrome.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(address)
    opened.locator(".pad").wait_for(timeout=120_000)
    answered(opened)
    yield opened
    opened.close()


@pytest.fixture
def blank(page):
    """The page with nothing drawn."""
    if page.locator(".paper.drawn").count():
        page.get_by_role("button", name="Clear").click()
        answered(page)
    return page


def guesses(page):
    return page.locator(".guesses .name").all_inner_texts()


@pytest.mark.parametrize("category", ["bicycle", "cat", "house", "tree"])
def test_what_is_traced_is_recognised(blank, template, category):
    trace(blank, template(category))
    answered(blank)
    shown = guesses(blank)
    assert len(shown) == 5 and len(set(shown)) == 5
    assert shown[0] == category
    assert blank.locator(".neighbours li").count() == 8


def test_it_guesses_while_a_stroke_is_drawn(blank):
    box = blank.locator("canvas.ink").bounding_box()
    blank.mouse.move(box["x"] + 100, box["y"] + 100)
    blank.mouse.down()
    for step in range(40):
        blank.mouse.move(box["x"] + 100 + 5 * step, box["y"] + 100 + 3 * (step % 9))
    answered(blank)
    assert "–" not in guesses(blank)
    assert blank.locator(".ndjson").is_disabled(), "the drawing is not finished"
    blank.mouse.up()
    answered(blank)
    assert blank.locator(".ndjson").is_enabled()


def test_undo_and_clear_by_keyboard(blank, template, project):
    strokes = template("house")
    trace(blank, strokes[:1], frame=np.concatenate(strokes))
    answered(blank)
    one = blank.locator(".share").all_inner_texts()
    trace(blank, strokes[1:2], frame=np.concatenate(strokes))
    answered(blank)
    blank.get_by_role("button", name="Undo").focus()
    blank.keyboard.press("Enter")
    answered(blank)
    assert blank.locator(".share").all_inner_texts() == one
    blank.keyboard.press("Tab")
    blank.keyboard.press("Space")
    answered(blank)
    assert blank.locator(".paper.drawn").count() == 0 and not blank.locator(".guesses").is_visible()
    assert set(blank.locator(".names li").all_inner_texts()) == set(Predictor(project / "models").classes), (
        "all names, before one draws"
    )
    assert blank.get_by_role("button", name="Undo").is_disabled()


def test_the_download_is_a_line_of_the_dataset(blank, template, project, tmp_path):
    trace(blank, template("bicycle"))
    answered(blank)
    blank.get_by_role("button", name="Save").click()
    with blank.expect_download() as download:
        blank.get_by_role("button", name=".ndjson").click()
    download.value.save_as(tmp_path / "drawing.ndjson")
    read = read_ndjson(tmp_path / "drawing.ndjson")
    assert len(read) == 1 and read.word[0] == "bicycle" and read.points.dtype == np.uint8
    assert read.points.max() == 255
    assert Predictor(project / "models").predict_strokes(read)[0].argmax() == 1
    near = simplify([[stroke.T for stroke in template("bicycle")]])
    assert abs(len(read.points) - len(near.points)) <= 0.2 * len(near.points), "traced to a pixel"


def test_the_drawing_as_a_picture(blank, template, project, tmp_path):
    trace(blank, template("house"))
    answered(blank)
    blank.get_by_role("button", name="Save").focus()
    blank.keyboard.press("Enter")
    with blank.expect_download() as download:
        blank.get_by_role("button", name="PNG").press("Enter")
    assert download.value.suggested_filename == "house.png"
    download.value.save_as(tmp_path / "house.png")
    assert not blank.get_by_role("button", name="PNG").is_visible()
    result = Predictor(project / "models").predict_files(tmp_path / "house.png")
    assert result[0].label == "house"


def test_the_guess_is_announced_once_the_pen_rests(blank, template):
    spoken = blank.locator(".spoken")
    trace(blank, template("tree"))
    answered(blank)
    spoken.filter(has_text="Best guess: tree").wait_for(state="attached", timeout=10_000)
    blank.evaluate(
        """() => {
            window.announced = 0;
            const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
            new MutationObserver(() => window.announced++).observe(root.querySelector(".spoken"), { childList: true });
        }"""
    )
    blank.get_by_role("button", name="Clear").click()
    trace(blank, template("house"), pause=0.02)
    answered(blank)
    spoken.filter(has_text="Best guess: house").wait_for(state="attached", timeout=10_000)
    assert blank.evaluate("window.announced") <= 2, "not each guess"


def test_a_stroke_goes_on_when_the_pad_is_made_anew_under_the_pen(chrome):
    """Streamlit may do that at any time."""
    page = chrome.new_page(viewport={"width": 400, "height": 800})
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body="<style>canvas { width: 300px; height: 300px }</style><main></main>", content_type="text/html"
        ),
    )
    page.goto("http://localhost/")  # about:blank has no storage
    page.add_script_tag(
        type="module", content=(ROOT / "app/pad/pad.js").read_text(encoding="utf-8") + "window.make = createPad;"
    )
    page.wait_for_function("!!window.make")
    make = "window.pad = make(document.querySelector('main'), { send: (_, strokes) => (window.sent = strokes), play() {} })"
    page.evaluate(make)
    box = page.locator("canvas.ink").bounding_box()
    at = [(box["x"] + step, box["y"] + step) for step in (50, 100, 150, 200)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1])
    page.evaluate(f"pad.close(); {make}")
    for place in at[2:]:
        page.mouse.move(*place)
    page.mouse.up()
    (stroke,) = page.evaluate("sent")
    assert stroke[0] == sorted(stroke[0]) and len(stroke[0]) == 4
    page.evaluate(f"pad.close(); {make}")
    page.mouse.move(*at[0])  # the pen is up: nothing is drawn
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate("sent") == []
    page.close()


def test_a_photo(chrome, address, template):
    page = chrome.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.get_by_role("link", name="Photo").click()
    picture = photo(template("house"), size=(640, 480), noise=3).read()
    file = {"name": "house.png", "mimeType": "image/png", "buffer": picture}
    page.locator("input[type=file]").set_input_files(file, timeout=60_000)
    page.locator(".answers li").first.wait_for(timeout=60_000)
    assert page.locator(".answers li").first.inner_text().startswith("house")
    page.close()


# What a client of one's own could send: the page's JSON.stringify is replaced by one that gives this in place of strokes.
NONSENSE = ("[[[NaN],[1]]]", "[[[1e999],[1]]]", '"strokes"', '[[["1"],[1]]]', "[[[1,2],[3]]]", "null", "[[[[]]]]")


def test_nonsense_is_refused_and_the_app_stays_up(blank, template):
    trace(blank, template("tree"))
    answered(blank)
    for text in NONSENSE:
        blank.evaluate(
            """(text) => {
                JSON.kept ??= JSON.stringify;
                JSON.stringify = (...args) => JSON.kept(...args).replace(/"strokes":.*?,"done"/, () => `"strokes":${text},"done"`);
            }""",
            text,
        )
        trace(blank, [np.array([[0, 0], [50, 90], [100, 20]])])
        message = blank.locator(".message")
        message.filter(has_text="Not a drawing").wait_for(timeout=10_000)
        blank.evaluate("JSON.stringify = JSON.kept")
        blank.get_by_role("button", name="Clear").click()
        answered(blank)
        assert message.inner_text() == ""
    trace(blank, template("tree"))
    answered(blank)
    assert guesses(blank)[0] == "tree"


def test_a_client_that_breaks_its_own_page_finds_the_app_up(chrome, address, template):
    page = chrome.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.locator(".pad").wait_for(timeout=60_000)
    answered(page)
    page.evaluate("JSON.stringify = () => '{'")
    trace(page, template("tree")[:1])
    page.reload()
    page.locator(".pad").wait_for(timeout=60_000)
    answered(page)
    trace(page, template("tree"))
    answered(page)
    assert "–" not in guesses(page)
    page.close()


def test_the_model_is_sure_enough_of_every_template_to_play(template, project):
    predictor = Predictor(project / "models")
    drawings = [[stroke.T for stroke in template(category)] for category in predictor.classes]
    assert (np.diag(predictor.predict_strokes(simplify(drawings))) > RECOGNISED + 0.1).all()


def test_the_game(blank, template):
    for _ in range(4):
        blank.get_by_role("button", name="Play").or_(blank.get_by_role("button", name="Next")).click()
        title = blank.locator(".title")
        title.filter(has_text="Draw a").wait_for(timeout=10_000)
        thing = title.inner_text().removeprefix("Draw ").split(maxsplit=1)[1]
        trace(blank, template(thing))
        title.filter(has_text="Yes, ").wait_for(timeout=10_000)
        assert "recognised" in blank.locator(".hint").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(chrome, address, template, scheme):
    context = chrome.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=3,
        has_touch=True,
        is_mobile=True,
        color_scheme=scheme,
    )
    page = context.new_page()
    page.goto(address)
    page.locator(".pad").wait_for(timeout=60_000)
    answered(page)
    trace(page, template("house"))
    answered(page)
    assert guesses(page)[0] == "house"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first = page.locator(".guesses li").first.bounding_box()
    assert first["y"] + first["height"] <= 844, "canvas and first guess fit on the screen"
    ink, paper = page.evaluate(
        """() => {
            const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
            const style = (name) => getComputedStyle(root.querySelector(name));
            return [style(".ink").color, style(".paper").backgroundColor];
        }"""
    )
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (ink, paper)]
    assert (brightness[0] < brightness[1]) == (scheme == "light") and abs(brightness[0] - brightness[1]) > 300
    context.close()
