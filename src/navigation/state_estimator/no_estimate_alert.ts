/**
 * No usable estimate for three seconds: exactly one CRITICAL alert, and one NOTICE on recovery.
 *
 * @module
 */

interface EstimateAlert {
  readonly severity: "critical" | "notice";
  readonly timeNs: number;
  readonly text: string;
}

export class NoEstimateAlert {
  readonly #afterS: number;
  readonly #axisMaxM: number;
  #lastUsableNs: number | undefined;
  #alerted = false;

  constructor(options: { afterS?: number; axisMaxM?: number } = {}) {
    this.#afterS = options.afterS ?? 3;
    this.#axisMaxM = options.axisMaxM ?? 500;
  }

  /** `horizontal95M`: of the estimate at `timeNs`; undefined where there is none. */
  update(timeNs: number, horizontal95M: number | undefined): EstimateAlert | undefined {
    this.#lastUsableNs ??= timeNs;
    if (horizontal95M !== undefined && horizontal95M <= this.#axisMaxM) {
      this.#lastUsableNs = timeNs;
      if (!this.#alerted) return undefined;
      this.#alerted = false;
      return { severity: "notice", timeNs, text: "Position estimate is back" };
    }
    if (this.#alerted || timeNs - this.#lastUsableNs < this.#afterS * 1e9) return undefined;
    this.#alerted = true;
    return {
      severity: "critical",
      timeNs,
      text: `No usable position estimate for ${this.#afterS} s`,
    };
  }
}
