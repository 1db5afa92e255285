"""Drawings whose label is probably wrong: confident learning over votes in which no drawing's own label counts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from sketch_classifier.analysis.drawings import Sheet, pictures
from sketch_classifier.analysis.style import INK, QUIET, VERMILLION
from sketch_classifier.data.dataset import SPLITS, Dataset
from sketch_classifier.evaluation.metrics import DIGITS

NEIGHBOURS = 20
DIMENSIONS = 50  # that are kept of more features, so that looking for neighbours stays fast
COLUMNS = ["rank", "row", "key_id", "split", "label", "suggested", "share", "quality", "issue", "recognized"]


def audited(split: np.ndarray, most: int, seed: int) -> np.ndarray:
    """The rows to look at, at most `most`, ascending: test drawings first, then validation, then training ones.

    split  (N,) int: index into SPLITS
    """
    order = np.random.default_rng(seed).permutation(len(split))
    return np.sort(order[np.argsort(-split[order], kind="stable")][:most])


def votes(features: np.ndarray, labels: np.ndarray, num_classes: int, seed: int) -> np.ndarray:
    """(n, C) float64: the share of each class among the NEIGHBOURS drawings that are nearest by the angle of features.

    features  (n, D) float32; labels (n,) int; n ≥ 2

    A drawing is not its own neighbour, so its label has no part in its row: these are out-of-sample predictions, as
    confident learning wants them.
    """
    if features.shape[1] > DIMENSIONS < len(features):
        features = TruncatedSVD(DIMENSIONS, random_state=seed).fit_transform(features)
    directions = normalize(features.astype(np.float32))
    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(labels) - 1), algorithm="brute").fit(directions)
    neighbours = labels[nearest.kneighbors(return_distance=False)]
    found = np.zeros((len(labels), num_classes))
    np.add.at(found, (np.arange(len(labels))[:, None], neighbours), 1)
    return found / neighbours.shape[1]


def margins(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) float: the logit of a drawing's label less the largest of the other classes, from (n, C) float; C ≥ 2."""
    own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    others = np.where(np.arange(logits.shape[1]) == labels[:, None], -np.inf, logits)
    return own - others.max(axis=1)


def label_issues(
    probabilities: np.ndarray, labels: np.ndarray, recognized: np.ndarray | None, margins: np.ndarray
) -> pd.DataFrame:
    """The drawings that look like another class than their label, the most suspicious first.

    probabilities  (n, C) float64, rows that sum to 1, in which a drawing's own label had no part; labels (n,) int
    recognized     (n,) bool, or None where that is not known
    margins        (n,) float, what the network itself says for the label: the lowest first among equal qualities

    Columns place (0 to n − 1), label, suggested (class codes), share (probability of the suggested class), quality (0
    to 1, low is suspicious: the normalised margin (p(label) − p(suggested) + 1) / 2) and issue, whether confident
    learning takes the label for wrong (Northcutt, Jiang and Chuang, Confident Learning, JAIR 70, 2021: the share of
    each pair of classes that is mislabelled is estimated, and so many are pruned).

    What the game did not recognise is more often badly drawn than wrongly labelled, and stands after all that it did.
    """
    present = np.unique(labels)
    known = probabilities[:, present]
    totals = known.sum(axis=1, keepdims=True)
    known = np.divide(known, totals, out=np.full_like(known, 1 / len(present)), where=totals > 0)
    codes = np.searchsorted(present, labels)
    if len(present) < 2:
        issue, quality = np.zeros(len(labels), bool), np.ones(len(labels))
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cleanlab's advice on small classes, which stdout has no place for
            issue = find_label_issues(codes, known, n_jobs=1)
        quality = get_label_quality_scores(codes, known, method="normalized_margin")
    suggested = known.argmax(axis=1)
    last = np.zeros(len(labels), bool) if recognized is None else ~recognized
    table = pd.DataFrame(
        {
            "place": np.arange(len(labels)),
            "label": labels,
            "suggested": present[suggested],
            "share": known[np.arange(len(labels)), suggested],
            "quality": quality,
            "issue": issue,
            "last": last,
            "margin": margins,
        }
    )
    table = table[table["suggested"] != table["label"]]
    table = table.sort_values(["last", "quality", "margin"], kind="stable").reset_index(drop=True)
    return table.drop(columns=["last", "margin"]).round({"share": DIGITS, "quality": DIGITS})


def named(issues: pd.DataFrame, rows: np.ndarray, dataset: Dataset, class_names: Sequence[str]) -> pd.DataFrame:
    """`label_issues` of the drawings `rows` as label_issues.csv has it: COLUMNS, one row a drawing."""
    found, names = rows[issues["place"]], np.array(class_names, dtype=object)
    about = dataset.index.iloc[found].reset_index(drop=True)
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
    """The first drawings of label_issues.csv."""
    shown = table.head(limit)
    rows = shown["row"].to_numpy()
    likely = int(table["issue"].sum())
    detail = (
        f"{model}, {len(shown):,} of {len(table):,} suspects among {num_audited:,} drawings; "
        f"confident learning takes {likely:,} labels for wrong"
    )
    title = "Labels that are probably wrong, the most suspicious first" if len(shown) else "No label looks wrong"
    captions = [
        [(f"label: {said.label}", INK), (f"looks like {said.suggested}", VERMILLION), (f"in {said.split}", QUIET)]
        for said in shown.itertuples()
    ]
    images = pictures(dataset.images[rows], dataset.channels)
    return Sheet(images, captions, [VERMILLION if issue else QUIET for issue in shown["issue"]], title, detail)
