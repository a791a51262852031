/**
 * Whether the flight controller's GPS is a measurement: trusted until it is reported jammed or
 * spoofed, or contradicts physics, the barometer or the filter; then demoted until the
 * spoof-promotion gate lets it back.
 *
 * @module
 */
import type { Vector3 } from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { GpsSample } from "../contract.ts";

interface GpsContext {
  readonly positionLocalM: Vector3;
  /** Newest barometric height in the local frame, if any. */
  readonly baroHeightM: number | undefined;
  /** Of the newest IMU sample; -1 before the first. */
  readonly newestNs: number;
  /** Where the filter is at the sample's moment, and its 95 % radius; undefined where not known. */
  estimate(): { readonly positionLocalM: Vector3; readonly horizontal95M: number } | undefined;
}

/**
 * What ended the trust: samples that the filter was given and that contradict it (wrong), one that it
 * was spared (implausible), the controller's report of spoofing, or (lost) that there is no signal.
 */
export type GpsFault = "wrong" | "implausible" | "reported_spoofed" | "lost";

/** `fuse`, `skip` (no fault of GPS: no fix yet), or `demote` with its reason. */
type GpsVerdict =
  | { readonly action: "fuse" }
  | { readonly action: "skip"; readonly reason: string }
  | { readonly action: "demote"; readonly reason: string; readonly how: GpsFault };

interface Previous {
  readonly timeNs: number;
  readonly positionLocalM: Vector3;
  readonly velocity: Vector3;
  /** Where the filter was when this very position came first, if it has come again. */
  readonly repeatedFromM?: Vector3;
}

export class GpsTrust {
  readonly #config: EskfConfig["gps"];
  #state: "absent" | "trusted" | "demoted" = "absent";
  #reason = "no sample yet";
  #spoofed = false;
  #innovations = 0;
  #previous: Previous | undefined;
  /** The least that a sample was older than the IMU. */
  #behindMinNs = Infinity;

  constructor(config: EskfConfig["gps"]) {
    this.#config = config;
  }

  get state(): "absent" | "trusted" | "demoted" {
    return this.#state;
  }
  get reason(): string {
    return this.#reason;
  }
  /** The newest sample was reported spoofed. */
  get spoofed(): boolean {
    return this.#spoofed;
  }

  judge(sample: GpsSample, context: GpsContext): GpsVerdict {
    this.#spoofed = sample.integrity === "spoofed";
    const fault = this.#reported(sample);
    const doubt = fault === undefined ? this.#doubt(sample, context) : undefined;
    if (this.#state === "demoted") return { action: "skip", reason: `demoted: ${this.#reason}` };
    if (fault !== undefined) {
      const reason = `the controller reports GPS ${sample.integrity}`;
      this.demote(reason);
      return { action: "demote", reason, how: fault };
    }
    if (doubt !== undefined) {
      this.demote(doubt);
      return { action: "demote", reason: doubt, how: "implausible" };
    }
    if (sample.fix === "none" || sample.satellites < this.#config.satellitesMin) {
      return { action: "skip", reason: "GPS has no fix, or too few satellites" };
    }
    if (this.#state === "absent") {
      this.#state = "trusted";
      this.#reason = "";
    }
    return { action: "fuse" };
  }

  /** What the filter made of a sample that it was given; may demote. */
  observeOutcome(fused: boolean): void {
    this.#innovations = fused ? 0 : this.#innovations + 1;
    if (this.#state === "trusted" && this.#innovations >= this.#config.innovationsMax) {
      this.demote(`${this.#innovations} innovations in a row beyond the gate`);
    }
  }

  /** Still trusted, but not fused for now; "": no doubt. */
  doubt(reason: string): void {
    this.#reason = reason;
  }

  /** The spoof-promotion gate has let GPS back. */
  promote(): void {
    this.#state = "trusted";
    this.#reason = "";
    this.#innovations = 0;
  }

  demote(reason: string): void {
    this.#state = "demoted";
    this.#reason = reason;
    this.#innovations = 0;
  }

  #reported({ integrity }: GpsSample): GpsFault | undefined {
    if (integrity === "spoofed") return "reported_spoofed";
    return integrity === "jammed" ? "lost" : undefined;
  }

  #doubt(sample: GpsSample, context: GpsContext): string | undefined {
    if (sample.fix === "none") {
      this.#previous = undefined;
      return undefined;
    }
    const config = this.#config, previous = this.#previous;
    const staleS = this.#staleS(sample.timeNs, context.newestNs);
    if (staleS > config.staleMaxS) return `its time stands still for ${staleS.toFixed(1)} s`;
    // GPS_RAW_INT tells the same fix several times.
    if (previous?.timeNs === sample.timeNs) return undefined;
    const p = context.positionLocalM, v = sample.velocityLocalMps;
    const frozen = this.#noteAndCompare(sample, context);
    if (frozen !== undefined) return frozen;
    const up = sample.hasVerticalVelocity === false ? 0 : v[2];
    if (Math.hypot(v[0], v[1], up) > config.speedMaxMps) return "a speed beyond the aircraft's";
    const baro = context.baroHeightM;
    if (sample.fix === "3d" && baro !== undefined) {
      const difference = Math.abs(p[2] - baro);
      if (difference > config.baroDifferenceMaxM) {
        return `its height is ${difference.toFixed(0)} m off the barometer`;
      }
    }
    return previous === undefined ? undefined : this.#leap(previous, sample.timeNs, p, v);
  }

  /** How much older than the IMU's newest sample it is, against the least that GPS ever was. */
  #staleS(timeNs: number, newestNs: number): number {
    if (newestNs < 0) return 0;
    const behindNs = newestNs - timeNs;
    this.#behindMinNs = Math.min(this.#behindMinNs, behindNs);
    return (behindNs - this.#behindMinNs) * 1e-9;
  }

  /** Makes this sample the previous one; a reason where its position has stood still for too long. */
  #noteAndCompare(sample: GpsSample, context: GpsContext): string | undefined {
    const previous = this.#previous, { positionLocalM } = context;
    const noted = { timeNs: sample.timeNs, positionLocalM, velocity: sample.velocityLocalMps };
    this.#previous = noted;
    if (previous === undefined) return undefined;
    if (!positionLocalM.every((value, axis) => value === previous.positionLocalM[axis])) {
      return undefined;
    }
    const estimate = context.estimate();
    if (estimate === undefined) return undefined;
    const here = estimate.positionLocalM;
    const from = previous.repeatedFromM ?? here;
    this.#previous = { ...noted, repeatedFromM: from };
    const movedM = Math.hypot(here[0] - from[0], here[1] - from[1]);
    // A hole in the IMU's samples moves the filter too, and it knows.
    return movedM > this.#config.frozenMaxM + estimate.horizontal95M
      ? `its position stands still while the aircraft moved ${movedM.toFixed(0)} m`
      : undefined;
  }

  /** Between two samples: a step of the position or of the velocity that nothing flies. */
  #leap(previous: Previous, timeNs: number, p: Vector3, v: Vector3): string | undefined {
    const dt = (timeNs - previous.timeNs) * 1e-9;
    if (!(dt > 0) || dt > 5) return undefined;
    const east = p[0] - previous.positionLocalM[0] - 0.5 * (v[0] + previous.velocity[0]) * dt;
    const north = p[1] - previous.positionLocalM[1] - 0.5 * (v[1] + previous.velocity[1]) * dt;
    const jump = Math.hypot(east, north);
    if (jump > this.#config.jumpMaxM) return `a jump of ${jump.toFixed(0)} m`;
    const change = Math.hypot(v[0] - previous.velocity[0], v[1] - previous.velocity[1]);
    return change > this.#config.accelerationMaxMps2 * Math.max(dt, 0.15)
      ? `a change of ${change.toFixed(0)} m/s in ${dt.toFixed(1)} s`
      : undefined;
  }
}
