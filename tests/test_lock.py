"""requirements.lock: every package that requirements.txt leads to, in one version each, with hashes."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def locked():
    """The versions by name that the lock has for this machine."""
    entries = [Requirement(line) for line in re.findall(r"^(\w[^\\\n]+)", text("requirements.lock"), re.M)]
    assert all([each.operator for each in entry.specifier] == ["=="] for entry in entries)
    valid = [entry for entry in entries if entry.marker is None or entry.marker.evaluate()]
    versions = {entry.name: next(iter(entry.specifier)).version for entry in valid}
    assert len(versions) == len(valid), "no package twice"
    return versions


def test_the_pins_are_those_of_requirements_txt(locked):
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", text("requirements.txt"), re.M))
    assert len(pins) > 30
    cure = "see CONTRIBUTING.md, Add a dependency"
    assert {name: locked.get(canonicalize_name(name)) for name in pins} == pins, cure


def test_every_entry_has_hashes():
    entries = re.split(r"^(?=\w)", text("requirements.lock"), flags=re.M)[1:]
    assert len(entries) > 100
    assert [entry.splitlines()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []


def test_nothing_is_missing(locked):
    """`pip install --require-hashes` refuses a lock that lacks what one of its packages needs."""
    wrong = []
    for installed in distributions():
        name = canonicalize_name(installed.name)
        if locked.get(name) != installed.version:  # another version may need other packages
            continue
        for line in installed.requires or ():
            needed = Requirement(line)
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            found = locked.get(canonicalize_name(needed.name))
            if found is None or not needed.specifier.contains(found, prereleases=True):
                wrong.append(f"{name} needs {line}, locked is {found}")
    assert wrong == []


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")
