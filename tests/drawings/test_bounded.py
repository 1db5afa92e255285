"""Hostile drawings take bounded work, and what bounds it does not change the result."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sketch_classifier.drawings import limits
from sketch_classifier.drawings import simplify as simplify_module
from sketch_classifier.drawings.formats import BadRecords, iter_binary, iter_ndjson, write_binary, write_ndjson
from sketch_classifier.drawings.raster import edge_order, rasterize
from sketch_classifier.drawings.simplify import EPSILON, PART, simplify
from sketch_classifier.drawings.stoppable import LITTLE, stoppable
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError

coordinate = st.one_of(st.integers(0, 255).map(float), st.floats(0, 255))


def reduced(points, epsilon):
    """Which points are kept, in Python and with small blocks, so that a few points have several."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_boxes", "_farthest"):
            patch.setattr(simplify_module, name, getattr(simplify_module, name).py_func)
        patch.setattr(simplify_module, "BLOCK", 4)
        patch.setattr(simplify_module, "MANY", 8)
        return simplify_module._reduce.py_func(points, epsilon, np.zeros(1, np.bool_))


def textbook(points, epsilon):
    """The Ramer–Douglas–Peucker algorithm, by recursion over all points."""
    kept = {0, len(points) - 1}

    def split(first, last):
        (left, top), (dx, dy) = points[first], points[last] - points[first]
        chord = np.sqrt(dx * dx + dy * dy)
        x, y = (points[first + 1 : last] - (left, top)).T
        away = np.abs(dx * y - dy * x) / chord if chord > 0 else np.sqrt(x * x + y * y)
        if len(away) and away.max() > epsilon:
            farthest = first + 1 + int(away.argmax())
            kept.add(farthest)
            split(first, farthest)
            split(farthest, last)

    split(0, len(points) - 1)
    return sorted(kept)


@given(
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=40),
    st.integers(1, 4),
    st.sampled_from([0.5, EPSILON]),
)
@example([(0.0, 0.0), (255.0, 255.0)] * 20, 1, EPSILON)
@example([(0.1 * i, 0.3 * i) for i in range(40)], 2, 0.5)
def test_passing_over_blocks_keeps_the_points_of_the_textbook(points, times, epsilon):
    points = np.array(points * times)
    np.testing.assert_array_equal(np.flatnonzero(reduced(points, epsilon)), textbook(points, epsilon))


def test_few_blocks_of_a_hostile_stroke_are_looked_into():
    """Between four corners the farthest point is always near the start: for each, all others would be looked at."""
    corners = np.random.default_rng(0).integers(0, 2, (200, 2)) * 255.0
    looked = []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            looked.append(key)
            return super().__getitem__(key)

    kept = reduced(corners.view(Watched), EPSILON)
    assert kept.sum() > 100
    assert len(looked) < 200 * 50, "two for each point; without blocks there are 200 * 200"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 999)), max_size=300))
@example([(-number % 7, number) for number in range(300)])
def test_edges_are_sorted_as_python_sorts(pairs):
    keys, numbers = np.array([pair[0] for pair in pairs], np.int64), np.arange(len(pairs), dtype=np.int32)
    expected = sorted(range(len(pairs)), key=lambda index: pairs[index][0])
    edge_order._sort.py_func(numbers, keys, np.empty_like(numbers), np.empty_like(keys))
    assert numbers.tolist() == expected and keys.tolist() == sorted(pair[0] for pair in pairs)


@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4), st.integers(2, 40))
def test_parts_of_a_stroke_are_the_stroke(points, size):
    """Where they are put together, of whatever size they are, and each but the last is full."""
    points = np.array(points)

    def resampled(size):
        dense, place, parts = np.empty((size, 2)), (0, 0, 0.0), []
        while place[0] <= len(points):
            length, place = simplify_module._resample.py_func(points, place, dense)
            parts.append(dense[:length].copy())
        return parts

    (whole,), parts = resampled(2000), resampled(size)
    assert {len(part) for part in parts[:-1]} <= {size}
    np.testing.assert_array_equal(np.concatenate([parts[0], *(part[1:] for part in parts[1:])]), whole)
    for before, after in zip(parts[:-1], parts[1:], strict=True):
        np.testing.assert_array_equal(before[-1], after[0])


def test_a_stroke_longer_than_a_part_keeps_the_points_where_parts_meet():
    points = np.concatenate([[[0, 0], [255, 255]], np.random.default_rng(0).uniform(0, 255, (4300, 2))])
    ends = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))])
    assert ends[-1] > 2 * PART
    stroke = simplify([[points.T.tolist()]]).points
    for way in (0, PART - 1, 2 * PART - 2, ends[-1]):
        joint = [np.interp(way, ends, axis) for axis in points.T]
        assert (np.abs(stroke - np.array(joint)) <= 0.5 + 1e-6).all(axis=1).any()


def test_a_drawing_of_too_many_points_is_refused_in_one_line():
    most = [[[0.5] * limits.MAX_POINTS] * 2]
    assert rasterize([most]).any()
    more = [*most, [[1], [1]]]
    for refuse in (simplify, rasterize, lambda drawings: rasterize(drawings, as_is=True)):
        with pytest.raises(UserError, match="^drawing 2: 100,001 points; at most 100,000 are accepted$"):
            refuse([most, more, more])


@pytest.mark.parametrize(("read", "write"), [(iter_ndjson, write_ndjson), (iter_binary, write_binary)])
def test_readers_leave_out_drawings_of_too_many_points(tmp_path, monkeypatch, read, write):
    monkeypatch.setattr(limits, "MAX_POINTS", 5)
    few, many = [[[1, 2, 3], [4, 5, 6]]], [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [4, 5, 6]]]
    path = tmp_path / "drawings"
    write(path, Drawings.from_lists([few, many, few]))
    bad = BadRecords()
    found = Drawings.concatenate(list(read(path, bad=bad)))
    assert found.to_lists() == [few, few] and found.row.tolist() == [0, 2]
    assert (bad.total, bad.count, str(bad.first[0])) == (3, 1, f"{path}:2: 6 points; at most 5 are accepted")
    with pytest.raises(UserError, match=":2: 6 points"):
        list(read(path))


@pytest.mark.parametrize(("shares", "num_points"), [([1], LITTLE + 1), ([1, 2, 3], 1)])
def test_an_exception_tells_the_others_to_stop(shares, num_points):
    flags = []

    def work(share, stop):
        flags.append(stop)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stoppable(work, shares, num_points, threads=2)
    assert all(flag[0] for flag in flags)


def test_loops_stop_where_they_are_told_to():
    """Each of the two loops, before the first stroke."""
    stop = np.ones(1, np.bool_)
    drawings = Drawings.from_lists([[[[0, 255, 0], [0, 255, 9]]]], dtype=np.float64)
    points, _ = simplify_module._simplify(drawings.points, drawings.stroke_offsets, drawings.drawing_offsets, stop)
    assert len(points) < 2
    image = np.full((1, 1, 28, 28), 9, np.uint8)
    sys.modules[rasterize.__module__]._draw(drawings, image, True, stop)
    assert not image.any()


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs in the background
import numpy as np
from sketch_classifier import rasterize, simplify
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.entry_point import run
num, length = 100, 100_000  # minutes of work: a circle that shrinks, crossed in random directions
angles, radii = np.random.default_rng(0).uniform(0, 6.3, length), np.linspace(127, 64, length)
points = 127.5 + np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
drawings = Drawings.from_arrays(
    np.tile(points.astype(np.float32), (num, 1)), np.arange(num + 1) * length, np.arange(num + 1)
)
rasterize(simplify([[[[0, 9], [0, 1]]]]))
work = {"simplify": lambda: simplify(drawings), "rasterize": lambda: rasterize(drawings, as_is=True)}[sys.argv[1]]

def begin():
    print("begun", flush=True)
    work()

run(begin)
"""


@pytest.mark.parametrize("work", ["simplify", "rasterize"])
def test_an_interrupt_ends_the_loops(work):
    command = [sys.executable, "-c", INTERRUPTED, work]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "error: interrupted" and "Traceback" not in errors
