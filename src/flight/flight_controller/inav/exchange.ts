/**
 * Requests on their way, and when their answers were made.
 *
 * iNav puts no time on anything. It answers at once when its serial task comes to a request, so what an
 * answer says was measured one way of the line before it was received; the wait before it, up to 10 ms,
 * was the request's. The way of the line is half of the smallest round trip. As a request that follows
 * an answer always waits for the next run of the task, now and then one is sent alone after a random
 * pause (`probe`): some of these wait for nothing, and their round trip is that of the line.
 *
 * @module
 */
import { type MonotonicNs, monotonicNs } from "../../../core/mod.ts";
import type { MspName } from "../../../link/msp/mod.ts";

/** So many requests may wait for their answer: the next is there when the serial task runs again. */
const WINDOW = 2;
/** Without an answer for so long, a request or its answer is lost. */
const LOST_NS = 250e6;
/** Longest wait in the controller: two requests before it and one position. */
const WAIT_MAX_NS = 45e6;
/** Smallest round trips of so many seconds. */
const SECONDS = 30;

interface Pending {
  readonly name: MspName;
  readonly sentNs: number;
  readonly probe: boolean;
}

interface Answered {
  readonly roundTripNs: number;
  /** When the controller made it, on the canonical clock. */
  readonly madeNs: MonotonicNs;
  readonly probe: boolean;
}

export class Exchange {
  #pending: Pending[] = [];
  /** Smallest round trip of each second; the newest last. */
  readonly #smallest: { readonly second: number; ns: number }[] = [];
  #lost = 0;

  /** Requests without an answer. */
  get lost(): number {
    return this.#lost;
  }

  get isIdle(): boolean {
    return this.#pending.length === 0;
  }

  get hasRoom(): boolean {
    return this.#pending.length < WINDOW && !this.#pending.some(({ probe }) => probe);
  }

  /** When a request becomes a lost one; Infinity while there is none. */
  get lostAtNs(): number {
    return this.#pending.length === 0 ? Infinity : this.#pending[0].sentNs + LOST_NS;
  }

  /** Nanoseconds; null before the first answer. */
  get smallestRoundTripNs(): number | null {
    return this.#smallest.length === 0 ? null : Math.min(...this.#smallest.map(({ ns }) => ns));
  }

  sent(name: MspName, nowNs: number, probe: boolean): void {
    this.#pending.push({ name, sentNs: nowNs, probe });
  }

  /** Undefined where nobody asked: an answer that came too late, or from another one's request. */
  received(name: MspName, receivedNs: MonotonicNs): Answered | undefined {
    const index = this.#pending.findIndex((pending) => pending.name === name);
    if (index < 0) return undefined;
    // Answers come in the order of the requests: those before it have none any more.
    const [pending] = this.#pending.splice(0, index + 1).slice(-1);
    this.#lost += index;
    const roundTripNs = Math.max(0, receivedNs - pending.sentNs);
    this.#observe(roundTripNs, receivedNs);
    const oneWayNs = (this.smallestRoundTripNs ?? roundTripNs) / 2;
    // Longer than any wait in the controller: nobody knows on which way it was held up.
    const heldUp = roundTripNs > 2 * oneWayNs + WAIT_MAX_NS;
    const madeNs = receivedNs - (heldUp ? roundTripNs / 2 : oneWayNs);
    return { roundTripNs, madeNs: monotonicNs(Math.round(madeNs)), probe: pending.probe };
  }

  /** Gives up what has waited too long; their names. */
  expire(nowNs: number): MspName[] {
    const names: MspName[] = [];
    while (this.#pending.length > 0 && nowNs >= this.lostAtNs) {
      names.push((this.#pending.shift() as Pending).name);
      this.#lost++;
    }
    return names;
  }

  /** The line was cut. */
  restart(): void {
    this.#lost += this.#pending.length;
    this.#pending = [];
    this.#smallest.length = 0;
  }

  #observe(roundTripNs: number, receivedNs: number): void {
    const second = Math.floor(receivedNs / 1e9);
    const newest = this.#smallest.at(-1);
    if (newest?.second === second) newest.ns = Math.min(newest.ns, roundTripNs);
    else this.#smallest.push({ second, ns: roundTripNs });
    while (this.#smallest[0].second <= second - SECONDS) this.#smallest.shift();
  }
}
