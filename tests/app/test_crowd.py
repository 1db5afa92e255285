"""Several people draw at once, and clients send what the page never would: the app goes on for all others."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.request import urlopen

import psutil
import pytest
import websockets
from app.browser import ROOT, served

sys.path.insert(0, str(ROOT))
from benchmarks.crowd import Visitor, crowd  # noqa: E402

pytestmark = pytest.mark.slow

STROKES = [[[10, 900, 400], [10, 20, 700]]]


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    """Where the app serves the pre-trained model."""
    with served(tmp_path_factory.mktemp("nothing trained")) as address:
        yield address


def run(coroutine):
    """Its result, from a thread of its own: in this one the browser of other tests has an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def test_several_people(at):
    port = at.rpartition(":")[2]
    (process,) = [child for child in psutil.Process().children() if port in child.cmdline()]
    times, failures, _ = run(crowd(at, 5, 5.0, process))
    assert failures == [] and len(times) > 5


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "{", '{"drawing": 1e999}', '"x"', json.dumps({"drawing": "x" * 1_500_000})]
)
def test_what_no_page_sends_harms_nobody_else(at, text):
    async def send():
        async with Visitor.at(at) as other, Visitor.at(at) as visitor:
            try:
                await visitor.send(text)
                await visitor.draw({"seq": 7, "strokes": STROKES, "done": True})
                await asyncio.wait_for(visitor.answer(7), 20)
            except (websockets.ConnectionClosed, TimeoutError):
                pass  # it is this visitor's own loss
            await other.draw({"seq": 9, "strokes": STROKES, "done": True})
            return await other.answer(9)

    assert run(send())["guesses"]


def test_a_large_upload_is_refused_before_it_is_sent(at):
    async def upload():
        async with Visitor.at(at) as visitor:
            return await asyncio.to_thread(asked_to_upload, at, visitor.session, 21 << 20)

    assert run(upload()) == 413


def asked_to_upload(at, session, size):
    """The status of an answer to a PUT of so many bytes, of which none is sent."""
    with urlopen(f"{at}/_stcore/health", timeout=30) as page:
        cookies = [value.split(";")[0] for key, value in page.getheaders() if key.lower() == "set-cookie"]
    token = dict(cookie.split("=", 1) for cookie in cookies).get("_streamlit_xsrf", "")
    connection = HTTPConnection(at.removeprefix("http://"), timeout=30)
    connection.putrequest("PUT", f"/_stcore/upload_file/{session}/f")
    for name, value in {
        "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(size), "Cookie": "; ".join(cookies),
        "X-Xsrftoken": token,
    }.items():  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse().status
