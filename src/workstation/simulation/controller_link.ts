/**
 * Two clocks and the line between them: the flight controller stamps with its own clock, the
 * companion sees a message when it arrives.
 *
 * @module
 */
import { NS_PER_SECOND, type Random } from "../../core/mod.ts";

export interface LinkOptions {
  /** Controller time at companion time 0, seconds. */
  readonly offsetS: number;
  /** The controller's clock gains this much, parts per million. */
  readonly skewPpm: number;
  /** Shortest transport time, seconds. */
  readonly delayMinS: number;
  /** Mean of what exponential jitter adds, seconds. */
  readonly jitterMeanS: number;
}

export interface LinkStamp {
  readonly controllerNs: number;
  readonly receivedNs: number;
}

/** Stamps events; they must come in the order of their times. One line: nothing overtakes. */
export class ControllerLink {
  readonly options: LinkOptions;
  readonly #random: Random;
  #lastReceivedNs = 0;

  constructor(random: Random, options: LinkOptions) {
    this.#random = random;
    this.options = options;
  }

  /** `timeS`: when the event was, on the companion's clock. */
  stamp(timeS: number): LinkStamp {
    const { offsetS, skewPpm, delayMinS, jitterMeanS } = this.options;
    const controllerS = offsetS + timeS * (1 + skewPpm * 1e-6);
    const delayS = delayMinS - jitterMeanS * Math.log(1 - this.#random.uniform());
    const arrival = Math.round((timeS + delayS) * NS_PER_SECOND);
    this.#lastReceivedNs = Math.max(arrival, this.#lastReceivedNs + 1000);
    return {
      controllerNs: Math.round(controllerS * NS_PER_SECOND),
      receivedNs: this.#lastReceivedNs,
    };
  }
}
