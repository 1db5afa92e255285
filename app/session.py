"""The state of one visitor's session. It does not depend on Streamlit, so that it can be tested on its own."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.drawing import checked_strokes, ndjson_line, simplified
from app.game import Round, judge, next_round, with_article
from app.neighbours import Neighbours
from sketch_classifier.drawings.raster import rasterize
from sketch_classifier.drawings.strokes import Drawings
from sketch_classifier.errors import UserError
from sketch_classifier.serving.onnx_session import Answers, most_likely

NUM_GUESSES = 5
MOST_A_SECOND = 20  # rate limit, in drawings per visitor; the pad sends at most ten, plus one per stroke
MOST_AT_ONCE = 60  # largest burst after a pause
BITMAP = 28  # pixels per side of the displayed network input


class Model(Protocol):
    """The part of `Predictor` that a session uses."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    def answer_strokes(self, drawings: Drawings) -> Answers: ...


class Session:
    """One visitor's drawing, guesses and round of the game.

    model  classifies the drawings
    near   training drawings for the nearest-neighbour search; None if there are none
    clock  returns the time in seconds
    """

    def __init__(
        self,
        model: Model,
        near: Neighbours | None,
        clock: Callable[[], float],
        rng: random.Random | None = None,
    ) -> None:
        self._model, self._near, self._clock = model, near, clock
        self._rng = rng or random.Random()
        self._round: Round | None = None
        self._won = 0
        self._left, self._since = float(MOST_AT_ONCE), clock()
        self._answer: dict = {"seq": 0, "neighbours": []}

    def draw(self, value: object) -> None:
        """Classify a drawing that the client sent, {"seq", "strokes", "done"}; any value is accepted, since it is
        untrusted. The answer is in `view`."""
        sent = value if isinstance(value, dict) else {}
        seq = sent.get("seq")
        seq = seq if isinstance(seq, int) and 0 <= seq < 2**53 else 0
        try:
            self._count()
            strokes = checked_strokes(sent.get("strokes"))
        except UserError as error:
            self._answer = {"seq": seq, "message": str(error), "neighbours": []}
            return
        if not strokes:
            self._answer = {"seq": seq, "neighbours": []}
            return
        drawing = simplified(strokes)
        probabilities, features = (rows[0] for rows in self._model.answer_strokes(drawing))
        guesses = most_likely(probabilities, self._model.classes, NUM_GUESSES)
        now = self._clock()
        if self._round is not None:
            self._judge(self._round, *guesses[0], now)
        self._answer = {
            "seq": seq,
            "guesses": guesses,
            "bitmap": _base64(rasterize(drawing, size=BITMAP, as_is=True)[0]),
        }
        if sent.get("done") is True:  # the rest is computed only when the pen is lifted
            word = self._round.prompt if self._round else guesses[0][0]
            line = ndjson_line(drawing, word=word, recognized=guesses[0][0] == word)
            self._answer |= {"ndjson": line.decode(), "neighbours": self._neighbours(features)}

    def play(self, action: object) -> None:
        """Handle the client's request for the game: "start", "stop" or "timeout"; anything else is ignored."""
        if action == "start":
            self._round = next_round(self._model.classes, self._round, self._clock(), self._rng)
            self._answer = {"seq": self._answer["seq"], "neighbours": []}
        elif action == "stop":
            self._round = None
        elif action == "timeout" and self._round is not None:
            self._judge(self._round, None, 0.0, self._clock())

    def view(self) -> dict:
        """The data that the pad displays, as JSON types.

        seq         sequence number of the drawing that was classified
        guesses     [(class, probability), …], most likely first; missing if nothing is drawn
        bitmap      base64 of 28 × 28 bytes
        ndjson, neighbours  after the pen is lifted: the drawing as a line of .ndjson; [{name, bitmap}, …]
        classes     all classes of the model
        message     the error, if the strokes were rejected
        round       {state: drawing | won | lost, title, hint, left}, or null
        """
        return self._answer | {"classes": self._model.classes, "round": self._shown_round()}

    def _count(self) -> None:
        """Count a drawing. Raises UserError if drawings arrive faster than anyone can draw."""
        now = self._clock()
        self._left = min(MOST_AT_ONCE, self._left + (now - self._since) * MOST_A_SECOND)
        self._since = now
        if self._left < 1:
            raise UserError("Too many drawings in a short time: wait a second, then continue.")
        self._left -= 1

    def _neighbours(self, features: np.ndarray) -> list[dict]:
        if self._near is None:
            return []
        rows = self._near.nearest(features)
        return [{"name": str(self._near.names[i]), "bitmap": _base64(self._near.images[i])} for i in rows]

    def _judge(self, before: Round, leader: str | None, probability: float, now: float) -> None:
        self._round = after = judge(before, leader, probability, now)
        self._won += after.seconds is not None and before.seconds is None

    def _shown_round(self) -> dict | None:
        if self._round is None:
            return None
        thing = with_article(self._round.prompt)
        score = f"{self._won} of {self._round.number} recognised."
        if not self._round.over:
            state, title, hint = "drawing", f"Draw {thing}", ""
        elif self._round.seconds is not None:
            state, title, hint = "won", f"Yes, {thing}!", f"Recognised after {self._round.seconds:.1f} s. {score}"
        else:
            leader = self._answer.get("guesses", [[None]])[0][0]
            taken = f"It guessed {with_article(leader)}." if leader not in (None, self._round.prompt) else "Almost."
            state, title, hint = "lost", f"Time is up: {thing}", f"{taken if leader else ''} {score}".strip()
        return {"state": state, "title": title, "hint": hint, "left": self._round.left(self._clock())}


def _base64(bitmap: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(bitmap).tobytes()).decode()
