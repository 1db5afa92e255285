"""YAML is read as DVC reads it."""

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import load_yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sketch_classifier.errors import UserError
from sketch_classifier.params import load_params
from sketch_classifier.params.yaml_file import parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-05", 1e-5),
        ("1.0e-5", 1e-5),
        ("1E3", 1000.0),
        ("010", 10),
        ("0o10", 8),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("1:30", "1:30"),
        ("~", None),
    ],
)
def test_version_1_2(text, value):
    found = parse_yaml(f"a: {text}".encode())["a"]
    assert found == value and type(found) is type(value)


def override(value) -> str:
    """A value as Hydra's grammar has it behind `-S key=`."""
    if isinstance(value, list):
        return "[" + ",".join(map(override, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return (
        {None: "null", True: "true", False: "false"}.get(value)
        if value in (None, True, False) and not isinstance(value, int | float) or isinstance(value, bool)
        else repr(value)
    )


NUMBERS = st.floats(allow_nan=False) | st.integers(-(10**20), 10**20)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\\$"), max_size=12)
WORDS = st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "null",
        "~",
        "010",
        "1e-5",
        "1_000",
        "0x10",
        "1:30",
        ".inf",
        "2001-01-01",
        "- a",
        "a: b",
        "#",
        "<<",
    ]
)
SCALARS = NUMBERS | TEXTS | WORDS | st.booleans() | st.none()


@settings(max_examples=60, deadline=None)
@given(value=SCALARS | st.lists(SCALARS, max_size=3))
@example(value=1e-5)
@example(value=["yes", "no"])
@example(value="1e-05")
def test_what_an_override_writes_is_read_as_dvc_reads_it(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("override") / "params.yaml"
    path.write_text("a: 0\nb: 1  # stays\n", encoding="utf-8")
    apply_overrides(path, [f"a={override(value)}"])
    found, theirs = parse_yaml(path.read_bytes()), load_yaml(path)
    assert repr(found) == repr(theirs)
    assert found["b"] == 1
    if isinstance(value, int | float):
        assert found["a"] == value


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(
        [
            "0.00001",
            "1e-05",
            "1e-5",
            "yes",
            "[yes,no]",
            "010",
            "1.0e-5",
            "1E5",
            "+1",
            "-0.0",
            "inf",
            "nan",
            "cat",
            "[1e-6,x]",
            "1_000",
        ]
    )
)
def test_what_an_override_means_without_quotes_is_read_as_dvc_reads_it(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("override") / "params.yaml"
    path.write_text("a: 0\n", encoding="utf-8")
    apply_overrides(path, [f"a={text}"])
    assert repr(parse_yaml(path.read_bytes())) == repr(load_yaml(path))


CUT = st.text(alphabet="ab1.e-+:[]{},&*!|>%#?'\"\n\t 0_x~=<éあ", max_size=40)


@settings(max_examples=300, deadline=None)
@given(data=CUT.map(str.encode) | st.binary(max_size=20))
@example(data=b"a: 2001-99-99")
@example(data=b"a: !!bool x")
@example(data=b"a: -_")
@example(data=b"a: &x [*x]")
def test_any_bytes_are_read_as_dvc_reads_them_or_refused_in_a_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "params.yaml"
    path.write_bytes(data)
    try:
        found = parse_yaml(data)
    except ValueError as error:
        line = str(error)
        assert line.isprintable() and len(line) < 240
        with pytest.raises(Exception):  # noqa: B017  DVC does not catch all that its parser raises
            load_yaml(path)
    else:
        assert repr(found or {}) == repr(load_yaml(path))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"seed: 0\nseed: 1\n", 'line 2, column 1: found duplicate key "seed"'),
        (b"split:\n\ttrain: 0.7\n", "line 2, column 1: found character '\\t' that cannot start any token"),
        (b"seed: *none\n", "line 1, column 7: found undefined alias 'none'"),
        (b"source: caf\xe9\n", "not UTF-8: byte 11 is 0xe9"),
        (b"source: 2001-99-99\n", "a value cannot be read: month must be in 1..12"),
        (b"a: " + b"[" * 1500, "nested too deeply"),
        (b"a: " + b"9" * 10_000, "a value cannot be read: Exceeds the limit"),
        (b"a: \x01\n", "a value cannot be read: unacceptable character #x0001"),
        (b"a: 1\n---\nb: 2\n", "but found another document"),
        (b"a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor for the tag"),
        (b"a: 'b", "line 1, column 6: found unexpected end of stream"),
        (b"a: 1\na: " + b"x" * 5000, 'found duplicate key "a"'),
    ],
)
def test_what_is_no_yaml_gets_a_line(tmp_path, data, said):
    path = tmp_path / "params.yaml"
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        load_params(path)
    line = str(error.value)
    assert line.startswith(f"{path}: not valid YAML: ") and said in line
    assert line.isprintable() and len(line) < len(str(path)) + 260


def test_an_anchor_stands_for_its_value():
    assert parse_yaml(b"a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}
