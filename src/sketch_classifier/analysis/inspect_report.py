"""The report of `inspect`: lines of text, and the block for params.yaml."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from unicodedata import east_asian_width

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

from sketch_classifier.data.inspection import MOST_SHOWN, Inspection
from sketch_classifier.errors import shown
from sketch_classifier.params import DatasetPreset
from sketch_classifier.params.yaml_file import parse_yaml

MOST_COUNTRIES = 10


def report(found: Inspection) -> Iterator[str]:
    """The lines of the summary."""
    also = f" (also found: {', '.join(found.others)}; choose with --from)" if found.others else ""
    yield f"source      {found.source}"
    yield f"format      {found.format}{also}"
    yield f"files       {_counted(found.num_files, 'file', 'files')}, {_size(found.num_bytes)}"
    cut = any(of.is_cut for of in found.classes.values())
    read = f"the first {found.limit:,} of each class at most (--limit)" if cut else "all of them"
    yield f"classes     {len(found.classes):,}"
    yield f"drawings    {found.num:,} read, {read}"
    yield f"content     {_content(found)}"
    if found.splits:
        yield f"splits      {', '.join(f'{name} {num:,}' for name, num in found.splits.items())}"
    if found.has_strokes:
        yield f"columns     {', '.join(sorted(found.known)) or 'no key_id, countrycode, recognized or timestamp'}"
    if "recognized" in found.known and found.num:
        num = sum(of.num_recognized for of in found.classes.values())
        yield f"recognized  {num:,} of {found.num:,} ({num / found.num:.1%})"
    if "countrycode" in found.known:
        most = [f"{name or '(none)'} {num:,}" for name, num in found.countries.most_common(MOST_COUNTRIES)]
        more = f", and {len(found.countries) - len(most)} more" if len(found.countries) > len(most) else ""
        yield f"countries   {', '.join(most)}{more}"
    if found.bad.count:
        yield f"unreadable  {found.bad.count:,} of {found.bad.total:,} records, the first: {found.bad.first[0]}"
    for what in found.unreadable:
        yield f"unreadable  {what}"
    yield ""
    yield from _table(found)


def dataset_block(found: Inspection, name: str = "mine") -> str:
    """The block for params.yaml, as YAML; or a comment with the reason if the source is not a valid dataset."""
    text = _yaml({"source": found.source, "datasets": {name: found.block()}})
    try:
        DatasetPreset.model_validate(parse_yaml(text.encode())["datasets"][name])
    except ValidationError as error:
        reasons = "; ".join(part["msg"].removeprefix("Value error, ") for part in error.errors())
        return f"# no dataset for params.yaml: {' '.join(reasons.split())}\n"
    return f"# params.yaml: set `source` and `dataset: {name}`, and add this block to `datasets`\n{text}"


def _yaml(tree: dict) -> str:
    yaml = YAML()
    yaml.width = sys.maxsize
    yaml.default_flow_style = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.Representer = _WithNull
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


class _WithNull(RoundTripRepresenter):
    """Writes None as `null`, rather than as an empty value."""


_WithNull.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def _table(found: Inspection) -> Iterator[str]:
    names = {name: shown(name, 40)[1:-1] if not name.isprintable() else name for name in found.classes}
    wide = max([5, *map(_columns, names.values())])
    heads = ["drawings"]
    heads += ["recognized"] if "recognized" in found.known else []
    heads += ["strokes", "points"] if found.has_strokes else []
    yield "  ".join([f"{'class':{wide}}", *heads])
    for name, of in found.classes.items():
        cells = [f"{of.num:,}{'+' if of.is_cut else ''}"]
        cells += [f"{of.num_recognized / max(of.num, 1):.1%}"] if "recognized" in found.known else []
        if found.has_strokes:
            cells += [f"{total / max(of.num, 1):.1f}" for total in (of.num_strokes, of.num_points)]
        padded = names[name] + " " * (wide - _columns(names[name]))
        yield "  ".join([padded, *(f"{cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True))])
    left_out = len(found.classes) - sum(bool(of.samples) for of in found.classes.values())
    if left_out and len(found.classes) > MOST_SHOWN:
        yield f"(strokes and points are means per drawing; the picture shows {MOST_SHOWN} classes)"
    elif found.has_strokes:
        yield "(strokes and points are means)"


def _columns(text: str) -> int:
    """The width of the text in terminal columns: Chinese characters and emoji take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _content(found: Inspection) -> str:
    if found.has_strokes:
        return "strokes with times" if found.has_times else "strokes"
    if found.shape is None:
        return "bitmaps"
    photographs = len(found.shape) == 3
    side = "×".join(map(str, found.shape[-2:]))
    if found.format == "image_folder":
        return "pictures"
    return f"{'color photographs' if photographs else 'bitmaps'} of {side}"


def _counted(num: int, one: str, more: str) -> str:
    return f"{num:,} {one if num == 1 else more}"


def _size(num_bytes: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if num_bytes < 1024 or unit == "GiB":
            return f"{num_bytes:,.0f} {unit}" if unit == "bytes" else f"{num_bytes:,.1f} {unit}"
        num_bytes /= 1024
    raise AssertionError
