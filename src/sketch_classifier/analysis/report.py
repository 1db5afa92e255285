"""plots/report.html: one page with the metrics and figures of a run, with captions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from sketch_classifier.analysis.findings import (
    calibration_text,
    countries_text,
    distances_text,
    labels_text,
    pairs_text,
    quality_text,
)
from sketch_classifier.analysis.html_page import page
from sketch_classifier.analysis.look_alikes import confused_pairs
from sketch_classifier.analysis.numbers import written
from sketch_classifier.analysis.provenance import Provenance, notices, run_table
from sketch_classifier.analysis.sheets import MOST_ERRORS
from sketch_classifier.analysis.style import DPI

# The definition of each metric in intervals.csv; the suffixes _scaled and _at_threshold are removed first.
DEFINITIONS = {
    "accuracy": "Share of drawings whose most probable class is the true one.",
    "balanced_accuracy": "Mean recall over the classes; every class has the same weight.",
    "macro_f1": "Mean F1 score over the classes.",
    "top3_accuracy": "Share of drawings whose true class is among the three most probable.",
    "top5_accuracy": "Share of drawings whose true class is among the five most probable.",
    "map3": "Mean average precision at 3: 1, 1/2 or 1/3 if the true class is ranked first, second or third, else 0.",
    "log_loss": "Mean negative log-likelihood of the true class. 0 is best; guessing among C classes gives ln C.",
    "expected_calibration_error": "Mean absolute difference between confidence and accuracy over 15 bins. 0 is best.",
    "precision": "Share of the positive predictions that are correct.",
    "recall": "Share of the positive drawings that are predicted as positive.",
    "roc_auc": "Probability that a positive drawing scores higher than a negative one. 0.5 is chance, 1 is best.",
}
SUFFIXES = {
    "_scaled": "after temperature scaling",
    "_at_threshold": "at the threshold fitted on the validation set",
}
NAMES = {"macro_f1": "macro F1", "map3": "MAP@3", "roc_auc": "ROC AUC"}
CARDS = ("accuracy", "balanced_accuracy", "macro_f1", "top3_accuracy", "top5_accuracy", "roc_auc")
MOST_ROWS = 15
SCREEN = 120  # dots per inch


@dataclass(frozen=True)
class Tables:
    """The outputs of evaluate and analyze: the contents of metrics.json, and the tables, named after their files."""

    figures: dict[str, Any]
    intervals: pd.DataFrame
    confusion: pd.DataFrame
    per_class: pd.DataFrame
    most_confused: pd.DataFrame
    calibration: pd.DataFrame
    by_country: pd.DataFrame
    quality: pd.DataFrame
    distances: pd.DataFrame
    issues: pd.DataFrame


def report(tables: Tables, plots: Path, provenance: Provenance, num_pages: int, num_audited: int) -> str:
    """The HTML page, from the tables and the figures in the folder `plots`.

    num_pages    number of pages in plots/errors/
    num_audited  number of drawings whose labels were checked

    The page is reproducible byte for byte. So it contains no date, which would differ for each run; the browser inserts
    the modification date of the file.

    Empty sections, and those about data that the dataset does not record, are omitted.
    """
    values = tables.intervals.set_index("figure")
    cards = [
        {"name": _name(name), "value": written(name, row.value),
         "interval": f"({interval})" if (interval := _interval(name, row, 1)) else ""}
        for name, row in values.loc[[name for name in CARDS if name in values.index]].iterrows()
    ]  # fmt: skip
    supported = confused_pairs(tables.confusion)
    counts = tables.confusion.to_numpy()
    num_wrong = int(counts.sum() - np.trace(counts))
    calibration = calibration_text(tables.figures, tables.intervals, tables.calibration)
    sections = [
        _section("Metrics", [], _metrics(tables.intervals)),
        _section("Sample predictions", [], _samples(plots)),
        _section("Misclassified examples", [], _errors(plots, tables.distances, num_wrong, num_pages)),
        _section("Learning curves", [], _training(plots)),
        _section("Confusion matrix", [], _classes(plots, tables)),
        _section("Commonly confused classes", [pairs_text(tables.confusion, supported)], _pairs(plots, supported)),
        _section("Accuracy by drawing quality", [quality_text(tables.quality)], _quality(plots, tables.quality)),
        _section("Accuracy by country", [countries_text(tables.by_country)], _countries(plots, tables.by_country)),
        _section("Feature space", [distances_text(tables.distances, num_wrong)], _features(plots, tables.distances)),
        _section("Label errors", [labels_text(tables.issues, num_audited)], _issues(plots, tables.issues)),
        _section("Calibration", [calibration], _calibration(plots, tables.intervals)),
    ]
    return page(
        "report.html.jinja",
        title=f"{provenance.about.name} on {provenance.dataset}",
        notices=notices(provenance),
        run=run_table(provenance, tables.figures),
        cards=cards,
        sections=[section for section in sections if section["texts"] or section["blocks"]],
    )


def _metrics(intervals: pd.DataFrame) -> list[dict]:
    rows = [
        [
            _name(row.figure),
            written(row.figure, row.value, 2),
            _interval(row.figure, row, 2),
            DEFINITIONS[_stem(row.figure)[0]],
        ]
        for row in intervals.dropna(subset="value").itertuples()
    ]
    how = (
        "If the intervals of two models overlap, `sketch-classifier compare` tests the difference on their common test "
        "drawings."
    )
    return [_table("Metrics on the test set", ["metric", "value", "95% interval", "definition"], rows, how, texts=True)]


def _samples(plots: Path) -> list[dict]:
    how = (
        "Random test drawings with true class, predicted class and confidence. Green frame: correct; orange: "
        "misclassified."
    )
    return [_picture(plots / "samples.png", how, "Rows of drawings, each with its true and predicted class below it")]


def _errors(plots: Path, distances: pd.DataFrame, num_wrong: int, num_pages: int) -> list[dict]:
    blocks: list[dict] = []
    if num_wrong:
        text = (
            "Misclassified test drawings, most confident first. Confident errors often point to a wrong label or an "
            "ambiguous drawing."
        )
        alt = "Rows of misclassified drawings"
        if len(distances) == num_wrong:  # otherwise it is a sample, which may not contain the first
            first = distances.iloc[0]
            alt += (
                f"; the first, of class {first['actual']}, is predicted as {first['predicted']} with a confidence of "
                f"{first['confidence']:.1%}"
            )
        blocks.append(_picture(plots / "errors.png", text, alt))
    if num_pages > 1:
        pages = [(f"errors/page_{number:04}.png", f"{number:,}") for number in range(1, num_pages + 1)]
        which = "All" if num_wrong <= MOST_ERRORS else f"The {MOST_ERRORS:,} most confident of {num_wrong:,}"
        text = f"{which} misclassified drawings, on {num_pages:,} pages:"
        blocks.append({"kind": "links", "text": text, "links": pages})
    return blocks


def _training(plots: Path) -> list[dict]:
    return [
        _picture(
            plots / "learning_curves.png",
            "Loss and accuracy after each epoch. A validation loss that rises while the training loss falls is "
            "overfitting; if both still fall at the last epoch, training longer may help.",
            "Two line charts over the epochs, loss and accuracy, each with a line for the training drawings and one "
            "for the validation drawings",
        ),
        _picture(
            plots / "class_distribution.png",
            "Class distribution by split. Metrics of classes with few drawings are less certain.",
            "Bar chart: for each class the number of training, validation and test drawings",
        ),
    ]


def _classes(plots: Path, tables: Tables) -> list[dict]:
    worst = tables.per_class.sort_values("f1", kind="stable").head(MOST_ROWS)
    rows = [
        [row["class"], *(_share(row[name]) for name in ("recall", "precision", "f1")), f"{row['support']:,}"]
        for row in worst.to_dict("records")
    ]
    confused = tables.most_confused[tables.most_confused["count"] > 0]
    pairs = [
        [f"{row.actual} → {row.predicted}", f"{row.count_:,}", _share(row.share)]
        for row in confused.head(MOST_ROWS).rename(columns={"count": "count_"}).itertuples()
    ]
    blocks = [
        _picture(
            plots / "confusion_matrix.png",
            "Rows are actual classes, columns predicted classes; colour is the share of the row. "
            "Correct predictions are on the diagonal.",
            _confusion_alt(tables.confusion, pairs),
        ),
        _table(
            "Classes with the lowest F1 score"
            if len(rows) < len(tables.per_class)
            else "Precision, recall and F1 score",
            ["class", "recall", "precision", "F1", "support"],
            rows,
            f"Support: test drawings of the class.{_more(rows, tables.per_class, 'per_class.csv')}",
        ),
    ]
    if pairs:
        more = _more(pairs, confused, "most_confused.csv")
        how = f"Ordered by the number of errors in both directions together.{more}"
        blocks.append(
            _table("Most frequent confusions", ["actual → predicted", "drawings", "share of actual"], pairs, how)
        )
    return blocks


def _confusion_alt(confusion: pd.DataFrame, pairs: Sequence[Sequence[str]]) -> str:
    counts = confusion.to_numpy()
    share = np.trace(counts) / max(counts.sum(), 1)
    most = f"; the most frequent confusion is {pairs[0][0]}, {pairs[0][1]} drawings" if pairs else ""
    return f"Heat map of {len(counts)} actual by {len(counts)} predicted classes: {share:.1%} on the diagonal{most}"


def _more(rows: Sequence, table: pd.DataFrame, file: str) -> str:
    return f" All {len(table):,} rows are in metrics/{file}." if len(rows) < len(table) else ""


def _pairs(plots: Path, supported: np.ndarray) -> list[dict]:
    how = (
        "Hierarchical clustering (average linkage) of the classes by how often they are confused: the further left two "
        "classes join, the more often. Only pairs that meet the criterion above are counted."
    )
    alt = f"Tree of {supported.any(axis=1).sum()} classes, in which those that are confused most often join first"
    return [_picture(plots / "look_alikes.png", how, alt)] if supported.any() else []


def _quality(plots: Path, quality: pd.DataFrame) -> list[dict]:
    how = (
        "Accuracy by the game's recognition flag, number of strokes and number of points. Drawings with very few "
        "strokes are often unfinished, those with very many are often scribbles."
    )
    groups = [
        f"{name.replace('_', ' ')} from {part['accuracy'].min():.1%} to {part['accuracy'].max():.1%}"
        for name, part in quality.groupby("quality", sort=False)
    ]
    alt = f"Bar charts of the accuracy by {', by '.join(groups)}"
    return [] if quality.empty else [_picture(plots / "quality.png", how, alt)]


def _countries(plots: Path, by_country: pd.DataFrame) -> list[dict]:
    how = (
        "Orange: countries whose whole 95% interval is below the overall accuracy (dashed line). Countries with few "
        "drawings are pooled as “other”; ZZ is an unknown country."
    )
    alt = f"Bar chart of the accuracy in {len(by_country)} groups of countries, with intervals"
    return [] if by_country.empty else [_picture(plots / "by_country.png", how, alt)]


def _features(plots: Path, distances: pd.DataFrame) -> list[dict]:
    blocks = [
        _picture(
            plots / "tsne_2d.png",
            "t-SNE of the network's features; each point is a test drawing. Separate clusters are classes that the "
            "network tells apart, mixed ones are confused. Distances between clusters and their sizes have no meaning.",
            "Scatter plot of test drawings in two dimensions, with a colour for each class",
        ),
        _picture(
            plots / "tsne_3d.png",
            "t-SNE in three dimensions, from two viewpoints.",
            "Two scatter plots of test drawings in three dimensions, with a colour for each class",
        ),
        {
            "kind": "links",
            "text": "Interactive version (rotate it, and point at a drawing to see it):",
            "links": [("tsne_3d.html", "plots/tsne_3d.html")],
        },
    ]
    if len(distances):
        how = (
            "Each point is a misclassified drawing. Below the diagonal its features are closer to the centroid of the "
            "predicted class; above it they are closer to the true class, and only the last layer decides against it."
        )
        share = (distances["nearer_to"] == "predicted").mean()
        alt = (
            f"Scatter plot of {len(distances):,} misclassified drawings by their distances to two centroids; "
            f"{share:.1%} lie below the diagonal"
        )
        blocks.append(_picture(plots / "centroid_distances.png", how, alt))
    return blocks


def _issues(plots: Path, issues: pd.DataFrame) -> list[dict]:
    how = (
        "Suspected label errors with the suggested class. Orange frame: flagged by confident learning. All are in "
        "metrics/label_issues.csv."
    )
    if issues.empty:
        return []
    first = issues.iloc[0]
    alt = f"Rows of drawings; the first has the label {first['label']}, and {first['suggested']} is suggested"
    return [_picture(plots / "label_issues.png", how, alt)]


def _calibration(plots: Path, intervals: pd.DataFrame) -> list[dict]:
    how = (
        "Reliability diagram: accuracy by confidence in 15 bins, with the number of drawings in each (grey). Points "
        "below the diagonal are overconfident, points above it underconfident. ECE: expected calibration error."
    )
    errors = intervals.set_index("figure")["value"]
    found = [errors.get(f"expected_calibration_error{suffix}") for suffix in ("", "_scaled")]
    both = " before and after temperature scaling" if found[1] is not None else ""
    values = " and ".join(f"{value:.1%}" for value in found if value is not None)
    alt = f"Accuracy against confidence{both}, beside the diagonal; expected calibration error {values}"
    return [_picture(plots / "reliability.png", how, alt)]


def _section(title: str, texts: Sequence[str], blocks: Sequence[dict]) -> dict:
    return {"id": title.lower().replace(" ", "-"), "title": title, "texts": list(filter(None, texts)), "blocks": blocks}


def _picture(path: Path, how: str, alt: str) -> dict:
    """A figure at SCREEN dots per inch, with its caption and alternative text."""
    with Image.open(path) as image:
        scale = SCREEN / DPI if "dpi" in image.info else 1  # sheets of drawings are sized in pixels
        width, height = (round(scale * side) for side in image.size)
    uri = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    name = path.stem.replace("_", " ")
    return {"kind": "picture", "uri": uri, "width": width, "height": height, "name": name, "alt": alt, "how": how}


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], how: str, texts: bool = False) -> dict:
    return {"kind": "table", "title": title, "columns": columns, "rows": rows, "how": how, "texts": texts}


def _stem(figure: str) -> tuple[str, str]:
    """A metric's name without its suffix, and the meaning of the suffix."""
    for suffix, words in SUFFIXES.items():
        if figure.endswith(suffix):
            return figure.removesuffix(suffix), words
    return figure, ""


def _name(figure: str) -> str:
    stem, words = _stem(figure)
    text = NAMES.get(stem, stem.replace("_", " ").replace("top3", "top-3").replace("top5", "top-5"))
    return f"{text}, {words}" if words else text


def _interval(figure: str, row: Any, digits: int) -> str:
    """A metric's interval, or an empty string if it has none."""
    return "" if pd.isna(row.low) else f"{written(figure, row.low, digits)} – {written(figure, row.high, digits)}"


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1%}"
