// A drawing as the dataset would have it: src/sketch_classifier/drawings/simplify.py, step by step.

const EPSILON = 2; // in units of the region of 256 × 256: how far from the simplified line a point may lie

const SLACK = 20; // likewise: how far in all a simplified drawing may stay away from x = 0, y = 0 and 255
const [REDUCED, KEPT] = [0.5, 0.9]; // a simplified drawing keeps this share of its points when reduced with this epsilon
const ALMOST = 1e-6; // what an aligned coordinate may differ from a whole number that was scaled
const STEPS = 2 ** 36; // to which an aligned coordinate is rounded, of the power of two above the drawing's extent

// [[xs, ys], …] of any canvas → [[xs, ys], …] of whole numbers from 0 to 255; a simplified drawing as it is.
export function simplify(strokes) {
  const aligned = align(strokes);
  const scaled = fits(strokes) ? strokes.map(([xs, ys]) => xs.map((x, i) => [x, ys[i]])) : aligned;
  if (isSimplified(scaled)) return scaled.map((stroke) => [stroke.map(([x]) => rint(x)), stroke.map(([, y]) => rint(y))]);
  return aligned.map((stroke) => {
    const dense = resample(stroke);
    const keep = reduce(dense, EPSILON);
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
  const step = powerOfTwo(extent) / STEPS;
  const rounded = (value) => rint(value / step) * step;
  const scaled = (value, axis) => (extent > 0 ? (rounded(value - low[axis]) * 255) / rounded(extent) : 0);
  return strokes.map(([xs, ys]) => xs.map((x, i) => [scaled(x, 0), scaled(ys[i], 1)]));
}

const min = (a, b) => Math.min(a, b);
const max = (a, b) => Math.max(a, b);

// The least power of two that is no less than `value`, from 1e-100 to 1e100.
function powerOfTwo(value) {
  let power = 1;
  while (power < value && power < 1e100) power *= 2;
  while (power / 2 >= value && power > 1e-100) power /= 2;
  return power;
}

// Whether strokes are whole numbers and near enough to the sides of the region for a simplified drawing.
function fits(strokes) {
  const all = strokes.flat(2);
  if (!all.length || !all.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return false;
  const least = (axis) => strokes.reduce((value, stroke) => stroke[axis].reduce(min, value), Infinity);
  return least(0) + least(1) + 255 - all.reduce(max) <= SLACK;
}

// Whether strokes, lists of [x, y], have whole numbers, and points that cannot be left out.
function isSimplified(strokes) {
  const points = strokes.flat();
  if (!points.flat().every((value) => Math.abs(value - rint(value)) <= ALMOST)) return false;
  if (strokes.some((stroke) => stroke.length < 2)) return false;
  const kept = strokes.map((stroke) => reduce(stroke, REDUCED).filter((keep) => keep).length);
  return kept.reduce((sum, count) => sum + count, 0) >= KEPT * points.length;
}

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
function reduce(points, epsilon) {
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
    if (distance > epsilon) {
      keep[farthest] = true;
      stack.push([first, farthest], [farthest, last]);
    }
  }
  return keep;
}
