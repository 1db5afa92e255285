"""Finds suspected label errors by confident learning on out-of-sample predictions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from threadpoolctl import threadpool_limits

from sketch_classifier.analysis.sheets import Sheet, pictures
from sketch_classifier.analysis.style import INK, QUIET, VERMILLION
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.evaluation.confusion import DIGITS

NEIGHBOURS = 20
FOLDS = 5  # of the logistic regression
PENALTY = 0.01  # its C, for features of unit variance
ITERATIONS = 30  # of its solver; more take longer and find no more wrong labels
DIMENSIONS = 50  # to which features are reduced, so that the neighbour search is fast
COLUMNS = ["rank", "row", "key_id", "split", "label", "suggested", "share", "quality", "issue", "recognized"]

ABOUT = ("key_id", "recognized")  # columns of a dataset's index


def audited(split: np.ndarray, most: int, seed: int) -> np.ndarray:
    """The rows to audit, at most `most`, ascending: preferably test drawings, then validation, then training ones.

    split  (N,) int: index into SPLITS
    """
    order = np.random.default_rng(seed).permutation(len(split))
    return np.sort(order[np.argsort(-split[order], kind="stable")][:most])


def out_of_sample(features: np.ndarray, labels: np.ndarray, num_classes: int, seed: int) -> np.ndarray:
    """(n, C) float64, rows that sum to 1: out-of-sample class probabilities, independent of the drawing's own label.

    features  (n, D) float32; labels (n,) int; n ≥ 2

    The mean of `votes` and of a cross-validated logistic regression, trained on the other folds. Neighbours alone
    saturate (for many drawings all neighbours agree), and a linear model alone misses alternative ways of drawing a
    class. If fewer than two classes have FOLDS drawings, only the votes.
    """
    if features.shape[1] > DIMENSIONS < len(features):
        features = TruncatedSVD(DIMENSIONS, random_state=seed).fit_transform(features)
    found = votes(features, labels, num_classes)
    if (np.bincount(labels) >= FOLDS).sum() < 2:
        return found
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=ITERATIONS))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings(), threadpool_limits(1):  # with several threads, the order of additions would vary
        warnings.simplefilter("ignore")  # about early stopping, and classes too rare for every fold
        learnt = cross_val_predict(model, features, labels, cv=folds, method="predict_proba")
    found[:, np.unique(labels)] += learnt
    return found / 2


def votes(features: np.ndarray, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """(n, C) float64: the share of each class among the NEIGHBOURS nearest drawings by cosine distance of features.

    A drawing is not its own neighbour.
    """
    directions = normalize(features.astype(np.float32))
    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(labels) - 1), algorithm="brute").fit(directions)
    neighbours = labels[nearest.kneighbors(return_distance=False)]
    found = np.zeros((len(labels), num_classes))
    np.add.at(found, (np.arange(len(labels))[:, None], neighbours), 1)
    return found / neighbours.shape[1]


def label_issues(probabilities: np.ndarray, labels: np.ndarray, recognized: np.ndarray | None) -> pd.DataFrame:
    """The drawings that resemble another class more than their label, most suspicious first.

    probabilities  (n, C) float64, out-of-sample, rows that sum to 1; labels (n,) int
    recognized     (n,) bool, or None if unknown

    Columns: place (0 to n − 1), label, suggested (class codes), share (probability of the suggested class), quality
    (0 to 0.5, low is suspicious: p(label) / (p(label) + p(suggested)), which has the same order as the difference of
    their logits) and issue, whether confident learning classifies the label as wrong (Northcutt, Jiang and Chuang,
    Confident Learning, JAIR 70, 2021: for each pair of classes, the number of label errors is estimated, and that many
    drawings are flagged).

    Drawings that the game did not recognise are more often badly drawn than mislabelled, so they come last.
    """
    present = np.unique(labels)
    known = probabilities[:, present]
    totals = known.sum(axis=1, keepdims=True)
    known = np.divide(known, totals, out=np.full_like(known, 1 / len(present)), where=totals > 0)
    codes = np.searchsorted(present, labels)
    if len(present) < 2:
        issue = np.zeros(len(labels), bool)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cleanlab's advice on small classes
            issue = find_label_issues(codes, known, n_jobs=1)
    places, suggested = np.arange(len(labels)), known.argmax(axis=1)
    own, best = known[places, codes], known[places, suggested]
    last = np.zeros(len(labels), bool) if recognized is None else ~recognized
    table = pd.DataFrame(
        {
            "place": places,
            "label": labels,
            "suggested": present[suggested],
            "share": best,
            "quality": own / (own + best),
            "issue": issue,
            "last": last,
        }
    )
    table = table[table["suggested"] != table["label"]]
    table = table.sort_values(["last", "quality"], kind="stable").reset_index(drop=True)
    return table.drop(columns="last").round({"share": DIGITS, "quality": DIGITS})


def named(
    issues: pd.DataFrame, rows: np.ndarray, dataset: Dataset, about: pd.DataFrame, class_names: Sequence[str]
) -> pd.DataFrame:
    """The table label_issues.csv, with COLUMNS, from `label_issues` of the drawings `rows`.

    about  the columns ABOUT of the dataset's index for `rows`, as far as available
    """
    found, names = rows[issues["place"]], np.array(class_names, dtype=object)
    about = about.iloc[issues["place"]].reset_index(drop=True)
    values = {
        "rank": np.arange(1, len(issues) + 1),
        "row": found,
        "key_id": about.get("key_id", ""),
        "split": np.array(SPLITS, dtype=object)[dataset.split[found]],
        "label": names[issues["label"]],
        "suggested": names[issues["suggested"]],
        "recognized": about.get("recognized", ""),
    }
    return pd.DataFrame(issues[["share", "quality", "issue"]].assign(**values))[COLUMNS]


def issues_sheet(dataset: Dataset, table: pd.DataFrame, limit: int, num_audited: int, model: str) -> Sheet:
    """A sheet of the first drawings of label_issues.csv."""
    shown = table.head(limit)
    rows = shown["row"].to_numpy()
    likely = int(table["issue"].sum())
    detail = (
        f"{model}, {len(shown):,} of {len(table):,} suspected label errors among {num_audited:,} drawings; "
        f"orange frame: the {likely:,} flagged by confident learning"
    )
    title = "Suspected label errors, most likely first" if len(shown) else "No suspected label errors"
    captions = [
        [
            (f"label: {said.label}", INK),
            (f"suggested: {said.suggested}", VERMILLION),
            (f"{'training' if said.split == 'train' else said.split} set", QUIET),
        ]
        for said in shown.itertuples()
    ]
    images = pictures(dataset.images[rows], dataset.channels)
    return Sheet(images, captions, [VERMILLION if issue else QUIET for issue in shown["issue"]], title, detail)
