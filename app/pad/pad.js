// The drawing pad: canvas, buttons, guesses and the game, the same in the Streamlit app and on the page without a server.
//
// createPad(root, { send, play }) fills `root` and returns { show, refresh }.
//   send(seq, strokes, done)  called with the drawing so far, [[xs, ys], …] in 1/1000 of the canvas: at most every
//                             100 ms while a stroke is drawn (less often while answers are slow), and when it
//                             ends (done)
//   play(action)              called with "start", "stop" or "timeout"
//   show(view)                displays the model's answer: see Session.view in app/session.py

const SEND_EVERY = 100; // ms
const BACK_OFF = 3; // minimum interval between two messages, in answer times: keeps answers fast on a busy server
const SEND_AT_LEAST_EVERY = 1000; // ms
const UNITS = 1000; // per side of the canvas
const ROUND = 20; // seconds, as in app/game.py
const MAX_POINTS = 20000; // as in app/drawing.py
const MAX_STROKES = 500;
const LINE = 0.02; // line width, as a fraction of the canvas side
const SPEAK_AFTER = 1000; // ms without drawing before a screen reader announces the guess
const STORE = "sketch-classifier-drawing";

const ICONS = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  clear: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
  save: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  play: "M7 5v14l11-7z",
  stop: "M7 7h10v10H7z",
};

const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const TEMPLATE = `
<div class="top">
  <div class="prompt"><strong class="title"></strong><span class="hint"></span></div>
  <button class="play primary" type="button"></button>
</div>
<p class="spoken" role="status"></p>
<div class="clock" aria-hidden="true"><i></i></div>
<div class="columns">
  <div class="left">
    <div class="paper">
      <canvas class="ink" role="img" aria-label="Canvas: draw here with mouse, pen or finger"></canvas>
      <div class="empty" aria-hidden="true">
        <svg viewBox="0 0 120 90"><path d="M8 62c10-30 22-44 33-38 13 7-14 42-2 45 14 3 20-46 36-45 13 1-3 36 8 39 8 2 14-10 27-21"/></svg>
        <span>Draw here</span>
      </div>
    </div>
    <div class="tools">
      <button class="undo" type="button" title="Undo the last stroke (Ctrl+Z)">${icon("undo")}Undo</button>
      <button class="clear" type="button" title="Start again">${icon("clear")}Clear</button>
      <div class="saving">
        <button class="save" type="button" aria-expanded="false">${icon("save")}Save</button>
        <div class="formats" hidden>
          <button class="png" type="button" title="Black on white, 1000 × 1000 pixels">PNG picture</button>
          <button class="ndjson" type="button" title="The strokes, as a line of the dataset's simplified files">.ndjson strokes</button>
        </div>
      </div>
    </div>
    <p class="message" role="alert"></p>
    <details class="known"><summary></summary><p></p></details>
  </div>
  <div class="right">
    <div class="classes"><h2></h2><ul class="names" tabindex="0"></ul></div>
    <div class="answers">
      <h2>It looks like</h2>
      <ol class="guesses"></ol>
      <div class="sees">
        <canvas class="bitmap" width="28" height="28" role="img" aria-label="The network's input: 28 by 28 pixels"></canvas>
        <p><b>Network input</b>28 × 28 pixels, rasterised like the training drawings.</p>
      </div>
      <div class="near"><h2>Nearest training drawings</h2><ul class="neighbours"></ul></div>
    </div>
  </div>
</div>`;

let cutOff = null; // the pointer that was drawing when a pad was closed: the pad that replaces it continues the stroke

export function createPad(root, { send, play }) {
  root.classList.add("pad");
  root.innerHTML = TEMPLATE;
  const find = (name) => root.querySelector("." + name);
  const canvas = find("ink");
  let context = null; // created with the first line, because that is slow
  let strokes = stored();
  let pointer = null; // id of the pointer that is drawing
  let taken = cutOff; // id of the pointer of a stroke begun on a previous pad, until its first event here
  cutOff = null;
  let every = SEND_EVERY; // ms between two messages while a stroke is drawn
  let awaited = null; // the drawing whose answer is timed, { seq, sent }; the answer to a later one may replace it
  let seq = Date.now(); // of the last drawing sent; a time, so that a later pad uses larger numbers
  let sent = 0; // time of the last drawing sent, by performance.now()
  let timer = null;
  let view = {};
  let countdown = null;
  let speaking = null;
  let ends = 0; // end time of the round, by performance.now()

  // Drawing

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0 || strokes.length >= MAX_STROKES || numPoints() >= MAX_POINTS) return;
    event.preventDefault();
    taken = null;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    strokes.push([[], []]);
    extend(event);
    refreshTools();
    later();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (taken !== null && event.pointerId === taken) {
      taken = null;
      if (event.buttons && strokes.length) canvas.setPointerCapture((pointer = event.pointerId));
    }
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) extend(one);
    later();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      if (name === "pointerup") extend(event);
      pointer = null;
      now(true);
    });
  }

  const numPoints = () => strokes.reduce((sum, stroke) => sum + stroke[0].length, 0);

  function extend(event) {
    const box = canvas.getBoundingClientRect();
    const place = (at, side) => Math.round(Math.min(Math.max(at / side, 0), 1) * UNITS * 10) / 10;
    const x = place(event.clientX - box.left, box.width);
    const y = place(event.clientY - box.top, box.height);
    const [xs, ys] = strokes.at(-1);
    if (xs.length && xs.at(-1) === x && ys.at(-1) === y) return;
    if (numPoints() >= MAX_POINTS) return;
    xs.push(x);
    ys.push(y);
    paintStroke(strokes.at(-1), Math.max(0, xs.length - 2));
  }

  function paintStroke([xs, ys], first = 0, on = (context ??= canvas.getContext("2d")), colour = getComputedStyle(canvas).color) {
    const side = on.canvas.width;
    on.lineWidth = LINE * side;
    on.lineCap = on.lineJoin = "round";
    on.strokeStyle = colour;
    on.beginPath();
    on.moveTo((xs[first] / UNITS) * side, (ys[first] / UNITS) * side);
    for (let i = first; i < xs.length; i++) on.lineTo((xs[i] / UNITS) * side, (ys[i] / UNITS) * side);
    on.stroke();
  }

  function refresh() {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    context?.clearRect(0, 0, side, side);
    for (const stroke of strokes) paintStroke(stroke);
    refreshTools();
  }

  function refreshTools() {
    const drawn = strokes.length > 0;
    find("paper").classList.toggle("drawn", drawn);
    find("undo").disabled = find("clear").disabled = find("save").disabled = !drawn;
    find("ndjson").disabled = !view.ndjson;
    if (!drawn) openFormats(false);
  }

  // Sending

  function later() {
    const wait = sent + every - performance.now();
    if (wait <= 0) now(false);
    else timer ??= setTimeout(() => now(false), wait);
  }

  function now(done) {
    clearTimeout(timer);
    timer = null;
    sent = performance.now();
    if (done) store();
    root.dataset.sent = ++seq;
    awaited ??= { seq, sent };
    send(seq, strokes, done);
  }

  function store() {
    try {
      sessionStorage.setItem(STORE, JSON.stringify(strokes));
    } catch {
      // without storage, the drawing is lost when the user leaves the page
    }
  }

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(STORE)) ?? [];
    } catch {
      return [];
    }
  }

  // Buttons

  function change(edited) {
    if (pointer !== null) return;
    strokes = edited;
    refresh();
    now(true);
  }

  find("undo").onclick = () => change(strokes.slice(0, -1));
  find("clear").onclick = () => change([]);
  function openFormats(open) {
    find("formats").hidden = !open;
    find("save").setAttribute("aria-expanded", open);
  }

  function download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    openFormats(false);
    find("save").focus();
  }

  find("save").onclick = () => openFormats(find("formats").hidden);
  find("saving").addEventListener("focusout", ({ relatedTarget }) => {
    if (!find("saving").contains(relatedTarget)) openFormats(false);
  });
  find("ndjson").onclick = () => {
    download(new Blob([view.ndjson], { type: "application/x-ndjson" }), `${JSON.parse(view.ndjson).word}.ndjson`);
  };
  find("png").onclick = () => {
    const picture = document.createElement("canvas");
    picture.width = picture.height = UNITS;
    const paper = picture.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, UNITS, UNITS);
    for (const stroke of strokes) paintStroke(stroke, 0, paper, "#000");
    picture.toBlob((blob) => download(blob, `${view.guesses?.[0][0] ?? "drawing"}.png`), "image/png");
  };
  find("play").onclick = () => {
    if (view.round?.state === "drawing") return play("stop");
    change([]);
    play("start");
  };
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !find("formats").hidden) {
      openFormats(false);
      find("save").focus();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && strokes.length) {
      event.preventDefault();
      change(strokes.slice(0, -1));
    }
  });

  // The model's answer

  const guesses = Array.from({ length: 5 }, () => {
    const row = document.createElement("li");
    row.innerHTML = `<span class="name"></span><span class="share"></span><i></i>`;
    find("guesses").append(row);
    return row;
  });

  function show(next) {
    view = next;
    if (awaited && view.seq >= awaited.seq) {
      every = Math.min(Math.max(SEND_EVERY, BACK_OFF * (performance.now() - awaited.sent)), SEND_AT_LEAST_EVERY);
      awaited = null;
    }
    const shown = view.guesses ?? [];
    find("right").classList.toggle("waiting", !shown.length && !view.message);
    guesses.forEach((row, i) => {
      const [name, share] = shown[i] ?? ["", 0];
      row.hidden = shown.length > 0 && i >= shown.length;
      row.querySelector(".name").textContent = name || "–";
      row.querySelector(".share").textContent = name ? percent(share) : "";
      row.querySelector("i").style.transform = `scaleX(${share})`;
    });
    find("message").textContent = view.message ?? "";
    paintBitmap(find("bitmap"), view.bitmap, [255, 255, 255]);
    if (view.neighbours !== undefined) showNeighbours(view.neighbours);
    showClasses(view.classes ?? []);
    showRound();
    speak();
    refreshTools();
    root.dataset.answered = view.seq ?? 0;
  }

  // The class names: in place of the answers while nothing is drawn, otherwise below the canvas.
  function showClasses(classes) {
    const text = classes.join(", ");
    const [summary, list] = find("known").children;
    if (list.textContent === text) return;
    list.textContent = text;
    find("classes").firstElementChild.textContent = `The model knows ${classes.length} classes`;
    summary.textContent = `${classes.length} classes`;
    find("classes").hidden = find("known").hidden = !classes.length;
    find("names").setAttribute("aria-label", "Classes");
    find("names").replaceChildren(
      ...classes.map((name) => Object.assign(document.createElement("li"), { textContent: name })),
    );
  }

  // For screen readers: announce the round, or the guess after a pause in drawing, not every guess and every second.
  function speak() {
    clearTimeout(speaking);
    if (pointer !== null) return;
    const { round, guesses: [[name, share]] = [[]] } = view;
    const guess = name === undefined ? "" : `Best guess: ${name}, ${percent(share)}.`;
    const words = round ? [round.title, round.hint, round.state === "drawing" ? guess : ""] : [guess];
    const text = words.filter(Boolean).join(". ").replace("!.", "!");
    if (find("spoken").textContent === text) return;
    speaking = setTimeout(() => (find("spoken").textContent = text), SPEAK_AFTER);
  }

  function showNeighbours(neighbours) {
    find("near").hidden = !neighbours.length;
    const ink = getComputedStyle(canvas).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    find("neighbours").replaceChildren(
      ...neighbours.map(({ name, bitmap }) => {
        const item = document.createElement("li");
        const picture = document.createElement("canvas");
        picture.setAttribute("role", "img");
        picture.setAttribute("aria-label", `A training drawing of ${name}`);
        paintBitmap(picture, bitmap, ink);
        const label = document.createElement("span");
        label.textContent = name;
        item.append(picture, label);
        return item;
      }),
    );
  }

  function showRound() {
    const round = view.round;
    const state = round?.state ?? "none";
    root.dataset.round = state;
    find("title").textContent = round ? round.title : "Draw something";
    find("hint").textContent = round
      ? round.hint
      : `Or play: ${ROUND} seconds per word.`;
    const [symbol, text] = { drawing: ["stop", "Stop"], none: ["play", "Play"] }[state] ?? ["play", "Next"];
    if (find("play").textContent !== text) find("play").innerHTML = icon(symbol) + text;
    find("play").disabled = view.ready === false;
    clearInterval(countdown);
    if (state !== "drawing") return;
    ends = performance.now() + round.left * 1000;
    const tick = () => {
      const left = Math.max(0, ends - performance.now()) / 1000;
      find("clock").firstElementChild.style.transform = `scaleX(${left / ROUND})`;
      find("hint").textContent = `${Math.ceil(left)} s left`;
      if (left <= 0) {
        clearInterval(countdown);
        play("timeout");
      }
    };
    tick();
    countdown = setInterval(tick, 200);
  }

  new ResizeObserver(refresh).observe(canvas);
  const themes = matchMedia("(prefers-color-scheme: dark)");
  themes.addEventListener("change", () => setTimeout(refresh));
  refresh();
  show({});

  return {
    show,
    refresh,
    // Send the drawing restored from storage, which may be empty.
    begin: () => {
      awaited = null; // drawings sent before the model was ready get no answer
      now(true);
    },
    close: () => {
      if (pointer !== null) {
        cutOff = pointer;
        store();
      }
      clearInterval(countdown);
      clearTimeout(timer);
      clearTimeout(speaking);
    },
  };
}

function percent(share) {
  return share >= 0.995 ? ">99%" : share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`;
}

// Paint a square bitmap, base64 of one byte per pixel, in the given colour; the byte is the opacity.
function paintBitmap(canvas, bitmap, [red, green, blue]) {
  if (!bitmap) {
    canvas.width = canvas.height; // clears the canvas
    return;
  }
  const context = canvas.getContext("2d");
  const bytes = Uint8Array.from(atob(bitmap), (character) => character.charCodeAt(0));
  const side = Math.sqrt(bytes.length);
  canvas.width = canvas.height = side;
  const image = context.createImageData(side, side);
  bytes.forEach((value, i) => image.data.set([red, green, blue, value], 4 * i));
  context.putImageData(image, 0, 0);
}
