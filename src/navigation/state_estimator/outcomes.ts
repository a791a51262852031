/**
 * Outcomes of measurements: those that the filter never looked at, and how many there were.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import { type MeasurementOutcome, SOURCE_NAMES, type SourceName } from "./contract.ts";
import { NO_NUMBERS } from "./sources/measurement_source.ts";

type Counts = Record<SourceName, number>;

export function refused(
  source: SourceName,
  timeNs: MonotonicNs,
  reason: string,
): MeasurementOutcome {
  return { source, timeNs, fused: false, reason, testRatio: Infinity, ...NO_NUMBERS };
}

export class OutcomeCounts {
  readonly #fused = none();
  readonly #rejected = none();

  add(source: SourceName, fused: boolean): void {
    (fused ? this.#fused : this.#rejected)[source]++;
  }

  fused(source: SourceName): number {
    return this.#fused[source];
  }

  copy(): { readonly fused: Counts; readonly rejected: Counts } {
    return { fused: { ...this.#fused }, rejected: { ...this.#rejected } };
  }
}

function none(): Counts {
  return Object.fromEntries(SOURCE_NAMES.map((name) => [name, 0])) as Counts;
}
