// Runs the models in a web worker, so that the pad stays responsive while a model is loaded, decompressed or run.

import { fetchPacked } from "./fetch.js";
import { loadRuntime, openModel } from "./model.js";

const methods = {
  // Loads the runtime and the model, and reports the bytes received to the page.
  load: (runtime, about) =>
    Promise.all([loadRuntime(runtime, arrived), fetched(about.file, arrived), opened(runtime, about)]).then(() => null),
  fetch: (file) => fetched(file).then(() => null),
  open: (runtime, about) => opened(runtime, about).then(() => null),
  answer: async (file, ...drawing) => (await models.get(file))(...drawing),
};

const files = new Map(); // promises by file name: each file is fetched once, and again only after a failure
const models = new Map(); // promises of the `answer` functions, by file name

const arrived = (bytes) => postMessage({ arrived: bytes });

function once(map, key, make) {
  if (!map.has(key)) {
    map.set(
      key,
      make().catch((error) => {
        map.delete(key);
        throw error;
      }),
    );
  }
  return map.get(key);
}

const fetched = (file, told) => once(files, file, () => fetchPacked(file, told));
const opened = (runtime, about) =>
  once(models, about.file, () => openModel(about, runtime, fetched(about.file)));

addEventListener("message", async ({ data: { id, method, args } }) => {
  try {
    postMessage({ id, result: await methods[method](...args) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
