"""The app's pages without a browser."""

import json
import shutil
import sys

import onnx
import pytest
import streamlit as st
from app.browser import ROOT
from app.shared import forget, shared
from app.web.build import build
from streamlit.testing.v1 import AppTest

from sketch_classifier import Predictor, UserError
from sketch_classifier.models import shipped

NO_MODEL = "There is no model yet. Run `dvc repro`, then reload this page."


@pytest.fixture(autouse=True)
def main_module(monkeypatch):
    """Streamlit runs a script as `__main__` and leaves it there; processes that other tests spawn would run it again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def app(monkeypatch, tmp_path):
    """The app, on a project folder that is empty as yet."""
    monkeypatch.setenv("SKETCH_CLASSIFIER_ROOT", str(tmp_path))
    forget()  # models of other tests
    return AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)


@pytest.fixture
def none_shipped(monkeypatch, tmp_path):
    """The package has no trained models."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "none")


def test_without_a_model_it_says_what_to_run(app, none_shipped):
    app.run()
    assert not app.radio
    assert not app.exception
    assert [info.value for info in app.info] == [NO_MODEL]


def test_as_long_as_nothing_was_trained_the_shipped_model_is_asked(app, pretrained):
    app.run()
    assert not app.exception and not app.info
    (choice,) = app.radio
    num = len(Predictor.pretrained().classes)
    assert choice.options == ["Your model", f"Pre-trained ({num} classes)"] and choice.value == "sketchnet"
    assert app.session_state.session.view()["classes"] == Predictor.pretrained().classes
    choice.set_value("own").run()
    assert not app.exception
    assert [info.value for info in app.info] == [NO_MODEL]


def test_one_click_leads_to_the_shipped_model_and_back(app, project, pretrained, tmp_path):
    shutil.copytree(project / "models", tmp_path / "models")
    app.run()
    assert not app.exception and not app.info
    assert app.radio[0].value == "own" and app.session_state.asked[0] == "own"
    before = app.session_state.session
    app.radio[0].set_value("sketchnet").run()
    assert not app.exception and not app.info
    assert app.session_state.asked[0] == "sketchnet" and app.session_state.session is not before
    app.radio[0].set_value("own").run()
    assert app.session_state.session.view()["classes"] == Predictor(project / "models").classes


def test_nobody_can_have_the_model_loaded_again(app, pretrained):
    """Any visitor can have Streamlit's cache emptied, for all visitors."""
    app.run()
    before = app.session_state.session._model
    st.cache_resource.clear()
    other = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60).run()
    assert other.session_state.session._model is before


def test_what_is_shared_is_loaded_once_for_a_stamp():
    calls = []
    for stamp in (1, 1, 2, 2):
        assert shared("test", stamp, lambda stamp=stamp: calls.append(stamp) or stamp) == stamp
    assert calls == [1, 2]
    with pytest.raises(UserError):
        shared("test", 3, lambda: (_ for _ in ()).throw(UserError("no model")))
    assert shared("test", 3, lambda: 3) == 3


def test_a_damaged_shipped_model_is_one_line(app, pretrained, tmp_path, monkeypatch):
    shutil.copytree(pretrained / "sketchnet", tmp_path / "pretrained/sketchnet")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "pretrained")
    (tmp_path / "pretrained/sketchnet/model.safetensors").write_bytes(b"nonsense")
    app.run()
    assert not app.exception
    assert len(app.info) == 1 and "reinstall sketch-classifier" in app.info[0].value


def test_a_damaged_model_is_no_traceback(app, none_shipped, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/model.onnx").write_bytes(b"nonsense")
    app.run()
    assert not app.exception
    assert "not a model that this version exported" in app.info[0].value
    assert "run `dvc repro export`" in app.info[0].value


def test_a_model_of_photographs_is_said_to_be_one(app, none_shipped, project, tmp_path):
    model = onnx.load(project / "models/model.onnx")
    next(entry for entry in model.metadata_props if entry.key == "channels").value = '"color"'
    (tmp_path / "models").mkdir()
    onnx.save(model, tmp_path / "models/model.onnx")
    app.run()
    assert not app.exception
    assert app.info[0].value == "This model was trained on photographs and does not accept drawings."
    with pytest.raises(UserError, match="trained on photographs"):
        build(tmp_path / "models", tmp_path / "data", tmp_path / "cache", tmp_path / "dist")


def report(root):
    """The report page on a project folder."""

    def page(root):
        from pathlib import Path

        from app.report_page import show_report

        show_report(Path(root))

    return AppTest.from_function(page, kwargs={"root": str(root)}, default_timeout=60).run()


def test_the_report_says_what_to_run(tmp_path):
    page = report(tmp_path)
    assert not page.exception
    assert all("`dvc repro`" in info.value for info in page.info) and len(page.info) == 2


def test_the_report_shows_the_figures(tmp_path):
    (tmp_path / "metrics").mkdir()
    metrics = {"weights": "none", "num_test": 2324, "accuracy": 0.921687, "weights_failed": ["imagenet"]}
    (tmp_path / "metrics/metrics.json").write_text(json.dumps(metrics))
    page = report(tmp_path)
    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric} == {
        "Test accuracy": "92.2%",
        "Test drawings": "2,324",
    }
    (tmp_path / "metrics/metrics.json").write_text("{")
    assert "No metrics yet" in report(tmp_path).info[0].value


@pytest.mark.parametrize(
    ("manifest", "synthetic"), [('{"source": "synthetic"}', True), ('{"source": "official"}', False), ("{", False)]
)
def test_the_report_says_that_drawings_are_synthetic(tmp_path, manifest, synthetic):
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/manifest.json").write_text(manifest)
    page = report(tmp_path)
    assert not page.exception
    assert any("synthetic" in warning.value for warning in page.warning) == synthetic


def test_the_report_of_the_pipeline_is_embedded(tmp_path):
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots/report.html").write_text("<h1>All of it</h1>")
    page = report(tmp_path)
    assert not page.exception
    assert not page.info and not page.metric, "the report shows the figures"
