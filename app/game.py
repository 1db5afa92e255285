"""The game: "draw a cat" within twenty seconds. Times are seconds of any clock."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

SECONDS = 20.0
RECOGNISED = 0.7  # probability at or above which a drawing counts as recognised
# Categories of the dataset that take no article: plural nouns, mass nouns and the like.
BARE = frozenset(
    "animal migration,asparagus,binoculars,bread,broccoli,camouflage,drums,eyeglasses,flip flops,grapes,grass,"
    "headphones,lightning,matches,pants,peas,pliers,rain,rollerskates,scissors,shorts,stairs,stitches,toothpaste,underwear,"
    "yoga".split(",")
)


@dataclass(frozen=True)
class Round:
    """One round.

    number  1 for the first of a session
    prompt  the class to draw
    start   start time
    seconds time until the drawing was recognised; None if it has not been
    over    whether the time has run out or the drawing was recognised
    """

    number: int
    prompt: str
    start: float
    seconds: float | None = None
    over: bool = False

    def left(self, now: float) -> float:
        """Seconds left."""
        return 0.0 if self.over else max(0.0, self.start + SECONDS - now)


def next_round(classes: Sequence[str], before: Round | None, now: float, rng: random.Random) -> Round:
    """A new round, with a prompt different from that of the previous round if possible.

    The negative class of a binary model ("not motor vehicle") is never a prompt.
    """
    prompts = [name for name in classes if name != "negative" and not (len(classes) == 2 and name.startswith("not "))]
    others = [name for name in prompts if before is None or name != before.prompt]
    return Round(before.number + 1 if before else 1, rng.choice(others or prompts), now)


def judge(round_: Round, leader: str | None, probability: float, now: float) -> Round:
    """The round after the model's top class is `leader`, with that probability; None while nothing is drawn."""
    if round_.over:
        return round_
    seconds = now - round_.start
    if seconds > SECONDS:
        return replace(round_, over=True)
    if leader == round_.prompt and probability >= RECOGNISED:
        return replace(round_, over=True, seconds=seconds)
    return round_


def with_article(name: str) -> str:
    """The name with its article, as it follows "draw".

    >>> with_article("apple"), with_article("hot air balloon"), with_article("scissors")
    ('an apple', 'a hot air balloon', 'scissors')
    """
    if name in BARE or name.startswith("not "):
        return name
    if name.startswith("The "):
        return "the " + name[4:]
    return ("an " if name[:1] in "aeio" or name in ("hourglass", "umbrella") else "a ") + name
