"""Writes the figures, tables and report of a run, from the model, the dataset and the output of evaluate."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from sketch_classifier.analysis.centroids import centroid_distances, centroids, choose_per_class, distances_figure
from sketch_classifier.analysis.class_distribution import distribution_figure
from sketch_classifier.analysis.confusion import confusion_figure
from sketch_classifier.analysis.label_issues import ABOUT, audited, issues_sheet, label_issues, named, out_of_sample
from sketch_classifier.analysis.learning_curves import curves_figure, read_curves
from sketch_classifier.analysis.look_alikes import look_alikes_figure
from sketch_classifier.analysis.provenance import Provenance, fewest_of
from sketch_classifier.analysis.reliability import reliability_figure
from sketch_classifier.analysis.report import Tables, report
from sketch_classifier.analysis.sheets import MOST_ERRORS, Sheet, errors_sheets, pictures, render, samples_sheet
from sketch_classifier.analysis.style import save
from sketch_classifier.analysis.subgroups import OF_STROKES, country_figure, quality, quality_figure
from sketch_classifier.analysis.tsne import embed, tsne_3d_figure, tsne_figure, usable_perplexity
from sketch_classifier.analysis.tsne_page import turning_page
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.data.manifest import read_source
from sketch_classifier.drawings.files import replaced_file, replaced_folder, require_writable
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.confusion import classes_to_show, confusion_matrix
from sketch_classifier.evaluation.index import index_rows
from sketch_classifier.evaluation.tables import read_figures, read_predictions, read_table, write_table
from sketch_classifier.models.network import Network
from sketch_classifier.models.predict import MOST_FEATURES, feature_batches, hashed
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import Analyze
from sketch_classifier.progress import step

PREDICTIONS = "predictions.parquet"  # written by evaluate
MOST_DISTANCES = 50_000  # maximum number of misclassified drawings for centroid distances


@dataclass(frozen=True)
class _Run:
    """The inputs of all figures."""

    dataset: Dataset
    network: Network
    task: str
    name: str
    class_names: tuple[str, ...]
    targets: np.ndarray
    predictions: pd.DataFrame
    confusion: pd.DataFrame
    params: Analyze
    seed: int
    plots: Path
    metrics: Path

    def features(self, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        return feature_batches(self.network, self.dataset.inputs(self.network.input), rows)


def analyze(
    manifest: str | Path,
    processed: str | Path,
    model: str | Path,
    metrics: str | Path,
    curves: str | Path,
    plots: str | Path,
    params: Analyze,
    seed: int,
    dataset_name: str,
) -> dict[str, Any]:
    """Draw the figures of a run and write its report; return the contents of metrics.json.

    manifest   manifest.json, in which download recorded the origin of the drawings
    processed  output folder of preprocess
    model      folder of the trained model
    metrics    folder with the tables written by evaluate
    curves     CSV file of the learning curves written by train

    Writes to `plots` the figures samples, errors, confusion_matrix, class_distribution, learning_curves, look_alikes,
    quality, by_country, reliability, tsne_2d, tsne_3d, centroid_distances and label_issues (.png), the folder errors
    with pages of all misclassified drawings, and the pages tsne_3d.html and report.html; and to `metrics` quality.csv,
    centroid_distances.csv and label_issues.csv. If a dataset does not record the data for a figure, the figure says so,
    since DVC expects the file, and the report has no section for it. Each step is announced on stderr.

    The output is reproducible byte for byte. Raises UserError for a missing input and a folder that cannot be written.
    """
    require_writable(plots, metrics)
    source, dataset = read_source(manifest), Dataset.open(processed)
    network, about = load_model(model)
    metrics = Path(metrics)
    table, history = read_predictions(metrics / PREDICTIONS), read_curves(curves)
    names, targets = dataset.class_names(about.task), dataset.targets(about.task)
    rows = table["row"].to_numpy()
    unknown = (set(table["actual"].unique()) | set(table["predicted"].unique())) - set(names)
    if unknown or (len(rows) and rows.max() >= len(targets)):
        raise UserError(f"{metrics / PREDICTIONS}: belongs to another model or dataset; run `dvc repro evaluate`")
    figures = read_figures(metrics / "metrics.json")
    written = {
        name: read_table(metrics / f"{name}.csv")
        for name in ("intervals", "per_class", "most_confused", "calibration", "by_country")
    }
    predicted = table["predicted"].map({name: code for code, name in enumerate(names)}).to_numpy(np.int64)
    confusion = confusion_matrix(targets[rows], predicted, names)
    run = _Run(
        dataset, network, about.task, about.name, names, targets, table, confusion, params, seed, Path(plots), metrics
    )

    step("drawing metrics and learning curves")
    save(curves_figure(history, about.name), run.plots / "learning_curves.png")
    _draw_classes(run)
    qualities = _draw_subgroups(run, figures, written["by_country"])
    detail = f"{about.name}, {len(rows):,} test drawings"
    save(reliability_figure(written["calibration"], written["intervals"], detail), run.plots / "reliability.png")
    step(f"drawing {min((~table['correct']).sum(), MOST_ERRORS):,} misclassified drawings")
    num_pages = _draw_drawings(run)
    places = np.sort(np.random.default_rng(seed).permutation(len(rows))[: params.tsne_samples])
    audit = audited(dataset.split, params.label_drawings, seed)
    kept = np.union1d(rows[places], audit)
    features, distances = _look(run, kept)
    _draw_embedding(run, places, features[np.searchsorted(kept, rows[places])])
    issues = _draw_labels(run, audit, features[np.searchsorted(kept, audit)])

    tables = Tables(
        figures=figures,
        intervals=written["intervals"],
        confusion=confusion,
        per_class=written["per_class"],
        most_confused=written["most_confused"],
        calibration=written["calibration"],
        by_country=written["by_country"],
        quality=qualities,
        distances=distances,
        issues=issues,
    )
    counts = np.bincount(dataset.split, minlength=len(SPLITS)).tolist()
    things = "photographs" if dataset.channels == "color" else "drawings"
    fewest = fewest_of(dataset.split, targets, names)
    provenance = Provenance(dataset_name, source, things, counts, about, fewest)
    step("writing the report")
    with replaced_file(run.plots / "report.html") as path:
        path.write_text(report(tables, run.plots, provenance, num_pages, len(audit)), encoding="utf-8")
    return figures


def _draw_drawings(run: _Run) -> int:
    """Draw sheets of random and of misclassified drawings; return the number of pages of the latter."""
    save(
        render(samples_sheet(run.dataset, run.predictions, run.params.num_samples, run.name, run.seed)),
        run.plots / "samples.png",
    )
    sheets = errors_sheets(run.dataset, run.predictions, run.params.num_errors, run.name)
    with replaced_folder(run.plots / "errors") as folder:
        paths = (folder / f"page_{number:04}.png" for number in count(1))
        # Threads, since most of the time is spent compressing the pictures, which releases the GIL.
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[None]] = deque()
            number = 0
            for sheet, path in zip(sheets, paths, strict=False):
                waiting.append(pool.submit(_draw_page, sheet, path))
                number += 1
                if len(waiting) > 2 * workers:  # so that only a few pages are in memory
                    waiting.popleft().result()
            for page in waiting:
                page.result()
        with replaced_file(run.plots / "errors.png") as first:
            shutil.copyfile(folder / "page_0001.png", first)
    return number


def _draw_page(sheet: Sheet, path: Path) -> None:
    save(render(sheet), path)


def _draw_classes(run: _Run) -> None:
    names = run.class_names
    save(confusion_figure(run.confusion, run.name), run.plots / "confusion_matrix.png")
    save(look_alikes_figure(run.confusion, run.name), run.plots / "look_alikes.png")
    counts = np.bincount(run.targets * len(SPLITS) + run.dataset.split, minlength=len(names) * len(SPLITS))
    save(distribution_figure(counts.reshape(len(names), -1), names), run.plots / "class_distribution.png")


def _draw_subgroups(run: _Run, figures: dict, by_country: pd.DataFrame) -> pd.DataFrame:
    """Draw the accuracy by quality and by country; return the table of the former."""
    about = index_rows(run.dataset.folder, run.predictions["row"].to_numpy(), OF_STROKES)
    table = quality(run.predictions, about)
    write_table(table, run.metrics / "quality.csv")
    save(quality_figure(table, run.name), run.plots / "quality.png")
    save(country_figure(by_country, figures["accuracy"], run.name), run.plots / "by_country.png")
    return table


def _look(run: _Run, kept: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """The features of the rows `kept`, hashed if they are wide, and the table of centroid distances.

    Features of `kept` and of misclassified drawings are computed once, and only one batch of full-width features is in
    memory. If more than MOST_DISTANCES drawings are misclassified, the table has a random sample of that size.
    """
    train = run.dataset.rows("train")
    train = choose_per_class(train, run.targets[train], run.params.centroid_drawings, run.seed)
    step(f"computing the features of {len(train):,} training drawings for the class centroids")
    centres = centroids(run.features(train), run.targets[train], len(run.class_names))
    wrong = run.predictions[~run.predictions["correct"]]
    num_wrong = len(wrong)
    if num_wrong > MOST_DISTANCES:
        wrong = wrong.iloc[np.sort(np.random.default_rng(run.seed).permutation(num_wrong)[:MOST_DISTANCES])]
    rows = np.union1d(kept, wrong["row"])
    in_kept, in_wrong = (pd.Index(these).get_indexer(rows) for these in (kept, wrong["row"]))  # positions, or −1
    step(f"computing the features of {len(rows):,} drawings")
    features = np.empty((len(kept), min(centres.shape[1], MOST_FEATURES)), np.float32)

    def misclassified() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for part, batch in run.features(rows):
            chosen = in_kept[part] >= 0
            features[in_kept[part][chosen]] = hashed(torch.from_numpy(batch[chosen])).numpy()
            chosen = in_wrong[part] >= 0
            yield in_wrong[part][chosen], batch[chosen]

    distances = centroid_distances(wrong, misclassified(), centres, run.class_names)
    write_table(distances, run.metrics / "centroid_distances.csv")
    drawings = f"up to {run.params.centroid_drawings:,} training drawings per class"
    save(distances_figure(distances, run.name, drawings, num_wrong), run.plots / "centroid_distances.png")
    return features, distances


def _draw_embedding(run: _Run, places: np.ndarray, features: np.ndarray) -> None:
    """Draw t-SNE of the test drawings at positions `places` (n,) of the predictions, with features (n, D)."""
    params, seed = run.params, run.seed
    shown = run.predictions.iloc[places]
    rows = shown["row"].to_numpy()
    perplexity = usable_perplexity(params.tsne_perplexity, len(rows))
    detail = f"{run.name}, {len(rows):,} of {len(run.predictions):,} test drawings, perplexity {perplexity:.3g}"
    labels = run.targets[rows]
    step(f"t-SNE of {len(rows):,} test drawings, in two and three dimensions")
    # Concurrently, each in its own thread; one that finishes must not pass its threads to the other (see `embed`).
    with threadpool_limits(1), ThreadPoolExecutor(2) as pool:
        flat, positions = pool.map(lambda number: embed(features, params.tsne_perplexity, seed, number), (2, 3))
    classes = run.class_names, classes_to_show(run.confusion).tolist()
    save(tsne_figure(flat, labels, *classes, detail), run.plots / "tsne_2d.png")
    save(tsne_3d_figure(positions, labels, *classes, detail), run.plots / "tsne_3d.png")
    said = [f"{'✓' if row.correct else '✗'} {row.predicted} {row.confidence:.0%}" for row in shown.itertuples()]
    images = pictures(run.dataset.images[rows], run.dataset.channels)
    with replaced_file(run.plots / "tsne_3d.html") as path:
        path.write_text(turning_page(positions, labels, *classes, images, said, detail), encoding="utf-8")


def _draw_labels(run: _Run, rows: np.ndarray, features: np.ndarray) -> pd.DataFrame:
    """Find and draw suspected label errors among `rows` (n,), with features (n, D); return their table."""
    step(f"searching for label errors among {len(rows):,} drawings")
    dataset, labels = run.dataset, run.targets[rows]
    about = index_rows(dataset.folder, rows, ABOUT)
    flags = about["recognized"].to_numpy(bool) if "recognized" in about else None
    probabilities = out_of_sample(features, labels, len(run.class_names), run.seed)
    found = label_issues(probabilities, labels, flags)
    table = named(found, rows, dataset, about, run.class_names)
    write_table(table, run.metrics / "label_issues.csv")
    sheet = issues_sheet(dataset, table, run.params.num_label_issues, len(rows), run.name)
    save(render(sheet), run.plots / "label_issues.png")
    return table
