"""Every link of the report leads to what it says: within the app, and where the file is opened by itself."""

import shutil

import numpy as np
import pytest
from app.browser import served

from sketch_classifier.analysis.analyze import analyze
from sketch_classifier.analysis.html_page import page
from sketch_classifier.analysis.tsne_page import turning_page
from sketch_classifier.evaluation.evaluate import evaluate
from sketch_classifier.params import Analyze

pytestmark = pytest.mark.slow
PARAMS = Analyze(num_samples=3, num_errors=2, tsne_samples=10, centroid_drawings=10, label_drawings=60)


@pytest.fixture(scope="module")
def analysed(project, tmp_path_factory):
    """A project folder with the report of the small model, whose errors fill several pages."""
    root = tmp_path_factory.mktemp("analysed")
    curves = next((project / "curves").glob("*.csv"))
    evaluate(project / "data/processed", project / "models", root / "metrics", root / "plots")
    manifest = root / "data/raw/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"source": "synthetic"}', encoding="utf-8")
    folders = project / "data/processed", project / "models", root / "metrics", curves, root / "plots"
    analyze(manifest, *folders, PARAMS, 0, "small")
    return root


@pytest.fixture(scope="module", params=["app", "app, links into a cache", "file"])
def report(request, analysed, chrome, tmp_path_factory):
    """The frame that shows the report, in a browser."""
    page = chrome.new_page(viewport={"width": 1200, "height": 900})
    if request.param == "file":
        page.goto((analysed / "plots/report.html").as_uri())
        yield page.main_frame
    else:
        root = analysed
        if "cache" in request.param:  # as DVC does where it is told to
            root = tmp_path_factory.mktemp("linked")
            cached = shutil.copytree(analysed / "plots", root / "cache")
            (root / "plots").mkdir()
            for path in cached.iterdir():
                (root / "plots" / path.name).symlink_to(path)
        with served(root) as address:
            page.goto(f"{address}/report")
            element = page.wait_for_selector("iframe[data-testid=stIFrame]", timeout=120_000)
            frame = element.content_frame()
            frame.wait_for_selector("h1", timeout=60_000)
            yield frame
    page.close()


def test_links_within_the_page_scroll(report):
    anchors = report.locator("nav a")
    assert anchors.count() == report.locator("h2").count() == report.locator("a[href^='#']").count() > 5
    before = report.url.split("#")[0]
    for link in anchors.all():
        link.click()
        title = report.locator(f"h2{link.get_attribute('href')}")
        title.wait_for()
        top = title.evaluate("heading => heading.getBoundingClientRect().top")
        height, left = report.evaluate("[innerHeight, document.documentElement.scrollHeight - scrollY - innerHeight]")
        assert -1 <= top < height and (top < 100 or left < 2), "the heading is not at the top"
        assert report.url.split("#")[0] == before
        assert report.locator("[data-testid=stApp]").count() == 0, "the app within the app"


def test_links_to_other_pages_open_them(report):
    links = report.locator("a:not([href^='#'])")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert "tsne_3d.html" in addresses and sum("errors/page_" in address for address in addresses) > 1
    for address in ("tsne_3d.html", *[address for address in addresses if "errors/" in address][-2:]):
        with report.page.context.expect_page() as opening:
            report.locator(f"a[href='{address}']").click()
        opened = opening.value
        opened.wait_for_load_state()
        if address.endswith(".html"):
            opened.wait_for_selector("#chart .main-svg", state="attached", timeout=60_000)
            assert opened.title() == "t-SNE of the network's features"
        else:
            assert opened.evaluate("document.images[0].naturalWidth") > 500
        opened.close()
    assert report.locator("h1").inner_text().endswith(" on small"), "the report is still there"


def test_the_page_that_turns_shows_names_as_text(chrome, tmp_path):
    names = ["<b>x", "$\\frac$", "%{x}", "&lt;", "猫", "</script", 'it\'s "quoted"', "<a href='x'>y"]
    positions, images = np.random.default_rng(0).normal(size=(8, 3)), np.full((8, 28, 28, 3), 255, np.uint8)
    (tmp_path / "page.html").write_text(
        turning_page(positions, np.arange(8), names, range(8), images, names, "detail"), encoding="utf-8"
    )
    page = chrome.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("#chart .legendtext", timeout=60_000)
    assert page.locator("#chart .legendtext").all_text_contents() == names
    page.close()


@pytest.mark.parametrize("headers", [{}, {"Last-Modified": "Wed, 01 Jan 2020 12:00:00 GMT"}])
def test_the_date_is_that_of_the_file_or_none(chrome, headers):
    html = page("report.html.jinja", title="small on starter", notices=[], run=[("Seed", "0")], cards=[], sections=[])
    opened = chrome.new_page()
    opened.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html", headers=headers))
    opened.goto("http://localhost/report.html")
    shown = opened.locator("dd").all_inner_texts()
    assert shown[0] == "0" and len(shown) == 1 + len(headers) and all("2020" in date for date in shown[1:])
    opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_accessible(chrome, analysed, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = chrome.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto((analysed / "plots/report.html").as_uri())
    assert axe.Axe().run(page).response["violations"] == []
    page.close()


def test_a_figure_is_enlarged_where_it_was_tapped(chrome, analysed):
    page = chrome.new_page(viewport={"width": 390, "height": 844})
    page.goto((analysed / "plots/report.html").as_uri())
    image = page.get_by_role("img", name="Heat map")
    image.scroll_into_view_if_needed()
    before = image.bounding_box()
    share = 0.75
    at = [before["x"] + share * before["width"], before["y"] + share * before["height"]]
    page.mouse.click(*at)
    after = image.bounding_box()
    assert after["width"] > 1.5 * before["width"]
    assert (
        abs(after["x"] + share * after["width"] - at[0]) < 5 and abs(after["y"] + share * after["height"] - at[1]) < 5
    )
    button = page.get_by_role("button", name="Full size of the figure: confusion matrix")
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Enter")
    assert image.bounding_box()["width"] == before["width"] and button.get_attribute("aria-pressed") == "false"
    page.close()
