/**
 * The true position of the camera: truth.csv, interpolated at any time of the flight.
 *
 * @module
 */
import { LocalFrame, type WgsPosition, wrapDegrees } from "../../core/mod.ts";
import { STREAM_COLUMNS } from "../../flight/replay/mod.ts";

interface TruthPoint {
  readonly timeNs: number;
  readonly position: WgsPosition;
}

/** An error in truth.csv, with its line. */
export class TruthError extends Error {
  override readonly name = "TruthError";
}

export class TruthTrack {
  readonly points: readonly TruthPoint[];
  /** Local frame with its origin at the first point: every error is measured in it. */
  readonly localFrame: LocalFrame;
  /** Distance flown up to each point, metres over the ground. */
  readonly #distanceM: Float64Array;

  constructor(points: readonly TruthPoint[]) {
    if (points.length === 0) throw new TruthError("truth has no row");
    this.points = points;
    this.localFrame = new LocalFrame(points[0].position);
    this.#distanceM = new Float64Array(points.length);
    let previous = this.localFrame.localFromWgs(points[0].position);
    for (let i = 1; i < points.length; i++) {
      const here = this.localFrame.localFromWgs(points[i].position);
      this.#distanceM[i] = this.#distanceM[i - 1] +
        Math.hypot(here[0] - previous[0], here[1] - previous[1]);
      previous = here;
    }
  }

  get distanceM(): number {
    return this.#distanceM[this.#distanceM.length - 1];
  }

  /** Position at `timeNs` and the distance flown until then; null outside of the track. */
  at(timeNs: number): { position: WgsPosition; distanceM: number } | null {
    const { points } = this;
    const last = points.length - 1;
    if (!(timeNs >= points[0].timeNs && timeNs <= points[last].timeNs)) return null;
    let low = 0, high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle].timeNs <= timeNs) low = middle;
      else high = middle;
    }
    const a = points[low], b = points[high];
    const part = b.timeNs > a.timeNs ? (timeNs - a.timeNs) / (b.timeNs - a.timeNs) : 0;
    const between = (from: number, to: number) => from + (to - from) * part;
    const eastDeg = wrapDegrees(b.position.longitudeDeg - a.position.longitudeDeg);
    return {
      position: {
        latitudeDeg: between(a.position.latitudeDeg, b.position.latitudeDeg),
        longitudeDeg: wrapDegrees(a.position.longitudeDeg + eastDeg * part),
        heightM: between(a.position.heightM, b.position.heightM),
      },
      distanceM: between(this.#distanceM[low], this.#distanceM[high]),
    };
  }
}

/** Reads the text of truth.csv. @throws TruthError */
export function truthFromCsv(text: string): TruthTrack {
  const lines = text.split("\n");
  const columns = STREAM_COLUMNS["truth.csv"].join(",");
  if (lines[0].trim() !== columns) throw new TruthError(`line 1 must be ${columns}`);
  const points: TruthPoint[] = [];
  for (let i = 1; i < lines.length; i++) {
    if (lines[i].trim() === "") continue;
    const [timeNs, latitudeDeg, longitudeDeg, heightM] = lines[i].split(",").map(Number);
    const previous = points[points.length - 1];
    const good = [timeNs, latitudeDeg, longitudeDeg, heightM].every(Number.isFinite) &&
      (previous === undefined || timeNs > previous.timeNs);
    if (!good) throw new TruthError(`line ${i + 1} is not valid, or its time does not increase`);
    points.push({ timeNs, position: { latitudeDeg, longitudeDeg, heightM } });
  }
  return new TruthTrack(points);
}
