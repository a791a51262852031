/**
 * Whether a conflict of GPS and map was one. The first fix of a flight may be a poor one, and by what it is off from
 * where GPS had the filter, the map may be off: that is told for good where GPS falls silent. So the filter as it was
 * before the fix, which stands on GPS and trusts the map as far as its package says, goes on beside it for a while. Where it
 * takes the fixes that follow, and what they make of the map's offset is to be expected, there was no conflict,
 * and the filter becomes this one.
 *
 * With d the place of the fixes less that of GPS, p the variance of GPS and m that of the map's offset, the offset
 * becomes d·m/(p + m), and d² / (p + m) is what the hypothesis of no conflict is tested by.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { MeasurementOutcome } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import { positionM2, secondsBetween } from "./estimate_output.ts";
import { type FilterState, NEVER_NS } from "./filter_state.ts";
import { varianceOf } from "./horizontal.ts";
import type { ImuStream } from "./imu_stream.ts";
import { largestEigenvalue2 } from "./linear_algebra.ts";
import type { MeasurementEvent } from "./measurement_log.ts";
import { REINITIALISED } from "./sources/anchor.ts";
import { ERROR } from "./state_table.ts";
import { Timeline } from "./timeline.ts";

/** So many fixes, over so long… */
const FIXES_MIN = 5;
const SPAN_MIN_S = 5;
/** …of which at most this share is refused… */
const REFUSED_SHARE_MAX = 0.2;
/** …decide within this time. */
const SPAN_MAX_S = 20;
/** Chi-square, 2 degrees of freedom, 95 %. */
const EXPECTED = 5.991;

interface ConflictReviewParts {
  readonly config: EskfConfig;
  readonly stream: ImuStream;
  /** The filter that the conflict has widened. */
  readonly main: Timeline;
  /** There was no conflict: `main` has become what it would be without. */
  readonly onSettled: () => void;
}

export class ConflictReview {
  readonly #parts: ConflictReviewParts;
  #own: Timeline | undefined;
  #beganNs = 0;
  /** (p + m) / m² of each axis when it began, 1/m². */
  #perOffset2: readonly [number, number] = [0, 0];
  #fused = 0;
  #refused = 0;

  constructor(parts: ConflictReviewParts) {
    this.#parts = parts;
  }

  /**
   * From the filter as it is, without the fixes of late. Not where earlier ones have taught it where the map lies, nor
   * where it would take `disagreementM` for nothing: it does not stand on GPS then.
   */
  begin(disagreementM: number): void {
    const { config, stream, main } = this.#parts;
    const own = new Timeline(config, stream);
    try {
      own.copyFrom(main, { without: "anchor" });
    } catch (error) {
      // Without the fixes it cannot go on: there is nothing to look at, and the filter is as it was.
      if (!(error instanceof EstimatorDivergedError)) throw error;
      return;
    }
    const { head } = own;
    if (head.lastFusedNs("anchor") !== NEVER_NS || head.lastFusedNs("gps") === NEVER_NS) return;
    const offsetM2 = largestEigenvalue2(...varianceOf(head, ERROR.mapOffset, 0));
    const expectedM2 = EXPECTED * (positionM2(head) + offsetM2);
    if (disagreementM ** 2 <= expectedM2) return;
    this.#own = own;
    this.#beganNs = head.timeNs;
    this.#perOffset2 = [perOffset2(head, 0), perOffset2(head, 1)];
    this.#fused = this.#refused = 0;
  }

  end(): void {
    this.#own = undefined;
  }

  onImu(): void {
    const own = this.#own;
    if (own === undefined) return;
    own.onImu();
    const spanS = secondsBetween(this.#beganNs, own.head.timeNs);
    if (spanS > SPAN_MAX_S) return this.end();
    if (spanS < SPAN_MIN_S || this.#fused < FIXES_MIN) return;
    if (this.#isExpected(own.head)) {
      this.#parts.main.copyFrom(own);
      this.#parts.onSettled();
    }
    this.end();
  }

  /** A measurement that the filter was given too. */
  insert(event: MeasurementEvent): void {
    const outcome = this.#own?.insertMeasurement(event);
    if (outcome?.source === "anchor") this.#observe(outcome);
  }

  #observe({ fused, reason }: MeasurementOutcome): void {
    if (fused) this.#fused++;
    else this.#refused++;
    // It has given up what GPS had told it.
    if (reason === REINITIALISED) this.end();
  }

  #isExpected(state: FilterState): boolean {
    const [east2, north2] = [0, 1].map((axis) =>
      state.value("mapOffset", axis) ** 2 * this.#perOffset2[axis]
    );
    const share = this.#refused / (this.#fused + this.#refused);
    return share <= REFUSED_SHARE_MAX && east2 + north2 < EXPECTED;
  }
}

function perOffset2(state: FilterState, axis: 0 | 1): number {
  const place = ERROR.position + axis, offset = ERROR.mapOffset + axis;
  const offsetM2 = state.covarianceOf(offset, offset);
  return (state.covarianceOf(place, place) + offsetM2) / offsetM2 ** 2;
}
