/**
 * How long after its position by GPS a photograph was taken, over a flight. Cameras write the last position that
 * they were told: at speed it lies metres behind the exposure.
 *
 * Model: position found − position tagged = lag · velocity + offset + noise; least squares with Huber's weights
 * and weak priors on lag and offset. Only strips that are flown against each other tell the two apart: the
 * sigma says how far.
 *
 * @module
 */
import { median, type MonotonicNs, type Vector3 } from "../../core/mod.ts";

/** A photograph that is located and has a position tag; local metres. */
interface TaggedPlace {
  readonly timeNs: MonotonicNs;
  readonly foundM: Vector3;
  readonly taggedM: Vector3;
}

interface TagLag {
  readonly lagS: number;
  readonly sigmaS: number;
  /** Of what is left of the distances between positions found and tagged: median, metres. */
  readonly residualM: number;
  /** Of each place, from the position found to the tagged one with the lag taken out; null where it stood still. */
  readonly atExposureM: readonly (number | null)[];
}

const LAG_PRIOR_S = 1.5, OFFSET_PRIOR_M = 5;
/** GPS and the place found differ by this at least, 1 sigma. */
const NOISE_MIN_M = 0.7;
const HUBER = 1.5, ROUNDS = 5;
const INTERVAL_MAX_S = 30, SPEED_MIN_MPS = 1, PLACES_MIN = 4;

/** null where too few are located in motion. Places in order of time. */
export function tagLag(places: readonly TaggedPlace[]): TagLag | null {
  const all = places.map((place, i) => {
    const velocity = velocityAt(places, i);
    if (velocity === null || Math.hypot(...velocity) < SPEED_MIN_MPS) return null;
    const [east, north] = [0, 1].map((axis) => place.foundM[axis] - place.taggedM[axis]);
    return { velocity, difference: [east, north] as const };
  });
  const rows = all.filter((row) => row !== null);
  if (rows.length < PLACES_MIN) return null;
  let lagS = 0, eastM = 0, northM = 0, sigmaS = LAG_PRIOR_S;
  const residual = ({ velocity, difference }: typeof rows[number]) =>
    Math.hypot(
      difference[0] - lagS * velocity[0] - eastM,
      difference[1] - lagS * velocity[1] - northM,
    );
  for (let round = 0; round < ROUNDS; round++) {
    // Rayleigh: the median of the distance is 1.18 sigmas of an axis.
    const noiseM = Math.max(NOISE_MIN_M, median(rows.map(residual))! / 1.18);
    const normal = [LAG_PRIOR_S ** -2, 0, 0, OFFSET_PRIOR_M ** -2, OFFSET_PRIOR_M ** -2];
    const right = [0, 0, 0];
    for (const row of rows) {
      const weight = Math.min(1, HUBER * noiseM / Math.max(1e-9, residual(row))) / noiseM ** 2;
      const [ve, vn] = row.velocity, [de, dn] = row.difference;
      normal[0] += weight * (ve * ve + vn * vn);
      normal[1] += weight * ve;
      normal[2] += weight * vn;
      normal[3] += weight;
      normal[4] += weight;
      right[0] += weight * (ve * de + vn * dn);
      right[1] += weight * de;
      right[2] += weight * dn;
    }
    // The offset's part of the normal matrix is diagonal: it is eliminated.
    const [vv, ve, vn, ee, nn] = normal;
    const information = vv - ve * ve / ee - vn * vn / nn;
    lagS = (right[0] - ve * right[1] / ee - vn * right[2] / nn) / information;
    eastM = (right[1] - ve * lagS) / ee;
    northM = (right[2] - vn * lagS) / nn;
    sigmaS = 1 / Math.sqrt(information);
  }
  const residualM = median(rows.map(residual))!;
  const atExposureM = all.map((row) =>
    row && Math.hypot(...[0, 1].map((axis) => row.difference[axis] - lagS * row.velocity[axis]))
  );
  return { lagS, sigmaS, residualM, atExposureM };
}

/** Between the located neighbours; null where none is near in time. */
function velocityAt(places: readonly TaggedPlace[], i: number): [number, number] | null {
  const at = places[i];
  const isNear = (other: TaggedPlace | undefined): other is TaggedPlace =>
    other !== undefined && Math.abs(other.timeNs - at.timeNs) / 1e9 <= INTERVAL_MAX_S;
  const before = isNear(places[i - 1]) ? places[i - 1] : at;
  const after = isNear(places[i + 1]) ? places[i + 1] : at;
  const seconds = (after.timeNs - before.timeNs) / 1e9;
  if (seconds < 0.5) return null;
  return [0, 1].map((axis) => (after.foundM[axis] - before.foundM[axis]) / seconds) as [
    number,
    number,
  ];
}
