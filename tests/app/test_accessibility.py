"""axe-core, which Lighthouse uses too, finds no fault in the pages of the app, in bright and in dark colours."""

import pytest
from app.browser import answered, trace

pytestmark = pytest.mark.slow
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
# What only Streamlit can change: its elements within the page.
NOT_OURS = {"rules": {"region": {"enabled": False}}}


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
