/**
 * When demoted GPS may be trusted again: healthy reports for the dwell time, agreement with the next
 * accepted satellite fix, and a bounded distance to the estimate. A rejected sample starts the dwell
 * time anew.
 *
 * @module
 */
import type { Vector3 } from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { GpsSample } from "../contract.ts";

interface PromotionDecision {
  readonly accepted: boolean;
  readonly reason: string;
  /** Horizontal distance to the estimate, metres. */
  readonly deltaM: number;
}

export class SpoofPromotionGate {
  readonly #config: EskfConfig["promotion"];
  readonly #satellitesMin: number;
  #healthySinceNs: number | undefined;
  #consistent = false;
  #last: { timeNs: number; position: Vector3; velocity: Vector3; sigmaM: number } | undefined;

  constructor(config: EskfConfig["promotion"], satellitesMin: number) {
    this.#config = config;
    this.#satellitesMin = satellitesMin;
  }

  /** Forgets everything: GPS was demoted just now. */
  reset(): void {
    this.#healthySinceNs = undefined;
    this.#consistent = false;
    this.#last = undefined;
  }

  /**
   * One sample of demoted GPS, where the estimator is at that moment, and whether they contradict
   * each other by what is known of both.
   */
  observeSample(
    sample: GpsSample,
    positionLocalM: Vector3,
    estimateLocalM: Vector3,
    contradicts: boolean,
  ): PromotionDecision {
    const deltaM = Math.hypot(
      positionLocalM[0] - estimateLocalM[0],
      positionLocalM[1] - estimateLocalM[1],
    );
    // Most controllers report nothing of the signal: a report only ever lowers the trust.
    const reported = sample.integrity === "spoofed" || sample.integrity === "jammed";
    const healthy = !reported && sample.fix === "3d" && sample.satellites >= this.#satellitesMin;
    if (!healthy) return this.#reject("GPS does not report itself healthy", deltaM);
    if (contradicts) return this.#reject("beyond 3 sigma of the estimate", deltaM);
    if (deltaM > this.#config.spoofPromotionBoundedDeltaM) {
      return this.#reject(`${deltaM.toFixed(0)} m from the estimate`, deltaM);
    }
    this.#healthySinceNs ??= sample.timeNs;
    this.#last = {
      timeNs: sample.timeNs,
      position: positionLocalM,
      velocity: sample.velocityLocalMps,
      sigmaM: sample.sigmaHorizontalM,
    };
    if (!this.#hasDwelt(sample.timeNs)) {
      return { accepted: false, reason: "dwell time is not over", deltaM };
    }
    return this.#consistent
      ? { accepted: true, reason: "", deltaM }
      : { accepted: false, reason: "no satellite fix has agreed yet", deltaM };
  }

  /** An accepted satellite fix: only one after the dwell time says that GPS is right. */
  observeFix(timeNs: number, positionLocalM: Vector3, sigmaM: number): void {
    const last = this.#last;
    if (last === undefined || !this.#hasDwelt(timeNs)) return;
    const dt = (timeNs - last.timeNs) * 1e-9;
    if (Math.abs(dt) > 2) return;
    const distanceM = Math.hypot(
      last.position[0] + last.velocity[0] * dt - positionLocalM[0],
      last.position[1] + last.velocity[1] * dt - positionLocalM[1],
    );
    this.#consistent = distanceM <= 3 * Math.hypot(sigmaM, last.sigmaM) &&
      distanceM <= this.#config.toleranceM;
    if (!this.#consistent) this.#healthySinceNs = undefined;
  }

  #hasDwelt(timeNs: number): boolean {
    return this.#healthySinceNs !== undefined &&
      timeNs - this.#healthySinceNs >= this.#config.dwellS * 1e9;
  }

  #reject(reason: string, deltaM: number): PromotionDecision {
    this.reset();
    return { accepted: false, reason, deltaM };
  }
}
