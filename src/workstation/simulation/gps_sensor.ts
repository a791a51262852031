/**
 * Simulates the flight controller's GPS with interference: absence, jamming, spoofing.
 *
 * @module
 */
import type { Random, Vector3 } from "../../core/mod.ts";
import { GaussMarkov } from "./smooth_noise.ts";
import type { TrueState } from "./trajectory.ts";

/** A stretch of the flight, seconds, with interference. */
export interface GpsWindow {
  /**
   * absent: no rows at all. jammed: rows without a fix. spoofed: a position that drifts away and is
   * reported as spoofed 1.5 s later. spoofed_silently: the controller never reports it.
   */
  readonly kind: "absent" | "jammed" | "spoofed" | "spoofed_silently";
  readonly fromS: number;
  readonly toS: number;
}

export interface GpsReading {
  readonly fix: "none" | "3d";
  readonly positionLocalM: Vector3;
  readonly velocityLocalMps: Vector3;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly satellites: number;
  readonly integrity: "ok" | "jammed" | "spoofed";
}

const SPOOF_WALK_MPS = 4;
const SPOOF_NOTICED_AFTER_S = 1.5;

export class GpsSensor {
  readonly #windows: readonly GpsWindow[];
  readonly #random: Random;
  readonly #drifts: readonly GaussMarkov[];
  readonly #spoofDirectionRad: number;
  readonly #stepS: number;

  constructor(random: Random, windows: readonly GpsWindow[], rateHz: number) {
    this.#windows = windows;
    this.#random = random.fork("white");
    this.#stepS = 1 / rateHz;
    this.#spoofDirectionRad = 2 * Math.PI * random.fork("spoof").uniform();
    const drift = (label: string, sigma: number) =>
      new GaussMarkov(random.fork(label), { sigma, timeConstantS: 40 });
    this.#drifts = [drift("east", 1), drift("north", 1), drift("up", 1.8)];
  }

  /** null: no message at all. */
  measure(truth: TrueState): GpsReading | null {
    const white = 0.5;
    const [east, north, up] = this.#drifts.map((drift) =>
      drift.step(this.#stepS) + white * this.#random.normal()
    );
    const speeds = [0, 1, 2].map(() => 0.1 * this.#random.normal());
    const window = this.#windows.find((w) => truth.timeS >= w.fromS && truth.timeS < w.toS);
    if (window?.kind === "absent") return null;
    if (window?.kind === "jammed") return NO_FIX;
    const spoofed = window !== undefined;
    const sinceS = spoofed ? truth.timeS - window.fromS : 0;
    const walk: [number, number] = spoofed
      ? [Math.sin(this.#spoofDirectionRad), Math.cos(this.#spoofDirectionRad)]
      : [0, 0];
    const walkedM = SPOOF_WALK_MPS * sinceS;
    const p = truth.positionLocalM, v = truth.velocityLocalMps;
    const noticed = window?.kind === "spoofed" && sinceS >= SPOOF_NOTICED_AFTER_S;
    return {
      fix: "3d",
      positionLocalM: [
        p[0] + east + walk[0] * walkedM,
        p[1] + north + walk[1] * walkedM,
        p[2] + up,
      ],
      velocityLocalMps: [
        v[0] + speeds[0] + walk[0] * SPOOF_WALK_MPS,
        v[1] + speeds[1] + walk[1] * SPOOF_WALK_MPS,
        v[2] + speeds[2],
      ],
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 2.5,
      satellites: 14,
      integrity: noticed ? "spoofed" : "ok",
    };
  }
}

const NO_FIX: GpsReading = {
  fix: "none",
  positionLocalM: [0, 0, 0],
  velocityLocalMps: [0, 0, 0],
  sigmaHorizontalM: 999,
  sigmaVerticalM: 999,
  satellites: 0,
  integrity: "jammed",
};
