"""The small dataset of the tests of training."""

from tests.training.conftest import write_dataset, write_dataset_in

__all__ = ["write_dataset", "write_dataset_in"]
