"""A source that lacks the folder, the file or the category says which of them, whatever kind of source it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch_classifier.data import retries
from sketch_classifier.data.missing import no_files
from sketch_classifier.data.sources import Source
from sketch_classifier.errors import UserError, unknown_name

LINE = b'{"word":"x","drawing":[[[1,2],[3,4]]]}\n'
HELD = ("ant", "cat", "house plant", "my own thing")
STRANGE = (
    "a#b", "a?b", "a%b", "a%20b", "50%", "a+b", "a b", "a&b", "a;b=c", "it's", 'say "x"', "<b>x", "a,b", "猫", "крыса", "🐱",
    "café", "a:b", "~a", "[x]", "{x}", "$x", "a*b", "a@b", "x.ndjson", "#", "?", "-",
)  # fmt: skip


@pytest.fixture(params=["folder", "bucket", "lists", "404", "403", "403 for all"])
def address(request, serve, emulator, tmp_path):
    """address(names) is a source, of each kind, that holds a simplified file of each name."""

    def address(names) -> str:
        folder = tmp_path / "shelf/full/simplified"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.ndjson").write_bytes(LINE)
            if request.param == "bucket":
                emulator.put(f"simplified/{name}.ndjson", LINE)
        if request.param == "folder":
            return str(folder.parent)
        if request.param == "bucket":
            return emulator.source
        behaviour = {
            "lists": {},
            "404": {"refusal": 404},
            "403": {"refusal": 403},
            "403 for all": {"refusal": 403, "missing": 403},
        }
        return serve(tmp_path / "shelf", **behaviour[request.param]) + "/full"

    address.kind = request.param
    address.lists = not request.param.startswith("40")
    return address


def said(source: str, *categories: str, format: str = "simplified") -> str:
    with pytest.raises(UserError, match="^[^\n]*$") as error:
        Source(source).find(format, categories)
    return str(error.value)


def test_any_name_that_a_folder_can_hold_is_found_everywhere(address):
    # The emulator itself cuts a name at a semicolon.
    names = [name for name in STRANGE if address.kind != "bucket" or ";" not in name]
    files = Source(address(names)).find("simplified", names)
    assert [file.category for file in files] == names
    assert all(file.read(0, file.size) == LINE for file in files)


def test_either_normal_form_of_a_name_is_found_where_there_is_a_list(address):
    source = address(["cafe\u0301"])
    if address.lists:
        assert Source(source).find("simplified", ["caf\u00e9"])[0].size == len(LINE)


def test_an_official_category_that_the_source_lacks(address):
    source = address(HELD)
    message = said(source, "cat", "dog", "airplane")
    assert f"{source}/simplified: no file dog.ndjson: this source lacks the official category 'dog'" in message
    assert "also missing: 'airplane'" in message
    assert "unknown" not in message and "did you mean" not in message
    assert ("it has 4 categories: 'ant', 'cat', 'house plant', 'my own thing'" in message) == address.lists


def test_a_category_that_nobody_has(address):
    source = address(HELD)
    assert "unknown category 'hose plant': did you mean 'house plant'?" in said(source, "cat", "hose plant")
    near = "my own thing" if address.lists else None
    message = said(source, "my own thin")
    assert "unknown category 'my own thin'" in message
    assert near is None or f"did you mean {near!r}?" in message


def test_a_folder_that_is_not_there(address):
    wrong = address(HELD).replace("full", "ful")
    message = said(wrong, "cat", "dog")
    assert f"{wrong}/simplified" in message and "unknown" not in message and "did you mean" not in message
    assert "no folder" in message or f"nothing found under {wrong}/simplified" in message


def test_a_folder_of_another_format(address):
    source = address(HELD)
    message = said(source, "cat", format="raw")
    assert f"{source}/raw" in message and "unknown" not in message
    if address.lists:
        assert f"no folder {source}/raw; it has simplified: set the dataset's format to that" in message


def test_files_of_digits(address):
    source = address(HELD)
    message = said(source, "train_32x32", "test_32x32", format="svhn")
    assert f"{source}/train_32x32.mat" in message and "not" in message and "unknown" not in message


def test_an_empty_folder(tmp_path):
    (tmp_path / "simplified").mkdir()
    assert said(str(tmp_path), "cat").endswith("simplified: no .ndjson files found; cat.ndjson is expected")


def test_a_page_for_whatever_is_asked_is_no_list(serve, tmp_path):
    (tmp_path / "index.html").write_text('<a href="/about">About</a>')
    (tmp_path / "full/simplified").mkdir(parents=True)
    (tmp_path / "full/simplified/index.html").write_text('<a href="/about">About</a>')
    assert "the server lists no files; check the address" in said(f"{serve(tmp_path)}/full", "cat")


def test_links_of_other_web_servers(serve, tmp_path):
    """Names in lists are escaped as in HTML, and some servers give whole addresses."""
    folder = tmp_path / "simplified"
    folder.mkdir()
    (folder / "fish & chips.ndjson").write_bytes(LINE)
    at = serve(tmp_path)
    (folder / "index.html").write_text(
        f'<a href="?C=N;O=D">Name</a> <a href="fish%20&amp;%20chips.ndjson">f</a> <a href="{at}/simplified/cat.ndjson">c</a>'
    )
    assert "did you mean 'fish & chips'?" in said(at, "fish & chip")
    assert Source(at).find("simplified", ["fish & chips"])[0].size == len(LINE)
    assert said(at, "cat").endswith("lacks the official category 'cat'; it has 2 categories: 'cat', 'fish & chips'")


def test_a_server_in_trouble_is_no_missing_file(serve, tmp_path):
    at = serve(tmp_path, missing=500)
    message = said(at, "cat")
    assert f"source {at!r}: cannot read {at}/simplified/cat.ndjson: 500" in message


def test_a_server_that_is_gone(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(retries, "LISTING_DELAYS", ())
    message = said("http://127.0.0.1:1/full", "cat")
    assert "cannot read http://127.0.0.1:1/full/simplified/cat.ndjson: Cannot connect" in message


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    missing=st.lists(NAMES, min_size=1, max_size=4, unique=True), listed=st.none() | st.sets(NAMES), found=st.booleans()
)
def test_what_was_given_is_never_the_suggestion(missing, listed, found):
    message = no_files("there", "simplified", missing, listed, int(found))
    assert repr(missing[0]) in message or f"{missing[0]}.ndjson" in message
    assert f"did you mean {missing[0]!r}?" not in message
    assert f"did you mean {missing[0]!r}?" not in unknown_name("category", missing[0], [*missing, *(listed or ())])
