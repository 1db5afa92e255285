"""Generates synthetic street-view digits in SVHN's file format: offline, deterministic for a seed, without duplicates.

A photograph is the crop around one digit of a house number: digits in many typefaces (fonts.py), set as numbers of one
to four digits whose neighbours are cut off at the sides (layout.py), painted on walls and plates, lit and viewed at an
angle (scene.py), with the blur, noise, resolution and JPEG compression of street photographs (camera.py). Digits and
number lengths have about the same frequencies as in the real training file.

Photograph i of a file depends only on (seed, file name, i): a larger number of photographs begins with the same ones.
"""

from sketch_classifier.synthetic.digits.write import generate_digits, write_digits

__all__ = ["generate_digits", "write_digits"]
