"""`python -m sketch_classifier predict FILE…`: what a trained model sees in drawings, bitmaps and pictures."""

import sys

from sketch_classifier.serving.command_line import main

sys.exit(main())
