"""Describes the findings of a run in sentences, for the report. Pure functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from sketch_classifier.analysis.look_alikes import RULE, SIGNIFICANCE
from sketch_classifier.analysis.numbers import written


def quality_text(quality: pd.DataFrame) -> str:
    """The share of errors in drawings that the game did not recognize; from the table quality."""
    flags = quality[quality["quality"] == "recognized"].set_index("group")
    if len(flags) < 2:
        return ""
    yes, no = flags.loc["True"], flags.loc["False"]
    errors = (flags["count"] * (1 - flags["accuracy"])).sum()
    share = no["count"] * (1 - no["accuracy"]) / errors if errors else 0
    return (
        f"Accuracy is {yes['accuracy']:.1%} on drawings that the game recognized and {no['accuracy']:.1%} on the "
        f"others, which are {no['count'] / flags['count'].sum():.1%} of the test set and {share:.1%} of the errors."
    )


def pairs_text(confusion: pd.DataFrame, supported: np.ndarray) -> str:
    """The most frequently confused pair of classes; from the (C, C) confusion matrix and its `confused_pairs`."""
    if len(confusion) < 3:
        return ""
    counts = confusion.to_numpy()
    total = counts.sum() - np.trace(counts)
    pairs = np.where(np.triu(supported), counts + counts.T, 0)
    if not pairs.any():
        return f"{RULE} No pair of classes meets this criterion."
    first, second = np.unravel_index(pairs.argmax(), pairs.shape)
    number = np.count_nonzero(pairs)
    found = "1 pair does" if number == 1 else f"{number:,} pairs do"
    most = f"{confusion.columns[first]} and {confusion.columns[second]}"
    return f"{RULE} {found}; the most frequent, {most}, accounts for {pairs.max():,} of {total:,} errors."


def countries_text(by_country: pd.DataFrame) -> str:
    """The countries with the lowest and the highest accuracy; from the table by_country.

    The extremes of many countries differ by chance alone, so all are tested together: Pearson's chi-squared test on the
    numbers of correct and misclassified drawings.
    """
    named = by_country[by_country["country"] != "other"]
    if len(named) < 2:
        return ""
    low, high = named.loc[named["accuracy"].idxmin()], named.loc[named["accuracy"].idxmax()]
    correct = (named["accuracy"] * named["count"]).round()
    counts = np.stack([correct, named["count"] - correct])
    p_value = chi2_contingency(counts).pvalue if counts.any(axis=1).all() else 1.0
    verdict = "differ significantly" if p_value < SIGNIFICANCE else "do not differ significantly"
    value = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    return (
        f"Accuracy by country ranges from {low['accuracy']:.1%} ({low['country']}) to {high['accuracy']:.1%} "
        f"({high['country']}). The {len(named)} countries {verdict} (chi-squared test, {value})."
    )


def distances_text(distances: pd.DataFrame, num_wrong: int) -> str:
    """The share of misclassified drawings closer to the wrong centroid; from the table centroid_distances and their
    total number."""
    if distances.empty:
        return "No drawings were misclassified."
    share = (distances["nearer_to"] == "predicted").mean()
    sampled = "" if len(distances) == num_wrong else f" (a random sample of {num_wrong:,})"
    return (
        f"Of {len(distances):,} misclassified drawings{sampled}, {share:.1%} are closer to the centroid of the "
        "predicted class than to that of the true class."
    )


def labels_text(issues: pd.DataFrame, num_audited: int) -> str:
    """The number of suspicious labels; from the table label_issues."""
    flagged = int(issues["issue"].sum())
    return (
        f"Confident learning flags {flagged:,} of {num_audited:,} labels as likely errors "
        f"({flagged / max(num_audited, 1):.1%}). {len(issues):,} drawings resemble another class more than "
        "the class of their label."
    )


def calibration_text(figures: dict[str, Any], intervals: pd.DataFrame, calibration: pd.DataFrame) -> str:
    """The effect of temperature scaling on the test set; from metrics.json and the tables intervals and calibration."""
    before = calibration[(calibration["scaling"] == "before") & (calibration["count"] > 0)]
    weights = before["count"] / before["count"].sum()
    text = (
        f"On the test set the mean confidence is {(weights * before['confidence']).sum():.1%} and the accuracy "
        f"{(weights * before['accuracy']).sum():.1%}."
    )
    temperature = figures.get("temperature")
    if temperature is None:
        return f"{text} There were no validation drawings to fit a temperature on."
    tendency = "overconfident" if temperature > 1 else "underconfident" if temperature < 1 else "calibrated"
    values = intervals.set_index("figure")["value"]
    changes = [
        f"the {words} from {written(name, values[name], 2)} to {written(name, values[f'{name}_scaled'], 2)} "
        f"({_verdict(values[name], values[f'{name}_scaled'])})"
        for name, words in (("expected_calibration_error", "expected calibration error"), ("log_loss", "log loss"))
    ]
    return (
        f"{text} The temperature fitted on the validation set is {temperature:.3f}, which means that the "
        f"network is {tendency} there. On the test set, temperature scaling changes {changes[0]} and {changes[1]}."
    )


def _verdict(before: float, after: float) -> str:
    before, after = round(before, 4), round(after, 4)
    return "unchanged" if before == after else "better" if after < before else "worse"
