/**
 * TIMESYNC: the offset of the controller's clock from ours, by exchanges of which the quickest counts.
 *
 * @module
 */
import { controllerNs, type MonotonicNs } from "../../../core/mod.ts";
import type { MessageOf, OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { ClockSyncEvent } from "../../flight_events/mod.ts";
import type { Target } from "./stream_requests.ts";

const FAST_NS = 0.1e9;
const FAST_COUNT = 20;
const SLOW_NS = 0.5e9;
/** An answer that took longer says nothing. */
const ROUND_TRIP_MAX_NS = 1e9;
const WINDOW = 40;

export class TimeSync {
  #sentNs = -Infinity;
  #sent = 0;
  #trips: number[] = [];

  /** Smallest of the last exchanges, milliseconds; null before the first. */
  get roundTripMs(): number | null {
    return this.#trips.length === 0 ? null : Math.min(...this.#trips) / 1e6;
  }

  restart(): void {
    this.#sent = 0;
    this.#trips = [];
  }

  poll(nowNs: MonotonicNs, { systemId, componentId }: Target): OutgoingMessage[] {
    const periodNs = this.#sent < FAST_COUNT ? FAST_NS : SLOW_NS;
    if (nowNs - this.#sentNs < periodNs) return [];
    this.#sentNs = nowNs;
    this.#sent++;
    return [{
      name: "TIMESYNC",
      tc1: 0,
      ts1: nowNs,
      targetSystem: systemId,
      targetComponent: componentId,
    }];
  }

  /** The answer to a question of theirs. */
  answer({ ts1 }: MessageOf<"TIMESYNC">, nowNs: MonotonicNs): OutgoingMessage {
    return { name: "TIMESYNC", tc1: nowNs, ts1 };
  }

  /** null for what answers no question of ours. */
  observe({ tc1, ts1 }: MessageOf<"TIMESYNC">, receivedNs: MonotonicNs): ClockSyncEvent | null {
    const roundTripNs = receivedNs - ts1;
    if (!(roundTripNs >= 0 && roundTripNs <= ROUND_TRIP_MAX_NS)) return null;
    if (!Number.isSafeInteger(tc1) || tc1 <= 0) return null;
    this.#trips.push(roundTripNs);
    if (this.#trips.length > WINDOW) this.#trips.shift();
    return { kind: "clock_sync", receivedNs, controllerNs: controllerNs(tc1), roundTripNs };
  }
}
