/**
 * The single consumer of all rings. It runs in its own thread (see writer_worker.ts), or in a test.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import type { FlightCounters } from "./contract.ts";
import { FdrFlightMismatchError, FdrFlightStateError } from "./errors.ts";
import {
  type ClosedFlight,
  type FlightClosing,
  type FlightOpening,
  FlightWriter,
  type FlightWriterOptions,
} from "./flight_writer.ts";
import type { ProducerTally } from "./producer_tally.ts";
import { RingConsumer, type RingVisitor } from "./ring.ts";
import type { SavedTile } from "./tile_snapshots.ts";

/** A pass ends after this time, so that its thread can receive messages. */
const PASS_MS = 20;
/**
 * A producer that evicts continuously may invalidate a pass, even many in a row, but not all of
 * them.
 */
const IDLE_PASSES_MAX = 1000;

interface Lane {
  readonly consumer: RingConsumer;
  readonly visit: RingVisitor;
  /** The records in the ring now were made after this time. */
  frontierMs: number;
  /** Counters in the open flight. */
  tally: ProducerTally | null;
  /** The number of records that the ring had ever accepted at `markMs`. */
  markProduced: number;
  markMs: number;
  /** A fault of this ring was reported. */
  faultReported: boolean;
}

export class Writer {
  readonly #options: FlightWriterOptions;
  readonly #lanes: Lane[] = [];
  #flight: FlightWriter | null = null;

  constructor(options: FlightWriterOptions) {
    this.#options = options;
  }

  /** Adds one more ring to drain. */
  register(ring: SharedArrayBuffer): void {
    const consumer = new RingConsumer(ring);
    const { producerId } = consumer;
    if (this.#lanes.some((lane) => lane.consumer.producerId === producerId)) {
      throw new FdrFlightStateError(`drain the ring of ${producerId}`, "it has one already");
    }
    const registeredMs = this.#options.nowMs();
    const lane: Lane = {
      consumer,
      frontierMs: registeredMs,
      markMs: registeredMs,
      markProduced: 0,
      faultReported: false,
      tally: this.#flight?.tally(producerId) ?? null,
      visit: (bytes, overrun) => {
        const flight = this.#flight as FlightWriter, tally = lane.tally as ProducerTally;
        if (overrun > 0) flight.lost(tally, overrun, lane.frontierMs);
        else flight.accept(tally, bytes, lane.frontierMs);
      },
    };
    this.#lanes.push(lane);
  }

  /** Records in the rings belong to the flight that is opened next. Throws what the disk throws. */
  openFlight(opening: FlightOpening): string {
    if (this.#flight !== null) {
      const state = `flight ${this.#flight.flightId} is open`;
      throw new FdrFlightStateError(`open flight ${opening.flightId}`, state);
    }
    const flight = new FlightWriter(opening, this.#options);
    for (const lane of this.#lanes) {
      lane.tally = flight.tally(lane.consumer.producerId);
      // Records that waited for a flight count as made when it opened: the durability bound begins
      // there.
      lane.frontierMs = this.#options.nowMs();
      lane.markMs = lane.frontierMs;
    }
    this.#flight = flight;
    return flight.folder;
  }

  /**
   * One pass: what the rings held when it began, or as much as time allows. Returns the number of
   * records.
   */
  poll(): number {
    const flight = this.#flight;
    if (flight === null) return 0;
    const { nowMs, config } = this.#options;
    const startMs = nowMs();
    let taken = 0;
    for (const lane of this.#lanes) {
      if (left(lane) > 0) continue;
      lane.markMs = startMs;
      lane.markProduced = lane.consumer.totals().produced;
    }
    for (let busy = true; busy && nowMs() - startMs < PASS_MS;) {
      busy = false;
      for (const lane of this.#lanes) {
        const waiting = left(lane);
        if (waiting <= 0) continue;
        const count = this.#drain(lane, Math.min(waiting, config.batchSize));
        taken += count;
        busy ||= count > 0;
        flight.tick();
      }
    }
    for (const lane of this.#lanes) {
      if (left(lane) <= 0) lane.frontierMs = lane.markMs;
    }
    flight.tick();
    return taken;
  }

  /** Takes what the rings still hold, then ends the flight's record. */
  closeFlight(closing: FlightClosing): ClosedFlight {
    const flight = this.#openOne(`close flight ${closing.flightId}`);
    if (flight.flightId !== closing.flightId) {
      throw new FdrFlightMismatchError(flight.flightId, closing.flightId);
    }
    this.#drainAll();
    this.#flight = null;
    for (const lane of this.#lanes) lane.tally = null;
    return flight.close(closing);
  }

  /** Stops draining; reports what is left in the rings. */
  stop(): void {
    const pending = this.#pending();
    if (pending === 0) return;
    const message = `${pending} records came after the flight was closed; they are not recorded`;
    this.#options.events.log("warn", "c13.left_behind", { pending }, message);
  }

  saveTile(
    tile: { readonly tileId: string; readonly jpeg: Uint8Array; readonly frameId?: number },
    timestampNs: number,
  ): SavedTile {
    return this.#openOne(`keep the picture of tile ${tile.tileId}`).saveTile(tile, timestampNs);
  }

  counters(): FlightCounters {
    return this.#openOne("count records").counters();
  }

  /** A broken ring (overwritten memory, a second consumer) must not block the others. */
  #drain(lane: Lane, limit: number): number {
    try {
      return lane.consumer.drain(limit, lane.visit);
    } catch (error) {
      if (!lane.faultReported) {
        lane.faultReported = true;
        const { producerId } = lane.consumer;
        const message = `the ring of ${producerId} cannot be drained: ${messageOf(error)}`;
        this.#options.events.log("error", "c13.ring_fault", { producerId }, message);
      }
      return 0;
    }
  }

  /** Records in all rings. */
  #pending(): number {
    return this.#lanes.reduce((sum, { consumer }) => sum + consumer.pending, 0);
  }

  #openOne(action: string): FlightWriter {
    if (this.#flight === null) throw new FdrFlightStateError(action, "no flight is open");
    return this.#flight;
  }

  /** Drains what the rings hold now; later records of a producer belong to the next flight. */
  #drainAll(): void {
    const marks = this.#lanes.map(({ consumer }) => consumer.totals().produced);
    const isLeft = () => this.#lanes.some((lane, index) => left(lane, marks[index]) > 0);
    for (let idle = 0; isLeft() && idle < IDLE_PASSES_MAX;) idle = this.poll() > 0 ? 0 : idle + 1;
    // The last evictions are reported with the next record of the ring.
    for (const lane of this.#lanes) if (lane.consumer.unreported > 0) this.#drain(lane, 1);
    const pending = this.#pending();
    if (pending === 0) return;
    const message = "records came while the flight was being closed; they are the next flight's";
    this.#options.events.log("warn", "c13.busy_close", { pending }, message);
  }
}

/**
 * Of the first `mark` records of a ring: those neither drained nor evicted. A producer that works
 * between the two readings makes it too large by that much, never too small.
 */
function left({ consumer, markProduced }: Lane, mark = markProduced): number {
  return mark - (consumer.totals().produced - consumer.pending);
}
