"""The page that shows how good the model is."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from sketch_classifier.data.manifest import SYNTHETIC, read_source
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


def show_report(root: Path) -> None:
    """metrics.json, and the report of the `analyze` stage where it is there."""
    st.header("Model report")
    if is_synthetic(root / MANIFEST):
        st.warning("The dataset is synthetic, so the results say nothing about real drawings.")
    show_metrics(root / METRICS)
    path = root / REPORT
    if path.is_file():
        st.iframe(path, height=900)
    else:
        st.info(
            f"`dvc repro` writes the whole report to `{REPORT}`; it is not there yet.", icon=":material/monitoring:"
        )


def is_synthetic(manifest: Path) -> bool:
    """Whether the drawings in data/raw are synthetic; False where that is not known."""
    try:
        return read_source(manifest) == SYNTHETIC
    except UserError:
        return False


def show_metrics(path: Path) -> None:
    """The headline metrics, and all of them in a table."""
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        st.info(
            "No figures yet: `dvc repro` evaluates the model on the test set.",
            icon=":material/monitoring:",
        )
        return
    figures = {name: value for name, value in metrics.items() if isinstance(value, (int, float))}
    shown = {label: figures[name] for name, label in SHOWN.items() if name in figures}
    with st.container(horizontal=True):
        for label, value in shown.items():
            st.metric(label, f"{value:,}" if isinstance(value, int) else f"{value:.3f}", width=130)
    with st.expander(f"All of {METRICS}"):
        st.table(
            {name: _text(value) for name, value in metrics.items()},
        )


def _text(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
