"""Compares the runs of several revisions; writes tables, figures and a Markdown report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sketch_classifier.analysis.sheets import render
from sketch_classifier.analysis.style import save
from sketch_classifier.comparison.figures import bars_figure, only_one_right_sheet
from sketch_classifier.comparison.markdown import page
from sketch_classifier.comparison.runs import WORKSPACE, Files, Run, how_to_get, read_data, read_run
from sketch_classifier.comparison.shared_drawings import identified, only_one_right, pooled, rows_of
from sketch_classifier.comparison.summary import Repeats, distances, pairs, repeats, summary
from sketch_classifier.data.dataset import Dataset
from sketch_classifier.drawings.files import replaced_file, require_writable
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.tables import write_table

NUM_DRAWINGS = 60  # in only_one_right.png


def compare(names: Sequence[str], files: Files, processed: str | Path, out: str | Path) -> str:
    """Compare the runs of the revisions `names` of the current repository, without checking them out.

    files      the paths of a run's files
    processed  the folder of the workspace's preprocessed drawings, which are shown in only_one_right.png
    out        the folder to write to: comparison.md, .csv and .png, mcnemar.csv, only_one_right.csv and .png, and
               centroid_distances.csv; only_one_right.png is removed if there are no such drawings to show

    Returns the content of comparison.md. Raises UserError for an unknown revision and a missing or damaged file.
    """
    require_writable(out)
    runs = [read_run(name, files) for name in dict.fromkeys(names)]
    groups = repeats(runs)
    entries = _entries(runs, groups)
    table, tested = summary(runs, groups), pairs(entries)
    alone = only_one_right(entries) if len(entries) > 1 else pd.DataFrame({"right": []})
    apart = distances(runs)
    counts = alone["right"].value_counts().reindex(list(entries), fill_value=0)

    out = Path(out)
    notes = [_stale_note(run) for run in runs if run.stale]
    notes += [_untested_note(run, files) for run in runs if run.predictions is None]
    notes += _picture(alone, list(entries), files, processed, out / "only_one_right.png") if len(alone) else []
    text = page(table, tested, counts, apart, notes)
    with replaced_file(out / "comparison.md") as path:
        path.write_text(text, encoding="utf-8")
    save(bars_figure(table), out / "comparison.png")
    for name, content in {
        "comparison.csv": table,
        "mcnemar.csv": tested,
        "only_one_right.csv": alone.drop(columns=["source", "copy"], errors="ignore"),
        "centroid_distances.csv": apart,
    }.items():
        write_table(content, out / name)
    if not len(alone):
        (out / "only_one_right.png").unlink(missing_ok=True)
    return text


def _entries(runs: Sequence[Run], groups: Sequence[Repeats]) -> dict[str, pd.DataFrame]:
    """The predictions to compare in pairs, by name; the folds of a cross-validation are pooled.

    Runs without available predictions are left out. Folds are pooled only if the predictions of all are available.
    """
    tables = {run.name: identified(run) for run in runs if run.predictions is not None}
    for group in groups:
        if group.is_cross_validation and all(run.name in tables for run in group.runs):
            tables[group.name] = pooled([tables.pop(run.name) for run in group.runs])
    return tables


def _picture(alone: pd.DataFrame, names: list[str], files: Files, processed: str | Path, path: Path) -> list[str]:
    """Write a picture of drawings that only one run classifies correctly; returns notes on what it leaves out."""
    path.unlink(missing_ok=True)
    try:
        dataset = Dataset.open(processed)
        same = rows_of(*read_data(WORKSPACE, files))
    except UserError as error:
        return [f"{path.name} is left out: {error}"]
    rows = _rows(alone, dataset, same)
    here = rows >= 0
    if not here.any():
        return [f"{path.name} is left out: {processed} does not contain the drawings that these runs were tested on"]
    found, rows = alone[here], rows[here]
    # An equal number from each run, as far as available.
    chosen = np.sort(np.argsort(found.groupby("right").cumcount().to_numpy(), kind="stable")[:NUM_DRAWINGS])
    save(render(only_one_right_sheet(dataset, found.iloc[chosen], rows[chosen], names, len(alone))), path)
    return [] if here.all() else [f"{path.name} shows drawings of {processed}, which lacks {(~here).sum():,} of these"]


def _rows(alone: pd.DataFrame, dataset: Dataset, same: str) -> np.ndarray:
    """(n,) int64: the row of each drawing in `dataset`, −1 if it is not in it."""
    rows = np.full(len(alone), -1, np.int64)
    of_files = (alone["source"] == same).to_numpy()
    numbers = alone["row"].to_numpy(np.int64)
    rows[of_files] = np.where(numbers < len(dataset.images), numbers, -1)[of_files]
    if "key_id" in dataset.index:
        known = dataset.index["key_id"].astype(str)
        places = pd.Series(known.index, index=known).groupby(level=0).first()
        found = alone["drawing"].map(places).fillna(-1).to_numpy(np.int64)
        by_key = (alone["source"] == "key_id").to_numpy()
        rows[by_key] = found[by_key]
    return rows


def _stale_note(run: Run) -> str:
    keys = ", ".join(run.stale[:3]) + (", …" if len(run.stale) > 3 else "")
    return f"{run.name}: its params.yaml has been changed since the run ({keys}); the values of the run are shown"


def _untested_note(run: Run, files: Files) -> str:
    return (
        f"{run.name}: {files.predictions} is not in DVC's cache, so its metrics are shown but it has no paired tests: "
        f"{how_to_get(files.predictions)}"
    )
