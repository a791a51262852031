/**
 * Whether the errors that a flight's positions claim explain how far they lie from its GPS tags. GPS does not move
 * a position; but where the two disagree by more than both claim, one of them is worse than it says (a tilt tag, the
 * map, GPS itself), and nothing tells which: the claimed error is widened until it covers the distance.
 *
 * Model: distance of each axis ~ N(0, claimed² + GPS² + excess²), alike in all of a flight. χ² of 2 n degrees of
 * freedom says whether there is an excess; it is what brings χ² to its mean.
 *
 * @module
 */
import type { PhotographLine } from "../json_lines.ts";

/** One located photograph with a position tag. */
interface WitnessedPlace {
  readonly distanceM: number;
  /** Claimed, 1 sigma of an axis, the map's included, metres. */
  readonly sigmaM: number;
  readonly heightM: number;
}

/** GPS of a photograph, lag taken out: 1 sigma of an axis, metres. */
const GPS_SIGMA_M = 3;
/** Fewer photographs can be off together by chance. */
const PLACES_MIN = 3;
/** Standard normal deviate that one flight in a hundred exceeds. */
const DEVIATE = 2.33;
/** Tilt tags are not off by more than this share of the height: beyond it GPS was. */
const HEIGHTS_MAX = 0.6;
const HALVINGS = 40;

/** 1 sigma of an axis to be added to what is claimed; `gps`: GPS itself must be wrong, nothing is to be added. */
export type TagWitness =
  | { readonly says: "agrees" }
  | { readonly says: "widen"; readonly sigmaM: number }
  | { readonly says: "gps"; readonly distanceM: number };

export function tagWitness(places: readonly WitnessedPlace[]): TagWitness {
  const count = places.length;
  if (count < PLACES_MIN) return { says: "agrees" };
  const squares = (excessM: number) =>
    places.reduce(
      (sum, { distanceM, sigmaM }) =>
        sum + distanceM ** 2 / (sigmaM ** 2 + GPS_SIGMA_M ** 2 + excessM ** 2),
      0,
    );
  const degrees = 2 * count, share = 2 / (9 * degrees);
  // Wilson and Hilferty's approximation of the quantile, PNAS 1931.
  if (squares(0) <= degrees * (1 - share + DEVIATE * Math.sqrt(share)) ** 3) {
    return { says: "agrees" };
  }
  const largestM = Math.max(...places.map(({ distanceM }) => distanceM));
  let low = 0, high = largestM;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (squares(middle) > degrees) low = middle;
    else high = middle;
  }
  const heightM = places.reduce((sum, place) => sum + place.heightM, 0) / count;
  return high <= HEIGHTS_MAX * heightM
    ? { says: "widen", sigmaM: high }
    : { says: "gps", distanceM: largestM };
}

/** Of a line; nothing where it has no place, or no tag. */
export function witnessed(
  { covarianceEnM2, heightM, tagDistanceM, tagAtExposureM }: Pick<
    PhotographLine,
    "covarianceEnM2" | "heightM" | "tagDistanceM" | "tagAtExposureM"
  >,
): WitnessedPlace[] {
  const distanceM = tagAtExposureM ?? tagDistanceM;
  if (covarianceEnM2 === null || heightM === null || distanceM === null) return [];
  return [{ distanceM, sigmaM: Math.sqrt((covarianceEnM2[0] + covarianceEnM2[2]) / 2), heightM }];
}

/** For a person; null where there is nothing to tell. */
export function witnessText(witness: TagWitness): string | null {
  if (witness.says === "agrees") return null;
  if (witness.says === "gps") {
    return `positions by GPS lie up to ${
      witness.distanceM.toFixed(0)
    } m from the positions found: ` +
      "GPS was wrong, or these are";
  }
  return "positions found and positions by GPS are further apart than both claim (the tilt tags, the map or " +
    `GPS are worse than they say): the claimed errors are widened by ${
      witness.sigmaM.toFixed(1)
    } m (1 sigma)`;
}
