/**
 * GPS less a filter that it has no part in, and what that is over a while.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { GpsSample } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import {
  distance2,
  mean2,
  mean3,
  subtract2,
  type Symmetric2,
  varianceOf,
  type Vector2,
} from "./horizontal.ts";
import { ERROR } from "./state_table.ts";

type DifferenceConfig = Pick<EskfConfig, "gps" | "gpsWitness">;

/** Metres and m/s, east and north. */
interface Difference {
  readonly timeNs: number;
  readonly position: Vector2;
  readonly positionVariance: Symmetric2;
  readonly velocity: Vector2;
  readonly velocityVariance: Symmetric2;
}

/** Of the position of GPS less that of the filter, which is off by another `blindM` (1 sigma), m². */
export function differenceVariance(
  { gps, gpsWitness }: DifferenceConfig,
  sample: GpsSample,
  state: FilterState,
  blindM: number,
): Symmetric2 {
  const reportedM = Math.max(gps.horizontalFloorM, sample.sigmaHorizontalM);
  const [ee, en, nn] = varianceOf(state, ERROR.position, Math.hypot(reportedM, blindM));
  const [east, north] = state.vector("velocity").map((v) => v * gpsWitness.timingSigmaS);
  return [ee + east * east, en + east * north, nn + north * north];
}

/** The differences of late. */
export class GpsDifferences {
  readonly #config: DifferenceConfig;
  #all: readonly Difference[] = [];

  constructor(config: DifferenceConfig) {
    this.#config = config;
  }

  clear(): void {
    this.#all = [];
  }

  /** `blindMps`, for `blindS`: what the filter's velocity may be wrong by besides, 1 sigma. */
  add(
    sample: GpsSample,
    positionLocalM: Vector3,
    state: FilterState,
    { blindMps, blindS }: { readonly blindMps: number; readonly blindS: number },
  ): void {
    const { gps, gpsWitness } = this.#config;
    const firstNs = sample.timeNs - 1.01e9 * gpsWitness.windowS;
    this.#all = [
      ...this.#all.filter(({ timeNs }) => timeNs >= firstNs),
      {
        timeNs: sample.timeNs,
        position: subtract2(positionLocalM, state.vector("position")),
        positionVariance: differenceVariance(this.#config, sample, state, blindMps * blindS),
        velocity: subtract2(sample.velocityLocalMps, state.vector("velocity")),
        velocityVariance: varianceOf(
          state,
          ERROR.velocity,
          Math.hypot(gps.velocitySigmaMps, blindMps),
        ),
      },
    ];
  }

  /**
   * Means, and their squared distances from nothing. The errors within the window are the same ones: a mean is no better
   * than each of them. Undefined where there are too few.
   */
  means() {
    const all = this.#all;
    if (all.length < this.#config.gpsWitness.samplesMin) return undefined;
    const position = mean2(all.map((one) => one.position));
    const velocity = mean2(all.map((one) => one.velocity));
    const positionVariance = mean3(all.map((one) => one.positionVariance));
    return {
      position,
      positionVariance,
      positionRatio: distance2(position, positionVariance),
      velocity,
      velocityRatio: distance2(velocity, mean3(all.map((one) => one.velocityVariance))),
      /** The largest of the positions, metres. */
      furthestM: Math.max(...all.map((one) => Math.hypot(...one.position))),
    };
  }
}
