/**
 * Looks at the filter for its label, and tells the changes.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { EstimatorEvent, SourceLabel } from "./contract.ts";
import { anchorAgeS, horizontal95M, pictureAgeS } from "./estimate_output.ts";
import type { FilterState } from "./filter_state.ts";
import { type LabelInputs, SourceLabelMachine } from "./source_label.ts";

/** What the state does not say. */
type BesideTheState = Pick<LabelInputs, "frameIntervalS" | "gpsSpoofed"> & {
  /** Of each horizontal axis. */
  readonly addedM2: number;
};

export class LabelWatch {
  readonly #machine: SourceLabelMachine;
  readonly #onEvent: (event: EstimatorEvent) => void;
  #lookedNs = -Infinity;

  constructor(config: EskfConfig["label"], onEvent: (event: EstimatorEvent) => void) {
    this.#machine = new SourceLabelMachine(config);
    this.#onEvent = onEvent;
  }

  get label(): SourceLabel {
    return this.#machine.label;
  }

  /** The last look is a hundredth of a second old: a label that falls is told as soon as that. */
  isDue(timeNs: number): boolean {
    return timeNs - this.#lookedNs >= 1e7;
  }

  look(head: FilterState, { addedM2, ...beside }: BesideTheState): void {
    this.#lookedNs = head.timeNs;
    const change = this.#machine.update({
      timeNs: head.timeNs,
      anchorAgeS: anchorAgeS(head),
      fixesRefused: head.refusedFixes.length,
      horizontal95M: horizontal95M(head, addedM2),
      visionAgeS: pictureAgeS(head),
      ...beside,
    });
    if (change !== undefined) this.#onEvent({ type: "label", ...change });
  }
}
