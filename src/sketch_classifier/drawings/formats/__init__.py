"""The dataset's file formats: streaming readers with bounded memory that yield `Drawings`, and writers."""

from sketch_classifier.drawings.formats.binary import iter_binary, read_binary, write_binary
from sketch_classifier.drawings.formats.bitmap import open_bitmaps
from sketch_classifier.drawings.formats.csv_rows import csv_columns, iter_csv, read_csv
from sketch_classifier.drawings.formats.ndjson import iter_ndjson, read_ndjson, write_ndjson
from sketch_classifier.drawings.formats.records import BadRecord, BadRecords
from sketch_classifier.drawings.formats.sketch_rnn import iter_sketch_rnn, read_sketch_rnn
from sketch_classifier.drawings.formats.tfrecord import iter_tfrecord, read_tfrecord

__all__ = [
    "BadRecord",
    "BadRecords",
    "csv_columns",
    "iter_binary",
    "iter_csv",
    "iter_ndjson",
    "iter_sketch_rnn",
    "iter_tfrecord",
    "open_bitmaps",
    "read_binary",
    "read_csv",
    "read_ndjson",
    "read_sketch_rnn",
    "read_tfrecord",
    "write_binary",
    "write_ndjson",
]
