"""A category is the name of a file: what cannot be one is refused in one line, and nothing is written elsewhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sketch_classifier.drawings.names import unusable_name
from sketch_classifier.errors import UserError
from sketch_classifier.params import SUFFIXES, DatasetPreset

UNUSABLE = (
    "", " ", ".", "..", "../../x", "/abs/x", "a/b", "a\\b", "a\nb", "a\rb", "a\tb", "a\0b", "\x7f", "a\x85b", "a\u2028b",
    "\ud800", " a", "a ", "a\u00a0", "x" * 249, "猫" * 83,
)  # fmt: skip
USABLE = ("cat", "The Eiffel Tower", "猫", "a..b", "...", "a#b?c%d", 'it\'s "quoted"', "x" * 248, "🐱", "می‌خواهم")


@pytest.mark.parametrize("name", UNUSABLE)
def test_names_that_no_file_can_have(get, source_with, tmp_path, name):
    with pytest.raises(ValidationError, match="categories: [^\n]*"):
        DatasetPreset(format="simplified", categories=("cat", name), limit=None)
    source = source_with("simplified/cat.ndjson", b"{}\n")
    for where in (source, "synthetic"):
        with pytest.raises(UserError, match="^categories: [^\n]*$"):
            get(where, "simplified", ["cat", name], 5)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("name", USABLE)
def test_names_that_a_file_can_have(get, source_with, tmp_path, name):
    DatasetPreset(format="simplified", categories=("tree", name), limit=None)
    source = source_with(f"simplified/{name}.ndjson", b'{"word":"x"}\n')
    get(source, "simplified", [name], 5)
    assert (tmp_path / f"out/simplified/{name}.ndjson").exists()


@given(name=st.text() | st.text(alphabet="./\\ a\n\0"), suffix=st.sampled_from(sorted(set(SUFFIXES.values()))))
def test_a_usable_name_is_a_file_of_its_folder(name, suffix):
    if unusable_name(name, suffix) is None:
        path = Path("/folder") / f"{name}{suffix}"
        assert path.parent == Path("/folder") and path.name == f"{name}{suffix}"
        assert len(path.name.encode()) <= 255 and len(f"{name}x".splitlines()) == 1
