"""Several people draw at once, and clients send what the page never would: the app goes on for all others."""

import asyncio
import json
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

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


def test_several_people(at):
    (process,) = [child for child in psutil.Process().children() if "streamlit" in " ".join(child.cmdline())]
    times, failures, _ = asyncio.run(crowd(at, 5, 5.0, process))
    assert failures == [] and len(times) > 5


@pytest.mark.parametrize("text", ["[" * 200_000, "{", '{"drawing": 1e999}', '"x"', json.dumps({"drawing": "x" * 1_500_000})])
def test_what_no_page_sends_harms_nobody_else(at, text):
    async def send():
        async with Visitor.at(at) as other, Visitor.at(at) as visitor:
            try:
                await visitor.send(text)
                await visitor.draw({"seq": 7, "strokes": STROKES, "done": True})
                await asyncio.wait_for(visitor.answer(7), 20)
            except (websockets.ConnectionClosed, TimeoutError, asyncio.TimeoutError):
                pass  # it is this visitor's own loss
            await other.draw({"seq": 9, "strokes": STROKES, "done": True})
            return await other.answer(9)

    assert asyncio.run(send())["guesses"]


def test_nothing_is_uploaded(at):
    async def upload():
        async with Visitor.at(at) as visitor:
            with urlopen(at, timeout=30) as page:
                cookies = [value.split(";")[0] for key, value in page.getheaders() if key.lower() == "set-cookie"]
            token = dict(cookie.split("=", 1) for cookie in cookies).get("_streamlit_xsrf", "")
            body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n0123\r\n--x--\r\n'
            request = Request(f"{at}/_stcore/upload_file/{visitor.session}/f", body, method="PUT")
            request.add_header("Content-Type", "multipart/form-data; boundary=x")
            request.add_header("Cookie", "; ".join(cookies))
            request.add_header("X-Xsrftoken", token)
            with pytest.raises(HTTPError) as refused:
                await asyncio.to_thread(urlopen, request, timeout=30)
            return refused.value.code

    assert asyncio.run(upload()) == 413
