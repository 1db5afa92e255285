"""`tfrecord`: the files of TensorFlow's drawing tutorial, which mix all classes: see `drawings/formats/tfrecord.py`.

A source has shards `training.tfrecord-?????-of-?????` and `eval.tfrecord-…`, and the class names in a `.classes` file.
They are merged into `training.tfrecord` and `eval.tfrecord`, cut to the first drawings of each class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sketch_classifier.data.cache import open_stream
from sketch_classifier.data.formats.format import DIVISIONS, Batch, Format, Part, Piece, Quota, Wanted, chosen
from sketch_classifier.data.source_file import SourceFile
from sketch_classifier.data.sources import Source
from sketch_classifier.drawings.limits import MAX_TEXT
from sketch_classifier.errors import UserError, cut
from sketch_classifier.params import FORMATS, DatasetPreset

if TYPE_CHECKING:
    from sketch_classifier.drawings.formats import BadRecords

SHARD = re.compile(r"(?P<stem>.+)\.tfrecords?(-\d+-of-\d+)?(\.gz)?")
CLASSES = ".classes"


class Tfrecord(Format):
    name = "tfrecord"
    may_be_empty = True  # TensorFlow writes empty shards if there are few drawings

    def find(self, source: Source, categories: Sequence[str] | None) -> tuple[tuple[str, ...], list[Piece]]:
        for folder in FORMATS[self.name].folders:
            entries = source.entries(folder) or {}
            shards = {name: match["stem"] for name in sorted(entries) if (match := SHARD.fullmatch(name))}
            if shards:
                break
        else:
            raise source.refuse(self.name)
        where = source.address(folder)
        stems = sorted(set(shards.values()), key=lambda stem: (DIVISIONS.get(stem) != "train", stem))
        strange = [stem for stem in stems if stem not in DIVISIONS]
        if strange and len(stems) > 1:
            also = f"{strange[0]}.tfrecord beside {stems[0]}.tfrecord"
            raise UserError(f"{where}: {also}; expected names such as training.tfrecord and eval.tfrecord")

        def file(name: str) -> SourceFile:
            return source.file(name, f"{folder}/{name}".lstrip("/"), entries[name])

        lists = [name for name in sorted(entries) if name.endswith(CLASSES)]
        beside = [name for stem in stems for name in lists if name.startswith(f"{stem}.")]
        if not beside and len(lists) != 1:
            found = f"found {cut(', '.join(lists))}" if lists else "found none"
            raise UserError(f"{where}: expected a file {stems[0]}.tfrecord{CLASSES} with the class names, {found}")
        classes = file((beside or lists)[0])
        there = _names(classes)
        pieces = [
            Piece(f"{stem}.tfrecord", stem, tuple(file(name) for name in shards if shards[name] == stem), there)
            for stem in stems
        ]
        return chosen(classes.url, categories, there), pieces

    def fetch(self, piece: Piece, path: Path, wanted: Wanted) -> int:
        from sketch_classifier.drawings.formats.tfrecord import iter_records

        quota = Quota(wanted, piece.classes)
        (path.parent / f"{path.name}{CLASSES}").write_text("\n".join([*piece.classes, ""]), encoding="utf-8")
        with path.open("wb") as output:
            for file in piece.files:
                with open_stream(file, wanted.cache) as stream:
                    for record, label in iter_records(stream, file.url):
                        if quota.is_full:
                            break
                        if label is None or quota.take(label):  # `read` reports malformed ones
                            output.write(record)
        if DIVISIONS.get(piece.category, "train") == "train":
            quota.check(piece.files[0].url)
        return quota.num_taken

    def parts(self, folder: Path, preset: DatasetPreset) -> list[Part]:
        paths = sorted(folder.glob("*.tfrecord"), key=lambda path: (DIVISIONS.get(path.stem) != "train", path.stem))
        if not paths:
            raise UserError(f"{folder}: no .tfrecord file; run `dvc repro download` first")
        return [Part(path, path.stem, split=DIVISIONS.get(path.stem)) for path in paths]

    def read(self, part: Part, preset: DatasetPreset, bad: BadRecords | None) -> Iterator[Batch]:
        from sketch_classifier.drawings.formats import iter_tfrecord

        label_of = {category: label for label, category in enumerate(preset.categories)}
        for drawings in iter_tfrecord(part.path, bad=bad):
            labels = np.array([label_of.get(word, -1) for word in drawings.word.tolist()], np.int16)
            kept = labels >= 0
            yield Batch(labels[kept], drawings.row[kept], drawings[kept])


def _names(classes: SourceFile) -> tuple[str, ...]:
    names = classes.read_whole(MAX_TEXT).decode("utf-8-sig", errors="replace").rstrip("\r\n").splitlines()
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{classes.url}: class {twice[0]!r} is listed twice")
    return tuple(names)


FORMAT = Tfrecord()
