"""Synthetic drawings in the dataset's own formats: no network, deterministic by seed, no two alike.

What is known about them, so that an analysis can be held against it (`truth.csv`, beside the files, says it a drawing):

- Each category has several templates: ways to draw it, with random proportions and details (templates/, one file
  a category). The hand of another drawer each time adds pose, wobble, rounded corners, gaps, overshoot, another order,
  parts left out (hand.py).
- Drawing i of a category depends on (seed, category, i) and on nothing else: more rows begin with the same rows, and
  raw, simplified and bitmap files show the same drawings. Only what a wrong label hides depends on the other
  categories.
- Exactly one drawing of every 50 in a row shows another category of the dataset than its word: 2 % wrong labels.
- 8 % are bad drawings, and just these are not `recognized`: unfinished, scribbled over, squashed, scrawled, or with
  parts missing (flaws.py).
- 33 countries, the largest about as frequent as in the real dataset. Drawers from JP (6 %) draw house, cat, tree, bus
  and flower in a way of their own (the templates with `country=DIFFERENT`).
- Raw drawings lie on a canvas of some 1000 pixels, a point about every 17 ms, 20 seconds at most. `key_id` is unique
  within a seed; timestamps lie between January and March 2017.

    python -m sketch_classifier.synthetic OUT --categories cat house --num 100 --seed 0
"""

from sketch_classifier.synthetic.generate import Truth, generate
from sketch_classifier.synthetic.templates import categories
from sketch_classifier.synthetic.write import FORMATS, write

__all__ = ["FORMATS", "Truth", "categories", "generate", "write"]
