// Fills a polygon: a port of src/sketch_classifier/drawings/raster/scan.py. The coverage of a pixel row is computed
// exactly if all edges cross it from top to bottom without changing their order; otherwise it is sampled at the middles
// of its 15 sub-rows.

import { inOrder } from "./edge_order.js";
import { SUBROWS } from "./outline.js";

const HEIGHT = 65536; // the covered height of one sub-row, in the units of the sums

// Blend white ink inside the polygon over `image`, size × size bytes.
export function fill(edges, image, size) {
  if (!edges.length) return;
  const rows = Array.from({ length: size }, () => []);
  const sampled = new Array(size).fill(false);
  for (const [number, edge] of edges.entries()) {
    edge.number = number;
    const first = Math.floor(edge.top / SUBROWS);
    const last = Math.floor((edge.bottom - 1) / SUBROWS);
    if (edge.top !== first * SUBROWS) sampled[first] = true;
    if (edge.bottom !== (last + 1) * SUBROWS) sampled[last] = true;
    for (let row = first; row <= last; row++) rows[row].push(edge);
  }
  const low = rows.findIndex((row) => row.length);
  const known = { row: low, list: [] };
  const sums = new Int32Array(size + 4);
  for (let row = low; row < size && rows[row].length; row++) {
    let active = rows[row];
    if (!sampled[row]) {
      const sorted = inOrder(rows, row, sampled, known);
      if (sorted) active = sorted;
      else sampled[row] = true;
    }
    sums.fill(0);
    if (sampled[row]) sampleRow(active, row * SUBROWS, sums);
    else measureRow(active, row * SUBROWS, sums);
    blendRow(image.subarray(row * size, (row + 1) * size), sums);
  }
}

function sampleRow(active, top, sums) {
  const keys = new Int32Array(active.length);
  for (let lane = 0; lane < SUBROWS; lane++) {
    const sub = top + lane;
    let count = 0;
    for (const edge of active) {
      if (sub < edge.top || sub >= edge.bottom) continue;
      const position = Math.trunc(edge.start + (top - edge.top) * edge.slope + edge.slope * lane);
      keys[count++] = 2 * position + (edge.direction > 0 ? 1 : 0);
    }
    let winding = 0;
    for (const key of keys.subarray(0, count).sort()) {
      const before = winding;
      winding += key & 1 ? 1 : -1;
      const amount = (key & 510) + HEIGHT;
      if (before === 0) sums[(key >> 9) + 1] += amount;
      else if (winding === 0) sums[(key >> 9) + 1] -= amount;
    }
  }
}

// Add the exact area between the edges, which are ordered from left to right.
function measureRow(active, sub, sums) {
  const cells = active.map((edge) => Math.floor(edge.start + (sub - edge.top) * edge.slope));
  for (let i = 0; i < active.length; i++) {
    const left = active[i];
    let winding = left.direction;
    while (i + 1 < active.length) {
      i++;
      winding += active[i].direction;
      if (winding === 0 && (i + 1 === active.length || cells[i + 1] !== cells[i])) break;
    }
    addArea(left, sub, 1, sums);
    addArea(active[i], sub, -1, sums);
  }
}

// Add (or with sign −1 subtract) the coverage to the right of an edge within one pixel row. Positions are whole numbers
// of 1/256 pixel with an exact remainder in units of 1 / `unit`; all numbers stay below 2⁵³.
function addArea({ x1, y1, x2, y2 }, sub, sign, sums) {
  const dx = (x2 - x1) * 256;
  const unit = (y2 - y1) * SUBROWS * 512;
  if (dx === 0) {
    sums[(x1 >> 8) + 1] += sign * SUBROWS * (HEIGHT + 2 * (x1 & 255));
    return;
  }
  const whole = Math.trunc((dx * 512) / unit);
  const step = Math.trunc(whole / 2);
  const stepRest = Math.trunc((dx * 512 - whole * unit) / 2);
  const offset = (2 * sub + 1) * 256 - 2 * SUBROWS * y1;
  let [top, topRest] = stepBack(x1, offset * dx, step, stepRest, unit);
  let [end, endRest] = stepBack(x1, (offset + 512 * SUBROWS) * dx, step, stepRest, unit);
  if (top >> 8 === end >> 8) {
    sums[(top >> 8) + 1] += sign * SUBROWS * (HEIGHT + (top & 255) + (end & 255));
    return;
  }
  if (end < top) [top, topRest, end, endRest] = [end, endRest, top, topRest];
  const width = (end - top) * unit + (endRest - topRest);
  let pixel = top >> 8;
  const last = end >> 8;
  const height = SUBROWS * ((pixel + 1) * 256 * unit - top * unit - topRest);
  let done = Math.floor(height / width);
  let rest = height - done * width;
  sums[pixel + 1] += sign * done * (HEIGHT + 256 + (top & 255));
  pixel++;
  if (pixel < last) {
    const rise = Math.floor((SUBROWS * 256 * unit) / width);
    const riseRest = SUBROWS * 256 * unit - rise * width;
    for (; pixel < last; pixel++) {
      const before = done;
      done += rise;
      rest += riseRest;
      if (rest >= width) {
        done++;
        rest -= width;
      }
      sums[pixel + 1] += sign * (done - before) * (HEIGHT + 256);
    }
  }
  sums[pixel + 1] += sign * (SUBROWS - done) * (HEIGHT + (end & 255));
}

// x1 + numerator / unit minus half the step of a sub-row, as a whole number and a remainder.
function stepBack(x1, numerator, step, stepRest, unit) {
  const whole = Math.floor(numerator / unit);
  const x = x1 + whole - step;
  const rest = numerator - whole * unit - stepRest;
  if (rest < 0) return [x - 1, rest + unit];
  return rest >= unit ? [x + 1, rest - unit] : [x, rest];
}

// Blend the ink over a pixel row, with rounded 8-bit arithmetic.
function blendRow(row, sums) {
  let height = 0;
  for (let x = 0; x < row.length; x++) {
    const change = sums[x + 1];
    if (change === 0 && height === 0) continue;
    const uncovered = (change << 16) >> 16;
    height += (change - uncovered) >> 16;
    const alpha = (((height * 512 - uncovered) * 17 + 256) >> 9) & 255;
    const behind = row[x] * (255 - alpha) + 127;
    row[x] = Math.min(alpha + (((behind >> 8) + behind) >> 8), 255);
  }
}
