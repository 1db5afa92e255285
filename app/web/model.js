// Runs a model with ONNX Runtime Web, and classifies drawings with it.

import { fetchPacked } from "./fetch.js";
import { loadNeighbours, nearest } from "./neighbours.js";
import { rasterize } from "./raster.js";
import { sequence } from "./sequence.js";
import { simplify } from "./simplify.js";

const NUM_GUESSES = 5;
const OUTPUTS = ["probabilities", "features"];

let runtime = null;

// ONNX Runtime, fetched once. `arrived` is called with the number of bytes of each part received.
export function loadRuntime(file, arrived) {
  runtime ??= start(file, arrived).catch((error) => {
    runtime = null; // so that the next call tries again
    throw error;
  });
  return runtime;
}

async function start(file, arrived) {
  const [ort, binary] = await Promise.all([import("./ort.wasm.bundle.min.mjs"), fetchPacked(file, arrived)]);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = binary;
  return ort;
}

// about  the model's entry in models.json
// bytes  the contents of its file, or a promise of them
export async function openModel(about, runtimeFile, bytes) {
  const [ort, file] = await Promise.all([loadRuntime(runtimeFile), bytes]);
  const session = await ort.InferenceSession.create(new Uint8Array(file));
  let near = null;
  loadNeighbours(about.neighbours).then((found) => (near = found), () => {}); // optional: the guesses do not need them
  const ask = (drawing) => session.run({ [session.inputNames[0]]: tensor(ort, about, drawing) }, OUTPUTS);
  await ask([[[0, 255], [0, 255]]]); // warm up: the first run is the slowest

  // The view that `show` of pad.js takes, for the drawing [[xs, ys], …]. `prompt` is the class to draw, if any.
  return async function answer(seq, strokes, done, prompt) {
    if (!strokes.length) return { seq, neighbours: [] };
    const drawing = simplify(strokes);
    const { probabilities, features } = await ask(drawing);
    const shares = Array.from(probabilities.data);
    const best = shares.map((share, i) => [about.class_names[i], share]).sort((a, b) => b[1] - a[1]);
    const guesses = best.slice(0, NUM_GUESSES);
    const bitmap = btoa(String.fromCharCode(...rasterize(drawing)));
    if (!done) return { seq, guesses, bitmap };
    const word = prompt ?? guesses[0][0];
    const neighbours = near ? nearest(near, features.data) : [];
    return { seq, guesses, bitmap, neighbours, ndjson: line(drawing, word, word === guesses[0][0]) };
  };
}

// The model's input tensor, uint8: (1, H, W), (1, 3, H, W) or (1, length, 3).
function tensor(ort, about, drawing) {
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
