"""Parses YAML as DVC does: version 1.2, in which 1e-05 is a number, `yes` a string and 010 is ten."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from sketch_classifier.errors import one_line


def parse_yaml(data: bytes) -> Any:
    """The content of a YAML file. Raises ValueError, with one line of at most 240 characters, for invalid YAML."""
    try:
        return YAML(typ="safe").load(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(where + one_line(error.problem or error.context or "not YAML")) from None
    except Exception as error:  # an invalid date, a value that does not match its tag, …: any exception
        raise ValueError(f"a value cannot be read: {one_line(error)}") from None
