// Simplifies a drawing like the dataset's authors: a port of src/sketch_classifier/drawings/simplify.py.

const EPSILON = 2; // largest distance of a point from the simplified line, in units of the 256 × 256 region

const SLACK = 20; // same units: largest total distance of a simplified drawing from x = 0, y = 0 and 255
const [REDUCED, KEPT] = [0.5, 0.9]; // reduced with this epsilon, a simplified drawing keeps this share of its points
const ALMOST = 1e-6; // rounding tolerance of an aligned coordinate that was a whole number before scaling
const PART = 2 ** 18; // resampled points reduced at a time, so that the cost is not quadratic in their number
const BLOCK = 64; // points of a part that share a bounding box; only in a part of MANY points
const MANY = 512;
const STEPS = 2 ** 36; // to which an aligned coordinate is rounded, of the power of two above the drawing's extent

// [[xs, ys], …] on any canvas → [[xs, ys], …] of whole numbers from 0 to 255; a simplified drawing stays unchanged.
export function simplify(strokes) {
  const aligned = align(strokes);
  const scaled = fits(strokes) ? strokes.map(([xs, ys]) => xs.map((x, i) => [x, ys[i]])) : aligned;
  if (isSimplified(scaled)) return scaled.map((stroke) => [stroke.map(([x]) => rint(x)), stroke.map(([, y]) => rint(y))]);
  const dense = new Float64Array(2 * PART);
  return aligned.map((stroke) => {
    const [xs, ys] = [[], []];
    for (const length of resample(stroke, dense)) {
      const keep = reduce(dense, length, EPSILON);
      for (let p = xs.length ? 1 : 0; p < length; p++) {
        if (!keep[p]) continue;
        xs.push(rint(dense[2 * p]));
        ys.push(rint(dense[2 * p + 1]));
      }
    }
    return [xs, ys];
  });
}

// Round half to even.
export function rint(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

// The strokes as lists of [x, y], moved to (0, 0) and scaled uniformly to a maximum of 255.
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

// The smallest power of two that is at least `value`, from 1e-100 to 1e100.
function powerOfTwo(value) {
  let power = 1;
  while (power < value && power < 1e100) power *= 2;
  while (power / 2 >= value && power > 1e-100) power /= 2;
  return power;
}

// Whether the coordinates are whole numbers, and close enough to the sides of the region for a simplified drawing.
function fits(strokes) {
  const all = strokes.flat(2);
  if (!all.length || !all.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return false;
  const least = (axis) => strokes.reduce((value, stroke) => stroke[axis].reduce(min, value), Infinity);
  return least(0) + least(1) + 255 - all.reduce(max) <= SLACK;
}

// Whether strokes, lists of [x, y], have whole-number coordinates and no redundant points.
function isSimplified(strokes) {
  const points = strokes.flat();
  if (!points.flat().every((value) => Math.abs(value - rint(value)) <= ALMOST)) return false;
  if (strokes.some((stroke) => stroke.length < 2)) return false;
  let kept = 0;
  for (const stroke of strokes) {
    const keep = reduce(Float64Array.from(stroke.flat()), stroke.length, REDUCED);
    kept += keep.reduce((sum, one) => sum + one, 0);
  }
  return kept >= KEPT * points.length;
}

// Fill `dense` (x, y, x, y, …) with the points at whole distances from the start of a stroke, and its end point, PART
// points at a time; yields the number of points. Each part after the first begins with the last point of the previous.
function* resample(stroke, dense) {
  let length = 0;
  const add = (x, y) => {
    dense[2 * length] = x;
    dense[2 * length + 1] = y;
    length++;
  };
  add(...stroke[0]);
  let count = 1;
  let walked = 0;
  for (let p = 1; p <= stroke.length; p++) {
    const [ax, ay] = stroke[p - 1];
    const [bx, by] = stroke[p] ?? [ax, ay];
    const step = Math.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay));
    while ((step > 0 && count <= walked + step) || p === stroke.length) {
      if (length === PART) {
        yield length;
        length = 0;
        add(dense[2 * PART - 2], dense[2 * PART - 1]);
      }
      if (p === stroke.length) break;
      const t = (count - walked) / step;
      add((1 - t) * ax + t * bx, (1 - t) * ay + t * by);
      count++;
    }
    walked += step;
  }
  add(...stroke.at(-1));
  yield length;
}

// Which of the first `count` points the Ramer–Douglas–Peucker algorithm keeps, one byte each. Of equally distant points
// the first is chosen. A block whose bounding box is no farther away than the farthest point so far is skipped.
function reduce(points, count, epsilon) {
  const part = points.subarray(0, 2 * count);
  const keep = new Uint8Array(count);
  keep[0] = keep[count - 1] = 1;
  const boxes = count >= MANY ? boxesOf(part) : [];
  const stack = [[0, count - 1]];
  while (stack.length) {
    const [first, last] = stack.pop();
    const [left, top] = [part[2 * first], part[2 * first + 1]];
    const dx = part[2 * last] - left;
    const dy = part[2 * last + 1] - top;
    const chord = Math.sqrt(dx * dx + dy * dy);
    let farthest = first;
    let distance = 0;
    for (let p = first + 1; p < last; ) {
      const end = Math.min(p - (p % BLOCK) + BLOCK, last);
      const box = boxes[Math.floor(p / BLOCK)];
      if (box && !(farthestOf(box, left, top, dx, dy, chord) > distance)) p = end;
      for (; p < end; p++) {
        const x = part[2 * p] - left;
        const y = part[2 * p + 1] - top;
        const away = chord > 0 ? Math.abs(dx * y - dy * x) / chord : Math.sqrt(x * x + y * y);
        if (away > distance) [farthest, distance] = [p, away];
      }
    }
    if (distance > epsilon) {
      keep[farthest] = 1;
      stack.push([first, farthest], [farthest, last]);
    }
  }
  return keep;
}

// The bounding box of each block of points: smallest and largest x and y.
function boxesOf(part) {
  const boxes = [];
  for (let p = 0; p < part.length / 2; p++) {
    const [x, y] = [part[2 * p], part[2 * p + 1]];
    if (p % BLOCK === 0) boxes.push([x, y, x, y]);
    const box = boxes.at(-1);
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return boxes;
}

// The largest distance of a box's corners from the line of `reduce`, computed as for a point: rounding is monotonic, so
// no point in the box is farther.
function farthestOf(box, left, top, dx, dy, chord) {
  let [lowX, lowY, highX, highY] = [box[0] - left, box[1] - top, box[2] - left, box[3] - top];
  if (!(chord > 0)) {
    const [x, y] = [Math.max(-lowX, highX), Math.max(-lowY, highY)];
    return Math.sqrt(x * x + y * y);
  }
  if (dx < 0) [lowY, highY] = [highY, lowY];
  if (dy < 0) [lowX, highX] = [highX, lowX];
  return Math.max(Math.abs(dx * lowY - dy * highX), Math.abs(dx * highY - dy * lowX)) / chord;
}
