// The static page: what app/session.py does in the app, with the exported model in the browser. One can draw at once;
// the model is loaded meanwhile.

import { fetchPacked } from "./fetch.js";
import { judge, nextRound, shownRound } from "./game.js";
import { loadRuntime, openModel } from "./model.js";
import { createPad } from "./pad.js";

const seconds = () => performance.now() / 1000;
const loading = document.querySelector(".loading");

let models = [];
let runtime = null; // the file of ONNX Runtime
let about = null; // the chosen model, as models.json describes it
let ask = null; // its answers, once it is loaded
let round = null;
let won = 0;
let answer = { seq: 0, neighbours: [] };
let latest = null; // the drawing that was sent last: others need no answer any more
let turn = Promise.resolve(); // one drawing at a time

const pad = createPad(document.querySelector(".root"), { send, play });
start().catch(failed);

async function start() {
  const response = await fetch("./models.json");
  if (!response.ok) throw new Error(`models.json: HTTP status ${response.status}`);
  ({ runtime, models } = await response.json());
  about = models[0];
  show();
  if (models.length > 1) offer();
  const arrived = progress(runtime.bytes + about.bytes);
  await Promise.all([loadRuntime(runtime.file, arrived), fetched(about, arrived)]);
  await use(about);
  loading.hidden = true;
  // From here on a switch, or another visit, needs no network.
  for (const model of models) fetched(model).catch(() => {});
  if (navigator.serviceWorker) navigator.serviceWorker.register("./sw.js").catch(() => {});
}

// A bar with megabytes, of a total in bytes; returns the function that is told of what arrives.
function progress(total) {
  const [bar, text] = loading.querySelectorAll("progress, .megabytes");
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  let done = 0;
  const arrived = (bytes) => {
    done += bytes;
    bar.value = done / total;
    text.textContent = `${megabytes(Math.min(done, total))} of ${megabytes(total)} MB`;
  };
  arrived(0);
  return arrived;
}

function failed(error) {
  console.error(error);
  loading.setAttribute("role", "alert");
  loading.textContent = "The model could not be loaded. Check the network connection and reload the page.";
}

// A model's file is fetched once, unless that fails.
function fetched(model, arrived) {
  model.data ??= fetchPacked(model.file, arrived).catch((error) => {
    delete model.data;
    throw error;
  });
  return model.data;
}

// Let a model answer, from the drawing that is there on.
async function use(model) {
  model.opened ??= openModel(model, runtime.file, fetched(model)).catch((error) => {
    delete model.opened;
    throw error;
  });
  const found = await model.opened;
  if (model.input && !model.input.checked) return; // another was chosen meanwhile
  about = model;
  ask = found;
  round = null;
  won = 0;
  pad.begin();
}

// A button for each model.
function offer() {
  const choice = document.querySelector(".models");
  choice.hidden = false;
  for (const model of models) {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "model", checked: model === about });
    input.onchange = () => use(model).catch(() => (about.input.checked = true)); // it could not be fetched
    model.input = input;
    const label = document.createElement("label");
    label.append(input, model.label);
    choice.append(label);
  }
}

function send(seq, strokes, done) {
  latest = seq;
  turn = turn.then(() => seq === latest && ask && tell(seq, strokes, done));
}

async function tell(seq, strokes, done) {
  const asked = ask;
  const found = await asked(seq, strokes, done, round?.prompt);
  if (asked !== ask) return; // another model was chosen, which is asked again
  answer = found;
  if (round && answer.guesses) settle(...answer.guesses[0]);
  show();
}

function play(action) {
  if (action === "start" && ask) {
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
  const rounds = shownRound(round, won, answer.guesses?.[0][0], seconds());
  pad.show({ ...answer, ready: ask !== null, classes: about?.class_names ?? [], round: rounds });
}
