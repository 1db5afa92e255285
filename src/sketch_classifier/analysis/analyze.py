"""From the predictions, the model and the processed dataset to the pictures in plots/."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sketch_classifier.analysis.confusion import confusion_figure
from sketch_classifier.analysis.curves import curves_figure, read_curves
from sketch_classifier.analysis.distribution import distribution_figure
from sketch_classifier.analysis.embedding import embed, tsne_figure, usable_perplexity
from sketch_classifier.analysis.predictions import errors_figure, samples_figure
from sketch_classifier.analysis.style import save
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.errors import UserError
from sketch_classifier.evaluation.metrics import confusion_matrix
from sketch_classifier.evaluation.tables import read_predictions
from sketch_classifier.models.predict import extract_features
from sketch_classifier.models.saved import load_model
from sketch_classifier.params import Analyze


def analyze(
    processed: str | Path,
    model: str | Path,
    predictions: str | Path,
    curves: str | Path,
    plots: str | Path,
    params: Analyze,
    seed: int,
) -> None:
    """Draw samples, errors, confusion_matrix, class_distribution, learning_curves and tsne_2d (.png) in `plots`.

    processed    the folder that preprocess wrote
    model        the folder of the trained model
    predictions  the CSV file that evaluate wrote
    curves       the CSV file of the learning curves that train wrote

    The same inputs give the same bytes. Raises UserError for an input that is missing.
    """
    dataset = Dataset.open(processed)
    network, about = load_model(model)
    table, history = read_predictions(predictions), read_curves(curves)
    plots = Path(plots)
    names, targets = dataset.class_names(about.task), dataset.targets(about.task)
    rows = table["row"].to_numpy()
    unknown = (set(table["actual"]) | set(table["predicted"])) - set(names)
    if unknown or (len(rows) and rows.max() >= len(targets)):
        raise UserError(f"{predictions}: of another model or dataset; run `dvc repro evaluate`")
    predicted = table["predicted"].map({name: code for code, name in enumerate(names)}).to_numpy()
    called = about.name

    save(samples_figure(dataset, table, params.num_samples, called, seed), plots / "samples.png")
    save(errors_figure(dataset, table, params.num_errors, called), plots / "errors.png")
    save(confusion_figure(confusion_matrix(targets[rows], predicted, names), called), plots / "confusion_matrix.png")
    save(distribution_figure(_counts(dataset.split, targets, len(names)), names), plots / "class_distribution.png")
    save(curves_figure(history, called), plots / "learning_curves.png")

    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[: params.tsne_samples])
    positions = embed(extract_features(network, dataset.inputs(network.input), chosen), params.tsne_perplexity, seed)
    perplexity = usable_perplexity(params.tsne_perplexity, len(chosen))
    detail = f"{called}, {len(chosen):,} of {len(rows):,} test drawings, perplexity {perplexity:.3g}"
    save(tsne_figure(positions, targets[chosen], names, detail), plots / "tsne_2d.png")


def _counts(split: np.ndarray, targets: np.ndarray, num_classes: int) -> np.ndarray:
    """(C, 3) int: the drawings of each class in each split."""
    return np.bincount(targets * len(SPLITS) + split, minlength=num_classes * len(SPLITS)).reshape(num_classes, -1)
