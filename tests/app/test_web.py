"""The page without a server: the same bitmaps, the same words, the same guesses as in Python."""

import base64
import json
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyarrow as pa
import pytest
from app.browser import ROOT, answered, trace
from app.game import RECOGNISED, SECONDS, with_article
from app.neighbours import Neighbours, load_neighbours
from app.web.build import NUM_NEIGHBOURS, RUNTIME, SCRIPTS, build
from PIL import Image

from sketch_classifier import Predictor, UserError, rasterize, read_ndjson
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.sequences import Sequences
from sketch_classifier.drawings.simplify import simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.models import shipped
from sketch_classifier.serving.onnx_session import Session
from sketch_classifier.synthetic import categories, generate

WEB = ROOT / "app/web"


def node(script, value, tmp_path):
    """What a module, which imports from app/web as `web/…`, prints of a value."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (tmp_path / "value.json").write_text(json.dumps(value))
    source = 'import { readFileSync } from "node:fs";\n' + script.replace("web/", f"{WEB.as_uri()}/")
    (tmp_path / "script.mjs").write_text(
        source + '\nconst value = JSON.parse(readFileSync("value.json"));\nconsole.log(JSON.stringify(main(value)));'
    )
    done = subprocess.run(["node", "script.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


RASTERIZE = """
import { rasterize } from "web/raster.js";
const main = ({ drawings, size, ordered }) =>
    drawings.map((drawing) => Buffer.from(rasterize(drawing, size, ordered)).toString("base64"));
"""


def bitmaps(drawings, size, tmp_path, ordered=False):
    texts = node(RASTERIZE, {"drawings": drawings.to_lists(), "size": size, "ordered": ordered}, tmp_path)
    shape = (3, size, size) if ordered else (size, size)
    return np.stack([np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape) for text in texts])


@pytest.fixture(scope="module")
def raw():
    """Raw drawings of every synthetic category, and odd ones: dots, spikes, crossings, scribbles."""
    rng = np.random.default_rng(0)
    scribbles = [
        [[*rng.integers(0, 300, (2, int(rng.integers(1, 40)))).tolist()] for _ in range(int(rng.integers(1, 5)))]
        for _ in range(60)
    ]
    odd = [
        [[[5], [5]]],
        [[[0, 0], [0, 0]]],
        [[[0, 100, 0], [0, 1, 0]]],
        [[[0, 9, 9, 0, 0], [0, 0, 9, 9, 0]], [[4], [4]]],
    ]
    drawings = [generate(category, 4, seed=5)[0] for category in categories()]
    return Drawings.concatenate([*drawings, Drawings.from_lists(scribbles + odd, dtype=np.float64)])


def test_simplified_drawings_are_identical(raw, tmp_path):
    script = 'import { simplify } from "web/simplify.js";\nconst main = (drawings) => drawings.map(simplify);'
    found = node(script, [[stroke[:2] for stroke in drawing] for drawing in raw.to_lists()], tmp_path)
    assert found == simplify(raw).to_lists()


@pytest.mark.parametrize("size", [28, 64])
def test_bitmaps_are_identical(raw, size, tmp_path):
    drawings = simplify(raw)
    np.testing.assert_array_equal(bitmaps(drawings, size, tmp_path), rasterize(drawings, size=size))


@pytest.mark.parametrize("size", [28, 64])
def test_bitmaps_by_drawing_order_are_identical(raw, size, tmp_path):
    drawings = simplify(raw)
    expected = rasterize(drawings, size=size, channels="stroke_order")
    np.testing.assert_array_equal(bitmaps(drawings, size, tmp_path, ordered=True), expected)


def test_bitmaps_of_real_drawings_are_identical(mirror, tmp_path):
    files = sorted((mirror / "simplified").glob("*.ndjson"))
    if not files:
        pytest.skip(f"no simplified drawings in {mirror}")
    drawings = Drawings.concatenate([read_ndjson(file, limit=300) for file in files[:5]])
    np.testing.assert_array_equal(bitmaps(drawings, 28, tmp_path), rasterize(drawings))


def test_hostile_drawings_are_identical(tmp_path):
    """Long enough for several parts of a stroke (`simplify`), with many edges in one place."""
    rng = np.random.default_rng(0)
    angles, turn = rng.uniform(0, 2 * np.pi, 2000), np.linspace(0, 100, 2000)
    ring = np.linspace(127, 64, 2000) * np.stack([np.cos(angles), np.sin(angles)])
    strokes = [rng.integers(0, 2, (2, 3000)) * 1000.0, ring, turn * np.stack([np.cos(turn), np.sin(turn)])]
    hostile = Drawings.from_lists([[stroke.tolist()] for stroke in strokes], dtype=np.float64)
    script = 'import { simplify } from "web/simplify.js";\nconst main = (drawings) => drawings.map(simplify);'
    drawings = simplify(hostile)
    assert node(script, hostile.to_lists(), tmp_path) == drawings.to_lists()
    np.testing.assert_array_equal(bitmaps(drawings, 28, tmp_path), rasterize(drawings))


@pytest.mark.parametrize("length", [8, 101])
def test_sequences_are_identical(raw, length, tmp_path):
    drawings = simplify(raw)
    script = 'import { sequence } from "web/sequence.js";\nconst main = ([all, n]) => all.map((one) => [...sequence(one, n)]);'
    found = node(script, [drawings.to_lists(), length], tmp_path)
    expected = Sequences(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, length)[:]
    np.testing.assert_array_equal(np.array(found).reshape(-1, length, 3), expected)


def test_the_game_says_the_same_words(tmp_path):
    names = (ROOT / "src/sketch_classifier/params/categories.txt").read_text().splitlines() + ["not motor vehicle"]
    script = 'import { withArticle, SECONDS } from "web/game.js";\nconst main = (names) => [SECONDS, names.map(withArticle)];'
    assert node(script, names, tmp_path) == [SECONDS, [with_article(name) for name in names]]


def test_the_game_is_judged_alike(tmp_path):
    script = """
    import { judge, nextRound } from "web/game.js";
    const main = (share) => {
        const round = nextRound(["cat"], null, 100);
        const ask = (leader, probability, now) => judge(round, leader, probability, now);
        return [ask("cat", share, 104), ask("cat", share - 0.01, 104), ask("dog", 1, 104), ask("cat", 1, 121)].map(
            ({ seconds, over }) => [seconds, over],
        );
    };"""
    assert node(script, RECOGNISED, tmp_path) == [[4, True], [None, False], [None, False], [None, True]]


def test_the_nearest_are_those_of_python(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"drawing {row}" for row in range(50)]
    features, images = rng.normal(size=(50, 6)).astype(np.float32), rng.integers(0, 256, (50, 4, 4), np.uint8)
    near = Neighbours(features, images, names)
    script = """
    import { nearest } from "web/neighbours.js";
    const main = ({ names, features, images, of }) =>
        nearest({ names, features: Float32Array.from(features), images: Uint8Array.from(images) }, of);"""
    of = rng.normal(size=6).astype(np.float32)
    value = {
        "names": names,
        "features": features.ravel().tolist(),
        "images": images.ravel().tolist(),
        "of": of.tolist(),
    }
    found = node(script, value, tmp_path)
    rows = near.nearest(of)
    assert [one["name"] for one in found] == [names[row] for row in rows]
    assert [base64.b64decode(one["bitmap"]) for one in found] == [images[row].tobytes() for row in rows]


def test_the_lock_file_names_no_address():
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/onnxruntime-web"]["integrity"].startswith("sha512-")
    assert not [name for name, about in lock["packages"].items() if "localhost" in about.get("resolved", "")]


def test_no_model_is_one_line(tmp_path):
    with pytest.raises(UserError, match="dvc repro export"):
        build(tmp_path, tmp_path, tmp_path / "cache", tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


@pytest.fixture
def without_runtime(monkeypatch, tmp_path):
    """The page is built without npm, and without the runtime that it would fetch."""
    for name in (RUNTIME, *SCRIPTS):
        (tmp_path / "modules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "modules" / name).write_bytes(b"runtime")
    monkeypatch.setattr("app.web.build.NODE", tmp_path / "modules")
    monkeypatch.setattr("app.web.build.install_runtime", lambda: None)


def unpacked(path):
    return pa.input_stream(path, compression="zstd").read()


@pytest.mark.parametrize("trained", [True, False])
def test_the_small_shipped_model_is_offered_in_one_file(trained, project, pretrained, without_runtime, tmp_path):
    dist, processed = tmp_path / "dist", project / "data/processed"
    build(project / "models" if trained else None, processed, tmp_path / "cache", dist)
    contents = json.loads((dist / "models.json").read_text())
    models = contents["models"]
    small = Predictor.pretrained("sketchnet_tiny")
    label = f"Pre-trained ({len(small.classes)} classes)"
    assert [one["label"] for one in models] == (["Your model", label] if trained else [label])
    assert tuple(models[-1]["class_names"]) == small.classes
    assert (dist / "features.bin.zst").exists() == trained
    assert [("neighbours" in one) for one in models] == [True, False][-len(models) :]
    for one in (contents["runtime"], *models):
        assert (dist / f"{one['file']}.zst").stat().st_size == one["bytes"]
    assert unpacked(dist / f"{contents['runtime']['file']}.zst") == b"runtime"
    drawings = np.asarray(Dataset.open(processed).images[:50])
    (tmp_path / "alone.onnx").write_bytes(unpacked(dist / f"{models[-1]['file']}.zst"))
    found, expected = Session(tmp_path / "alone.onnx").probabilities(drawings), small.predict_images(drawings)
    assert np.abs(found - expected).max() < 0.1 and (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.95


def test_the_service_worker_keeps_every_file(project, pretrained, without_runtime, tmp_path):
    dist = tmp_path / "dist"
    build(None, tmp_path / "none", tmp_path / "cache", dist)
    first = (dist / "sw.js").read_text()
    files = json.loads(re.search(r"FILES = (\[.+\]);", first)[1])
    assert sorted(files) == sorted(["./", *(path.name for path in dist.iterdir() if path.name != "sw.js")])
    manifest = json.loads((dist / "manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        with Image.open(dist / icon["src"]) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"
    build(None, tmp_path / "none", tmp_path / "cache", dist)
    assert (dist / "sw.js").read_text() == first, "the same files are the same version"


@pytest.fixture(scope="module")
def web_page(project, chrome, shipped_folder, tmp_path_factory):
    dist = tmp_path_factory.mktemp("web") / "dist"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "FOLDER", shipped_folder)
        try:
            build(project / "models", project / "data/processed", project / ".cache/app", dist)
        except UserError as error:
            pytest.skip(str(error))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=dist)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chrome.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.locator(".loading").wait_for(state="hidden", timeout=120_000)
        yield page
        page.close()
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("category", ["bicycle", "cat", "house"])
def test_the_page_guesses_what_python_guesses(web_page, template, project, tmp_path, category):
    answered(web_page)
    trace(web_page, template(category))
    answered(web_page)
    web_page.get_by_role("button", name="Save").click()
    with web_page.expect_download() as download:
        web_page.get_by_role("button", name=".ndjson").click()
    download.value.save_as(tmp_path / "drawing.ndjson")
    predictor = Predictor(project / "models", int8=True)
    shares = predictor.predict_strokes(read_ndjson(tmp_path / "drawing.ndjson"))[0]
    shown = web_page.locator(".guesses .name").all_inner_texts()
    assert shown[0] == category
    assert shown[0] == predictor.classes[shares.argmax()]
    assert float(web_page.locator(".guesses i").first.evaluate("bar => bar.style.transform.slice(7, -1)")) == (
        pytest.approx(float(shares.max()), abs=1e-4)
    )
    near = load_neighbours(
        project / "models/model_int8.onnx",
        predictor,
        Dataset.open(project / "data/processed"),
        tmp_path,
        NUM_NEIGHBOURS,
    )
    features = predictor.features_strokes(read_ndjson(tmp_path / "drawing.ndjson"))[0]
    assert web_page.locator(".neighbours span").all_inner_texts() == [near.names[row] for row in near.nearest(features)]
    web_page.get_by_role("button", name="Clear").click()


@pytest.mark.slow
def test_one_click_asks_the_shipped_model_without_a_network(web_page, template, project, pretrained):
    answered(web_page)
    trace(web_page, template("house"))
    answered(web_page)
    small, own = Predictor.pretrained("sketchnet_tiny"), Predictor(project / "models")
    web_page.wait_for_load_state("networkidle")  # its file was fetched as the page was opened
    web_page.context.set_offline(True)
    try:
        for name, classes in (("Pre-trained", small.classes), ("Your model", own.classes)):
            web_page.get_by_label(name).check()
            web_page.locator(".known p", has_text=", ".join(classes)).wait_for(state="attached", timeout=10_000)
            answered(web_page)
            assert web_page.locator(".guesses .name").first.inner_text() in classes
    finally:
        web_page.context.set_offline(False)
    web_page.get_by_role("button", name="Clear").click()


@pytest.mark.slow
def test_after_the_first_visit_the_page_needs_no_network(web_page, template):
    web_page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    web_page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=60_000)
    web_page.context.set_offline(True)
    try:
        web_page.reload()
        web_page.locator(".loading").wait_for(state="hidden", timeout=60_000)
        answered(web_page)
        trace(web_page, template("cat"))
        answered(web_page)
        assert web_page.locator(".guesses .name").first.inner_text() == "cat"
    finally:
        web_page.context.set_offline(False)


@pytest.mark.slow
def test_one_can_draw_before_the_model_has_come(web_page, template):
    context = web_page.context.browser.new_context(service_workers="block")
    page = context.new_page()
    held = []
    page.route("**/*.wasm.zst", lambda route: held.append(route))
    page.goto(web_page.url)
    trace(page, template("cat"))
    assert page.locator(".paper.drawn").count() == 1 and page.locator(".loading progress").is_visible()
    assert page.get_by_role("button", name="Play").is_disabled()
    held.pop().continue_()
    page.locator(".loading").wait_for(state="hidden", timeout=120_000)
    answered(page)
    assert page.locator(".guesses .name").first.inner_text() == "cat", "the drawing is answered once it is there"
    context.close()


@pytest.mark.slow
def test_the_page_is_accessible(web_page, template):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    answered(web_page)
    assert axe.Axe().run(web_page).response["violations"] == []
    trace(web_page, template("cat"))
    answered(web_page)
    assert axe.Axe().run(web_page).response["violations"] == []
    web_page.get_by_role("button", name="Clear").click()
