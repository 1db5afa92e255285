// Which edge stands left of which, and which of two that meet stood left before: a port of
// src/sketch_classifier/drawings/raster/edge_order.py. Edges in one place stay as they were, and that decides whether a pixel row is
// sampled or measured.

import { SUBROWS } from "./outline.js";

const MOST = 2 ** 24; // edges in a row
const cellAt = (edge, sub) => Math.floor(edge.start + (sub - edge.top) * edge.slope);

// The edges that cross a pixel row, all of it from top to bottom, from left to right; null where they are not in that
// order still a row further down.
//   known  { row, list }: the edges in order as they were at the top of a pixel row; brought on where they are needed
export function inOrder(rows, row, sampled, known) {
  const sub = row * SUBROWS;
  let active = byCell(rows[row], sub);
  let tie = false;
  // The farthest right of all edges that are left of this one, whatever the order of those in one place is.
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

// The list at the bottom of a pixel row, from that at its top.
function follow(crossing, sub, sampled, list) {
  if (!sampled) return start(crossing, sub, list).filter((edge) => edge.bottom > sub + SUBROWS);
  for (let at = sub; at < sub + SUBROWS; at++) {
    const kept = start(crossing, at, list).filter((edge) => edge.bottom > at + 1);
    list = byCell(kept, at + 1);
  }
  return list;
}

// Edges in the order in which they cross the middle of a sub-row; those in one place stay as they were.
function byCell(edges, sub) {
  const keys = new Float64Array(edges.length); // the place and, in its last bits, the number in `edges`
  for (let i = 0; i < edges.length; i++) keys[i] = cellAt(edges[i], sub) * MOST + i;
  keys.sort();
  const sorted = new Array(edges.length);
  for (let i = 0; i < edges.length; i++) sorted[i] = edges[keys[i] - Math.floor(keys[i] / MOST) * MOST];
  return sorted;
}

// The list with the edges that start at a sub-row, unless they are in it. They stand behind the list in the order of
// their numbers, are merged two by two, the pairs two by two …, and then all with the list.
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

// Two parts of the list merged in runs, each as long as it is not beyond the head of the other part.
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
