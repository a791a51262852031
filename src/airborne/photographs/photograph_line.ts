/**
 * The line of one photograph, for `--json` and for everything that is made of it.
 *
 * @module
 */
import {
  degreesFromRadians,
  horizontalCovarianceM2,
  type LocalFrame,
  upVarianceM2,
} from "../../core/mod.ts";
import type { PhotographEvent, PositionTag } from "../../flight/replay/mod.ts";
import type { PoseFix } from "../../navigation/pose/mod.ts";
import type { PhotographLine } from "../json_lines.ts";
import type { PhotographLocation } from "./locate_photograph.ts";

interface LineContext {
  readonly localFrame: LocalFrame;
  /** 1 sigma of the map's own position. */
  readonly mapSigmaM: number;
  /** GPS as tagged; null: none. */
  readonly positionTag: PositionTag | null;
}

/** What it took until now. */
export type LineCost = Pick<PhotographLine, "latencyMs" | "stages">;

/** A photograph that is not located has no position, and none of what belongs to one. */
export function photographLine(
  event: PhotographEvent,
  { location, carried = null }: PhotographLocation,
  context: LineContext,
  cost: LineCost,
): PhotographLine {
  const { fix, reason, margin, score, inliers } = location;
  const place = fix === null ? NOWHERE : placeOf(fix, context);
  const { latitudeDeg, longitudeDeg, heightM } = place;
  return {
    type: "frame",
    name: event.name.split("/").at(-1)!,
    flight: event.flight,
    capturedAt: event.capturedAt?.toISOString() ?? null,
    sequence: event.frame.sequence,
    timeNs: event.frame.exposureMidNs,
    ...place,
    velocityEnuMps: [0, 0, 0],
    // A photograph's own attitude is all that is known of the camera.
    mountingErrorRad: [0, 0, 0],
    label: fix === null
      ? "dead_reckoned"
      : carried === null
      ? "satellite_anchored"
      : "visual_propagated",
    anchorAgeS: fix === null || carried !== null ? null : 0,
    vioRegistered: false,
    vioState: "initialising",
    fix: {
      accepted: fix !== null,
      reason,
      latitudeDeg,
      longitudeDeg,
      heightM,
      margin,
      score,
      inliers,
      global: location.method !== "prior",
      headingDeg: fix === null ? null : headingDeg(fix),
    },
    tiltDeg: fix === null ? event.attitude?.tiltDeg ?? null : tiltDeg(fix),
    tagDistanceM: tagDistanceM(place, context),
    tagAtExposureM: null,
    carriedFrom: carried?.from ?? null,
    carriedLinks: carried?.links ?? 0,
    latencyMs: cost.latencyMs,
    stages: cost.stages,
  };
}

/** With what a further look at it took. */
export function withCost(line: PhotographLine, { latencyMs, stages }: LineCost): PhotographLine {
  const sum = (a: StageMs, b: StageMs): StageMs =>
    Object.fromEntries(
      Object.entries(a).map(([stage, ms]) => [stage, ms + (b[stage as keyof StageMs] ?? 0)]),
    ) as StageMs;
  return {
    ...line,
    latencyMs: line.latencyMs + latencyMs,
    stages: {
      wallMs: sum(line.stages.wallMs, stages.wallMs),
      cpuMs: sum(line.stages.cpuMs, stages.cpuMs),
    },
  };
}

type StageMs = PhotographLine["stages"]["wallMs"];

/** With an error that its own picture does not show, 1 sigma of an axis. */
export function widened(line: PhotographLine, sigmaM: number): PhotographLine {
  if (line.covarianceEnM2 === null) return line;
  const [ee, en, nn] = line.covarianceEnM2;
  const covarianceEnM2: [number, number, number] = [ee + sigmaM ** 2, en, nn + sigmaM ** 2];
  return { ...line, covarianceEnM2, horizontal95M: horizontal95M(covarianceEnM2) };
}

function horizontal95M([a, b, c]: readonly [number, number, number]): number {
  return Math.sqrt(5.991 * ((a + c) / 2 + Math.hypot((a - c) / 2, b)));
}

/** Of a photograph whose place its flight contradicts. */
export function withoutPlace(line: PhotographLine, reason: string): PhotographLine {
  const { latitudeDeg, longitudeDeg, heightM } = NOWHERE;
  return {
    ...line,
    ...NOWHERE,
    label: "dead_reckoned",
    anchorAgeS: null,
    tagDistanceM: null,
    carriedFrom: null,
    carriedLinks: 0,
    fix: {
      ...line.fix,
      accepted: false,
      reason,
      latitudeDeg,
      longitudeDeg,
      heightM,
      headingDeg: null,
    },
  };
}

const NOWHERE = {
  latitudeDeg: null,
  longitudeDeg: null,
  heightM: null,
  covarianceEnM2: null,
  sigmaUpM: null,
  horizontal95M: null,
  localFromBody: null,
} as const;

function placeOf(fix: PoseFix, { localFrame, mapSigmaM }: LineContext) {
  const { posterior } = fix;
  const [ee, en, nn] = horizontalCovarianceM2(posterior.covariance);
  const covarianceEnM2: [number, number, number] = [
    ee + mapSigmaM ** 2,
    en,
    nn + mapSigmaM ** 2,
  ];
  return {
    ...localFrame.wgsFromLocal(posterior.positionLocalM),
    covarianceEnM2,
    sigmaUpM: Math.sqrt(upVarianceM2(posterior.covariance)),
    horizontal95M: horizontal95M(covarianceEnM2),
    localFromBody: [...posterior.localFromBody] as [number, number, number, number],
  };
}

/** Clockwise from north to the top of the picture. */
function headingDeg(fix: PoseFix): number {
  const [, east, , , north] = fix.localFromCamera;
  return (degreesFromRadians(Math.atan2(-east, -north)) + 360) % 360;
}

function tiltDeg({ localFromCamera }: PoseFix): number {
  return degreesFromRadians(Math.acos(Math.min(1, Math.max(-1, -localFromCamera[8]))));
}

function tagDistanceM(
  place: { readonly latitudeDeg: number | null; readonly longitudeDeg: number | null },
  { localFrame, positionTag }: LineContext,
): number | null {
  if (positionTag === null || place.latitudeDeg === null || place.longitudeDeg === null) {
    return null;
  }
  const heightM = localFrame.origin.heightM;
  const [eastM, northM] = localFrame.localFromWgs({
    latitudeDeg: place.latitudeDeg,
    longitudeDeg: place.longitudeDeg,
    heightM,
  });
  const [tagEastM, tagNorthM] = localFrame.localFromWgs({ ...positionTag, heightM });
  return Math.hypot(tagEastM - eastM, tagNorthM - northM);
}
