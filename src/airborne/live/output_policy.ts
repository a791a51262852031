/**
 * What the flight controller is told: the estimate, predicted to the moment of sending, with a quality
 * and accuracies that say no more than what is known.
 *
 * | state | quality | horizontal accuracy |
 * | --- | --- | --- |
 * | no estimate, or none younger than 250 ms | none | 999 m |
 * | nothing but the IMU for 30 s in flight, or a 95 % semi-axis over 500 m | none | 999 m |
 * | a velocity that is not known: 1 sigma over 10 m/s | none | 999 m |
 * | 95 % semi-axis over 200 m | 2d | as estimated |
 * | otherwise | 3d | as estimated |
 *
 * @module
 */
import {
  type Clock,
  horizontalCovarianceM2,
  type LocalFrame,
  type MonotonicNs,
  quaternionMultiply,
  type Vector3,
} from "../../core/mod.ts";
import type { PositionOutput } from "../../flight/flight_controller/mod.ts";
import type { StateEstimate } from "../../navigation/state_estimator/mod.ts";
import type { LiveConfig } from "./config.ts";

/** What a receiver says that knows nothing. */
const UNKNOWN_ACCURACY_M = 999;
const UNKNOWN_SPEED_MPS = 99;

/** Why a position is not sent as a good one; empty for a good one. */
export type Withheld = "" | "no_estimate" | "stale" | "blackout" | "covariance" | "velocity";

interface OutputSituation {
  readonly estimate: StateEstimate | null;
  readonly nowNs: MonotonicNs;
  /** How long nothing but the IMU has carried the estimate in flight, seconds. */
  readonly unaidedS: number;
}

interface HonestOutput {
  readonly output: PositionOutput;
  readonly withheld: Withheld;
}

interface PolicyParts {
  readonly config: LiveConfig;
  readonly localFrame: LocalFrame;
  readonly mslM: (heightM: number) => number;
  /** UTC of a moment, null while no clock could be checked. */
  readonly utc: (at: MonotonicNs) => Date | null;
}

export class OutputPolicy {
  readonly #parts: PolicyParts;
  /** Sent with `none`: a receiver that has lost its fix repeats its last place, too. */
  #last: PositionOutput | null = null;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  decide(situation: OutputSituation): HonestOutput {
    const withheld = this.#withheld(situation);
    const { estimate, nowNs } = situation;
    if (estimate === null || withheld === "stale") {
      return { withheld, output: this.#unknown(nowNs) };
    }
    const predicted = this.#predicted(estimate, nowNs);
    if (withheld === "") {
      this.#last = predicted;
      return { withheld, output: predicted };
    }
    return { withheld, output: { ...predicted, ...NOTHING_KNOWN } };
  }

  #withheld({ estimate, nowNs, unaidedS }: OutputSituation): Withheld {
    const { staleAfterMs, blackoutS, axisMaxM, speedSigmaMaxMps } = this.#parts.config;
    if (estimate === null) return "no_estimate";
    if (nowNs - estimate.timeNs > staleAfterMs * 1e6) return "stale";
    if (unaidedS > blackoutS) return "blackout";
    if (estimate.horizontal95M > axisMaxM) return "covariance";
    return speedSigmaMps(estimate) > speedSigmaMaxMps ? "velocity" : "";
  }

  #predicted(estimate: StateEstimate, nowNs: MonotonicNs): PositionOutput {
    const { localFrame, mslM, config } = this.#parts;
    // An IMU sample that the clock mapping puts into the future is as good as one of now.
    const aheadS = Math.max(0, (nowNs - estimate.timeNs) * 1e-9);
    const { positionLocalM: p, velocityLocalMps: v } = estimate;
    const position = localFrame.wgsFromLocal([
      p[0] + v[0] * aheadS,
      p[1] + v[1] * aheadS,
      p[2] + v[2] * aheadS,
    ]);
    const sigmaHorizontalM = Math.sqrt(majorVariance(horizontalCovarianceM2(estimate.covariance)));
    const convergenceRad = localFrame.convergenceRad(position);
    const quality = estimate.horizontal95M > config.axis2dM ? "2d" : "3d";
    return {
      timeNs: nowNs,
      measuredNs: estimate.timeNs,
      utc: this.#parts.utc(nowNs),
      quality,
      position,
      heightMslM: mslM(position.heightM),
      velocityEnuMps: toTrueNorth(v, convergenceRad),
      enuFromBody: quaternionMultiply(
        [Math.cos(convergenceRad / 2), 0, 0, -Math.sin(convergenceRad / 2)],
        estimate.localFromBody,
      ),
      sigmaHorizontalM,
      sigmaVerticalM: Math.sqrt(estimate.covariance[2 * 6 + 2]),
      sigmaSpeedMps: speedSigmaMps(estimate),
      headingRad: null,
      smoothed: estimate.smoothed,
    };
  }

  #unknown(nowNs: MonotonicNs): PositionOutput {
    const last = this.#last;
    return {
      timeNs: nowNs,
      measuredNs: last?.measuredNs ?? nowNs,
      utc: this.#parts.utc(nowNs),
      position: last?.position ?? null,
      heightMslM: last?.heightMslM ?? 0,
      velocityEnuMps: last?.velocityEnuMps ?? [0, 0, 0],
      enuFromBody: last?.enuFromBody ?? null,
      headingRad: null,
      smoothed: false,
      ...NOTHING_KNOWN,
    };
  }
}

const NOTHING_KNOWN = {
  quality: "none",
  sigmaHorizontalM: UNKNOWN_ACCURACY_M,
  sigmaVerticalM: UNKNOWN_ACCURACY_M,
  sigmaSpeedMps: UNKNOWN_SPEED_MPS,
} as const;

/** Of the horizontal velocity in its worst direction. */
function speedSigmaMps({ velocityCovariance: c }: StateEstimate): number {
  return Math.sqrt(majorVariance([c[0], c[1], c[4]]));
}

/** The larger eigenvalue of [xx, xy, yy]. */
function majorVariance([xx, xy, yy]: readonly [number, number, number]): number {
  return (xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy);
}

/** From the map's grid to true north; `convergenceRad`: heading = grid heading + it. */
function toTrueNorth([east, north, up]: Vector3, convergenceRad: number): Vector3 {
  const cos = Math.cos(convergenceRad), sin = Math.sin(convergenceRad);
  return [east * cos + north * sin, north * cos - east * sin, up];
}

/** The moment of a clock that was checked against another one; nothing until then. */
export class CheckedUtc {
  readonly #clock: Clock;
  readonly #agreementMs: number;
  #checked = false;

  constructor(clock: Clock, agreementMs = 1000) {
    this.#clock = clock;
    this.#agreementMs = agreementMs;
  }

  /** The controller's UTC as it was received; it counts only while its GPS is trusted. */
  observe(controllerUtcMs: number, receivedNs: MonotonicNs): void {
    const differenceMs = Math.abs(this.#clock.utc(receivedNs).getTime() - controllerUtcMs);
    if (differenceMs <= this.#agreementMs) this.#checked = true;
  }

  at(timeNs: MonotonicNs): Date | null {
    return this.#checked ? this.#clock.utc(timeNs) : null;
  }
}
