"""The drawing pad alone, on a page with a simulated clock."""

import pytest
from app.browser import ROOT

pytestmark = pytest.mark.slow

PAGE = """
async ([code, delay]) => {
  document.body.innerHTML = '<div id="pad" style="width: 900px"></div>';
  const { createPad } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  window.times = [];
  const pad = createPad(document.getElementById("pad"), {
    send: (seq, strokes, done) => {
      if (!done) window.times.push(performance.now());
      window.strokes = strokes;
      setTimeout(() => pad.show({ seq, guesses: [["cat", 1]] }), delay);
    },
    play: () => {},
  });
}
"""


@pytest.mark.parametrize(
    "delay, gap",
    [(0, 100), (30, 100), (60, 180), (200, 600), (300, 900), (900, 1000)],
)
def test_it_sends_less_often_while_answers_are_slow(chrome, delay, gap):
    """At most every 100 ms, then every three answer times, but at least once a second; within a stroke."""
    page = chrome.new_page(viewport={"width": 1000, "height": 900})
    page.clock.install()
    page.add_style_tag(path=ROOT / "app/pad/pad.css")
    page.evaluate(PAGE, [(ROOT / "app/pad/pad.js").read_text(encoding="utf-8"), delay])
    box = page.locator("canvas.ink").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    page.mouse.down()
    for step in range(300):
        page.mouse.move(box["x"] + 10 + step, box["y"] + 10 + step % 7)
        page.clock.run_for(20)
    times = page.evaluate("window.times")
    page.close()
    gaps = [after - before for before, after in zip(times[-4:], times[-3:], strict=False)]
    assert len(gaps) >= 2
    assert all(gap <= found < gap + 40 for found in gaps), gaps


def test_a_drawing_with_all_points_gets_no_further_stroke(chrome):
    """It would be empty, which neither the app nor the page accepts."""
    page = chrome.new_page(viewport={"width": 1000, "height": 900})
    page.route("http://pad.test/", lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
    page.goto("http://pad.test/")
    stroke = [[500] * 19_999, [index % 1000 for index in range(19_999)]]
    page.evaluate("strokes => sessionStorage.setItem('sketch-classifier-drawing', JSON.stringify(strokes))", [stroke])
    page.add_style_tag(path=ROOT / "app/pad/pad.css")
    page.evaluate(PAGE, [(ROOT / "app/pad/pad.js").read_text(encoding="utf-8"), 0])
    box = page.locator("canvas.ink").bounding_box()
    for number in range(3):
        page.mouse.move(box["x"] + 10, box["y"] + 10 + 20 * number)
        page.mouse.down()
        page.mouse.move(box["x"] + 50, box["y"] + 10 + 20 * number)
        page.mouse.up()
    lengths = page.evaluate("window.strokes.map(([xs, ys]) => [xs.length, ys.length])")
    page.close()
    assert lengths == [[19_999, 19_999], [1, 1]]
