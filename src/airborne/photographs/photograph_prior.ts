/**
 * Where the camera of a photograph may have been: anywhere on the map, or near where its flight says.
 *
 * @module
 */
import {
  localFromBody,
  matrixFromQuaternion,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  radiansFromDegrees,
} from "../../core/mod.ts";
import type { PhotographEvent } from "../../flight/replay/mod.ts";
import type { CameraPrior } from "../camera_prior.ts";
import type { Airborne } from "../contract.ts";
import type { FlightKnowledge, LocatedPhotograph } from "./flight_knowledge.ts";
import type { TagTilt } from "./tag_tilt.ts";

/** The map's extent around the local frame's origin. */
export interface MapExtent {
  readonly eastM: number;
  readonly northM: number;
  /** Half of its diagonal. */
  readonly radiusM: number;
}

export function mapExtent({ flightPackage, localFrame }: Airborne): MapExtent {
  const { southDeg, westDeg, northDeg, eastDeg } = flightPackage.manifest.area;
  const heightM = localFrame.origin.heightM;
  const corner = (latitudeDeg: number, longitudeDeg: number) =>
    localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM });
  const [west, south] = corner(southDeg, westDeg), [east, north] = corner(northDeg, eastDeg);
  return {
    eastM: (west + east) / 2,
    northM: (south + north) / 2,
    radiusM: Math.hypot(east - west, north - south) / 2,
  };
}

/** Height tags come from a barometer over uneven ground: 1 sigma, share of the height. */
const HEIGHT_SIGMA_SHARE = 0.03;
/** Altitudes by GPS, over a ground that is given as one number: 1 sigma. */
const ALTITUDE_SIGMA_M = 8;
const HEADING_SIGMA_DEG = 6;
/** 1 sigma of the optical axis, degrees, by the kind of tag; without any the camera is taken to look down. */
const TILT_SIGMA_DEG = { gimbal: 2.5, airframe: 4, poses: 3, none: 5 } as const;
/** Tags that a picture contradicts are given this much room, degrees. */
export const TILT_SIGMA_DOUBTED_DEG = 10;

/**
 * Rotation by the tags, turned about the optical axis; looking down, north up, without any. `tilt`: what these tags
 * are off by.
 */
export function expectedRotation(
  event: PhotographEvent,
  turnDeg: number,
  tilt: TagTilt | null = null,
): Quaternion {
  const tagged = event.attitude?.localFromCamera ?? quaternionMultiply(
    localFromBody({ rollRad: 0, pitchRad: 0, yawRad: 0 }),
    event.frame.calibration.bodyFromCamera,
  );
  const half = radiansFromDegrees(turnDeg) / 2;
  const turned = quaternionMultiply(tagged, [Math.cos(half), 0, 0, Math.sin(half)]);
  if (tilt === null) return turned;
  return quaternionMultiply(turned, quaternionFromRotationVector([tilt.xRad, tilt.yRad, 0]));
}

/** 1 sigma of the optical axis by its tags. */
export function sigmaTiltRad(event: PhotographEvent): number {
  return radiansFromDegrees(TILT_SIGMA_DEG[event.attitude?.source ?? "none"]);
}

/** Of tagged heights that are wrong for all of a flight (a take-off on a hill, a barometer in the sun): 1 sigma, share. */
const HEIGHT_SIGMA_DOUBTED_SHARE = 0.08;

export interface AnywhereOptions {
  readonly turnDeg: number;
  /** Every heading, not only those around the tag's. */
  readonly wholeTurn: boolean;
  /** With room for a height that is wrong for all of the flight. */
  readonly isHeightDoubted?: boolean;
}

/** Anywhere on the map, at the tagged height. */
export function anywhere(
  event: PhotographEvent,
  map: MapExtent,
  { turnDeg, wholeTurn, isHeightDoubted = false }: AnywhereOptions,
): CameraPrior {
  const heightM = event.heightAboveGroundM;
  return {
    positionLocalM: [map.eastM, map.northM, heightM],
    heightM,
    localFromCamera: matrixFromQuaternion(expectedRotation(event, turnDeg)),
    sigmaHorizontalM: map.radiusM,
    sigmaHeightM: Math.hypot(
      (isHeightDoubted ? HEIGHT_SIGMA_DOUBTED_SHARE : HEIGHT_SIGMA_SHARE) * heightM,
      event.heightSource === "gps" ? ALTITUDE_SIGMA_M : 0,
    ),
    sigmaTiltRad: sigmaTiltRad(event),
    sigmaHeadingRad: wholeTurn ? Math.PI : radiansFromDegrees(HEADING_SIGMA_DEG),
  };
}

/** Two photographs of a flight have their heights off alike to this, 1 sigma. */
const SIGMA_ALIKE = 0.03;

/** Anywhere on the map, with its tags off as those of one photograph that was found on its own. */
export function anywhereLike(
  event: PhotographEvent,
  map: MapExtent,
  other: LocatedPhotograph,
  { turnDeg }: { readonly turnDeg: number },
): CameraPrior {
  const isTagged = event.attitude !== null && other.isTagged;
  const prior = anywhere(event, map, {
    turnDeg: isTagged ? other.turnDeg + turnDeg : 0,
    wholeTurn: !isTagged,
  });
  const heightM = event.heightAboveGroundM * other.heightRatio;
  const [eastM, northM] = prior.positionLocalM;
  return {
    ...prior,
    positionLocalM: [eastM, northM, heightM],
    heightM,
    sigmaHeightM: SIGMA_ALIKE * heightM,
  };
}

/** A search looks so many sigmas far (place recognition's `searchSigmas`). */
const SEARCH_SIGMAS = 3;

/** As the flight's other photographs say; `farM`: it may be so far from where they put it, at least. */
export function asFlown(
  event: PhotographEvent,
  flight: FlightKnowledge,
  { turnDeg, farM = 0 }: { readonly turnDeg: number; readonly farM?: number },
): CameraPrior {
  const expected = flight.expected(event.receivedNs);
  const heightM = event.heightAboveGroundM * expected.heightRatio;
  const { eastM, northM, sigmaM } = flight.place(event.receivedNs);
  return {
    positionLocalM: [eastM, northM, heightM],
    heightM,
    localFromCamera: matrixFromQuaternion(
      expectedRotation(event, expected.turnDeg + turnDeg, flight.tilt),
    ),
    sigmaHorizontalM: Math.max(sigmaM, farM / SEARCH_SIGMAS),
    sigmaHeightM: expected.sigmaHeightRatio * heightM,
    sigmaTiltRad: flight.tilt?.sigmaRad ?? sigmaTiltRad(event),
    sigmaHeadingRad: radiansFromDegrees(expected.sigmaTurnDeg),
  };
}
