"""plots/report.html: one page with the figures and pictures of a run, each with a sentence on how to read it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from sketch_classifier.analysis.html_page import page

# How to read each figure of intervals.csv; what ends in _scaled or _at_threshold is explained by its stem.
HOW = {
    "accuracy": "Share of the drawings whose class is named first. 1 is perfect.",
    "balanced_accuracy": "Mean over the classes of the share that is right: small classes count as much as large ones.",
    "macro_f1": "Mean over the classes of F1, which is high where few are missed and few are taken for it wrongly.",
    "top3_accuracy": "Share whose class is among the three named first.",
    "top5_accuracy": "Share whose class is among the five named first.",
    "map3": "1 where the right class comes first, 1/2 second, 1/3 third, else 0; the mean.",
    "log_loss": "Punishes being sure and wrong; 0 is perfect, guessing among C classes costs ln C.",
    "expected_calibration_error": "How far confidence lies from the share that is right, on average; 0 is perfect.",
    "precision": "Of what is called positive, the share that is.",
    "recall": "Of what is positive, the share that is called so.",
    "roc_auc": "How often a positive drawing is given more than a negative one; 0.5 is chance, 1 is perfect.",
}
SUFFIXES = {
    "_scaled": "after temperature scaling",
    "_at_threshold": "at the threshold that validation drawings chose",
}
NAMES = {"macro_f1": "macro F1", "map3": "MAP@3", "roc_auc": "ROC AUC"}
CARDS = ("accuracy", "balanced_accuracy", "macro_f1", "top3_accuracy", "top5_accuracy", "roc_auc")
MOST_ROWS = 15


@dataclass(frozen=True)
class Tables:
    """What evaluate and analyze wrote: metrics.json, and the tables by their files' names."""

    figures: dict[str, Any]
    intervals: pd.DataFrame
    per_class: pd.DataFrame
    most_confused: pd.DataFrame
    by_country: pd.DataFrame
    quality: pd.DataFrame
    distances: pd.DataFrame
    issues: pd.DataFrame


def report(tables: Tables, plots: Path, model: str, about: str, num_pages: int, num_audited: int) -> str:
    """The page, from the tables and from the pictures that lie in `plots`.

    model        the preset's name
    about        a line of what was trained on what
    num_pages    of plots/errors/
    num_audited  drawings whose labels were looked at
    """
    values = tables.intervals.set_index("figure")
    cards = [
        {"name": _name(name), "value": f"{row.value:.1%}" if name != "roc_auc" else f"{row.value:.3f}",
         "interval": f"({interval})" if (interval := _interval(row, 3)) else ""}
        for name, row in values.loc[[name for name in CARDS if name in values.index]].iterrows()
    ]  # fmt: skip
    sections = [
        _section("Figures", [], _figures(tables.intervals)),
        _section("Drawings and predictions", [], _drawings(plots, tables, num_pages)),
        _section("Training", [], _training(plots)),
        _section("Classes", [], _classes(plots, tables)),
        _section("Why it errs", [_causes(tables)], _why(plots)),
        _section("Feature space", [_nearer(tables.distances)], _space(plots)),
        _section("Wrong labels", [_labels(tables.issues, num_audited)], _issues(plots)),
        _section("Calibration", [_temperature(tables.figures)], _calibration(plots)),
    ]
    return page("report.html.jinja", title=f"How {model} did", about=about, cards=cards, sections=sections)


def _figures(intervals: pd.DataFrame) -> list[dict]:
    rows = [
        [_name(row.figure), f"{row.value:.4f}", _interval(row, 4), _how(row.figure)]
        for row in intervals.dropna(subset="value").itertuples()
    ]
    how = "Two models whose intervals do not overlap differ; where they overlap, python -m stages.compare tests it."
    columns = ["figure", "value", "95 % interval", "how to read it"]
    return [_table("All figures on the test drawings", columns, rows, how, texts=True)]


def _drawings(plots: Path, tables: Tables, num_pages: int) -> list[dict]:
    blocks = [
        _picture(
            plots / "samples.png", "Drawings chosen at random. Green: right, orange: wrong; the share is how sure."
        ),
        _picture(
            plots / "errors.png",
            "The errors of which the model was surest. Read them first: sure and wrong is often a wrong label or a "
            "drawing of something else.",
        ),
    ]
    if num_pages > 1:
        pages = [(f"errors/page_{number:04}.png", f"{number:,}") for number in range(1, num_pages + 1)]
        blocks.append({"kind": "links", "text": f"All errors, on {num_pages:,} pages:", "links": pages})
    return blocks


def _training(plots: Path) -> list[dict]:
    return [
        _picture(
            plots / "learning_curves.png",
            "Where the validation loss rises while the training loss falls, the network has begun to learn by heart; "
            "where both still fall, more epochs help.",
        ),
        _picture(
            plots / "class_distribution.png",
            "How many drawings of each class were trained on, chosen by, and tested on. Classes with few are learnt "
            "worse and measured less exactly.",
        ),
    ]


def _classes(plots: Path, tables: Tables) -> list[dict]:
    worst = tables.per_class.sort_values("f1", kind="stable").head(MOST_ROWS)
    rows = [
        [row["class"], *(_share(row[name]) for name in ("recall", "precision", "f1")), f"{row['support']:,}"]
        for row in worst.to_dict("records")
    ]
    pairs = [
        [f"{row.actual} → {row.predicted}", f"{row.count_:,}", _share(row.share)]
        for row in tables.most_confused.head(MOST_ROWS).rename(columns={"count": "count_"}).itertuples()
    ]
    return [
        _picture(
            plots / "confusion_matrix.png",
            "A row is what was drawn, a column what was said: right answers lie on the diagonal, and a dark cell off "
            "it is a confusion. A dark column is a class that is named too readily.",
        ),
        _table(
            "The classes that do worst",
            ["class", "recall", "precision", "F1", "drawings"],
            rows,
            "Low recall: drawings of the class are missed. Low precision: others are taken for it.",
        ),
        _table(
            "Taken for one another most",
            ["drawn → said", "drawings", "of the class"],
            pairs,
            "Pairs with the most confusions first, both directions after each other.",
        ),
    ]


def _why(plots: Path) -> list[dict]:
    return [
        _picture(
            plots / "quality.png",
            "First cause, poor drawings. Bars that differ by more than their lines show what the model finds hard: few "
            "strokes are often unfinished drawings, very many are often scribbles.",
        ),
        _picture(
            plots / "look_alikes.png",
            "Second cause, look-alikes. Classes are joined the further left, the more often they are taken for one "
            "another; what joins far to the right hardly ever is.",
        ),
        _picture(
            plots / "by_country.png",
            "Third cause, countries. A bar whose whole line lies left of the dashed one (orange) stands for people "
            "whose drawings the model reads worse. Countries with few drawings are pooled.",
        ),
    ]


def _space(plots: Path) -> list[dict]:
    return [
        _picture(
            plots / "tsne_2d.png",
            "Each point is a drawing; near points are alike to the network. Clear islands are easy classes, mixed ones "
            "are confused. Distances between islands and their sizes mean nothing.",
        ),
        _picture(plots / "tsne_3d.png", "The same with one dimension more, which tears fewer neighbours apart."),
        {
            "kind": "links",
            "text": "Turn it with the mouse, and point at a drawing to see it:",
            "links": [("tsne_3d.html", "plots/tsne_3d.html")],
        },
        _picture(
            plots / "centroid_distances.png",
            "Each point is a misclassified drawing. Below the diagonal it lies nearer to the middle of the wrong "
            "class: the features themselves are wrong. Above it they were right, and only the last layer was not.",
        ),
    ]


def _issues(plots: Path) -> list[dict]:
    how = (
        "If you agree with the orange name, the label is wrong. An orange frame: confident learning counts it as "
        "wrong. metrics/label_issues.csv lists all of them."
    )
    return [_picture(plots / "label_issues.png", how)]


def _calibration(plots: Path) -> list[dict]:
    how = (
        "Points below the dashed line: the model is surer than it should be; above it: too modest. The grey bars show "
        "where most drawings lie, and there it matters; a long line stands for few drawings."
    )
    return [_picture(plots / "reliability.png", how)]


def _causes(tables: Tables) -> str:
    """What the three causes of system 2 cost here, in words."""
    found = []
    flags = tables.quality[tables.quality["quality"] == "recognized"].set_index("group")
    if len(flags) == 2:
        yes, no = flags.loc["True"], flags.loc["False"]
        errors = (flags["count"] * (1 - flags["accuracy"])).sum()
        share = no["count"] * (1 - no["accuracy"]) / errors if errors else 0
        found.append(
            f"Drawings that the game recognised are right in {yes['accuracy']:.1%}, the others in "
            f"{no['accuracy']:.1%}; these are {no['count'] / flags['count'].sum():.1%} of the "
            f"drawings and {share:.1%} of the errors."
        )
    if len(tables.most_confused):
        total = tables.most_confused["count"].sum()
        first = tables.most_confused.iloc[0]
        found.append(
            f"The look-alikes that are confused most, {first['actual']} and {first['predicted']}, make "
            f"{first['pair_count']:,} of {total:,} errors."
        )
    if len(tables.by_country):
        named = tables.by_country[tables.by_country["country"] != "other"]
        if len(named) > 1:
            low, high = named.loc[named["accuracy"].idxmin()], named.loc[named["accuracy"].idxmax()]
            apart = "differ" if low["high"] < high["low"] else "may differ by chance (their intervals overlap)"
            found.append(
                f"Countries reach from {low['accuracy']:.1%} ({low['country']}) to {high['accuracy']:.1%} "
                f"({high['country']}), which {apart}."
            )
    if tables.quality.empty and tables.by_country.empty:
        found.append("This dataset has no strokes, flags or countries: only look-alikes can be looked at.")
    return " ".join(found)


def _nearer(distances: pd.DataFrame) -> str:
    if distances.empty:
        return "No drawing was misclassified."
    share = (distances["nearer_to"] == "predicted").mean()
    return (
        f"Of the {len(distances):,} misclassified drawings {share:.1%} lie nearer to the centroid of the class that "
        "the model named than to that of their own."
    )


def _labels(issues: pd.DataFrame, num_audited: int) -> str:
    likely = int(issues["issue"].sum())
    return (
        f"{likely:,} of {num_audited:,} labels looked at are probably wrong ({likely / max(num_audited, 1):.1%}), and "
        f"{len(issues):,} drawings look more like another class than like their label's."
    )


def _temperature(figures: dict) -> str:
    value = figures.get("temperature")
    if value is None:
        return "There were no validation drawings to fit a temperature on."
    words = "surer" if value > 1 else "less sure"
    return f"The validation drawings chose the temperature {value:.3f}: the network was {words} than it should be."


def _section(title: str, texts: Sequence[str], blocks: Sequence[dict]) -> dict:
    return {"id": title.lower().replace(" ", "-"), "title": title, "texts": list(filter(None, texts)), "blocks": blocks}


def _picture(path: Path, how: str) -> dict:
    with Image.open(path) as image:
        width, height = image.size
    uri = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    alt = path.stem.replace("_", " ")
    return {"kind": "picture", "uri": uri, "width": width, "height": height, "alt": alt, "how": how}


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], how: str, texts: bool = False) -> dict:
    return {"kind": "table", "title": title, "columns": columns, "rows": rows, "how": how, "texts": texts}


def _stem(figure: str) -> tuple[str, str]:
    """A figure's name without its suffix, and what the suffix says."""
    for suffix, words in SUFFIXES.items():
        if figure.endswith(suffix):
            return figure.removesuffix(suffix), words
    return figure, ""


def _name(figure: str) -> str:
    stem, words = _stem(figure)
    text = NAMES.get(stem, stem.replace("_", " ").replace("top3", "top-3").replace("top5", "top-5"))
    return f"{text}, {words}" if words else text


def _how(figure: str) -> str:
    return HOW[_stem(figure)[0]]


def _interval(row: Any, digits: int) -> str:
    """A figure's interval, or nothing where it has none."""
    return "" if pd.isna(row.low) else f"{row.low:.{digits}f} – {row.high:.{digits}f}"


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1%}"
