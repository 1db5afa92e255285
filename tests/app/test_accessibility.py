"""axe-core, which Lighthouse uses too, finds no fault in the pages of the app, in bright and in dark colours."""

from io import BytesIO

import pytest
from app.browser import answered, trace
from PIL import Image

from sketch_classifier import rasterize
from sketch_classifier.synthetic import generate

pytestmark = pytest.mark.slow
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
# What only Streamlit can change: the role of the area that files are dropped on.
NOT_OURS = {"rules": {"presentation-role-conflict": {"enabled": False}}}


@pytest.fixture(params=["light", "dark"])
def page(request, chrome):
    opened = chrome.new_page(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    yield opened
    opened.close()


def faults(page):
    found = axe.Axe().run(page, options=NOT_OURS).response["violations"]
    return {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in found}


def test_the_drawing_page(page, address, template):
    page.goto(address)
    page.locator(".pad").wait_for(timeout=120_000)
    answered(page)
    assert faults(page) == {}
    trace(page, template("cat"))
    answered(page)
    assert faults(page) == {}


def test_the_photo_page(page, address):
    page.goto(f"{address}/photo")
    page.locator("input[type=file]").wait_for(state="attached", timeout=60_000)
    assert faults(page) == {}
    with BytesIO() as file:
        Image.fromarray(255 - rasterize(generate("cat", 1, seed=3)[0], size=280)[0]).save(file, format="png")
        picture = {"name": "cat.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.locator("input[type=file]").set_input_files(picture)
    page.locator(".answers li").first.wait_for(timeout=60_000)
    assert faults(page) == {}
