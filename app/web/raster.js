// Rasterises a simplified drawing, byte for byte like src/sketch_classifier/drawings/raster: `outline` turns a stroke into
// a polygon (outline.py), `fill` fills the polygon (scan.py). A simplified drawing always fits the bitmap, so there is no
// clipping here.

import { outline, penCorners } from "./outline.js";
import { fill } from "./scan.js";
import { rint } from "./simplify.js";

const RADIUS = 8; // half the line width, in the drawing's units
const MARGIN = 24; // around the region of 256 × 256
const REGION = 256 + 2 * MARGIN;

// [[xs, ys], …] of whole numbers from 0 to 255 → size × size bytes, white ink (255) on black (0). The drawing is centred.
// With `ordered`, 3 × size × size bytes: the first, second and last third of the pen's path.
export function rasterize(strokes, size = 28, ordered = false) {
  const layers = ordered ? thirds(strokes) : [strokes];
  const bytes = new Uint8Array(layers.length * size * size);
  const scale = size / REGION;
  const shift = [0, 1].map((axis) => (256 - Math.max(...strokes.map((stroke) => Math.max(...stroke[axis])))) / 2);
  const pen = penCorners(scale, RADIUS);
  for (const [number, layer] of layers.entries()) {
    const image = bytes.subarray(number * size * size, (number + 1) * size * size);
    for (const [xs, ys] of layer) {
      const fixed = (value, axis) => rint((scale * (value + shift[axis]) + MARGIN * scale) * 256);
      const path = trace(xs.map((x, i) => [fixed(x, 0), fixed(ys[i], 1)]));
      fill(outline(path, pen, scale, RADIUS), image, size);
    }
  }
  return bytes;
}

// The drawing cut into three parts of equal length, like `thirds` in path.py.
function thirds(strokes) {
  const length = ([xs, ys], i) => {
    const [dx, dy] = [xs[i] - xs[i - 1], ys[i] - ys[i - 1]];
    return Math.sqrt(dx * dx + dy * dy);
  };
  let total = 0;
  for (const stroke of strokes) for (let i = 1; i < stroke[0].length; i++) total += length(stroke, i);
  const layers = [[], [], []];
  let [layer, done] = [0, 0];
  for (const stroke of strokes) {
    let part = [[], []];
    const add = (point) => point.forEach((value, axis) => part[axis].push(value));
    for (let i = 0; i < stroke[0].length; i++) {
      const far = i ? length(stroke, i) : 0;
      while (layer < 2 && far > 0 && done + far > (total * (layer + 1)) / 3) {
        const t = ((total * (layer + 1)) / 3 - done) / far;
        const cut = stroke.map((values) => values[i - 1] + t * (values[i] - values[i - 1]));
        add(cut);
        layers[layer++].push(part);
        part = [[], []];
        add(cut);
      }
      done += far;
      add(stroke.map((values) => values[i]));
    }
    layers[layer].push(part);
  }
  return layers;
}

// A stroke starts with a line of length 0, which is kept only if no other line follows: a dot. Repeated points are
// dropped, and so is a point between two lines in the same direction.
function trace(points) {
  const path = [points[0], points[0]];
  for (const [x, y] of points.slice(1)) {
    const [lastX, lastY] = path.at(-1);
    const [beforeX, beforeY] = path.at(-2);
    const [dx, dy, oldX, oldY] = [x - lastX, y - lastY, lastX - beforeX, lastY - beforeY];
    if (dx === 0 && dy === 0) continue;
    if (oldY * dx === dy * oldX && oldX * dx + oldY * dy >= 0) path.pop();
    path.push([x, y]);
  }
  return path;
}
