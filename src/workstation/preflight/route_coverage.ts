/**
 * How much of what the camera will see along a route is on the map, where it is not, and how far odometry
 * drifts meanwhile.
 *
 * @module
 */
import {
  groundSampleDistanceM,
  type LatitudeLongitude,
  LocalFrame,
  radiansFromDegrees,
  TILE_SIZE_PX,
  worldPixelFromWgs,
} from "../../core/mod.ts";
import type { RouteCoverage, RouteGap } from "./contract.ts";

/** Of the way flown without a fix. */
interface OdometryDrift {
  readonly medianShare: number;
  readonly largestShare: number;
}

/**
 * Measured: `driftPercent` of `deno task evaluate --only two_dates` and `--only procedural`, flights with
 * IMU over 3 to 20 km whose map is of another date: 0.17 to 1.20 %, median 0.69 %.
 */
export const ODOMETRY_DRIFT: OdometryDrift = { medianShare: 0.007, largestShare: 0.012 };

/** Ground that the camera sees, metres. */
interface Footprint {
  readonly acrossM: number;
  readonly alongM: number;
}

/** What is on the map: 0…1 of a tile that the imagery covers, 0 where there is none. */
interface CoveredTiles {
  readonly zoom: number;
  coverageOf(x: number, y: number): number;
}

/** The share of a view that place recognition and matching want on the map, as provisioning has it. */
const VIEW_SHARE_MIN = 0.6;
/** Points of a footprint that are looked up, across and along. */
const GRID = 9;
const STEPS_PER_FOOTPRINT = 4;
const STEP_MIN_M = 5;

interface Sample {
  readonly alongM: number;
  readonly place: LatitudeLongitude;
  readonly share: number;
}

export function coverRoute(
  map: CoveredTiles,
  route: readonly LatitudeLongitude[],
  footprint: Footprint,
): RouteCoverage {
  const samples = [...samplesOf(map, route, footprint)];
  const routeM = samples.at(-1)?.alongM ?? 0;
  const share = samples.reduce((sum, sample) => sum + sample.share, 0) / samples.length;
  return { routeM, share, gaps: gapsOf(samples) };
}

function* samplesOf(
  map: CoveredTiles,
  route: readonly LatitudeLongitude[],
  footprint: Footprint,
): Generator<Sample> {
  const stepM = Math.max(STEP_MIN_M, footprint.alongM / STEPS_PER_FOOTPRINT);
  let alongM = 0, hasLegs = false;
  for (let leg = 0; leg + 1 < route.length; leg++) {
    const frame = new LocalFrame({ ...route[leg], heightM: 0 });
    // The chord, below the ground in its middle: it ends where the leg does however long that is.
    const [eastM, northM, upM] = frame.localFromWgs({ ...route[leg + 1], heightM: 0 });
    const lengthM = Math.hypot(eastM, northM, upM);
    if (lengthM === 0) continue;
    hasLegs = true;
    const steps = Math.max(1, Math.ceil(lengthM / stepM));
    const acrossM = Math.hypot(eastM, northM);
    const course = { east: eastM / acrossM, north: northM / acrossM };
    // A corner belongs to both of its legs: the camera turns over it.
    for (let i = 0; i <= steps; i++) {
      const part = i / steps;
      const place = frame.wgsFromLocal([part * eastM, part * northM, part * upM]);
      const share = viewShare(map, place, course, footprint);
      yield { alongM: alongM + part * lengthM, place, share };
    }
    alongM += lengthM;
  }
  if (hasLegs) return;
  // It hovers.
  const [place] = route;
  yield { alongM, place, share: viewShare(map, place, { east: 0, north: 1 }, footprint) };
}

/** Of a footprint whose upper edge looks along the course. */
function viewShare(
  map: CoveredTiles,
  place: LatitudeLongitude,
  course: { readonly east: number; readonly north: number },
  { acrossM, alongM }: Footprint,
): number {
  const middle = worldPixelFromWgs(place, map.zoom);
  const tilesAround = 2 ** map.zoom;
  const perPixelM = groundSampleDistanceM(place.latitudeDeg, map.zoom);
  let sum = 0;
  for (let row = 0; row < GRID; row++) {
    const ahead = ((row + 0.5) / GRID - 0.5) * alongM;
    for (let column = 0; column < GRID; column++) {
      const right = ((column + 0.5) / GRID - 0.5) * acrossM;
      const east = ahead * course.east + right * course.north;
      const north = ahead * course.north - right * course.east;
      const x = Math.floor((middle.x + east / perPixelM) / TILE_SIZE_PX);
      const y = Math.floor((middle.y - north / perPixelM) / TILE_SIZE_PX);
      // West of the antimeridian lies the map's other end.
      sum += map.coverageOf((x + tilesAround) % tilesAround, y);
    }
  }
  return sum / (GRID * GRID);
}

/** From the last view that is on the map to the next one. */
function gapsOf(samples: readonly Sample[]): RouteGap[] {
  const gaps: RouteGap[] = [];
  for (let i = 0; i < samples.length;) {
    if (samples[i].share >= VIEW_SHARE_MIN) {
      i++;
      continue;
    }
    let end = i;
    while (end < samples.length && samples[end].share < VIEW_SHARE_MIN) end++;
    const from = samples[Math.max(0, i - 1)], to = samples[Math.min(end, samples.length - 1)];
    const lengthM = to.alongM - from.alongM;
    gaps.push({
      startM: from.alongM,
      lengthM,
      from: placeOf(from),
      to: placeOf(to),
      reachesEnd: end === samples.length,
      expectedErrorM: ODOMETRY_DRIFT.medianShare * lengthM,
      largestErrorM: ODOMETRY_DRIFT.largestShare * lengthM,
    });
    i = end;
  }
  return gaps;
}

/** 1e-6 degrees are a tenth of a metre. */
function placeOf({ place: { latitudeDeg, longitudeDeg } }: Sample): LatitudeLongitude {
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  return { latitudeDeg: round(latitudeDeg), longitudeDeg: round(longitudeDeg) };
}

const FIELD_OF_VIEW_DEFAULT_DEG = 60;
const ASPECT_DEFAULT = 3 / 4;

/** Straight down; without a calibration of a camera of 60°, 4:3. */
export function footprintOf(
  aglM: number,
  camera: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly fxPx: number;
    readonly fyPx: number;
  } | null,
): Footprint {
  if (camera !== null) {
    return {
      acrossM: aglM * camera.widthPx / camera.fxPx,
      alongM: aglM * camera.heightPx / camera.fyPx,
    };
  }
  const acrossM = 2 * aglM * Math.tan(radiansFromDegrees(FIELD_OF_VIEW_DEFAULT_DEG) / 2);
  return { acrossM, alongM: ASPECT_DEFAULT * acrossM };
}
