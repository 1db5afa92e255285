"""`python -m sketch_classifier COMMAND`: predict what drawings show; inspect and convert datasets."""

from functools import partial

from sketch_classifier.entry_point import run, use_this_checkout

use_this_checkout()

from sketch_classifier.analysis import inspect_command  # noqa: E402
from sketch_classifier.data import convert_command  # noqa: E402
from sketch_classifier.serving.command_line import main  # noqa: E402

run(partial(main, more=(inspect_command.add, convert_command.add)))
