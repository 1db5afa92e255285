"""The properties of each dataset format that are needed to validate params.yaml without looking at any file.

`data/formats` implements how their files are found, downloaded and read, with one module per format.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sketch_classifier.drawings.picture_kinds import PICTURE_SUFFIXES

Format = Literal[
    "simplified", "raw", "numpy_bitmap", "svhn", "tfrecord", "binary", "csv", "parquet", "image_folder", "p5"
]


class About(NamedTuple):
    """The properties of a format.

    suffixes      suffixes of its files in a source
    folders       folders of a source that may contain them; "" is the source itself
    by_category   whether each category has its own files; otherwise the files have mixed categories
    has_strokes   whether drawings have strokes; None if it depends on the files
    has_flags     likewise: whether drawings have a flag that says if the game recognised them
    has_division  likewise: whether they are already divided into training and test drawings
    has_records   whether a file has records that can be malformed individually, and left out
    sources       values of `source` that are accepted in addition to a folder or an address
    is_flat_last  whether "" is used only if the other folder has none of the categories
    prefix        optional prefix of file names, as in browser downloads from the bucket (full_raw_cat.ndjson); or ""
    """

    suffixes: tuple[str, ...]
    folders: tuple[str, ...]
    by_category: bool = True
    has_strokes: bool | None = False
    has_flags: bool | None = False
    has_division: bool | None = False
    has_records: bool = True
    sources: tuple[str, ...] = ()
    is_flat_last: bool = False
    prefix: str = ""


def _of_bucket(name: str, suffix: str, has_strokes: bool) -> About:
    return About(
        (suffix,),
        (name, ""),
        has_strokes=has_strokes,
        has_flags=has_strokes,
        sources=OURS,
        is_flat_last=True,
        prefix=f"full_{name}_",
    )


OURS = ("synthetic", "official")
FORMATS: dict[str, About] = {
    "simplified": _of_bucket("simplified", ".ndjson", has_strokes=True),
    "raw": _of_bucket("raw", ".ndjson", has_strokes=True),
    "numpy_bitmap": _of_bucket("numpy_bitmap", ".npy", has_strokes=False),
    "svhn": About((".mat",), ("",), by_category=False, has_division=True, has_records=False, sources=OURS),
    "tfrecord": About((".tfrecord",), ("", "tfrecord"), by_category=False, has_strokes=True, has_division=None),
    "binary": About((".bin",), ("binary", ""), has_strokes=True, has_flags=True, sources=("official",)),
    "csv": About((".csv",), ("train_simplified", "train_raw", "csv", ""), has_strokes=True, has_flags=None),
    "parquet": About(
        (".parquet",), ("", "data", "parquet"), by_category=False, has_strokes=None, has_flags=None, has_division=None
    ),
    "image_folder": About(PICTURE_SUFFIXES, ("", "image_folder"), has_division=None),
    "p5": About((".npz", ".bin"), ("", "p5", "sketchrnn"), has_strokes=None, has_division=None, sources=("official",)),
}
SKETCHES = {name: FORMATS[name].suffixes[0] for name in ("simplified", "raw", "numpy_bitmap")}  # in Google's bucket
SUFFIXES = {name: about.suffixes[0] for name, about in FORMATS.items()} | {
    "image_folder": ".parquet"
}  # of downloaded files
