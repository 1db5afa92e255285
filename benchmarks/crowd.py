"""Many people drawing at once: what the app answers, how fast, and how much memory it takes.

    python -m benchmarks.crowd [--people 50] [--minutes 1]

Each person is a WebSocket connection of its own, which sends synthetic drawings as the page does: the strokes so
far, every 100 ms or, on a busy server, after three times as long as the last answer took, and at the end of a
drawing a pause of one to three seconds. The time is taken from a message to the answer to it. Needs `models/`, or
the pre-trained model. Exit code 1 if a drawing was not answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import psutil
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.browser import served  # noqa: E402
from stages import run  # noqa: E402

from sketch_classifier.synthetic import categories, generate  # noqa: E402

EVERY, BACK_OFF, AT_LEAST_EVERY = 0.1, 3, 1.0  # between two messages of a stroke, as in app/pad/pad.js
PATIENCE = 120.0  # seconds for an answer


class Visitor:
    """One connection to the app, as the page in a browser has it.

    view     what the pad shows, as `Session.view` gave it
    session  what the app calls this connection
    """

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._widget = self._fragment = self.session = ""
        self.view: dict[str, Any] = {}

    @staticmethod
    @asynccontextmanager
    async def at(address: str) -> AsyncIterator[Visitor]:
        """Open the page at http://… and wait for the pad."""
        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None) as socket:
            visitor = Visitor(socket)
            await visitor._rerun()
            while not visitor.view:
                await visitor._receive()
            yield visitor

    async def draw(self, value: object) -> None:
        """Send what the pad sends; `value` may be anything that JSON has."""
        await self.send(json.dumps({"drawing": value}))

    async def send(self, text: str) -> None:
        """Send `text` as the state of the pad."""
        await self._rerun(text)

    async def answer(self, seq: int) -> dict[str, Any]:
        """The view that answers the drawing of that number."""
        while self.view.get("seq") != seq:
            await self._receive()
        return self.view

    async def _rerun(self, state: str | None = None) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = ""
        if state is not None:
            message.rerun_script.fragment_id = self._fragment
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.json_value = self._widget, state
        await self._socket.send(message.SerializeToString())

    async def _receive(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(self._socket.recv(), PATIENCE))
        if message.WhichOneof("type") == "new_session":
            self.session = message.new_session.initialize.session_id
        element = message.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            self._widget, self._fragment = element.bidi_component.id, message.delta.fragment_id
            self.view = json.loads(element.bidi_component.json)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=1)
    options = parser.parse_args()
    with served() as address:
        (process,) = [child for child in psutil.Process().children() if "streamlit" in " ".join(child.cmdline())]
        times, failures, grown = asyncio.run(crowd(address, options.people, 60 * options.minutes, process))
    print(f"{options.people} people, {options.minutes:g} minutes: {len(times):,} messages, {len(failures)} failures")
    print(f"median {1000 * np.median(times):.0f} ms, 95 % within {1000 * np.quantile(times, 0.95):.0f} ms")
    print(f"memory of the app: {grown / 1e6:+.0f} MB from the first message to the last")
    for failure in sorted(set(failures)):
        print(failure)
    sys.exit(1 if failures else 0)


async def crowd(
    address: str, people: int, seconds: float, process: psutil.Process
) -> tuple[list[float], list[str], int]:
    """The seconds that each answer took, what failed, and by how many bytes the app's process has grown."""
    times: list[float] = []
    failures: list[str] = []
    async with Visitor.at(address) as first:  # loads the model
        await first.draw({"seq": 1, "strokes": [[[0, 500], [0, 500]]], "done": True})
        await first.answer(1)
    before = process.memory_info().rss
    until = time.monotonic() + seconds

    async def person(number: int) -> None:
        try:
            async with Visitor.at(address) as visitor:
                await _drawing(visitor, number, until, times, failures)
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}")

    await asyncio.gather(*map(person, range(people)))
    with urlopen(f"{address}/_stcore/health", timeout=10):
        pass
    return times, failures, process.memory_info().rss - before


async def _drawing(visitor: Visitor, number: int, until: float, times: list[float], failures: list[str]) -> None:
    rng, names, seq = np.random.default_rng(number), categories(), 0
    await asyncio.sleep(rng.uniform(0, 2))
    while True:  # everyone makes a drawing, however long the page took
        raw, _ = generate(names[rng.integers(len(names))], 1, seed=int(rng.integers(1 << 30)))
        done: list[list[list[float]]] = []
        for points in raw.strokes(0):
            xs, ys = points.T.tolist()
            done.append([[], []])
            for end in [*range(3, len(xs), 6), len(xs)]:
                done[-1] = [xs[:end], ys[:end]]
                seq += 1
                sent = time.monotonic()
                await visitor.draw({"seq": seq, "strokes": done, "done": end == len(xs)})
                view = await visitor.answer(seq)
                times.append(time.monotonic() - sent)
                if not view.get("guesses"):
                    failures.append(f"no guesses: {view.get('message')}")
                await asyncio.sleep(max(0.0, min(max(EVERY, BACK_OFF * times[-1]), AT_LEAST_EVERY) - times[-1]))
        if time.monotonic() >= until:
            return
        await asyncio.sleep(rng.uniform(1, 3))


if __name__ == "__main__":
    run(main)
