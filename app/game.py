"""The game: "draw a cat" within twenty seconds. Times are seconds of any clock."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

SECONDS = 20.0
RECOGNISED = 0.7  # the probability from which a drawing counts as recognised
# Categories of the dataset that are named in the plural, or have no article for another reason.
BARE = frozenset(
    "animal migration,asparagus,binoculars,bread,broccoli,camouflage,drums,eyeglasses,flip flops,grapes,grass,"
    "headphones,lightning,matches,pants,peas,pliers,rain,rollerskates,scissors,shorts,stairs,stitches,toothpaste,underwear,"
    "yoga".split(",")
)


@dataclass(frozen=True)
class Round:
    """One round.

    number  1 for the first of a session
    prompt  the class that is to be drawn
    start   when it began
    seconds after how many it was recognised; None as long as it is not
    over    whether its time ran out, or it was recognised
    """

    number: int
    prompt: str
    start: float
    seconds: float | None = None
    over: bool = False

    def left(self, now: float) -> float:
        """Seconds that are left."""
        return 0.0 if self.over else max(0.0, self.start + SECONDS - now)


def next_round(classes: Sequence[str], before: Round | None, now: float, rng: random.Random) -> Round:
    """A new round, with a prompt other than that of the round before where there is another.

    The negative side of a binary model ("not motor vehicle") is nothing that one could draw.
    """
    prompts = [name for name in classes if name != "negative" and not (len(classes) == 2 and name.startswith("not "))]
    others = [name for name in prompts if before is None or name != before.prompt]
    return Round(before.number + 1 if before else 1, rng.choice(others or prompts), now)


def judge(round_: Round, leader: str | None, probability: float, now: float) -> Round:
    """The round once the model takes the drawing for `leader` (None while nothing is drawn) with that probability."""
    if round_.over:
        return round_
    seconds = now - round_.start
    if seconds > SECONDS:
        return replace(round_, over=True)
    if leader == round_.prompt and probability >= RECOGNISED:
        return replace(round_, over=True, seconds=seconds)
    return round_


def with_article(name: str) -> str:
    """The name as one would say it after "draw".

    >>> with_article("apple"), with_article("hot air balloon"), with_article("scissors")
    ('an apple', 'a hot air balloon', 'scissors')
    """
    if name in BARE or name.startswith("not "):
        return name
    if name.startswith("The "):
        return "the " + name[4:]
    return ("an " if name[:1] in "aeio" or name in ("hourglass", "umbrella") else "a ") + name
