/**
 * One frame's outcome as the line that `--json` prints and as records for the recorder.
 *
 * @module
 */
import {
  degreesFromRadians,
  horizontalCovarianceM2,
  type LocalFrame,
  rollPitchYaw,
  upVarianceM2,
} from "../core/mod.ts";
import type { FdrPayload } from "../flight/flight_recorder/mod.ts";
import type { StateEstimate } from "../navigation/state_estimator/mod.ts";
import type { FrameOutcome } from "./navigator.ts";
import type { FrameLine } from "./json_lines.ts";
import type { EstimateLine } from "./log_lines.ts";

export function frameLine(outcome: FrameOutcome, localFrame: LocalFrame): FrameLine {
  const { estimate, location, vio } = outcome;
  const position = localFrame.wgsFromLocal(estimate.positionLocalM);
  return {
    type: "frame",
    sequence: outcome.sequence,
    timeNs: outcome.timeNs,
    ...position,
    covarianceEnM2: horizontalCovarianceM2(estimate.covariance),
    sigmaUpM: Math.sqrt(upVarianceM2(estimate.covariance)),
    horizontal95M: estimate.horizontal95M,
    velocityEnuMps: [...estimate.velocityLocalMps],
    localFromBody: [...estimate.localFromBody],
    mountingErrorRad: [...estimate.mountingErrorRad],
    label: estimate.label,
    anchorAgeS: Number.isFinite(estimate.anchorAgeS) ? estimate.anchorAgeS : null,
    vioRegistered: vio.motion !== null,
    vioState: vio.state,
    fix: {
      accepted: outcome.fixOutcome?.fused ?? false,
      reason: outcome.reason,
      ...fixPosition(outcome, localFrame),
      margin: location.margin,
      score: location.score,
      inliers: location.inliers,
      global: location.method !== "prior",
    },
    latencyMs: outcome.latencyMs,
    stages: outcome.stages,
  };
}

function fixPosition(
  outcome: FrameOutcome,
  localFrame: LocalFrame,
): Pick<FrameLine["fix"], "latitudeDeg" | "longitudeDeg" | "heightM" | "headingDeg"> {
  const { fix } = outcome.location;
  if (fix === null) {
    return { latitudeDeg: null, longitudeDeg: null, heightM: null, headingDeg: null };
  }
  const headingDeg = degreesFromRadians(rollPitchYaw(fix.posterior.localFromBody).yawRad);
  return {
    ...localFrame.wgsFromLocal(fix.posterior.positionLocalM),
    headingDeg: (headingDeg + 360) % 360,
  };
}

/** Payload of `nav.fix`. */
export function fixRecord(outcome: FrameOutcome, line: FrameLine): FdrPayload<"nav.fix"> {
  const { latitudeDeg, longitudeDeg, heightM, accepted, reason, margin, score, inliers, global } =
    line.fix;
  return {
    sequence: outcome.sequence,
    exposureMidNs: outcome.timeNs,
    accepted,
    reason,
    latitudeDeg,
    longitudeDeg,
    heightM,
    margin,
    score,
    inliers,
    global,
    ...(outcome.location.fix === null
      ? {}
      : { covariance: [...outcome.location.fix.posterior.covariance] }),
    ...(outcome.fixOutcome === null || !Number.isFinite(outcome.fixOutcome.testRatio)
      ? {}
      : { testRatio: outcome.fixOutcome.testRatio }),
  };
}

/** What lines and records of an estimate say of its position and motion. */
export function motionFields(
  estimate: StateEstimate,
  localFrame: LocalFrame,
): Omit<EstimateLine, "type" | "timeNs" | "gps"> {
  return {
    ...localFrame.wgsFromLocal(estimate.positionLocalM),
    covarianceEnM2: horizontalCovarianceM2(estimate.covariance),
    sigmaUpM: Math.sqrt(upVarianceM2(estimate.covariance)),
    horizontal95M: estimate.horizontal95M,
    velocityEnuMps: [...estimate.velocityLocalMps],
    localFromBody: [...estimate.localFromBody],
    label: estimate.label,
  };
}

/** Payload of `nav.smoothed`. */
export function smoothedRecord(
  estimate: StateEstimate,
  localFrame: LocalFrame,
): FdrPayload<"nav.smoothed"> {
  return {
    validNs: estimate.timeNs,
    ...motionFields(estimate, localFrame),
    anchorAgeS: Number.isFinite(estimate.anchorAgeS) ? estimate.anchorAgeS : null,
    covariance: [...estimate.covariance],
  };
}

/** Payload of `nav.state`. */
export function stateRecord(outcome: FrameOutcome, line: FrameLine): FdrPayload<"nav.state"> {
  return {
    sequence: outcome.sequence,
    validNs: outcome.timeNs,
    latitudeDeg: line.latitudeDeg,
    longitudeDeg: line.longitudeDeg,
    heightM: line.heightM,
    covarianceEnM2: line.covarianceEnM2,
    sigmaUpM: line.sigmaUpM,
    horizontal95M: line.horizontal95M,
    velocityEnuMps: line.velocityEnuMps,
    localFromBody: line.localFromBody,
    label: line.label,
    anchorAgeS: line.anchorAgeS,
    latencyMs: line.latencyMs,
    stageWallMs: line.stages.wallMs,
    stageCpuMs: line.stages.cpuMs,
  };
}
