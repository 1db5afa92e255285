"""The one exception a user may see, and the nearest spelling of a name."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something a user can put right: one line that says where, what was found and what is accepted.

    The stages print it without a traceback and exit with code 1.
    """


def unknown_name(what: str, name: str, accepted: Iterable[str]) -> str:
    """One line about an unknown name: the nearest spelling where there is one, else what is accepted.

    >>> unknown_name("category", "kat", ["cat", "dog"])
    "unknown category 'kat': did you mean 'cat'?"
    """
    accepted = [str(other) for other in accepted]
    lowered = {other.lower(): other for other in accepted if other != str(name)}
    near = get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"unknown {what} {name!r}: did you mean {lowered[near[0]]!r}?"
    shown = ", ".join(accepted[:20]) + (", …" if len(accepted) > 20 else "")
    return f"unknown {what} {name!r}: accepted are {shown or 'none'}"


def one_line(error: Exception) -> str:
    """What an error of a library says, on one line of at most 200 characters; its type where it says nothing."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
