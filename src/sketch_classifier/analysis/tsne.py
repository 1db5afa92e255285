"""plots/tsne_2d.png and tsne_3d.png: t-SNE of the network's features of test drawings, in two and three dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sketch_classifier.analysis.style import DPI, MARKERS, QUIET, class_colours, new_figure, readable
from sketch_classifier.analysis.typefaces import short, width

LEGEND = 8.5  # points
GREY = "#8c8c8c"  # for drawings of classes without a colour


def embed(features: np.ndarray, perplexity: float, seed: int, num_dimensions: int = 2) -> np.ndarray:
    """(n, D) float features → (n, num_dimensions) float32 by t-SNE, after PCA to 50 dimensions.

    The result is deterministic for the same features and seed. `perplexity` is limited by `usable_perplexity`. For
    fewer than 5 drawings, or constant features, which have no neighbourhoods, the principal components are returned.

    van der Maaten & Hinton, Visualizing Data using t-SNE, JMLR 2008.
    """
    # One thread: with more, the order of additions varies, and t-SNE amplifies small differences.
    with threadpool_limits(1):
        components = _principal_components(features, 50, seed)
        if len(components) < 5 or not components.any():
            padded = np.pad(components, ((0, 0), (0, num_dimensions)))
            return padded[:, :num_dimensions]
        perplexity = usable_perplexity(perplexity, len(components))
        return TSNE(num_dimensions, perplexity=perplexity, init="pca", random_state=seed).fit_transform(components)


def usable_perplexity(perplexity: float, count: int) -> float:
    """`perplexity`, but at most (count − 1) / 3, because t-SNE uses three times as many neighbours."""
    return min(perplexity, (count - 1) / 3)


def tsne_figure(
    positions: np.ndarray, labels: np.ndarray, class_names: Sequence[str], shown: Sequence[int], detail: str
) -> Figure:
    """A scatter plot of drawings at positions (n, 2) with (n,) int labels: a colour and a marker per class, whose name
    is at its median.

    Only the classes `shown` (codes) have colours and names; drawings of others are grey. Two classes, which are usually
    mixtures of many categories, have a legend instead of names.
    """
    figure = new_figure(10, 8.5, "t-SNE of the network's features", with_shown(detail, shown, class_names), class_names)
    axes = figure.add_subplot()
    present, groups = _scatter(axes, positions, labels, shown, 18)
    names = [short(class_names[label]) for label in present]
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#cccccc")
    axes.margins(0.03)
    if len(class_names) == 2:
        axes.legend(groups, names, fontsize=11, markerscale=1.8)
        return figure
    figure.draw_without_rendering()  # fixes the layout, in whose pixels the labels below are measured
    medians = np.array([np.median(positions[labels == label], axis=0) for label in present])
    colours = class_colours(len(shown))[np.searchsorted(shown, present)]
    _write_names(figure, axes, medians, names, readable(colours * 0.8), 9 if len(present) > 20 else 11)
    return figure


def tsne_3d_figure(
    positions: np.ndarray, labels: np.ndarray, class_names: Sequence[str], shown: Sequence[int], detail: str
) -> Figure:
    """Like `tsne_figure`, for positions (n, 3), from two viewpoints with a common legend."""
    title = "t-SNE of the network's features in three dimensions, from two viewpoints"
    inches = 13
    figure = new_figure(inches, 6.6, title, with_shown(detail, shown, class_names), class_names)
    for number, turn in enumerate((-60, 30)):
        axes = figure.add_subplot(1, 2, number + 1, projection="3d", azim=turn, elev=22)
        present, groups = _scatter(axes, positions, labels, shown, 9)
        axes.set(xticks=[], yticks=[], zticks=[])
        axes.set_box_aspect((1, 1, 1), zoom=1.15)
    names = [short(class_names[label]) for label in present]
    widest = max(width(name, round(LEGEND * DPI / 72)) for name in names) / DPI + 0.45  # inches, including its marker
    columns = max(1, min(len(names), 10, int(inches / widest)))
    figure.legend(
        groups, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=LEGEND, markerscale=2
    )
    return figure


def with_shown(detail: str, shown: Sequence[int], class_names: Sequence[str]) -> str:
    """The detail under a title, which mentions the coloured classes unless all are."""
    if len(shown) == len(class_names):
        return detail
    return f"{detail}; in colour: the {len(shown)} of {len(class_names)} classes with the most errors"


def _scatter(
    axes, positions: np.ndarray, labels: np.ndarray, shown: Sequence[int], size: float
) -> tuple[np.ndarray, list[PathCollection]]:
    """Draw the points of all drawings; return the codes of the classes `shown` that occur, and the points of each."""
    groups = []
    others = positions[~np.isin(labels, shown)]
    if len(others):
        axes.scatter(*others.T, s=size / 2, alpha=0.4, linewidths=0, color=GREY)
    for number, (label, colour) in enumerate(zip(shown, class_colours(len(shown)), strict=True)):
        own = positions[labels == label]
        if len(own):
            style = {"color": colour, "marker": MARKERS[number % len(MARKERS)]}
            points = axes.scatter(*own.T, s=size, alpha=0.8, linewidths=0, **style)
            groups.append(points)
    return np.intersect1d(shown, labels), groups


def _principal_components(features: np.ndarray, most: int, seed: int) -> np.ndarray:
    """(n, D) → (n, at most `most`) float32: the principal components of features scaled to unit variance."""
    if len(features) < 2 or (features == features[0]).all():
        return np.zeros((len(features), 1), np.float32)
    scaled = StandardScaler().fit_transform(features.astype(np.float64))
    components = PCA(min(most, *scaled.shape), svd_solver="randomized", random_state=seed).fit_transform(scaled)
    return components.astype(np.float32)


def _write_names(figure, axes, places: np.ndarray, names: Sequence[str], colours: np.ndarray, font: float) -> None:
    outline = [withStroke(linewidth=3, foreground="white")]
    style = {"ha": "center", "va": "center", "fontweight": "bold", "fontsize": font, "path_effects": outline}
    rows = zip(places, names, colours, strict=True)
    texts = [axes.text(*place, name, color=colour, **style) for place, name, colour in rows]
    boxes = [text.get_window_extent() for text in texts]
    sizes = np.array([(box.width + 0.05 * DPI, box.height + 0.02 * DPI) for box in boxes])
    frame = axes.get_window_extent()
    pixels = axes.transData.transform(places)
    moved = spread(pixels, sizes, np.array(frame.min), np.array(frame.max))
    for text, before, after in zip(texts, pixels, moved, strict=True):
        text.set_position(axes.transData.inverted().transform(after))
        if np.abs(after - before).max() > 2 * sizes[:, 1].min():
            ends = axes.transData.inverted().transform([before, after])
            axes.plot(*ends.T, color=QUIET, linewidth=0.6, scalex=False, scaley=False)


def spread(centres: np.ndarray, sizes: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int = 500) -> np.ndarray:
    """Move boxes with `centres` (k, 2) and `sizes` (k, 2) apart within `low` … `high`, in at most `steps` iterations.

    Each overlapping pair is pushed apart along the axis with the smaller overlap.
    """
    centres = centres + np.arange(len(centres))[:, None] * 1e-3  # so that identical centres are separated, too
    half = np.minimum(sizes / 2, (high - low) / 2)
    first, second = np.triu_indices(len(centres), 1)
    reach = half[first] + half[second]
    for _ in range(steps):
        offset = centres[first] - centres[second]
        overlap = reach - np.abs(offset)
        clash = np.flatnonzero((overlap[:, 0] > 0) & (overlap[:, 1] > 0))
        if not len(clash):
            break
        axis = overlap[clash].argmin(axis=1)
        push = 0.3 * overlap[clash, axis] * np.sign(offset[clash, axis])
        np.add.at(centres, (first[clash], axis), push)
        np.add.at(centres, (second[clash], axis), -push)
        centres = np.clip(centres, low + half, high - half)
    return centres
