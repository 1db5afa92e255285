"""`python -m sketch_classifier predict FILE…`: what a trained model sees in drawings, bitmaps and pictures."""

from sketch_classifier.entry_point import run, use_this_checkout

use_this_checkout()

from sketch_classifier.serving.command_line import main  # noqa: E402

run(main)
