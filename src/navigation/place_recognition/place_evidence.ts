/**
 * What several frames together say of where the aircraft is, for ground on which one frame alone cannot
 * tell places apart.
 *
 * @module
 */

/** Scores of one frame at the places of a square lattice in the local frame. */
export interface PlaceScores {
  /** The north-west place, metres. */
  readonly westM: number;
  readonly northM: number;
  readonly gsdM: number;
  readonly columns: number;
  readonly rows: number;
  /** Normalised correlations, row by row from north to south; −1 where nothing was compared. */
  readonly scores: Float32Array<ArrayBuffer>;
}

export interface BestPlace {
  readonly eastM: number;
  readonly northM: number;
  /** Mean score of the frames along the way that leads there, weighted by the new ground in them. */
  readonly score: number;
  /** The same less that of the best place further away. */
  readonly margin: number;
}

/** A search that is so much wider makes the lattice wider. */
const GROWN = 1.2;
/** Share of the way flown that the motion between frames may be wrong by: scale, heading. */
const DRIFT_SHARE = 0.05;

/**
 * A lattice of places that moves with the aircraft. Each cell holds the sum of the scores along the best
 * way that leads there: of the ways that the error of the motion allows the best one counts (Viterbi's
 * recursion). What lay beyond the area of the first frames is not part of it; where a later search is
 * larger its new places may have been as good as the best until then.
 */
export class PlaceEvidence {
  readonly #gsdM: number;
  #columns: number;
  #rows: number;
  #sums: Float32Array<ArrayBuffer>;
  #scratch: Float32Array<ArrayBuffer>;
  /** Of the north-west cell, now. */
  #westM: number;
  #northM: number;
  #footprints = 0;
  /** Possible error of the motion since the ways were last let apart. */
  #driftM = 0;

  /** Of the first frame; `scores` are taken over. */
  constructor({ westM, northM, gsdM, columns, rows, scores }: PlaceScores) {
    this.#gsdM = gsdM;
    this.#columns = columns;
    this.#rows = rows;
    this.#westM = westM;
    this.#northM = northM;
    this.#sums = scores.map((score) => Math.max(0, score));
    this.#scratch = new Float32Array(columns * rows);
    this.#footprints = 1;
  }

  /** Ground seen so far, in footprints of a frame. */
  get footprints(): number {
    return this.#footprints;
  }

  /** Adds a frame: the motion since the one before it, and the footprints of new ground in it. */
  add(frame: PlaceScores, moved: readonly [eastM: number, northM: number], share: number): void {
    this.#westM += moved[0];
    this.#northM += moved[1];
    this.#driftM += DRIFT_SHARE * Math.hypot(...moved);
    for (; this.#driftM >= this.#gsdM; this.#driftM -= this.#gsdM) this.#letApart();
    if (frame.columns * frame.gsdM > GROWN * this.#columns * this.#gsdM) this.#grow(frame);
    const columns = this.#columns, step = this.#gsdM / frame.gsdM;
    const left = (this.#westM - frame.westM) / frame.gsdM;
    const top = (frame.northM - this.#northM) / frame.gsdM;
    for (let row = 0; row < this.#rows; row++) {
      const y = Math.round(top + row * step);
      if (y < 0 || y >= frame.rows) continue;
      for (let column = 0; column < columns; column++) {
        const x = Math.round(left + column * step);
        if (x < 0 || x >= frame.columns) continue;
        const score = frame.scores[y * frame.columns + x];
        if (score > 0) this.#sums[row * columns + column] += share * score;
      }
    }
    this.#footprints += share;
  }

  /** The best place, and how much better it is than any further than `separationM` from it. */
  best(separationM: number): BestPlace {
    const columns = this.#columns, gsdM = this.#gsdM;
    const at = indexOfLargest(this.#sums);
    const score = this.#sums[at] / this.#footprints;
    const column = at % columns, row = Math.floor(at / columns);
    return {
      eastM: this.#westM + column * gsdM,
      northM: this.#northM - row * gsdM,
      score,
      margin: score - this.#bestBeyond(column, row, separationM),
    };
  }

  /** By how much the best way to within a cell of a place is better than all to places further away. */
  marginOf(eastM: number, northM: number, separationM: number): number {
    const column = Math.round((eastM - this.#westM) / this.#gsdM);
    const row = Math.round((this.#northM - northM) / this.#gsdM);
    let best = -Infinity;
    for (let y = Math.max(0, row - NEAR); y <= Math.min(this.#rows - 1, row + NEAR); y++) {
      for (
        let x = Math.max(0, column - NEAR);
        x <= Math.min(this.#columns - 1, column + NEAR);
        x++
      ) {
        best = Math.max(best, this.#sums[y * this.#columns + x]);
      }
    }
    return best / this.#footprints - this.#bestBeyond(column, row, separationM);
  }

  #bestBeyond(column: number, row: number, separationM: number): number {
    const reach = separationM / this.#gsdM;
    let best = -Infinity;
    for (let y = 0; y < this.#rows; y++) {
      const dy2 = (y - row) ** 2;
      for (let x = 0, i = y * this.#columns; x < this.#columns; x++, i++) {
        if (this.#sums[i] > best && dy2 + (x - column) ** 2 > reach * reach) best = this.#sums[i];
      }
    }
    return best === -Infinity ? 0 : best / this.#footprints;
  }

  /** To the area of a frame, on the lattice as it is. */
  #grow(frame: PlaceScores): void {
    const gsdM = this.#gsdM;
    const left = Math.max(0, Math.round((this.#westM - frame.westM) / gsdM));
    const top = Math.max(0, Math.round((frame.northM - this.#northM) / gsdM));
    const columns = Math.max(left + this.#columns, Math.round(frame.columns * frame.gsdM / gsdM));
    const rows = Math.max(top + this.#rows, Math.round(frame.rows * frame.gsdM / gsdM));
    const sums = new Float32Array(columns * rows).fill(this.#sums[indexOfLargest(this.#sums)]);
    for (let row = 0; row < this.#rows; row++) {
      const from = row * this.#columns;
      sums.set(this.#sums.subarray(from, from + this.#columns), (top + row) * columns + left);
    }
    this.#westM -= left * gsdM;
    this.#northM += top * gsdM;
    this.#columns = columns;
    this.#rows = rows;
    this.#sums = sums;
    this.#scratch = new Float32Array(columns * rows);
  }

  /** Each cell takes over the best of its neighbours: largest of three along the rows, then the columns. */
  #letApart(): void {
    const columns = this.#columns, rows = this.#rows, sums = this.#sums, scratch = this.#scratch;
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      for (let x = 0; x < columns; x++) {
        const i = start + x;
        let best = sums[i];
        if (x > 0 && sums[i - 1] > best) best = sums[i - 1];
        if (x + 1 < columns && sums[i + 1] > best) best = sums[i + 1];
        scratch[i] = best;
      }
    }
    for (let row = 0; row < rows; row++) {
      for (let x = 0; x < columns; x++) {
        const i = row * columns + x;
        let best = scratch[i];
        if (row > 0 && scratch[i - columns] > best) best = scratch[i - columns];
        if (row + 1 < rows && scratch[i + columns] > best) best = scratch[i + columns];
        sums[i] = best;
      }
    }
  }
}

/** Cells: a place and its mean over frames may be this far apart. */
const NEAR = 4;

function indexOfLargest(values: Float32Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[at]) at = i;
  return at;
}
