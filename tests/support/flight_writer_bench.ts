/**
 * The recorder's writer on the test's own thread, with a disk and a clock that the test moves.
 *
 * @module
 */
import { type FdrConfig, FdrConfigSchema } from "../../src/flight/flight_recorder/config.ts";
import type { Disk, FdrAlert } from "../../src/flight/flight_recorder/contract.ts";
import { attachFdrClient, type FdrClient } from "../../src/flight/flight_recorder/client.ts";
import type { ClosedFlight } from "../../src/flight/flight_recorder/flight_writer.ts";
import { createRing } from "../../src/flight/flight_recorder/ring.ts";
import { Writer } from "../../src/flight/flight_recorder/writer.ts";
import { type MonotonicNs, monotonicNs } from "../../src/core/mod.ts";
import { JournalDisk } from "./journal_disk.ts";

export const FLIGHT_ID = "0b5cf1a2-6f0c-4b8e-9d8e-3f2a51c07d11";
export const START_UTC = "2026-11-21T10:00:00.000Z";

export class WriterBench {
  readonly alerts: FdrAlert[] = [];
  readonly logs: { level: string; kind: string; message: string }[] = [];
  readonly writer: Writer;
  readonly config: FdrConfig;
  nowMs = 1_000;
  readonly #clients = new Map<string, FdrClient>();

  constructor(
    readonly disk: Disk = new JournalDisk(),
    config: Partial<FdrConfig> = {},
    readonly flightRoot = "/flights",
  ) {
    this.config = FdrConfigSchema.parse({ queueSize: 256, slotBytes: 1024, ...config });
    this.writer = new Writer({
      flightRoot,
      config: this.config,
      disk,
      nowMs: () => this.nowMs,
      events: {
        alert: (alert) => this.alerts.push(alert),
        log: (level, kind, _fields, message) => this.logs.push({ level, kind, message }),
      },
    });
  }

  get folder(): string {
    return `${this.flightRoot}/${FLIGHT_ID}`;
  }

  client(producerId: string): FdrClient {
    let client = this.#clients.get(producerId);
    if (client === undefined) {
      const { queueSize, slotBytes } = this.config;
      const ring = createRing(producerId, { capacity: queueSize, slotBytes });
      this.writer.register(ring);
      client = attachFdrClient(ring, { overrun: () => {} });
      this.#clients.set(producerId, client);
    }
    return client;
  }

  open(): void {
    this.writer.openFlight({
      flightId: FLIGHT_ID,
      header: { name: "bench", software: "test", startUtc: START_UTC, strategies: {} },
      timestampNs: 0,
      utcOfZeroMs: Date.parse(START_UTC),
    });
  }

  /** A log record that carries a number. */
  record(producerId: string, number: number, message = "something happened"): void {
    this.client(producerId).enqueue({
      kind: "log",
      timestampNs: this.nowNs,
      payload: { level: "WARN", component: "bench", message, fields: { number } },
    });
  }

  get nowNs(): MonotonicNs {
    return monotonicNs(Math.round((this.nowMs - 1_000) * 1e6));
  }

  /** Time goes on, with a pass of the writer every `stepMs`. */
  advance(durationMs: number, stepMs = 5): void {
    for (let done = 0; done < durationMs; done += stepMs) {
      this.nowMs += stepMs;
      this.writer.poll();
    }
  }

  close(): ClosedFlight {
    return this.writer.closeFlight({
      flightId: FLIGHT_ID,
      cleanShutdown: true,
      timestampNs: this.nowNs,
    });
  }
}
