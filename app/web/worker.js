// The models, on a thread of their own: the page answers to the pen while one is loaded, unpacked or asked.

import { fetchPacked } from "./fetch.js";
import { loadRuntime, openModel } from "./model.js";

const methods = {
  // Both files; each part that arrives is told to the page.
  load: (runtime, about) =>
    Promise.all([loadRuntime(runtime, arrived), fetched(about.file, arrived), opened(runtime, about)]).then(() => null),
  fetch: (file) => fetched(file).then(() => null),
  open: (runtime, about) => opened(runtime, about).then(() => null),
  answer: async (file, ...drawing) => (await models.get(file))(...drawing),
};

const files = new Map(); // promises by the name of a file: each is fetched once, unless that fails
const models = new Map(); // what answers

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
