/**
 * Finds a small picture in a larger one: zero-mean normalised cross-correlation at every
 * displacement, coarse first, then fine around the best.
 *
 * @module
 */

/** Grey, row-major. */
export interface Raster {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly grey: Float32Array;
}

export interface Registration {
  /** Displacement of the small picture's content in pixels from its expected place. */
  readonly columnPx: number;
  readonly rowPx: number;
  /** Correlation there, −1…1. */
  readonly score: number;
  /** Minus the best correlation outside of this peak. */
  readonly margin: number;
}

/** Pixels averaged into one for the coarse search. */
const COARSE = 4;
/** Coarse pixels around a peak that belong to it. */
const PEAK_RADIUS = 4;
/** Fine pixels searched around the coarse answer. */
const FINE_REACH = 2 * COARSE;

/**
 * `wide` shows the surroundings of `small` with `reachPx` more on each side, in the same pixels. Null
 * when there is nothing to correlate (no contrast).
 */
export function register(small: Raster, wide: Raster, reachPx: number): Registration | null {
  const coarseSmall = averaged(small, COARSE), coarseWide = averaged(wide, COARSE);
  const scores = correlation(coarseSmall, coarseWide, {
    left: 0,
    top: 0,
    columns: coarseWide.widthPx - coarseSmall.widthPx + 1,
    rows: coarseWide.heightPx - coarseSmall.heightPx + 1,
  });
  const best = highest(scores, null);
  if (best === null) return null;
  const second = highest(scores, best);
  const margin = scores.values[best.at] - (second === null ? -1 : scores.values[second.at]);
  const fine = correlation(small, wide, {
    left: best.column * COARSE - FINE_REACH,
    top: best.row * COARSE - FINE_REACH,
    columns: 2 * FINE_REACH + 1,
    rows: 2 * FINE_REACH + 1,
  });
  const peak = highest(fine, null);
  if (peak === null) return null;
  const [column, row] = subPixel(fine, peak);
  return {
    columnPx: fine.left + column - reachPx,
    rowPx: fine.top + row - reachPx,
    score: fine.values[peak.at],
    margin,
  };
}

/** Means of blocks of `factor` × `factor` pixels. */
export function averaged({ widthPx, heightPx, grey }: Raster, factor: number): Raster {
  const width = Math.floor(widthPx / factor), height = Math.floor(heightPx / factor);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height * factor; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < width * factor; x++) {
      out[row + Math.floor(x / factor)] += grey[y * widthPx + x];
    }
  }
  for (let i = 0; i < out.length; i++) out[i] /= factor * factor;
  return { widthPx: width, heightPx: height, grey: out };
}

/** Positions of the small picture's top left corner in the wide one. */
interface SearchBox {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

interface Scores extends SearchBox {
  /** NaN where the small picture would extend over the edge, or where there is no contrast. */
  readonly values: Float64Array;
}

interface Place {
  readonly at: number;
  readonly column: number;
  readonly row: number;
}

function correlation(small: Raster, wide: Raster, box: SearchBox): Scores {
  const count = small.grey.length;
  const mean = small.grey.reduce((sum, value) => sum + value, 0) / count;
  const centred = small.grey.map((value) => value - mean);
  const energy = centred.reduce((sum, value) => sum + value * value, 0);
  const values = new Float64Array(box.columns * box.rows).fill(NaN);
  for (let j = 0; j < box.rows; j++) {
    const top = box.top + j;
    if (top < 0 || top + small.heightPx > wide.heightPx) continue;
    for (let i = 0; i < box.columns; i++) {
      const left = box.left + i;
      if (left < 0 || left + small.widthPx > wide.widthPx) continue;
      values[j * box.columns + i] = coefficient(small.widthPx, centred, energy, wide, left, top);
    }
  }
  return { ...box, values };
}

function coefficient(
  widthPx: number,
  centred: Float32Array,
  energy: number,
  wide: Raster,
  left: number,
  top: number,
): number {
  const count = centred.length;
  let cross = 0, sum = 0, squares = 0;
  for (let k = 0, y = top; k < count; y++) {
    const row = y * wide.widthPx + left;
    for (let x = 0; x < widthPx; x++, k++) {
      const value = wide.grey[row + x];
      cross += centred[k] * value;
      sum += value;
      squares += value * value;
    }
  }
  const variance = squares - sum * sum / count;
  return variance > 1e-3 * count && energy > 1e-3 * count
    ? cross / Math.sqrt(variance * energy)
    : NaN;
}

/** The highest score, of those that are not on the peak of `except`. */
function highest(scores: Scores, except: Place | null): Place | null {
  let best: Place | null = null;
  for (let at = 0; at < scores.values.length; at++) {
    const value = scores.values[at];
    if (Number.isNaN(value) || (best !== null && value <= scores.values[best.at])) continue;
    const column = at % scores.columns, row = Math.floor(at / scores.columns);
    const isSamePeak = except !== null &&
      Math.hypot(column - except.column, row - except.row) <= PEAK_RADIUS;
    if (!isSamePeak) best = { at, column, row };
  }
  return best;
}

/** Top of the parabola through the peak and its neighbours, along each axis. */
function subPixel({ values, columns, rows }: Scores, peak: Place): [column: number, row: number] {
  const shift = (before: number, after: number) => {
    const top = values[peak.at], curvature = before - 2 * top + after;
    return curvature < 0 ? (before - after) / (2 * curvature) : 0;
  };
  const inColumns = peak.column > 0 && peak.column < columns - 1;
  const inRows = peak.row > 0 && peak.row < rows - 1;
  const dx = inColumns ? shift(values[peak.at - 1], values[peak.at + 1]) : 0;
  const dy = inRows ? shift(values[peak.at - columns], values[peak.at + columns]) : 0;
  return [peak.column + (dx || 0), peak.row + (dy || 0)];
}
