// Finds the training drawings nearest to a drawing in the model's feature space, as app/neighbours.py does.

import { fetchPacked } from "./fetch.js";

const NUM_NEIGHBOURS = 8;

// The sample of training drawings written by build.py, or null if there is none.
export async function loadNeighbours(about) {
  if (!about) return null;
  const [features, images] = await Promise.all(
    ["features.bin", "images.bin"].map((name) => fetchPacked(name)),
  );
  return { names: about.names, features: new Float32Array(features), images: new Uint8Array(images) };
}

// [{ name, bitmap }, …], the drawings nearest to the features `of` one drawing, nearest first; bitmap is base64 of one
// byte per pixel.
export function nearest({ names, features, images }, of, num = NUM_NEIGHBOURS) {
  const size = of.length;
  const pixels = images.length / names.length;
  const distances = names.map((_, row) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (features[row * size + i] - of[i]) ** 2;
    return sum;
  });
  const rows = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, num);
  return rows.map((row) => ({
    name: names[row],
    bitmap: btoa(String.fromCharCode(...images.subarray(row * pixels, (row + 1) * pixels))),
  }));
}
