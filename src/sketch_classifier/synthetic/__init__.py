"""Generates synthetic drawings in the dataset's own formats: offline, deterministic for a seed, and without duplicates.

They have the following known properties, against which an analysis can be checked (`truth.csv`, beside the files,
records them for each drawing):

- Each category has several templates, different ways to draw it, with random proportions and details (templates/, one
  file per category). A random drawing style adds pose, wobble, rounded corners, gaps, overshoot, a different stroke
  order and omitted parts (hand.py).
- Drawing i of a category depends only on (seed, category, i): a larger number of drawings begins with the same ones,
  and raw, simplified and bitmap files contain the same drawings. Only the contents of mislabelled drawings depend on
  the other categories.
- Exactly one of every 50 consecutive drawings shows another category of the dataset than its word: 2 % wrong labels.
- 8 % are bad drawings, and only these are not `recognized`: unfinished, scribbled over, squashed, scrawled, or with
  missing parts (flaws.py).
- There are 33 countries, the largest about as frequent as in the real dataset. Drawers from JP (6 %) draw house, cat,
  tree, bus and flower differently (the templates with `country=DIFFERENT`).
- Raw drawings are on a canvas of about 1000 pixels, with a point about every 17 ms, for at most 20 seconds. `key_id`
  is unique within a seed; timestamps are between January and March 2017.

    python -m sketch_classifier.synthetic OUT --categories cat house --num 100 --seed 0
"""

from sketch_classifier.synthetic.generate import Truth, generate
from sketch_classifier.synthetic.templates import categories
from sketch_classifier.synthetic.write import FORMATS, write

__all__ = ["FORMATS", "Truth", "categories", "generate", "write"]
