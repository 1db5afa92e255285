// The outline of a stroke drawn with a round pen, as the edges of a polygon: a port of
// src/sketch_classifier/drawings/raster/outline.py and edges.py. Positions are in 1/256 pixel.

import { rint } from "./simplify.js";

export const SUBROWS = 15; // sub-rows per pixel row; the edges are sampled at the middle of each

// The round pen as a polygon: for each corner [x, y, dx, dy], where (dx, dy) is the side that ends in it.
export function penCorners(scale, radius, tolerance = 0.1) {
  let corners = Math.ceil((2 * Math.PI) / Math.acos(1 - tolerance / (radius * scale)));
  corners += corners % 2;
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    return [rint(scale * (radius * Math.cos(angle)) * 256), rint(scale * (radius * Math.sin(angle)) * 256)];
  });
  return points.map(([x, y], i) => {
    const [beforeX, beforeY] = points.at(i - 1);
    return [x, y, x - beforeX, y - beforeY];
  });
}

// The edges of the outline of a path of at least two points, with no equal neighbours (except a dot: one point twice).
export function outline(path, pen, scale, radius) {
  const left = [];
  const right = [];
  let old = null;
  let first = null;
  for (let p = 1; p < path.length; p++) {
    const [x, y] = path[p - 1];
    const [endX, endY] = path[p];
    const [dx, dy] = [endX - x, endY - y];
    if (dx === 0 && dy === 0) continue;
    const [fx, fy] = face(dx, dy, scale, radius);
    if (!old) {
      first = { dx, dy, fx, fy };
      left.push([x + fx, y + fy]);
      right.push([x - fx, y - fy]);
    } else {
      const turn = compare(old.dx, old.dy, dx, dy);
      const outer = fx !== old.fx || fy !== old.fy;
      if (turn < 0) {
        if (outer) {
          fanRight(pen, old.dx, old.dy, dx, dy, x, y, right);
          right.push([x - fx, y - fy]);
        }
        left.push([x, y], [x + fx, y + fy]);
      } else if (turn > 0) {
        if (outer) {
          fanLeft(pen, old.dx, old.dy, dx, dy, x, y, left);
          left.push([x + fx, y + fy]);
        }
        right.push([x, y], [x - fx, y - fy]);
      }
    }
    left.push([endX + fx, endY + fy]);
    right.push([endX - fx, endY - fy]);
    old = { dx, dy, fx, fy };
  }

  const dot = !old;
  if (dot) {
    const [fx, fy] = face(256, 0, scale, radius);
    first = old = { dx: 256, dy: 0, fx, fy };
  }
  let bend = left.length; // index in `left` where the contour of the first cap begins
  for (let end = 0; end < 2; end++) {
    const atStart = (end === 0) === dot;
    const [x, y] = atStart ? path[0] : path.at(-1);
    const sign = atStart ? -1 : 1;
    const from = atStart ? first : old;
    const [dx, dy, fx, fy] = [sign * from.dx, sign * from.dy, sign * from.fx, sign * from.fy];
    if (end === 1 && !dot) {
      bend = left.length;
      left.push([x + fx, y + fy]);
    }
    fanLeft(pen, dx, dy, -dx, -dy, x, y, left);
    left.push([x - fx, y - fy]);
  }
  if (dot) {
    left.push(left[0]);
    bend = left.length;
  }
  return [...edges(left.slice(0, bend), -1), ...edges(left.slice(bend), -1), ...edges(right, 1)];
}

// The edges between the points of one side.
//   top, bottom   the first sub-row whose middle the edge crosses, and the first one below the edge
//   start, slope  x at the middle of sub-row `top`, plus one half, and the change of x per sub-row
function edges(side, direction) {
  const result = [];
  for (let p = 1; p < side.length; p++) {
    let [x1, y1] = side[p - 1];
    let [x2, y2] = side[p];
    if (y1 === y2) continue;
    const turned = y1 > y2 ? -direction : direction;
    if (y1 > y2) [x1, y1, x2, y2] = [x2, y2, x1, y1];
    const top = (SUBROWS * y1 + 128) >> 8;
    const bottom = (SUBROWS * y2 + 128) >> 8;
    if (bottom <= top) continue;
    const perY = 1 / (y2 - y1);
    const numerator = (x2 - x1) * (((2 * top + 1) << 8) - 2 * SUBROWS * y1);
    const start = x1 + numerator * perY * (1 / (2 * SUBROWS)) + (0.5 + perY / (16 * SUBROWS));
    const slope = (x2 - x1) * perY * (256 / SUBROWS);
    result.push({ top, bottom, direction: turned, x1, y1, x2, y2, start, slope });
  }
  return result;
}

// The vector from the path to its left side: perpendicular to (dx, dy), with the length of the pen's radius.
function face(dx, dy, scale, radius) {
  let [x, y] = [dx / 256, dy / 256];
  if (dx === 0) [x, y] = [0, dy > 0 ? 1 : -1];
  else if (dy === 0) [x, y] = [dx > 0 ? 1 : -1, 0];
  else {
    const length = Math.sqrt(x * x + y * y);
    [x, y] = [x / length, y / length];
  }
  return [rint(scale * (-y * radius) * 256), rint(scale * (x * radius) * 256)];
}

// Compare two slopes by their angle, turning from x to y: 1 if a comes later, −1 if b does, 0 if neither. Of two
// opposite slopes, the one to the right (or straight down) comes first.
function compare(ax, ay, bx, by) {
  const cross = ay * bx - by * ax;
  if (cross !== 0) return cross > 0 ? 1 : -1;
  if (ax * bx + ay * by < 0) return ax > 0 || (ax === 0 && ay > 0) ? -1 : 1;
  return 0;
}

// `compare` of the side of the pen that ends in `corner` with (x, y); corner numbers wrap around.
function compareSide(pen, corner, x, y) {
  const [, , sideX, sideY] = pen[corner >= pen.length ? corner - pen.length : corner];
  return compare(sideX, sideY, x, y);
}

// Binary search between `low` and `high`, where `isAbove` decides which half to continue in.
function halve(low, high, isAbove) {
  let middle = (low + high) >> 1;
  do {
    if (isAbove(middle)) high = middle;
    else low = middle;
    middle = (low + high) >> 1;
  } while (high - low > 1);
  return middle;
}

// Add the corners of the pen at (x, y) that join two slopes on the right side.
function fanRight(pen, inX, inY, outX, outY, x, y, side) {
  const corners = pen.length;
  let start = halve(0, corners, (corner) => compareSide(pen, corner, inX, inY) >= 0);
  if (compareSide(pen, start, inX, inY) < 0) start = (start + 1) % corners;
  let end = start;
  if (compareSide(pen, start + 1, outX, outY) <= 0) {
    end = halve(start, start + corners, (corner) => compareSide(pen, corner, outX, outY) > 0) % corners;
  }
  for (; start !== end; start = (start + 1) % corners) side.push([x + pen[start][0], y + pen[start][1]]);
}

// Add the corners of the pen at (x, y) that join two slopes on the left side.
function fanLeft(pen, inX, inY, outX, outY, x, y, side) {
  const corners = pen.length;
  let start = halve(0, corners, (corner) => compareSide(pen, corner + 1, inX, inY) <= 0);
  if (compareSide(pen, start + 1, inX, inY) > 0) start = (start + 1) % corners;
  let end = start;
  if (compareSide(pen, start, outX, outY) <= 0) {
    end = halve(start, start + corners, (corner) => compareSide(pen, (corner % corners) + 1, outX, outY) < 0) % corners;
  }
  for (; start !== end; start = (start + corners - 1) % corners) side.push([x + pen[start][0], y + pen[start][1]]);
}
