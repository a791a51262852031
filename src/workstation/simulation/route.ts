/**
 * Makes the route of a flight: legs between random points with rounded corners, inside a box.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";

/** A rectangle of the local frame, metres. */
export interface LocalBox {
  readonly westM: number;
  readonly southM: number;
  readonly eastM: number;
  readonly northM: number;
}

interface RoutePoint {
  readonly eastM: number;
  readonly northM: number;
}

/** A line over the ground, sampled every `spacingM`. */
export interface Route {
  readonly spacingM: number;
  readonly points: readonly RoutePoint[];
}

const SPACING_M = 2;
const CANDIDATES = 240;
/** Largest turn at a corner. */
const TURN_MAX_RAD = 2.1;

/**
 * A route of at least `lengthM` with corners of `radiusM` (less where the box forces it). Legs are
 * as long as the box and the length allow, and prefer ground that was not flown over yet.
 */
export function planRoute(
  random: Random,
  options: { box: LocalBox; lengthM: number; radiusM: number },
): Route {
  const { box, lengthM, radiusM } = options;
  const span = Math.min(box.eastM - box.westM, box.northM - box.southM);
  const legMaxM = Math.max(span, Math.min(lengthM / 4, 6000));
  const corners: RoutePoint[] = [randomPoint(random, box)];
  let plannedM = 0;
  while (plannedM < lengthM + 2 * legMaxM) {
    const next = nextCorner(random, corners, { box, radiusM, legMaxM });
    plannedM += distance(corners[corners.length - 1], next);
    corners.push(next);
  }
  return { spacingM: SPACING_M, points: rounded(corners, radiusM) };
}

function nextCorner(
  random: Random,
  corners: readonly RoutePoint[],
  limits: { box: LocalBox; radiusM: number; legMaxM: number },
): RoutePoint {
  let best = randomPoint(random, limits.box);
  let bestScore = -Infinity;
  for (let i = 0; i < CANDIDATES; i++) {
    const candidate = randomPoint(random, limits.box);
    const score = cornerScore(candidate, corners, limits) + 0.4 * random.uniform();
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

/**
 * Larger is better; legs that cannot hold their rounded corners are penalised by the missing
 * length.
 */
function cornerScore(
  candidate: RoutePoint,
  corners: readonly RoutePoint[],
  limits: { radiusM: number; legMaxM: number },
): number {
  const last = corners[corners.length - 1];
  const leg = distance(last, candidate);
  const before = corners[corners.length - 2];
  const turn = before === undefined ? 0 : turnRad(before, last, candidate);
  const tangent = limits.radiusM * Math.tan(Math.min(turn, TURN_MAX_RAD) / 2);
  // Space for this corner and for a right angle at the far end.
  const missing = Math.max(0, tangent + limits.radiusM - leg) / limits.radiusM +
    (before === undefined ? 0 : Math.max(0, tangent - distance(before, last) / 2) / limits.radiusM);
  const tooLong = Math.max(0, leg / limits.legMaxM - 1);
  const sharp = Math.max(0, turn - TURN_MAX_RAD);
  const recent = corners.slice(-12);
  const newGround = Math.min(...recent.map((corner) => distance(corner, candidate)));
  return newGround / limits.legMaxM + 0.5 * Math.min(1, leg / limits.legMaxM) -
    10 * (missing + sharp + tooLong);
}

function turnRad(a: RoutePoint, b: RoutePoint, c: RoutePoint): number {
  const first = Math.atan2(b.northM - a.northM, b.eastM - a.eastM);
  const second = Math.atan2(c.northM - b.northM, c.eastM - b.eastM);
  return Math.abs(Math.atan2(Math.sin(second - first), Math.cos(second - first)));
}

function randomPoint(random: Random, box: LocalBox): RoutePoint {
  return {
    eastM: box.westM + random.uniform() * (box.eastM - box.westM),
    northM: box.southM + random.uniform() * (box.northM - box.southM),
  };
}

function distance(a: RoutePoint, b: RoutePoint): number {
  return Math.hypot(a.eastM - b.eastM, a.northM - b.northM);
}

/** Legs joined by arcs that touch both; an arc takes at most half of either leg. */
function rounded(corners: readonly RoutePoint[], radiusM: number): RoutePoint[] {
  const points: RoutePoint[] = [corners[0]];
  for (let i = 1; i < corners.length - 1; i++) {
    const [a, b, c] = [corners[i - 1], corners[i], corners[i + 1]];
    const turn = turnRad(a, b, c);
    if (turn < 0.01) {
      lineTo(points, b);
      continue;
    }
    const tangentM = Math.min(
      radiusM * Math.tan(turn / 2),
      0.49 * distance(a, b),
      0.49 * distance(b, c),
    );
    const start = towards(b, a, tangentM), end = towards(b, c, tangentM);
    lineTo(points, start);
    arcTo(points, start, b, end);
  }
  lineTo(points, corners[corners.length - 1]);
  return points;
}

function towards(from: RoutePoint, to: RoutePoint, lengthM: number): RoutePoint {
  const share = lengthM / distance(from, to);
  return {
    eastM: from.eastM + share * (to.eastM - from.eastM),
    northM: from.northM + share * (to.northM - from.northM),
  };
}

function lineTo(points: RoutePoint[], to: RoutePoint): void {
  const from = points[points.length - 1];
  const length = distance(from, to);
  for (let s = SPACING_M; s <= length; s += SPACING_M) points.push(towards(from, to, s));
}

/** A circular arc from `start` to `end`, tangent to the legs that meet at `corner`. */
function arcTo(
  points: RoutePoint[],
  start: RoutePoint,
  corner: RoutePoint,
  end: RoutePoint,
): void {
  const inAngle = Math.atan2(corner.northM - start.northM, corner.eastM - start.eastM);
  const outAngle = Math.atan2(end.northM - corner.northM, end.eastM - corner.eastM);
  const turn = Math.atan2(Math.sin(outAngle - inAngle), Math.cos(outAngle - inAngle));
  const radius = distance(start, corner) / Math.tan(Math.abs(turn) / 2);
  const side = Math.sign(turn);
  const centreEast = start.eastM - side * radius * Math.sin(inAngle);
  const centreNorth = start.northM + side * radius * Math.cos(inAngle);
  const steps = Math.max(1, Math.round((radius * Math.abs(turn)) / SPACING_M));
  for (let i = 1; i <= steps; i++) {
    const angle = inAngle + (turn * i) / steps;
    points.push({
      eastM: centreEast + side * radius * Math.sin(angle),
      northM: centreNorth - side * radius * Math.cos(angle),
    });
  }
}

/** Follows a route: remembers the point passed last and looks ahead from it. */
export class RouteFollower {
  readonly #route: Route;
  #index = 0;

  constructor(route: Route) {
    this.#route = route;
  }

  /** The point of the route `lookaheadM` past the one nearest to the aircraft. */
  aim(eastM: number, northM: number, lookaheadM: number): RoutePoint {
    const { points, spacingM } = this.#route;
    const last = Math.min(points.length - 1, this.#index + Math.ceil(60 / spacingM));
    let best = Infinity;
    for (let i = this.#index, nearest = i; i <= last; i++) {
      const d = Math.hypot(points[i].eastM - eastM, points[i].northM - northM);
      if (d < best) [best, nearest] = [d, i];
      if (i === last) this.#index = nearest;
    }
    const ahead = this.#index + Math.round(lookaheadM / spacingM);
    return points[Math.min(points.length - 1, ahead)];
  }
}
