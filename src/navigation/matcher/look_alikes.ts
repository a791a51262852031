/**
 * Ground that repeats: rows of the same house, panels, greenhouses, a patch of the map that was copied.
 * Each feature of the frame is paired with one of its equals alone, and equals are chosen in the same
 * order, so that one place gets all of the support. So the features that agreed on a place are asked for
 * their like elsewhere; where that leads to, all of them are looked for.
 *
 * @module
 */
import { matchFeatures, type VisionLibrary } from "../../native/vision/mod.ts";
import {
  type AgreementBounds,
  applySimilarity,
  bestElsewhere,
  type PointPairs,
  type Similarity,
} from "./agreement.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Features and where they are: east, north of each, metres. */
export interface PlacedFeatures {
  readonly descriptors: Floats;
  readonly pointsM: Floats;
}

/** Features of the frame that agreed on a place. */
interface Agreed extends PlacedFeatures {
  readonly place: Similarity;
  /** How alike each is to what it was paired with there. */
  readonly cosines: readonly number[];
}

interface LookAlikeBounds extends AgreementBounds {
  /** Floats of a descriptor. */
  readonly length: number;
  /** Pairs are at most so far apart, metres. */
  readonly radiusM: number;
}

/** Features that are asked for their like: enough to see where it is. */
const ASKED_MAX = 32;
/**
 * As alike as at the place: 1 − cosine is at most so many times what it is there. A larger factor sees more
 * look-alikes, and costs XFeat right fixes, since its descriptors vary slowly over the ground.
 */
const AS_ALIKE = 1.15;

/** How many of the features are found again, together, at one other place of the map. */
export async function supportOfLookAlikes(
  vision: VisionLibrary,
  agreed: Agreed,
  map: PlacedFeatures,
  bounds: LookAlikeBounds,
): Promise<number> {
  const { length, toleranceM } = bounds;
  const { descriptors, pointsM, place, cosines } = agreed;
  const other = bestElsewhere(mostAlikeElsewhere(agreed, map, bounds), place, bounds);
  if (other === null) return 0;
  const moved = new Float32Array(pointsM.length);
  for (let i = 0; i < moved.length; i += 2) {
    moved.set(applySimilarity(other.similarity, pointsM[i], pointsM[i + 1]), i);
  }
  const there = await matchFeatures(
    vision,
    { descriptors, positions: moved },
    { descriptors: map.descriptors, positions: map.pointsM },
    { length, radius: 2 * toleranceM },
  );
  return there.cosines.filter((cosine, i) =>
    1 - cosine <= AS_ALIKE * (1 - cosines[there.pairs[2 * i]])
  ).length;
}

/** Some of the features, each with the most alike one of the map that is in reach and not at the place. */
function mostAlikeElsewhere(
  { descriptors, pointsM, place }: Agreed,
  map: PlacedFeatures,
  { length, radiusM, separationM }: LookAlikeBounds,
): PointPairs {
  const count = pointsM.length / 2, step = Math.max(1, count / ASKED_MAX);
  const a: number[] = [], b: number[] = [];
  for (let at = 0; at < count; at += step) {
    const i = Math.floor(at);
    const east = pointsM[2 * i], north = pointsM[2 * i + 1];
    const [eastThere, northThere] = applySimilarity(place, east, north);
    let best = -1, highest = -Infinity;
    for (let k = 0; k < map.pointsM.length / 2; k++) {
      const x = map.pointsM[2 * k], y = map.pointsM[2 * k + 1];
      if (Math.hypot(x - east, y - north) > radiusM) continue;
      if (Math.hypot(x - eastThere, y - northThere) <= separationM) continue;
      const cosine = product(descriptors, i * length, map.descriptors, k * length, length);
      if (cosine > highest) [best, highest] = [k, cosine];
    }
    if (best < 0) continue;
    a.push(east, north);
    b.push(map.pointsM[2 * best], map.pointsM[2 * best + 1]);
  }
  return { count: a.length / 2, a: Float64Array.from(a), b: Float64Array.from(b) };
}

function product(a: Floats, atA: number, b: Floats, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[atA + i] * b[atB + i];
  return sum;
}

/** The features of these indices. */
export function selected(
  { descriptors, pointsM }: PlacedFeatures,
  length: number,
  indices: readonly number[],
): PlacedFeatures {
  const out = {
    descriptors: new Float32Array(indices.length * length),
    pointsM: new Float32Array(2 * indices.length),
  };
  indices.forEach((from, to) => {
    out.descriptors.set(descriptors.subarray(from * length, (from + 1) * length), to * length);
    out.pointsM.set(pointsM.subarray(2 * from, 2 * from + 2), 2 * to);
  });
  return out;
}
