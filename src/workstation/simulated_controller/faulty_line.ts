/**
 * What a line does to frames on their way to the companion: delays, damage, another order, silence.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";
import { type FaultSchedule, isWithin } from "./fault_schedule.ts";

interface Waiting {
  readonly dueS: number;
  readonly bytes: Uint8Array;
}

const NOISE_BYTES_MAX = 40;

export class FaultyLine {
  readonly #faults: FaultSchedule;
  readonly #random: Random;
  readonly #write: (bytes: Uint8Array) => void;
  #waiting: Waiting[] = [];
  #held: Uint8Array | undefined;
  #lastDueS = -Infinity;
  #noisy = 0;

  constructor(random: Random, faults: FaultSchedule, write: (bytes: Uint8Array) => void) {
    this.#random = random;
    this.#faults = faults;
    this.#write = write;
  }

  /** Damaged and overtaken frames so far. */
  get noisy(): number {
    return this.#noisy;
  }

  isCut(timeS: number): boolean {
    return isWithin(this.#faults.linkCut, timeS);
  }

  send(frame: Uint8Array, timeS: number): void {
    const { jitterS, noise, reorder } = this.#faults;
    const random = this.#random;
    const delayS = jitterS > 0 ? -jitterS * Math.log(1 - random.uniform()) : 0;
    // No frame overtakes another by its delay alone.
    const dueS = Math.max(timeS + delayS, this.#lastDueS);
    this.#lastDueS = dueS;
    if (noise > 0 && random.uniform() < noise) this.#disturb(frame, dueS);
    else if (reorder > 0 && this.#held === undefined && random.uniform() < reorder) {
      this.#held = frame;
      this.#noisy++;
    } else {
      this.#queue(frame, dueS);
      if (this.#held !== undefined) this.#queue(this.#held, dueS);
      this.#held = undefined;
    }
  }

  /** Gives what is due to the line. */
  flush(timeS: number): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter(({ dueS }) => dueS <= timeS);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ dueS }) => dueS > timeS);
    if (this.isCut(timeS)) return;
    const bytes = new Uint8Array(due.reduce((sum, one) => sum + one.bytes.length, 0));
    let at = 0;
    for (const one of due) {
      bytes.set(one.bytes, at);
      at += one.bytes.length;
    }
    this.#write(bytes);
  }

  #queue(bytes: Uint8Array, dueS: number): void {
    this.#waiting.push({ bytes, dueS });
  }

  /** Noise before the frame, a cut frame, or a frame with one bit wrong: each as likely. */
  #disturb(frame: Uint8Array, dueS: number): void {
    const random = this.#random;
    this.#noisy++;
    const kind = random.integer(3);
    if (kind === 0) {
      const noise = Uint8Array.from(
        { length: 1 + random.integer(NOISE_BYTES_MAX) },
        () => random.integer(256),
      );
      this.#queue(noise, dueS);
      this.#queue(frame, dueS);
    } else if (kind === 1) this.#queue(frame.slice(0, random.integer(frame.length)), dueS);
    else {
      const damaged = frame.slice();
      damaged[random.integer(frame.length)] ^= 1 << random.integer(8);
      this.#queue(damaged, dueS);
    }
  }
}
