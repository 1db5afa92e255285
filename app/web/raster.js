// A simplified drawing as a bitmap, byte for byte as src/sketch_classifier/drawings/raster draws it: `outline` is a stroke as
// a polygon (outline.py), `fill` the polygon as ink (scan.py). A simplified drawing never leaves the bitmap, so nothing is
// cut off here.

import { outline, penCorners } from "./outline.js";
import { fill } from "./scan.js";
import { rint } from "./simplify.js";

const RADIUS = 8; // half the line width, in the drawing's units
const MARGIN = 24; // around the region of 256 × 256
const REGION = 256 + 2 * MARGIN;

// [[xs, ys], …] of whole numbers from 0 to 255 → size × size bytes, white ink (255) on black (0). The drawing is centred.
export function rasterize(strokes, size = 28) {
  const image = new Uint8Array(size * size);
  const scale = size / REGION;
  const shift = [0, 1].map((axis) => (256 - Math.max(...strokes.map((stroke) => Math.max(...stroke[axis])))) / 2);
  const pen = penCorners(scale, RADIUS);
  for (const [xs, ys] of strokes) {
    const fixed = (value, axis) => rint((scale * (value + shift[axis]) + MARGIN * scale) * 256);
    const path = trace(xs.map((x, i) => [fixed(x, 0), fixed(ys[i], 1)]));
    fill(outline(path, pen, scale, RADIUS), image, size);
  }
  return image;
}

// A stroke starts with a line of length 0, which stays only where no other follows: a dot. Points that repeat the one
// before are dropped, and so is a point between two lines in the same direction.
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
