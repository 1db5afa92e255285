// The left-to-right order of edges: a port of src/sketch_classifier/drawings/raster/edge_order.py. Edges at the same
// position keep their previous order, which decides whether a pixel row is sampled or measured.

import { SUBROWS } from "./outline.js";

const MOST = 2 ** 24; // edges in a row
const cellAt = (edge, sub) => Math.floor(edge.start + (sub - edge.top) * edge.slope);

// The edges that cross a whole pixel row from top to bottom, ordered from left to right; null if that order changes
// before the next row.
//   known  { row, list }: the ordered edges at the top of a pixel row; updated when needed
export function inOrder(rows, row, sampled, known) {
  const sub = row * SUBROWS;
  let active = byCell(rows[row], sub);
  let tie = false;
  // The rightmost of all edges that are left of this one, whatever the order of edges at the same position.
  let last = -Infinity;
  let here = -Infinity;
  for (let i = 0; i < active.length; i++) {
    if (i > 0 && cellAt(active[i - 1], sub) === cellAt(active[i], sub)) tie = true;
    else last = here;
    const cell = cellAt(active[i], sub + SUBROWS);
    if (cell < last) return null;
    here = Math.max(here, cell);
  }
  if (tie) {
    for (; known.row < row; known.row++) {
      known.list = follow(rows[known.row], known.row * SUBROWS, sampled[known.row], known.list);
    }
    known.list = start(rows[row], sub, known.list);
    active = known.list.slice(0, active.length);
  }
  rows[row] = active;
  const cells = active.map((edge) => cellAt(edge, sub + SUBROWS));
  return cells.every((cell, i) => i === 0 || cell >= cells[i - 1]) ? active : null;
}

// The list at the bottom of a pixel row, given the list at its top.
function follow(crossing, sub, sampled, list) {
  if (!sampled) return start(crossing, sub, list).filter((edge) => edge.bottom > sub + SUBROWS);
  for (let at = sub; at < sub + SUBROWS; at++) {
    const kept = start(crossing, at, list).filter((edge) => edge.bottom > at + 1);
    list = byCell(kept, at + 1);
  }
  return list;
}

// Edges in the order in which they cross the middle of a sub-row; a stable sort.
function byCell(edges, sub) {
  const keys = new Float64Array(edges.length); // the position and, in the lowest bits, the index in `edges`
  for (let i = 0; i < edges.length; i++) keys[i] = cellAt(edges[i], sub) * MOST + i;
  keys.sort();
  const sorted = new Array(edges.length);
  for (let i = 0; i < edges.length; i++) sorted[i] = edges[keys[i] - Math.floor(keys[i] / MOST) * MOST];
  return sorted;
}

// The list with the edges that start at a sub-row, unless it already contains them. The new edges, ordered by number,
// are merge-sorted bottom up (pairs, pairs of pairs, …) and then merged with the list.
function start(crossing, sub, list) {
  const fresh = crossing.filter((edge) => edge.top === sub).sort((a, b) => a.number - b.number);
  if (!fresh.length || list.includes(fresh[0])) return list;
  let parts = fresh.map((edge) => [edge]);
  while (parts.length > 1) {
    const merged = [];
    for (let i = 0; i < parts.length; i += 2) merged.push(merge(parts[i], parts[i + 1] ?? [], sub));
    parts = merged;
  }
  return merge(list, parts[0], sub);
}

// Merge two lists in runs: each run continues until it passes the head of the other list.
function merge(a, b, sub) {
  const merged = [];
  let [i, j, fromA] = [0, 0, true];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length) {
      const [atA, atB] = [cellAt(a[i], sub), cellAt(b[j], sub)];
      fromA = fromA ? atA <= atB : atB > atA;
    } else fromA = i < a.length;
    merged.push(fromA ? a[i++] : b[j++]);
  }
  return merged;
}
