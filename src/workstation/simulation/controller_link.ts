/**
 * Simulates two clocks and the serial line between them: the flight controller stamps with its own
 * clock, the companion records when a message arrives.
 *
 * @module
 */
import { NS_PER_SECOND, type Random } from "../../core/mod.ts";

interface LinkOptions {
  /** Controller time at companion time 0, seconds. */
  readonly offsetS: number;
  /** Drift of the controller's clock, parts per million. */
  readonly skewPpm: number;
  /** Shortest transport time, seconds. */
  readonly delayMinS: number;
  /** Mean of the exponential jitter, seconds. */
  readonly jitterMeanS: number;
}

export interface LinkStamp {
  readonly controllerNs: number;
  readonly receivedNs: number;
}

/**
 * Stamps events; they must come in the order of their times. On one line no message overtakes
 * another.
 */
export class ControllerLink {
  readonly options: LinkOptions;
  readonly #random: Random;
  #lastReceivedNs = 0;

  constructor(random: Random, options: LinkOptions) {
    this.#random = random;
    this.options = options;
  }

  /** `timeS`: time of the event on the companion's clock. */
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
