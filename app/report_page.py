"""The page of the app with the model's report."""

from __future__ import annotations

import json
import shutil
from filecmp import cmp
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component

from sketch_classifier.analysis.numbers import written
from sketch_classifier.data.manifest import SYNTHETIC, read_source
from sketch_classifier.drawings.files import replaced_folder
from sketch_classifier.errors import UserError

REPORT = "plots/report.html"
METRICS = "metrics/metrics.json"
MANIFEST = "data/raw/manifest.json"
SHOWN = {
    "accuracy": "Test accuracy",
    "top3_accuracy": "Top-3 accuracy",
    "top5_accuracy": "Top-5 accuracy",
    "macro_f1": "Macro F1",
    "log_loss": "Log loss",
    "num_test": "Test drawings",
}


# The report fills the window below the page links, and only the report scrolls.
STYLE = """<style>
[data-testid="stMain"]:has([data-testid="stIFrame"]) { overflow: hidden }
.block-container:has([data-testid="stIFrame"]) { max-width: none; padding: 0.8rem 0 0 }
.block-container:has([data-testid="stIFrame"]) .st-key-pages { padding-left: 1rem }
[data-testid="stIFrame"] { height: calc(100dvh - 3.1rem); display: block; border: 0 }
</style>"""


def show_report(root: Path) -> None:
    """Show the report of the `analyze` stage, or metrics.json if there is none."""
    path = root / REPORT
    if path.is_file():
        st.html(STYLE)
        st.iframe(served(path, root / ".cache/app/plots"), height=900, alt="The report of the pipeline")
    else:
        st.header("Model report")
        if is_synthetic(root / MANIFEST):
            st.warning("The dataset is synthetic, so the results say nothing about real drawings.")
        show_metrics(root / METRICS)
        st.info(
            f"`dvc repro` writes the full report to `{REPORT}`, which does not exist yet.", icon=":material/monitoring:"
        )


def served(page: Path, copies: Path) -> str:
    """Serve a page and the files beside it from the app's own server; return the address of the page.

    If only its HTML were embedded, the page's relative links would lead into the app. The address changes with the
    page, so that no browser shows a cached older version.

    copies  folder for a copy of the files if DVC has replaced them by links into its cache, which are not served
    """
    if page.is_symlink():
        if not (copies / page.name).is_file() or not cmp(page, copies / page.name, shallow=False):
            with replaced_folder(copies) as folder:
                shutil.copytree(page.parent, folder, dirs_exist_ok=True)
        page = copies / page.name
    component = declare_component(f"plots-{page.stat().st_mtime_ns:x}", path=page.parent.resolve())
    base = st.get_option("server.baseUrlPath").strip("/")
    return "/".join(["", *filter(None, [base]), "component", component.name, page.name])


def is_synthetic(manifest: Path) -> bool:
    """Whether the drawings in data/raw are synthetic; False if that is unknown."""
    try:
        return read_source(manifest) == SYNTHETIC
    except UserError:
        return False


def show_metrics(path: Path) -> None:
    """Show the main metrics, and a table of all of them."""
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        st.info(
            "No metrics yet. `dvc repro` evaluates the model on the test set.",
            icon=":material/monitoring:",
        )
        return
    figures = {name: value for name, value in metrics.items() if isinstance(value, (int, float))}
    with st.container(horizontal=True):
        for name, label in SHOWN.items():
            if name not in figures:
                continue
            value = figures[name]
            st.metric(label, f"{value:,}" if isinstance(value, int) else written(name, value), width=130)
    with st.expander(f"All values in {METRICS}"):
        st.table(
            {name: _text(name, value) for name, value in metrics.items()},
        )


def _text(name: str, value: object) -> str:
    if isinstance(value, float):
        return written(name, value, digits=2)
    return value if isinstance(value, str) else json.dumps(value)
