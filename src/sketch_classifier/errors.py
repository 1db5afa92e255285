"""The exception for user errors, and suggestions for misspelt names."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMES = 20  # that a line lists


class UserError(Exception):
    """An error that the user can fix: one line that says where it is, what was found and what is accepted.

    Commands and stages print it without a traceback and exit with code 1.
    """


def unknown_name(what: str, name: str, accepted: Iterable[str]) -> str:
    """One line about an unknown name: the nearest spelling if there is one, and what is accepted.

    >>> unknown_name("category", "kat", ["cat", "dog"])
    "unknown category 'kat': did you mean 'cat'? Accepted are cat, dog"

    Beside a near spelling a long list of names is left out.
    """
    accepted = [str(other) for other in accepted]
    lowered = {other.lower(): other for other in accepted if other != str(name)}
    near = get_close_matches(str(name).lower()[:100], lowered, n=1, cutoff=0.6)
    unknown = f"unknown {what} {shown(name)}"
    names = ", ".join(accepted[:MOST_NAMES]) + (", …" if len(accepted) > MOST_NAMES else "")
    if not near:
        return f"{unknown}: accepted are {names or 'none'}"
    return f"{unknown}: did you mean {lowered[near[0]]!r}?" + (
        f" Accepted are {names}" if len(accepted) <= MOST_NAMES else ""
    )


def shown(value: object, length: int = 80) -> str:
    """A value as a message quotes it: on one line of at most `length` characters.

    >>> shown("cat"), shown(True), shown(None), shown("a" * 100, 10)
    ("'cat'", 'true', 'null', "'aaaaaaaa…")
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _cut(repr(value[: length + 1]) if isinstance(value, str) else one_line(value), length)


def one_line(error: object) -> str:
    """What an error of a library says, on one line of at most 200 characters; its type where it says nothing."""
    return _cut(" ".join(str(error).split()) or type(error).__name__, 200)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
