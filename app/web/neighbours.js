// The training drawings that lie nearest to a drawing in the model's feature space: as app/neighbours.py finds them.

import { fetchPacked } from "./fetch.js";

const NUM_NEIGHBOURS = 8;

// What build.py wrote of a sample of the training drawings, or null where it had none.
export async function loadNeighbours(about) {
  if (!about) return null;
  const [features, images] = await Promise.all(
    ["features.bin", "images.bin"].map((name) => fetchPacked(name)),
  );
  return { names: about.names, features: new Float32Array(features), images: new Uint8Array(images) };
}

// [{ name, bitmap }, …], the nearest to the features of one drawing first; bitmap is base64 of a byte a pixel.
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
