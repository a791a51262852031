/**
 * The client through which a producer records: it writes to a ring of its own, which the writer
 * drains.
 *
 * @module
 */
import type { FdrConfig } from "./config.ts";
import type { EnqueueResult, FdrSink, NewRecord } from "./contract.ts";
import { FdrProducerIdError } from "./errors.ts";
import { RECORDER_PRODUCER_ID } from "./flight_counters.ts";
import { type OverrunNotice, OverrunReporter } from "./overrun_reporter.ts";
import { RecordEncoder } from "./record_encoder.ts";
import type { FdrKind } from "./registry.ts";
import { checkProduced } from "./registry.ts";
import { createRing, RingProducer } from "./ring.ts";

export interface FdrClientOptions {
  /** Called when records were lost, at most once a second; to be logged as an ERROR. */
  readonly overrun: (notice: OverrunNotice) => void;
  /** Milliseconds of a monotonic clock; the process's own when absent. */
  readonly nowMs?: () => number;
}

/** The part of the recorder that clients use. */
export interface FdrClientHost extends FdrClientOptions {
  /** From now on the writer drains this ring. */
  registerRing(ring: SharedArrayBuffer): void;
}

const clientsByHost = new WeakMap<FdrClientHost, Map<string, FdrClient>>();
const PRODUCER_ID = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/**
 * The client of a producer; the same object each time, for the same recorder.
 *
 * @throws FdrProducerIdError | FdrRingGeometryError
 */
export function makeFdrClient(
  producerId: string,
  config: FdrConfig,
  host: FdrClientHost,
): FdrClient {
  const clients = clientsByHost.get(host) ?? new Map<string, FdrClient>();
  clientsByHost.set(host, clients);
  const known = clients.get(producerId);
  if (known !== undefined) return known;
  if (!PRODUCER_ID.test(producerId) || producerId === RECORDER_PRODUCER_ID) {
    throw new FdrProducerIdError(producerId);
  }
  const { perProducerCapacity, queueSize, slotBytes, spscGuard } = config;
  const capacity = Object.hasOwn(perProducerCapacity, producerId)
    ? perProducerCapacity[producerId]
    : queueSize;
  const ring = createRing(producerId, { capacity, slotBytes }, { guard: spscGuard });
  const client = new FdrClient(ring, host);
  host.registerRing(ring);
  clients.set(producerId, client);
  return client;
}

/**
 * The client of a producer on another thread than the one that made its ring: send it
 * `client.ring`. From then on only that thread may enqueue.
 *
 * @throws FdrRingError when the memory is not a ring.
 */
export function attachFdrClient(ring: SharedArrayBuffer, options: FdrClientOptions): FdrClient {
  return new FdrClient(ring, options);
}

export class FdrClient implements FdrSink {
  readonly producerId: string;
  /** The memory that the writer drains. */
  readonly ring: SharedArrayBuffer;
  readonly #producer: RingProducer;
  readonly #encoder: RecordEncoder;
  readonly #overrun: OverrunReporter;

  constructor(ring: SharedArrayBuffer, options: FdrClientOptions) {
    this.ring = ring;
    this.#producer = new RingProducer(ring);
    this.producerId = this.#producer.producerId;
    this.#encoder = new RecordEncoder(this.#producer.slotBytes);
    this.#overrun = new OverrunReporter(this.producerId, options);
  }

  /** Records that the ring has accepted, from this client and those before it. */
  get produced(): number {
    return this.#producer.produced;
  }

  /** Records that this client evicted. */
  get dropped(): number {
    return this.#producer.dropped;
  }

  /** Share of the ring that the writer has not taken yet, 0 to 1. */
  get fill(): number {
    return this.#producer.fill;
  }

  enqueue<K extends FdrKind>(record: NewRecord<K>): EnqueueResult {
    const { kind, timestampNs, payload } = record;
    checkProduced(kind, payload);
    const result = this.#producer.push(this.#encoder.encode(kind, timestampNs, payload));
    if (result === "dropped_oldest") this.#overrun.dropped();
    else if (this.#overrun.unreported > 0) this.#overrun.reportWhenDue();
    return result;
  }

  /**
   * Lets another client produce into this ring; with the guard (`fdr.spscGuard`) this is required.
   */
  release(): void {
    this.#producer.release();
  }
}
