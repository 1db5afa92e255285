// The last `length` points of a drawing, for networks that read strokes: src/sketch_classifier/drawings/sequences.py.

const [POINT, END] = [1, 2];

// [[xs, ys], …] → length × (x, y, pen) bytes; shorter drawings are padded with zeros at the beginning.
export function sequence(strokes, length) {
  const points = strokes.flatMap(([xs, ys]) => xs.map((x, i) => [x, ys[i], i + 1 < xs.length ? POINT : END]));
  const kept = points.slice(-length);
  const bytes = new Uint8Array(3 * length);
  bytes.set(kept.flat(), 3 * (length - kept.length));
  return bytes;
}
