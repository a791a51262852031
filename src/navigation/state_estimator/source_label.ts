/**
 * The source label: what the position rests on.
 *
 *     satellite_anchored → visual_propagated → dead_reckoned
 *
 * A label falls at once when its limits are passed and rises only inside a share of them
 * (hysteresis). Until the first fix it is `dead_reckoned`. While GPS is reported spoofed the odometry
 * counts only until shortly after its next frame was due: a blind camera then leads to
 * `dead_reckoned` at once, whatever the age of the last fix. Otherwise three frames and `blindMaxS`
 * without a place lead there.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { SourceLabel } from "./contract.ts";

export interface LabelInputs {
  readonly timeNs: number;
  /** Infinity before the first fix. */
  readonly anchorAgeS: number;
  /** In a row, since the last fused one. */
  readonly fixesRefused: number;
  readonly horizontal95M: number;
  /** Since the last fused odometry pair or fix; Infinity before. */
  readonly visionAgeS: number;
  /** Usual time between two frames, seconds. */
  readonly frameIntervalS: number;
  readonly gpsSpoofed: boolean;
}

interface LabelChange {
  readonly timeNs: number;
  readonly from: SourceLabel;
  readonly to: SourceLabel;
}

const RANK: Readonly<Record<SourceLabel, number>> = {
  dead_reckoned: 0,
  visual_propagated: 1,
  satellite_anchored: 2,
};

/** With so many fixes in a row refused the position does not rest on the map any more. */
const FIXES_REFUSED_MAX = 3;
/** Frames in a row that nothing could place. */
const BLIND_FRAMES = 3;

export class SourceLabelMachine {
  readonly #config: EskfConfig["label"];
  #label: SourceLabel = "dead_reckoned";

  constructor(config: EskfConfig["label"]) {
    this.#config = config;
  }

  get label(): SourceLabel {
    return this.#label;
  }

  /** The change, where there is one. */
  update(inputs: LabelInputs): LabelChange | undefined {
    const from = this.#label;
    const sustained = this.#best(inputs, 1);
    if (RANK[sustained] < RANK[from]) this.#label = sustained;
    else {
      const reached = this.#best(inputs, this.#config.hysteresis);
      if (RANK[reached] > RANK[from]) this.#label = reached;
    }
    return this.#label === from ? undefined : { timeNs: inputs.timeNs, from, to: this.#label };
  }

  #best(inputs: LabelInputs, share: number): SourceLabel {
    const config = this.#config;
    if (inputs.anchorAgeS === Infinity) return "dead_reckoned";
    const visionAgeMaxS = inputs.gpsSpoofed
      ? inputs.frameIntervalS + config.blindAfterS
      : Math.max(config.odometryAgeMaxS, 2 * inputs.frameIntervalS);
    const hasVision = inputs.visionAgeS <= visionAgeMaxS;
    if (inputs.gpsSpoofed && !hasVision) return "dead_reckoned";
    const blindMaxS = Math.max(config.blindMaxS, BLIND_FRAMES * inputs.frameIntervalS);
    if (inputs.visionAgeS > blindMaxS) return "dead_reckoned";
    const anchored = inputs.fixesRefused < FIXES_REFUSED_MAX &&
      inputs.anchorAgeS < share * config.anchoredAgeMaxS &&
      inputs.horizontal95M < share * config.anchoredAxisMaxM;
    if (anchored) return "satellite_anchored";
    return hasVision && inputs.horizontal95M < share * config.propagatedAxisMaxM
      ? "visual_propagated"
      : "dead_reckoned";
  }
}
