/**
 * Zero-mean normalised cross-correlation of ground rasters.
 *
 * @module
 */
import type { GroundRaster } from "./photograph_raster.ts";

export interface Peak {
  /** −1 … 1; −1 when nothing could be compared. */
  readonly score: number;
  /** Cells by which `b` must be moved east and south to match `a`. */
  readonly columns: number;
  readonly rows: number;
  /** Cells that were compared. */
  readonly count: number;
}

/** Window of lattice cells: [left, right) × [top, bottom). */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The overlap of two rasters, without a margin. */
export function overlapWindow(a: GroundRaster, b: GroundRaster): Window {
  return {
    left: Math.max(a.column, b.column),
    top: Math.max(a.row, b.row),
    right: Math.min(a.column + a.sizePx, b.column + b.sizePx),
    bottom: Math.min(a.row + a.sizePx, b.row + b.sizePx),
  };
}

/**
 * Correlation of `a` with `b` moved by (columns, rows), over the cells of `window` that both cover.
 */
function correlation(
  a: GroundRaster,
  b: GroundRaster,
  window: Window,
  columns: number,
  rows: number,
  countMin: number,
): Pick<Peak, "score" | "count"> {
  let count = 0, sumA = 0, sumB = 0, sumAa = 0, sumBb = 0, sumAb = 0;
  const left = Math.max(window.left, a.column, b.column + columns);
  const right = Math.min(window.right, a.column + a.sizePx, b.column + columns + b.sizePx);
  const top = Math.max(window.top, a.row, b.row + rows);
  const bottom = Math.min(window.bottom, a.row + a.sizePx, b.row + rows + b.sizePx);
  for (let row = top; row < bottom; row++) {
    let atA = (row - a.row) * a.sizePx + left - a.column;
    let atB = (row - rows - b.row) * b.sizePx + left - columns - b.column;
    for (let column = left; column < right; column++, atA++, atB++) {
      const va = a.cells[atA], vb = b.cells[atB];
      if (va === 0 || vb === 0) continue;
      count++;
      sumA += va;
      sumB += vb;
      sumAa += va * va;
      sumBb += vb * vb;
      sumAb += va * vb;
    }
  }
  if (count < countMin) return { score: -1, count };
  const variance = (sumAa - sumA * sumA / count) * (sumBb - sumB * sumB / count);
  const score = variance > 0 ? (sumAb - sumA * sumB / count) / Math.sqrt(variance) : -1;
  return { score, count };
}

/** The best shift within ±`reach` cells around (columns, rows). */
export function bestShift(
  a: GroundRaster,
  b: GroundRaster,
  window: Window,
  around: { readonly columns: number; readonly rows: number; readonly reach: number },
  countMin: number,
): Peak {
  let best: Peak = { score: -1, columns: around.columns, rows: around.rows, count: 0 };
  for (let dy = -around.reach; dy <= around.reach; dy++) {
    for (let dx = -around.reach; dx <= around.reach; dx++) {
      const columns = around.columns + dx, rows = around.rows + dy;
      const { score, count } = correlation(a, b, window, columns, rows, countMin);
      if (score > best.score) best = { score, columns, rows, count };
    }
  }
  return best;
}

/** Subcell position of the peak, by a parabola through its neighbours on each axis. */
export function refinePeak(
  a: GroundRaster,
  b: GroundRaster,
  window: Window,
  peak: Peak,
  countMin: number,
): Peak {
  const { columns, rows } = peak;
  const at = (dx: number, dy: number) =>
    correlation(a, b, window, columns + dx, rows + dy, countMin).score;
  const vertex = (before: number, after: number) => {
    const curvature = before - 2 * peak.score + after;
    return curvature < 0 ? Math.min(0.5, Math.max(-0.5, (before - after) / (2 * curvature))) : 0;
  };
  return {
    score: peak.score,
    count: peak.count,
    columns: columns + vertex(at(-1, 0), at(1, 0)),
    rows: rows + vertex(at(0, -1), at(0, 1)),
  };
}
