/**
 * When GPS ended: the moments after which the filter took no position from it for a while. Where the
 * record holds no measurements of the filter, the receiver's own word stands for it.
 *
 * @module
 */
import { numberOf, type Payload, textOf } from "./payload.ts";

/** A shorter pause is no end. */
const PAUSE_NS = 5e9;
const ENDS_MAX = 20;

class Uses {
  readonly #endsNs: number[] = [];
  #lastNs: number | null = null;

  add(timeNs: number): void {
    if (this.#lastNs !== null && timeNs - this.#lastNs > PAUSE_NS) this.#endsNs.push(this.#lastNs);
    this.#lastNs = Math.max(this.#lastNs ?? timeNs, timeNs);
    if (this.#endsNs.length > ENDS_MAX) this.#endsNs.splice(1, 1);
  }

  endsNs(untilNs: number): readonly number[] {
    return this.#lastNs !== null && untilNs - this.#lastNs > PAUSE_NS
      ? [...this.#endsNs, this.#lastNs]
      : this.#endsNs;
  }
}

export class GpsUse {
  readonly #fused = new Uses();
  readonly #reported = new Uses();
  #isJudged = false;

  /** `c5.measurement`. */
  addMeasurement(timeNs: number, payload: Payload): void {
    if (textOf(payload, "source") !== "gps") return;
    this.#isJudged = true;
    if (payload.fused === true) this.#fused.add(numberOf(payload, "measuredNs") ?? timeNs);
  }

  /** `sensor.gps`. */
  addReported(timeNs: number, payload: Payload): void {
    const integrity = textOf(payload, "integrity");
    if (textOf(payload, "fix") !== "3d" || integrity === "jammed" || integrity === "spoofed") {
      return;
    }
    this.#reported.add(timeNs);
  }

  /** By time; empty where GPS was there to the end, or never. */
  endsNs(untilNs: number): readonly number[] {
    return (this.#isJudged ? this.#fused : this.#reported).endsNs(untilNs);
  }
}
