"""Synthetic street-view digits in SVHN's own files: no network, deterministic by seed, no two alike.

A photograph is the crop around one digit of a house number: digits of many typefaces (fonts.py), set as numbers of one
to four digits of which the neighbours are cut off at the sides (layout.py), painted on walls and plates, lit and seen
from an angle (scene.py), through a lens and a JPEG file at about the size that they have in street photographs
(camera.py). Digits, and lengths of numbers, are about as frequent as in the real training file.

Photograph i of a file depends on (seed, the file's name, i) alone: more rows begin with the same rows.
"""

from sketch_classifier.synthetic.digits.write import generate_digits, write_digits

__all__ = ["generate_digits", "write_digits"]
