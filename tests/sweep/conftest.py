"""The small dataset of the tests of training."""

from tests.training.conftest import write_dataset

__all__ = ["write_dataset"]
