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
}

/** `fuse`, `skip` (no fault of GPS: no fix yet), or `demote` with its reason. */
type GpsVerdict =
  | { readonly action: "fuse" }
  | { readonly action: "skip" | "demote"; readonly reason: string };

export class GpsTrust {
  readonly #config: EskfConfig["gps"];
  #state: "absent" | "trusted" | "demoted" = "absent";
  #reason = "no sample yet";
  #spoofed = false;
  #innovations = 0;
  #previous: { timeNs: number; positionLocalM: Vector3; velocity: Vector3 } | undefined;

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
    const doubt = this.#doubt(sample, context);
    if (this.#state === "demoted") return { action: "skip", reason: `demoted: ${this.#reason}` };
    if (doubt !== undefined) return this.#demote(doubt);
    if (sample.fix === "none" || sample.satellites < this.#config.satellitesMin) {
      return { action: "skip", reason: "GPS has no fix, or too few satellites" };
    }
    this.#state = "trusted";
    this.#reason = "";
    return { action: "fuse" };
  }

  /** What the filter made of a sample that it was given; may demote. */
  observeOutcome(fused: boolean): void {
    this.#innovations = fused ? 0 : this.#innovations + 1;
    if (this.#state === "trusted" && this.#innovations >= this.#config.innovationsMax) {
      this.#demote(`${this.#innovations} innovations in a row beyond the gate`);
    }
  }

  /** The spoof-promotion gate has let GPS back. */
  promote(): void {
    this.#state = "trusted";
    this.#reason = "";
    this.#innovations = 0;
  }

  #demote(reason: string): GpsVerdict {
    this.#state = "demoted";
    this.#reason = reason;
    return { action: "demote", reason };
  }

  #doubt(sample: GpsSample, context: GpsContext): string | undefined {
    if (sample.integrity === "spoofed" || sample.integrity === "jammed") {
      return `the controller reports GPS ${sample.integrity}`;
    }
    if (sample.fix === "none") {
      this.#previous = undefined;
      return undefined;
    }
    const previous = this.#previous, p = context.positionLocalM, v = sample.velocityLocalMps;
    this.#previous = { timeNs: sample.timeNs, positionLocalM: p, velocity: v };
    const config = this.#config;
    if (Math.hypot(v[0], v[1], v[2]) > config.speedMaxMps) return "a speed beyond the aircraft's";
    const baro = context.baroHeightM;
    if (sample.fix === "3d" && baro !== undefined) {
      const difference = Math.abs(p[2] - baro);
      if (difference > config.baroDifferenceMaxM) {
        return `its height is ${difference.toFixed(0)} m off the barometer`;
      }
    }
    return previous === undefined ? undefined : this.#jump(previous, sample.timeNs, p, v);
  }

  #jump(
    previous: { timeNs: number; positionLocalM: Vector3; velocity: Vector3 },
    timeNs: number,
    p: Vector3,
    v: Vector3,
  ): string | undefined {
    const dt = (timeNs - previous.timeNs) * 1e-9;
    if (!(dt > 0) || dt > 5) return undefined;
    const east = p[0] - previous.positionLocalM[0] - 0.5 * (v[0] + previous.velocity[0]) * dt;
    const north = p[1] - previous.positionLocalM[1] - 0.5 * (v[1] + previous.velocity[1]) * dt;
    const jump = Math.hypot(east, north);
    return jump > this.#config.jumpMaxM ? `a jump of ${jump.toFixed(0)} m` : undefined;
  }
}
