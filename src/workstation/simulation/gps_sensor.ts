/**
 * Simulates the flight controller's GPS with interference: absence, jamming, spoofing.
 *
 * @module
 */
import { GaussMarkov, type Random, type Vector3 } from "../../core/mod.ts";
import type { TrueState } from "./trajectory.ts";

/** A stretch of the flight, seconds, with interference. */
export interface GpsWindow {
  /**
   * absent: no rows at all. jammed: rows without a fix. spoofed: a position that drifts away and is
   * reported as spoofed 1.5 s later. The controller never reports the others: spoofed_silently drifts
   * away, offset stands off by a constant distance at once (meaconing; a jump), frozen repeats the last
   * fix before the window with new time stamps, replayed tells where the aircraft was a while ago.
   */
  readonly kind:
    | "absent"
    | "jammed"
    | "spoofed"
    | "spoofed_silently"
    | "offset"
    | "frozen"
    | "replayed";
  readonly fromS: number;
  readonly toS: number;
  /** m/s of what drifts away (4), metres of an offset (50), seconds of what is replayed (20). */
  readonly amount?: number;
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
const SPOOF_OFFSET_M = 50;
const REPLAYED_AFTER_S = 20;
const SPOOF_NOTICED_AFTER_S = 1.5;

export class GpsSensor {
  readonly #windows: readonly GpsWindow[];
  readonly #random: Random;
  readonly #drifts: readonly GaussMarkov[];
  readonly #spoofDirectionRad: number;
  readonly #stepS: number;
  /** Honest readings, oldest first, as far back as a window repeats them. */
  readonly #past: { readonly timeS: number; readonly reading: GpsReading }[] = [];
  readonly #pastS: number;

  constructor(random: Random, windows: readonly GpsWindow[], rateHz: number) {
    this.#windows = windows;
    this.#random = random.fork("white");
    this.#stepS = 1 / rateHz;
    this.#spoofDirectionRad = 2 * Math.PI * random.fork("spoof").uniform();
    const drift = (label: string, sigma: number) =>
      new GaussMarkov(random.fork(label), { sigma, timeConstantS: 40 });
    this.#drifts = [drift("east", 1), drift("north", 1), drift("up", 1.8)];
    this.#pastS = Math.max(0, ...windows.map(repeatedAfterS));
  }

  /** null: no message at all. */
  measure(truth: TrueState): GpsReading | null {
    const white = 0.5;
    const [east, north, up] = this.#drifts.map((drift) =>
      drift.step(this.#stepS) + white * this.#random.normal()
    );
    const speeds = [0, 1, 2].map(() => 0.1 * this.#random.normal());
    const p = truth.positionLocalM, v = truth.velocityLocalMps;
    const honest: GpsReading = {
      fix: "3d",
      positionLocalM: [p[0] + east, p[1] + north, p[2] + up],
      velocityLocalMps: [v[0] + speeds[0], v[1] + speeds[1], v[2] + speeds[2]],
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 2.5,
      satellites: 14,
      integrity: "ok",
    };
    const window = this.#windows.find((w) => truth.timeS >= w.fromS && truth.timeS < w.toS);
    this.#remember(truth.timeS, honest);
    return window === undefined ? honest : this.#under(window, truth.timeS, honest);
  }

  #under(window: GpsWindow, timeS: number, honest: GpsReading): GpsReading | null {
    switch (window.kind) {
      case "absent":
        return null;
      case "jammed":
        return NO_FIX;
      case "spoofed":
      case "spoofed_silently": {
        const sinceS = timeS - window.fromS, speedMps = window.amount ?? SPOOF_WALK_MPS;
        const noticed = window.kind === "spoofed" && sinceS >= SPOOF_NOTICED_AFTER_S;
        return {
          ...this.#moved(honest, speedMps * sinceS, speedMps),
          integrity: noticed ? "spoofed" : "ok",
        };
      }
      case "offset":
        return this.#moved(honest, window.amount ?? SPOOF_OFFSET_M, 0);
      case "frozen":
        return this.#readingAt(window.fromS);
      case "replayed":
        return this.#readingAt(timeS - (window.amount ?? REPLAYED_AFTER_S));
      default:
        window.kind satisfies never;
        return null;
    }
  }

  /** In the direction of this flight's spoofing, metres and m/s. */
  #moved(honest: GpsReading, byM: number, byMps: number): GpsReading {
    const [p, v] = [honest.positionLocalM, honest.velocityLocalMps];
    const east = Math.sin(this.#spoofDirectionRad), north = Math.cos(this.#spoofDirectionRad);
    return {
      ...honest,
      positionLocalM: [p[0] + east * byM, p[1] + north * byM, p[2]],
      velocityLocalMps: [v[0] + east * byMps, v[1] + north * byMps, v[2]],
    };
  }

  #remember(timeS: number, reading: GpsReading): void {
    if (this.#pastS === 0) return;
    this.#past.push({ timeS, reading });
    // One older than what is asked for stays: the newest at or before a moment is what is told.
    while (this.#past.length > 1 && this.#past[1].timeS <= timeS - this.#pastS) this.#past.shift();
  }

  #readingAt(timeS: number): GpsReading {
    const { reading } = this.#past.findLast((one) => one.timeS <= timeS) ?? this.#past[0];
    return reading;
  }
}

/** How far back a window reaches for what it repeats. */
function repeatedAfterS(window: GpsWindow): number {
  if (window.kind === "replayed") return window.amount ?? REPLAYED_AFTER_S;
  return window.kind === "frozen" ? window.toS - window.fromS : 0;
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
