// A drawing as the dataset would have it: src/sketch_classifier/drawings/simplify.py, step by step.

const EPSILON = 2; // in units of the region of 256 × 256: how far from the simplified line a point may lie

// [[xs, ys], …] of any canvas → [[xs, ys], …] of whole numbers from 0 to 255.
export function simplify(strokes) {
  return align(strokes).map((stroke) => {
    const dense = resample(stroke);
    const keep = reduce(dense);
    const kept = dense.filter((_, i) => keep[i]);
    return [kept.map(([x]) => rint(x)), kept.map(([, y]) => rint(y))];
  });
}

// Rounded, a half to even.
export function rint(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

// The strokes as lists of [x, y], moved to (0, 0) and scaled, the same in x and y, to a maximum of 255.
function align(strokes) {
  const low = [0, 1].map((axis) => strokes.reduce((least, stroke) => stroke[axis].reduce(min, least), Infinity));
  const high = [0, 1].map((axis) => strokes.reduce((most, stroke) => stroke[axis].reduce(max, most), -Infinity));
  const extent = Math.max(high[0] - low[0], high[1] - low[1]);
  const scaled = (value, axis) => (extent > 0 ? ((value - low[axis]) * 255) / extent : 0);
  return strokes.map(([xs, ys]) => xs.map((x, i) => [scaled(x, 0), scaled(ys[i], 1)]));
}

const min = (a, b) => Math.min(a, b);
const max = (a, b) => Math.max(a, b);

// The points at whole distances from the start of a stroke, and its end.
function resample(stroke) {
  const dense = [stroke[0]];
  let walked = 0;
  for (let p = 1; p < stroke.length; p++) {
    const [ax, ay] = stroke[p - 1];
    const [bx, by] = stroke[p];
    const length = Math.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay));
    while (length > 0 && dense.length <= walked + length) {
      const t = (dense.length - walked) / length;
      dense.push([(1 - t) * ax + t * bx, (1 - t) * ay + t * by]);
    }
    walked += length;
  }
  dense.push(stroke.at(-1));
  return dense;
}

// Which points the Ramer–Douglas–Peucker algorithm keeps. Of the farthest points the first counts.
function reduce(points) {
  const keep = points.map(() => false);
  keep[0] = keep[points.length - 1] = true;
  const stack = [[0, points.length - 1]];
  while (stack.length) {
    const [first, last] = stack.pop();
    const dx = points[last][0] - points[first][0];
    const dy = points[last][1] - points[first][1];
    const chord = Math.sqrt(dx * dx + dy * dy);
    let farthest = first;
    let distance = 0;
    for (let p = first + 1; p < last; p++) {
      const x = points[p][0] - points[first][0];
      const y = points[p][1] - points[first][1];
      const away = chord > 0 ? Math.abs(dx * y - dy * x) / chord : Math.sqrt(x * x + y * y);
      if (away > distance) [farthest, distance] = [p, away];
    }
    if (distance > EPSILON) {
      keep[farthest] = true;
      stack.push([first, farthest], [farthest, last]);
    }
  }
  return keep;
}
