// The static page: what app/session.py does in the app, with the exported model on ONNX Runtime for the web.

import * as ort from "./ort.wasm.bundle.min.mjs";
import { judge, nextRound, shownRound } from "./game.js";
import { loadNeighbours, nearest } from "./neighbours.js";
import { createPad } from "./pad.js";
import { rasterize } from "./raster.js";
import { sequence } from "./sequence.js";
import { simplify } from "./simplify.js";

const NUM_GUESSES = 5;

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;

const models = await (await fetch("./models.json")).json();
let about = models[0];
let { session, near } = await opened(about);
const seconds = () => performance.now() / 1000;

let round = null;
let won = 0;
let answer = { seq: 0, neighbours: [] };
let latest = 0; // the drawing that was sent last: others need no answer any more
let turn = Promise.resolve(); // one drawing at a time
const pad = createPad(document.querySelector(".root"), { send, play });
document.querySelector(".loading").remove();
pad.begin();
if (models.length > 1) offer();

// A model's file is fetched once.
function fetched(model) {
  model.bytes ??= fetch(`./${model.file}`).then((response) => response.arrayBuffer());
  return model.bytes;
}

// What answers for a model: { session, near }, made when it is first chosen.
function opened(model) {
  model.opened ??= Promise.all([
    fetched(model).then((bytes) => ort.InferenceSession.create(new Uint8Array(bytes))),
    loadNeighbours(model.neighbours),
  ]).then(([session, near]) => ({ session, near }));
  return model.opened;
}

// A button for each model. Their files are fetched at once, so that a page that is open needs no network to switch.
function offer() {
  const choice = document.querySelector(".models");
  choice.hidden = false;
  for (const model of models) {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "model", checked: model === about });
    input.onchange = () => choose(model);
    model.input = input;
    const label = document.createElement("label");
    label.append(input, model.label);
    choice.append(label);
    fetched(model).catch(() => delete model.bytes); // it is tried again when it is chosen
  }
}

async function choose(model) {
  let found;
  try {
    found = await opened(model);
  } catch {
    delete model.opened; // without a network it could not be fetched: it is tried again when it is chosen again
    delete model.bytes;
    about.input.checked = true;
    return;
  }
  if (!model.input.checked) return; // another was chosen while this one was fetched
  about = model;
  ({ session, near } = found);
  round = null;
  won = 0;
  pad.begin();
}

function send(seq, strokes, done) {
  latest = seq;
  turn = turn.then(() => seq === latest && tell(seq, strokes, done));
}

async function tell(seq, strokes, done) {
  answer = await answerOf(seq, strokes, done);
  if (round && answer.guesses) settle(...answer.guesses[0]);
  show();
}

function play(action) {
  if (action === "start") {
    round = nextRound(about.class_names, round, seconds());
    answer = { seq: answer.seq, neighbours: [] };
  } else if (action === "stop") round = null;
  else if (round) settle(null, 0);
  show();
}

function settle(leader, probability) {
  const before = round;
  round = judge(before, leader, probability, seconds());
  if (round.seconds !== null && before.seconds === null) won++;
}

function show() {
  pad.show({ ...answer, classes: about.class_names, round: shownRound(round, won, answer.guesses?.[0][0], seconds()) });
}

async function answerOf(seq, strokes, done) {
  if (!strokes.length) return { seq, neighbours: [] };
  const drawing = simplify(strokes);
  const names = about.class_names;
  const among = near;
  const outputs = ["probabilities", "features"];
  const { probabilities, features } = await session.run({ [session.inputNames[0]]: tensor(drawing) }, outputs);
  const shares = Array.from(probabilities.data);
  const best = shares.map((share, i) => [names[i], share]).sort((a, b) => b[1] - a[1]);
  const guesses = best.slice(0, NUM_GUESSES);
  const bitmap = btoa(String.fromCharCode(...rasterize(drawing)));
  const word = round ? round.prompt : guesses[0][0];
  if (!done) return { seq, guesses, bitmap };
  const neighbours = among ? nearest(among, features.data) : [];
  return { seq, guesses, bitmap, neighbours, ndjson: line(drawing, word, word === guesses[0][0]) };
}

// What the model reads: (1, H, W) or (1, 3, H, W) bytes, or (1, length, 3).
function tensor(drawing) {
  if (about.kind === "strokes") {
    return new ort.Tensor("uint8", sequence(drawing, about.sequence_length), [1, about.sequence_length, 3]);
  }
  const ordered = about.channels === "stroke_order";
  const drawn = rasterize(drawing, about.image_shape.at(-1), ordered);
  const times = about.image_shape.length === 3 && !ordered ? 3 : 1;
  const bytes = new Uint8Array(times * drawn.length);
  for (let time = 0; time < times; time++) bytes.set(drawn, time * drawn.length);
  return new ort.Tensor("uint8", bytes, [1, ...about.image_shape]);
}

// The drawing as a line of the dataset's simplified .ndjson files.
function line(drawing, word, recognized) {
  const random = crypto.getRandomValues(new BigUint64Array(1))[0];
  const record = {
    word,
    countrycode: "ZZ",
    timestamp: new Date().toISOString().replace("T", " ").replace("Z", " UTC"),
    recognized,
    key_id: String((1n << 52n) + (random & ((1n << 51n) - 1n))),
    drawing,
  };
  return JSON.stringify(record) + "\n";
}
