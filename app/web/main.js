// The static page: does what app/session.py does in the app, with the exported model in the browser. The user can draw
// immediately, while the model is still loading.

import { judge, nextRound, shownRound } from "./game.js";
import { createPad } from "./pad.js";

const seconds = () => performance.now() / 1000;
const loading = document.querySelector(".loading");

let models = [];
let runtime = null; // the entry of ONNX Runtime's file in models.json
let about = null; // the entry of the selected model in models.json
let ready = false; // whether the selected model is loaded
let round = null;
let won = 0;
let answer = { seq: 0, neighbours: [] };
let latest = null; // sequence number of the latest drawing; earlier ones need no answer
let turn = Promise.resolve(); // drawings are classified one at a time

const worker = new Worker("./worker.js", { type: "module" });
const waiting = new Map(); // pending requests by id
let requests = 0;
let arrived = () => {}; // called with the number of bytes of each part received
worker.onmessage = ({ data }) => {
  if ("arrived" in data) return arrived(data.arrived);
  const { resolve, reject } = waiting.get(data.id);
  waiting.delete(data.id);
  if ("error" in data) reject(new Error(data.error));
  else resolve(data.result);
};

// Call a method of worker.js.
function request(method, ...args) {
  const id = requests++;
  worker.postMessage({ id, method, args: args.map(plain) });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

// A model's entry without its radio button, which cannot be sent to a worker.
const plain = (value) => (value?.input ? { ...value, input: undefined } : value);

const pad = createPad(document.querySelector(".root"), { send, play });
start().catch(failed);

async function start() {
  const response = await fetch("./models.json");
  if (!response.ok) throw new Error(`models.json: HTTP status ${response.status}`);
  ({ runtime, models } = await response.json());
  about = models[0];
  show();
  if (models.length > 1) offer();
  arrived = progress(runtime.bytes + about.bytes);
  await request("load", runtime.file, about);
  await use(about);
  loading.hidden = true;
  // Afterwards, switching models and later visits need no network.
  for (const model of models) request("fetch", model.file).catch(() => {});
  if (navigator.serviceWorker) navigator.serviceWorker.register("./sw.js").catch(() => {});
}

// A progress bar with megabytes, for a total in bytes; returns a function to call with the bytes of each part.
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

// Switch to a model, starting with the current drawing.
async function use(model) {
  await request("open", runtime.file, model);
  if (model.input && !model.input.checked) return; // another model was selected in the meantime
  about = model;
  ready = true;
  round = null;
  won = 0;
  pad.begin();
}

// Show a radio button for each model.
function offer() {
  const choice = document.querySelector(".models");
  choice.hidden = false;
  for (const model of models) {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "model", checked: model === about });
    input.onchange = () => use(model).catch(() => (about.input.checked = true)); // the model could not be fetched
    model.input = input;
    const label = document.createElement("label");
    label.append(input, model.label);
    choice.append(label);
  }
}

function send(seq, strokes, done) {
  latest = seq;
  turn = turn
    .then(() => seq === latest && ready && tell(seq, strokes, done))
    .catch((error) => {
      console.error(error); // later drawings are classified nevertheless
      answer = { seq, message: "This drawing could not be classified.", neighbours: [] };
      show();
    });
}

async function tell(seq, strokes, done) {
  const asked = about;
  const found = await request("answer", asked.file, seq, strokes, done, round?.prompt);
  if (asked !== about) return; // another model was selected, and classifies the drawing again
  answer = found;
  if (round && answer.guesses) settle(...answer.guesses[0]);
  show();
}

function play(action) {
  if (action === "start" && ready) {
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
  pad.show({ ...answer, ready, classes: about?.class_names ?? [], round: rounds });
}
