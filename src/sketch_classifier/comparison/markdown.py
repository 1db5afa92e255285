"""Formats the tables of a comparison as a Markdown page, comparison.md. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from sketch_classifier.analysis.numbers import written
from sketch_classifier.comparison.figures import accuracy_text

# The metrics that the page shows if they are available; the CSV file has all of them.
VALIDATION = {"validation_accuracy": "validation accuracy", "validation_loss": "validation loss"}
SHOWN = {  # on the test set, in addition to the accuracy
    "balanced_accuracy": "balanced",
    "macro_f1": "macro F1",
    "top5_accuracy": "top 5",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "expected_calibration_error": "calibration error",
}
CHOOSING = (
    "Choose a run by its validation accuracy (or loss), and use only the test metrics of that run: the best of several "
    "test accuracies is an optimistic estimate of the accuracy on new drawings."
)
MOST_PAIRS = 15  # maximum number of pairs on the page; if there are more, only those with the first run


def page(
    summary: pd.DataFrame, pairs: pd.DataFrame, alone: pd.Series, distances: pd.DataFrame, notes: Sequence[str]
) -> str:
    """The page in Markdown: runs, pairs, numbers of drawings that only one run gets right, distances and notes.

    alone  run name → number of drawings that only this run classifies correctly
    """
    parts = ["# Comparison", _runs(summary)]
    if len(summary) > 1 and VALIDATION.keys() <= set(summary):
        parts.append(CHOOSING)
    if len(pairs):
        parts += ["## Pairwise comparison on shared test drawings", *_pairs(pairs)]
    if alone.sum():
        counts = _table(
            ["run", "drawings that only this run classifies correctly"],
            ([name, f"{num:,}"] for name, num in alone.items()),
        )
        parts += ["## Classified correctly by one run only", counts]
    if len(distances):
        parts += ["## Misclassified drawings: mean distance to class centroids", _distances(distances)]
    if notes:
        parts += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts) + "\n"


def _runs(summary: pd.DataFrame) -> str:
    chosen_by, shown = (
        {name: title for name, title in names.items() if name in summary} for names in (VALIDATION, SHOWN)
    )
    optional = [name for name in ("fold", "changed") if (summary[name] != "").any()]
    header = ["run", "model", "dataset", "seed", *optional, *chosen_by.values()]
    header += ["test drawings", "test accuracy (95%)", *shown.values()]
    rows = []
    for row in summary.to_dict("records"):
        several = row["num_runs"] > 1
        name = f"**{row['name']}** (mean ± standard deviation of {row['num_runs']})" if several else row["name"]
        about = [name, row["model"], row["dataset"], row["seed"]]
        fold = f"{row['fold']} of {row['folds']}" if row["fold"] != "" else ""
        about += [{"fold": fold, "changed": row["changed"]}[key] for key in optional]
        about += [_figure(row, key, several) for key in chosen_by]
        drawings = f"{row['num_test']:,}"
        rows.append([*about, drawings, accuracy_text(row), *(_figure(row, key, several) for key in shown)])
    return _table(header, rows)


def _figure(row: dict, name: str, several: bool) -> str:
    if pd.isna(row[name]):
        return ""
    text = written(name, row[name])
    return f"{text} ± {written(name, row[f'{name}_std'])}" if several else text


def _pairs(pairs: pd.DataFrame) -> list[str]:
    tested = pairs[pairs["p_value"].notna()]
    shown = tested if len(tested) <= MOST_PAIRS else tested[tested["a"] == tested["a"].iloc[0]]
    header = ["a", "b", "shared", "only a correct", "only b correct", "b − a (95%)", "p (McNemar)", "p (Holm)"]
    rows = (
        [
            *(row["a"], row["b"], f"{row['num_shared']:,}", f"{row['n10']:,}", f"{row['n01']:,}"),
            f"{row['difference']:+.2%} ({row['low']:+.2%} to {row['high']:+.2%})",
            *(f"{row['p_value']:.2g}", f"{row['p_holm']:.2g}"),
        ]
        for row in shown.to_dict("records")
    )
    parts = [_table(header, rows)] if len(shown) else []
    if len(shown) < len(tested):
        parts.append(f"The pairs with {shown['a'].iloc[0]}; all {len(tested)} are in mcnemar.csv.")
    for note, untested in pairs[pairs["p_value"].isna()].groupby("note", sort=False):
        named = [f"{row.a} and {row.b}" for row in untested.itertuples()]
        more = f" and {len(named) - 3} more pairs" if len(named) > 3 else ""
        parts.append(f"Not compared, {note}: {'; '.join(named[:3])}{more}.")
    return parts


def _distances(distances: pd.DataFrame) -> str:
    header = ["run", "misclassified", "to the true class", "to the predicted class", "ratio", "closer to the predicted"]
    rows = (
        [
            row["run"],
            f"{row['num_misclassified']:,}",
            *(f"{row[name]:.3f}" for name in ("distance_actual", "distance_predicted", "ratio")),
            f"{row['share_nearer_to_predicted']:.1%}",
        ]
        for row in distances.to_dict("records")
    )
    return _table(header, rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
