"""Formats the values of metrics.json: shares as percentages, others as numbers. Imports nothing."""

from __future__ import annotations

NO_SHARES = ("log_loss", "roc_auc", "temperature", "threshold", "validation_loss")  # prefixes of names


def is_share(figure: str) -> bool:
    """Whether a metric is a share of 1, such as an accuracy, and not a loss or an area."""
    return not figure.startswith(NO_SHARES)


def written(figure: str, value: float, digits: int = 1) -> str:
    """The formatted value of a metric: "92.6%" for a share, otherwise "0.289", with two more digits.

    >>> written("accuracy", 0.92591), written("log_loss", 0.28915)
    ('92.6%', '0.289')
    """
    return f"{value:.{digits}%}" if is_share(figure) else f"{value:.{digits + 2}f}"
